import BillingModel
import CustomerStore
import Database
import JSON
import Timing

/// `POST /v1/rebuilds`: one step of making typed rows anew from the mirrored objects. Whoever asks goes on with
/// `next_cursor` until there is none, so a rebuild holds nothing up and can be left off at any time.
enum RebuildRoutes {
    static let objectsDefault: Int64 = 100
    /// The writing thread does nothing else meanwhile: about a tenth of a millisecond each.
    static let objectsMax: Int64 = 500

    enum Mode: String, CaseIterable {
        case apply
        case dryRun = "dry_run"
    }

    static func step(_ context: RequestContext, _ transaction: any ReadTransaction) throws -> RouteOutcome {
        try context.query.refuseRest()
        let errors = FieldErrors()
        var mode = Mode.apply
        var limit = objectsDefault
        var cursorText: String?
        if let object = try context.bodyObject() {
            var body = BodyReader(object, errors: errors)
            mode = body.word("mode") ?? .apply
            limit = body.integer("limit", in: 1...objectsMax) ?? objectsDefault
            cursorText = body.text("cursor", max: 100)
            body.refuseOthers()
        }
        try errors.check()
        let visible = context.visibleConnections()
        let list = ListIdentity(
            path: context.call.path,
            scope: visible?.map { "\($0.rawValue)" }.joined(separator: " ") ?? "all",
            filters: [QueryParameters.Pair(name: "mode", value: mode.rawValue)]
        )
        var position = ProjectionRebuild.Position.start
        if let cursorText {
            guard let cursor = Cursor(cursorText, list: list) else {
                throw Problem(.invalidCursor, "This cursor was not given out by a rebuild in this mode.")
            }
            position = ProjectionRebuild.Position(cursor.position)
        }
        let rebuild = ProjectionRebuild(
            connections: context.surroundings.connections,
            visible: visible,
            epoch: context.surroundings.epoch,
            isDry: mode == .dryRun
        )
        let (from, now, objects, chosen) = (position, context.now, Int(limit), mode)
        return .write(
            PendingWrite(act: "store.rebuild", target: mode.rawValue) { transaction throws(DatabaseError) in
                let batch = try rebuild.batch(from: from, limit: objects, now: now, in: transaction)
                var answer = APIAnswer.json(body(batch, chosen, list))
                // One line for a rebuild, not one for each of its steps.
                answer.effects.isAudited = from == .start
                return .success(answer)
            }
        )
    }

    private static func body(_ batch: ProjectionRebuild.Batch, _ mode: Mode, _ list: ListIdentity) -> [UInt8]
    {
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        writer.field("object", "rebuild_step")
        writer.field("mode", mode.rawValue)
        writer.field("compared", batch.compared)
        writer.field("pending", batch.pending)
        writer.field("unreadable", batch.unreadable)
        writer.field("differing_rows", batch.differing)
        writer.key("differences")
        writer.beginArray()
        for difference in batch.differences {
            writer.beginObject()
            writer.field("table", difference.table)
            writer.field("field", difference.field)
            writer.field("rows", difference.rows)
            writer.field("example", difference.example?.rawValue)
            writer.endObject()
        }
        writer.endArray()
        writer.field("done_percent", Int(batch.done * 100))
        writer.field("has_more", batch.next != nil)
        writer.field("next_cursor", batch.next.map { Cursor($0.page).text(list: list) })
        writer.endObject()
        return writer.bytes
    }
}

// A cursor holds a time and a number; a rebuild's time is its stage.
extension ProjectionRebuild.Position {
    fileprivate init(_ page: PagePosition) {
        self.init(stage: Int(page.createdAt.milliseconds), number: page.number)
    }

    fileprivate var page: PagePosition {
        PagePosition(createdAt: Timestamp(milliseconds: Int64(stage)), number: number)
    }
}
