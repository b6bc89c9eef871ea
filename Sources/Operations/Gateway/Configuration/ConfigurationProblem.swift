/// One thing that is wrong with a configuration, told so that a person can mend it.
///
/// Never holds the text of a secret, nor a text that stands where a secret belongs.
package struct ConfigurationProblem: Error, Sendable, Hashable {
    /// Where, as in `endpoints[0].secrets[1]`; empty for the document itself.
    package let path: String
    /// What stands there: `"prod"`, `nothing`, `a list`.
    package let found: String
    /// What would be right there: `"test" or "live"`.
    package let wanted: String
    /// What to do about it; nil when `wanted` says it all.
    package let hint: String?

    package init(path: String, found: String, wanted: String, hint: String? = nil) {
        self.path = path
        self.found = found
        self.wanted = wanted
        self.hint = hint
    }
}

extension ConfigurationProblem: CustomStringConvertible {
    package var description: String {
        let place = path.isEmpty ? "the configuration" : path
        let main = "\(place): found \(found), wanted \(wanted)"
        guard let hint else { return main }
        return "\(main)\n    \(hint)"
    }
}

/// What became of reading a configuration.
package struct ConfigurationOutcome: Sendable {
    /// Nil exactly when there are problems.
    package let configuration: GatewayConfiguration?
    /// All of them, in the order of the file's shape.
    package let problems: [ConfigurationProblem]
    /// What works, but is probably not meant.
    package let warnings: [ConfigurationProblem]
    /// Every key that was looked for, lists as `connections[].name`, sorted. A test holds the example and the
    /// README's table against it.
    package let knownKeys: [String]
}
