import BillingModel
import CustomerStore
import Database
import JSON

/// `GET /v1/audit_log`: who did what to which object, newest first.
enum AuditRoutes {
    static func list(_ context: RequestContext, _ transaction: any ReadTransaction) throws -> RouteOutcome {
        var query = context.query
        let scopes = context.visibleAuditScopes()
        let list = try ListQuery(
            &query,
            path: context.call.path,
            scope: scopes?.map { "\($0.mode.rawValue) \($0.site)" }.joined(separator: "\n") ?? "all",
            expandable: []
        )
        var filter = AuditFilter()
        filter.actor = try query.take("actor")
        filter.act = try query.take("act")
        filter.target = try query.take("target")
        filter.scopes = scopes
        try query.refuseRest()
        let found = try AuditLogTable.list(
            filter,
            before: list.page.after?.number,
            limit: list.page.limit + 1,
            in: transaction
        )
        let body = list.answer(found) {
            PagePosition(createdAt: $0.at, number: $0.number)
        } write: { entry, writer in
            write(entry, context, to: &writer)
        }
        return .answer(context.conditional(body, version: nil))
    }

    private static func write(_ entry: AuditEntry, _ context: RequestContext, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("object", "audit_entry")
        writer.field("id", context.id(.auditEntry, entry.number))
        writer.time("at", entry.at)
        writer.field("actor", entry.actor)
        writer.field("act", entry.act)
        writer.field("target", entry.target)
        writer.field("site_id", entry.site)
        writer.field("live_mode", entry.mode?.isLive)
        writer.field("request_id", entry.requestID)
        writer.endObject()
    }
}

extension RequestContext {
    /// Nil on the control socket, which sees everything, unless it names a site or a mode.
    fileprivate func visibleAuditScopes() -> [DataScope]? {
        if principal.key == nil, site == nil, mode == nil { return nil }
        let known: [DataScope] =
            if let key = principal.key {
                key.sites.map { DataScope(site: $0, mode: key.mode) }
            } else {
                Array(Set(surroundings.connections.map(\.scope)))
            }
        return known.filter { (site == nil || $0.site == site) && (mode == nil || $0.mode == mode) }
    }
}
