import BillingModel
import CustomerStore

/// `limit`, `cursor` and `expand` of a list, and what binds its cursors to it.
struct ListQuery {
    static let limitDefault = 20
    static let limitMax = 100
    /// An expanded row costs several reads.
    static let expandedLimitMax = 50

    let page: PageRequest
    let expansion: Expansion
    let identity: ListIdentity

    /// Takes its parameters out of `query`; what is left are the list's filters.
    init(_ query: inout QueryParameters, path: String, scope: String, expandable: [String]) throws {
        let limitText = try query.take("limit")
        let cursorText = try query.take("cursor")
        expansion = try Expansion(query.takeAll("expand"), allowed: expandable)
        identity = ListIdentity(path: path, scope: scope, filters: query.pairs)

        let limitMax = expansion.isEmpty ? Self.limitMax : Self.expandedLimitMax
        let limit = limitText.map { Int($0) } ?? Self.limitDefault
        guard let limit, (1...limitMax).contains(limit) else {
            throw Problem(.invalidLimit, "limit is a number from 1 to \(limitMax).")
        }
        var after: PagePosition?
        if let cursorText {
            guard let cursor = Cursor(cursorText, list: identity) else {
                throw Problem(
                    .invalidCursor,
                    "This cursor was not given out for this list with these filters."
                )
            }
            after = cursor.position
        }
        page = PageRequest(limit: limit, after: after)
    }

    /// For lists of what belongs to connections rather than to a site: bound to those that the caller may see.
    init(_ query: inout QueryParameters, ofConnections context: RequestContext, expandable: [String] = [])
        throws
    {
        let visible = context.visibleConnections()
        try self.init(
            &query,
            path: context.call.path,
            scope: visible?.map { "\($0.rawValue)" }.joined(separator: " ") ?? "all",
            expandable: expandable
        )
    }
}
