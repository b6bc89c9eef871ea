import BillingModel
import CustomerStore
import Database
import JSON
import Reconciler
import Timing

/// `GET /v1/reconciliations/{id}/findings`: a list as any other, or with `Accept: application/x-ndjson` one finding
/// a line and more of them at once, for whoever wants to keep them.
enum FindingRoutes {
    static let linesMax = 10_000
    private static let linesType = "application/x-ndjson"

    static func list(_ context: RequestContext, _ transaction: any ReadTransaction) throws -> RouteOutcome {
        let run = try ReconciliationRoutes.run(context, in: transaction)
        if wantsLines(context.call.accept) {
            return .answer(try lines(of: run, context, transaction))
        }
        var query = context.query
        let list = try ListQuery(&query, path: context.call.path, scope: "", expandable: [])
        try query.refuseRest()
        let found = try FindingsTable.page(
            run.id,
            after: list.page.after?.number ?? 0,
            limit: list.page.limit + 1,
            in: transaction
        )
        let body = list.answer(found, position: position) { finding, writer in write(finding, to: &writer) }
        return .answer(context.conditional(body, version: nil))
    }

    /// What is beyond the limit has an address in the Link field (RFC 8288).
    private static func lines(
        of run: RunRecord,
        _ context: RequestContext,
        _ transaction: any ReadTransaction
    ) throws -> APIAnswer {
        var query = context.query
        let limitText = try query.take("limit")
        let cursorText = try query.take("cursor")
        try query.refuseRest()
        let limit = limitText.map { Int($0) } ?? linesMax
        guard let limit, (1...linesMax).contains(limit) else {
            throw Problem(.invalidLimit, "limit is a number from 1 to \(linesMax).")
        }
        let identity = ListIdentity(path: context.call.path, scope: "", filters: [])
        var after: Int64 = 0
        if let cursorText {
            guard let cursor = Cursor(cursorText, list: identity) else {
                throw Problem(.invalidCursor, "This cursor was not given out for this list.")
            }
            after = cursor.position.number
        }
        let found = try FindingsTable.page(run.id, after: after, limit: limit + 1, in: transaction)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(160 * found.count)
        for finding in found.prefix(limit) {
            var writer = JSONWriter(capacity: 192)
            write(finding, to: &writer)
            bytes += writer.bytes
            bytes.append(UInt8(ascii: "\n"))
        }
        var answer = APIAnswer(status: 200, contentType: linesType, body: bytes)
        answer.headers = [("Cache-Control", "private, no-cache")]
        if found.count > limit, let last = found.prefix(limit).last {
            let cursor = Cursor(position(last)).text(list: identity)
            let address = "<\(context.call.path)?limit=\(limit)&cursor=\(cursor)>"
            answer.headers.append(("Link", "\(address); rel=\"next\""))
        }
        return answer
    }

    // Findings come in their order, and have no time of their own.
    private static func position(_ finding: Finding) -> PagePosition {
        PagePosition(createdAt: Timestamp(milliseconds: 0), number: finding.number)
    }

    private static func wantsLines(_ accept: String?) -> Bool {
        accept?.split(separator: ",").contains { range in
            range.split(separator: ";").first?.filter { $0 != " " }.lowercased() == linesType
        } ?? false
    }

    private static func write(_ finding: Finding, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("object", finding.object.rawValue)
        writer.field("id", finding.id)
        writer.field("field", finding.field)
        write("local", finding.local, to: &writer)
        write("remote", finding.remote, to: &writer)
        writer.field("action", finding.action.rawValue)
        writer.endObject()
    }

    /// JSON as it is stored.
    private static func write(_ name: String, _ json: String?, to writer: inout JSONWriter) {
        writer.key(name)
        if let json { writer.raw(json.utf8) } else { writer.null() }
    }
}
