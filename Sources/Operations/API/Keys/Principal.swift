import BillingModel

/// Who asks, and what that one may see and do.
struct Principal: Sendable {
    /// `key_…`, or `control_socket`; for the audit.
    let name: String
    /// Nil on the control socket, whose file mode lets in only who may read the database anyway.
    let key: APIKey?

    static let controlSocket = Principal(name: "control_socket", key: nil)

    func allows(_ scope: APIScope) -> Bool {
        key.map { $0.allows(scope) } ?? true
    }

    func sees(site: String, mode: DataMode) -> Bool {
        guard let key else { return true }
        return key.mode == mode && key.sites.contains(site)
    }

    /// Whether it may look at, make or revoke that other key: none that opens more than its own does.
    func governs(sites: [String], mode: DataMode) -> Bool {
        sites.allSatisfy { sees(site: $0, mode: mode) }
    }
}
