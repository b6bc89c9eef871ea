import JSON

/// Reads `profiles`: signature profiles of the operator's own.
struct ProfileDecoder {
    let report: ConfigurationReport

    /// The names that an endpoint may give: the built-in ones and those that stand here.
    func profiles(_ members: [(name: String, path: String, value: JSONValue)]) -> [String] {
        ["stripe"] + members.map(\.name)
    }
}
