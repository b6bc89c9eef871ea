/// Which relations of an answer are written in full: `expand=customer,subscriptions.latest_invoice`.
struct Expansion: Sendable, Hashable {
    private let paths: Set<String>

    static let none = Expansion(paths: [])

    private init(paths: Set<String>) {
        self.paths = paths
    }

    /// `values` of all `expand` parameters; `allowed` in the order in which they are listed to the caller.
    init(_ values: [String], allowed: [String]) throws {
        var paths: Set<String> = []
        for path in values.flatMap({ $0.split(separator: ",") }).map(String.init) {
            guard allowed.contains(path) else {
                let list = allowed.isEmpty ? "nothing" : allowed.joined(separator: ", ")
                throw Problem(
                    .invalidExpand,
                    "\(Problem.quoted(path)) cannot be expanded here; allowed: \(list)."
                )
            }
            paths.insert(path)
            // `subscriptions.latest_invoice` means nothing without `subscriptions`.
            if let dot = path.firstIndex(of: ".") { paths.insert(String(path[..<dot])) }
        }
        self.paths = paths
    }

    var isEmpty: Bool { paths.isEmpty }

    func includes(_ relation: String) -> Bool {
        paths.contains(relation)
    }

    /// What is expanded inside of `relation`.
    func inside(_ relation: String) -> Expansion {
        let prefix = relation + "."
        return Expansion(
            paths: Set(paths.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) })
        )
    }
}
