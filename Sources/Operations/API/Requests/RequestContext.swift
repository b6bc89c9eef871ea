import BillingModel
import CustomerStore
import Database
import JSON
import Timing

/// What does not change between requests: the store's epoch and the configured connections.
struct Surroundings: Sendable {
    let epoch: StoreEpoch
    let connections: [Connection]
    var writable: [WritableConnection] = []
    /// Whether runs that are ordered are carried out.
    var carriesRuns = false

    func connection(_ id: ConnectionID) -> Connection? {
        connections.first { $0.id == id }
    }
}

/// One authenticated request on its way through a route.
struct RequestContext {
    let call: APICall
    let captures: [String]
    /// Without `site_id` and `mode`, which were taken.
    var query: QueryParameters
    let principal: Principal
    /// As the caller named them.
    let site: String?
    let mode: DataMode?
    let now: Timestamp
    let requestID: String
    let surroundings: Surroundings

    init(
        call: APICall,
        captures: [String],
        principal: Principal,
        now: Timestamp,
        requestID: String,
        surroundings: Surroundings
    ) throws {
        self.call = call
        self.captures = captures
        self.principal = principal
        self.now = now
        self.requestID = requestID
        self.surroundings = surroundings
        query = try QueryParameters(call.query)
        let siteParameter = try query.take("site_id")
        guard siteParameter == nil || call.site == nil || siteParameter == call.site else {
            throw Problem(.invalidParameter, "Site-Id and site_id name different sites.")
        }
        site = siteParameter ?? call.site
        // A key has its mode; only the control socket can choose.
        mode = principal.key == nil ? try query.takeWord("mode", DataMode.self) : principal.key?.mode
    }

    /// The one data set that the request is about.
    func dataScope() throws -> DataScope {
        let scopes = visibleScopes()
        if let only = scopes.first, scopes.count == 1 { return only }
        guard !scopes.isEmpty else { throw Problem(.notFound, "There is no such site.") }
        if Set(scopes.map(\.site)).count > 1 {
            throw Problem(.siteRequired, "Name the site in the Site-Id field or as site_id.")
        }
        throw Problem(.modeRequired, "Name the mode: mode=test or mode=live.")
    }

    private func visibleScopes() -> [DataScope] {
        let known: [DataScope] =
            if let key = principal.key {
                key.sites.map { DataScope(site: $0, mode: key.mode) }
            } else {
                surroundings.connections.map(\.scope)
            }
        var scopes: [DataScope] = []
        for scope in known
        where (site == nil || scope.site == site) && (mode == nil || scope.mode == mode)
            && !scopes.contains(scope)
        {
            scopes.append(scope)
        }
        return scopes
    }

    /// Connections whose stored events the caller may see; nil means all, also those no longer configured.
    func visibleConnections() -> [ConnectionID]? {
        if principal.key == nil, site == nil, mode == nil { return nil }
        return surroundings.connections.filter { connection in
            principal.sees(site: connection.scope.site, mode: connection.scope.mode)
                && (site == nil || connection.scope.site == site)
                && (mode == nil || connection.scope.mode == mode)
        }.map(\.id)
    }

    /// Those of them whose rows a list shows: all, or the one that its parameter `connection` names.
    func listedConnections(_ query: inout QueryParameters) throws -> [ConnectionID]? {
        let visible = visibleConnections()
        guard let name = try query.take("connection") else { return visible }
        // A name that is not configured, or not the caller's, matches nothing.
        let named = surroundings.connections.filter { $0.name == name }.map(\.id)
        return named.filter { visible?.contains($0) ?? true }
    }

    /// The JSON object of the body; nil when there is none.
    func bodyObject() throws -> JSONValue? {
        guard !call.body.isEmpty else { return nil }
        let type = call.contentType?.split(separator: ";").first.map { $0.filter { $0 != " " }.lowercased() }
        guard type == "application/json" else {
            throw Problem(.unsupportedMediaType, "Send the body as application/json.")
        }
        let document: JSONDocument
        do throws(JSONError) {
            document = try JSONDocument.parse(call.body)
        } catch {
            throw Problem(.malformedJSON, "The body is not JSON: \(error).")
        }
        guard document.root.kind == .object else {
            throw Problem(.validationFailed, "The body must be a JSON object.", errors: [])
        }
        return document.root
    }

    /// For acts that take no arguments.
    func requireNoBody() throws {
        guard let first = try bodyObject()?.members.makeIterator().nextKey else { return }
        throw Problem.unknownField(first)
    }
}

extension JSONMembers {
    fileprivate var nextKey: String? {
        var iterator = self
        return iterator.next()?.key
    }
}

extension Problem {
    static func unknownField(_ name: String) -> Problem {
        Problem(
            .unknownField,
            "There is no field \(Problem.quoted(name)) here.",
            errors: [FieldError(pointer: "/" + Problem.escaped(name), code: "unknown")]
        )
    }

    /// One segment of a pointer (RFC 6901 §3).
    static func escaped(_ name: String) -> String {
        name.split(separator: "~", omittingEmptySubsequences: false).joined(separator: "~0")
            .split(separator: "/", omittingEmptySubsequences: false).joined(separator: "~1")
    }
}
