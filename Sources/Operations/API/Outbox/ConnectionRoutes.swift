import BillingModel
import Database
import JSON
import Outbox

/// How connections stand towards their provider; an operator's pause and its end.
enum ConnectionRoutes {
    static let messageLengthMax = 200

    static func list(_ context: RequestContext, _ transaction: any ReadTransaction) throws -> RouteOutcome {
        try context.query.refuseRest()
        let visible = context.visibleConnections()
        var writer = JSONWriter(capacity: 1024)
        writer.beginObject()
        writer.key("data")
        writer.beginArray()
        for connection in context.surroundings.connections
        where visible?.contains(connection.id) ?? true {
            try write(connection, context.surroundings, to: &writer, in: transaction)
        }
        writer.endArray()
        writer.field("has_more", false)
        writer.field("next_cursor", String?.none)
        writer.endObject()
        return .answer(context.conditional(writer.bytes, version: nil))
    }

    static func get(_ context: RequestContext, _ transaction: any ReadTransaction) throws -> RouteOutcome {
        try context.query.refuseRest()
        let connection = try connection(context)
        var writer = JSONWriter(capacity: 512)
        try write(connection, context.surroundings, to: &writer, in: transaction)
        return .answer(context.conditional(writer.bytes, version: nil))
    }

    /// Nothing more is sent until `resume`. What is on its way goes on; what is new is queued.
    static func pause(_ context: RequestContext, _ transaction: any ReadTransaction) throws -> RouteOutcome {
        try context.query.refuseRest()
        let connection = try connection(context)
        let errors = FieldErrors()
        var message: String?
        if let object = try context.bodyObject() {
            var body = BodyReader(object, errors: errors)
            message = body.text("message", max: messageLengthMax)
            body.refuseOthers()
        }
        try errors.check()
        let (now, reason) = (context.now, message)
        return acting("connection.pause", on: connection, context) { transaction throws(DatabaseError) in
            _ = try ConnectionLanesTable.pause(
                connection.id,
                for: .operator,
                message: reason,
                now: now,
                in: transaction
            )
        }
    }

    /// Ends every pause, the operator's and those that the provider's answers made: a person says that it works.
    static func resume(_ context: RequestContext, _ transaction: any ReadTransaction) throws -> RouteOutcome {
        try context.query.refuseRest()
        try context.requireNoBody()
        let connection = try connection(context)
        let effects = WriteEffects(resumes: [connection.id])
        return acting("connection.resume", on: connection, context, effects) {
            transaction throws(DatabaseError) in
            _ = try ConnectionLanesTable.resume(connection.id, in: transaction)
        }
    }

    private static func acting(
        _ act: StaticString,
        on connection: Connection,
        _ context: RequestContext,
        _ effects: WriteEffects = WriteEffects(),
        _ change: @escaping @Sendable (any WriteTransaction) throws(DatabaseError) -> Void
    ) -> RouteOutcome {
        let surroundings = context.surroundings
        return .write(
            PendingWrite(act: act, target: connection.name, scope: connection.scope) {
                transaction throws(DatabaseError) in
                try change(transaction)
                var writer = JSONWriter(capacity: 512)
                try write(connection, surroundings, to: &writer, in: transaction)
                var answer = APIAnswer.json(writer.bytes)
                answer.effects = effects
                answer.effects.wakes = [connection.id]
                return .success(answer)
            }
        )
    }

    private static func connection(_ context: RequestContext) throws -> Connection {
        let visible = context.visibleConnections()
        guard
            let connection = context.surroundings.connections.first(where: { $0.name == context.captures[0] }
            ),
            visible?.contains(connection.id) ?? true
        else {
            throw Problem(.notFound, "There is no such connection among those that this key may see.")
        }
        return connection
    }

    private static func write(
        _ connection: Connection,
        _ surroundings: Surroundings,
        to writer: inout JSONWriter,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) {
        let standing = try ConnectionLanesTable.standing(of: connection.id, in: transaction)
        writer.beginObject()
        writer.field("object", "connection")
        writer.field("name", connection.name)
        writer.field("site_id", connection.scope.site)
        writer.field("live_mode", connection.scope.mode.isLive)
        writer.field("provider", connection.provider)
        writer.field("has_key", surroundings.writable.contains { $0.connection.id == connection.id })
        writer.field("paused", standing.isPaused)
        writer.key("pauses")
        writer.beginArray()
        for pause in standing.pauses {
            writer.beginObject()
            writer.field("reason", pause.reason.rawValue)
            writer.time("since", pause.since)
            writer.field("message", pause.message)
            writer.endObject()
        }
        writer.endArray()
        writer.time("probe_at", standing.probeAt)
        writer.field("breaker", standing.breaker.rawValue)
        writer.time("breaker_since", standing.breakerSince)
        writer.field("rate_per_s", standing.rate.map { Int64($0) })
        try CatchUpMembers.write(connection, epoch: surroundings.epoch, to: &writer, in: transaction)
        writer.endObject()
    }
}
