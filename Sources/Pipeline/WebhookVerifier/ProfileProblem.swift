/// One thing wrong in a profile of the configuration: where, and what was wanted there.
package struct ProfileProblem: Sendable, Hashable, CustomStringConvertible {
    /// From the top of the configuration: `profiles.acme.signature.parse`.
    package let path: String
    /// Continues "expected …".
    package let wanted: String
    /// What stands there instead; nil when nothing does.
    package let found: String?

    package var description: String {
        "\(path): expected \(wanted)" + (found.map { ", found \($0)" } ?? "")
    }
}

/// Everything wrong in one profile, in the order of reading; never empty.
package struct ProfileProblems: Error, Sendable {
    package let all: [ProfileProblem]
}
