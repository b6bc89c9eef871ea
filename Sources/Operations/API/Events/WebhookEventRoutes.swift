import BillingModel
import Cryptography
import CustomerStore
import Database
import Inbox
import JSON
import Timing

/// Stored webhook events: look, and act on what went wrong. Admin scope only: bodies hold personal data.
enum WebhookEventRoutes {
    static let expandable = ["body"]

    static func list(_ context: RequestContext, _ transaction: any ReadTransaction) throws -> RouteOutcome {
        var query = context.query
        let list = try ListQuery(&query, ofConnections: context, expandable: expandable)
        var filter = StoredEventFilter()
        filter.connections = try context.listedConnections(&query)
        filter.state = try query.takeWord("state", InboxState.self)
        filter.type = try query.take("type")
        filter.endpoint = try query.take("endpoint")
        filter.eventID = try query.take("provider_event_id")
        try query.refuseRest()

        let events = try InboxAdministration.list(
            filter,
            before: list.page.after?.number,
            limit: list.page.limit + 1,
            in: transaction
        )
        let body = try list.answer(events) {
            PagePosition(createdAt: $0.receivedAt, number: $0.id)
        } write: { event, writer in
            try write(event, list.expansion, context.surroundings, to: &writer, in: transaction)
        }
        return .answer(context.conditional(body, version: nil))
    }

    static func get(_ context: RequestContext, _ transaction: any ReadTransaction) throws -> RouteOutcome {
        var query = context.query
        let expansion = try Expansion(query.takeAll("expand"), allowed: expandable)
        try query.refuseRest()
        let event = try event(context, in: transaction)
        var writer = JSONWriter(capacity: 1024)
        try write(event, expansion, context.surroundings, to: &writer, in: transaction)
        return .answer(context.conditional(writer.bytes, version: nil))
    }

    // MARK: Acts

    typealias Act =
        @Sendable (Int64, Timestamp, any WriteTransaction) throws(DatabaseError) -> InboxActOutcome

    static let replay: Act = { id, now, transaction throws(DatabaseError) in
        try InboxAdministration.replay(id, now: now, in: transaction)
    }
    static let retry: Act = { id, now, transaction throws(DatabaseError) in
        try InboxAdministration.retry(id, now: now, in: transaction)
    }
    static let discard: Act = { id, now, transaction throws(DatabaseError) in
        try InboxAdministration.discard(id, now: now, in: transaction)
    }

    /// A route that does `act` and answers with the event as it then stands.
    static func acting(_ name: StaticString, _ act: @escaping Act) -> Route.Handler {
        { context, transaction in
            try context.query.refuseRest()
            try context.requireNoBody()
            let event = try event(context, in: transaction)
            let (surroundings, now) = (context.surroundings, context.now)
            return .write(
                PendingWrite(
                    act: name,
                    target: id(of: event, surroundings),
                    scope: surroundings.connection(event.connection)?.scope
                ) {
                    transaction throws(DatabaseError) in
                    let outcome = try act(event.id, now, transaction)
                    if let problem = problem(outcome) { return .failure(problem) }
                    guard let changed = try InboxAdministration.get(event.id, in: transaction) else {
                        return .failure(missing)
                    }
                    var writer = JSONWriter(capacity: 512)
                    try write(changed, .none, surroundings, to: &writer, in: transaction)
                    return .success(.json(writer.bytes))
                }
            )
        }
    }

    private static func problem(_ outcome: InboxActOutcome) -> Problem? {
        switch outcome {
        case .done: nil
        case .notFound: missing
        case .refused(let state):
            Problem(.eventStateConflict, "The event is \(state.rawValue); this act needs another state.")
        case .bodySwept:
            Problem(.eventBodyGone, "Retention has removed the event's body, so it cannot be applied again.")
        }
    }

    private static var missing: Problem {
        Problem(.notFound, "There is no such event among those that this key may see.")
    }

    /// By our id or the provider's.
    private static func event(
        _ context: RequestContext,
        in transaction: any ReadTransaction
    ) throws -> StoredEvent {
        let text = context.captures[0]
        let visible = context.visibleConnections()
        let found: [StoredEvent]
        if let id = PublicID(text, kind: .webhookEvent, epoch: context.surroundings.epoch) {
            found = try InboxAdministration.get(id.number, in: transaction).map { [$0] } ?? []
        } else {
            var filter = StoredEventFilter()
            filter.connections = visible
            filter.eventID = text
            found = try InboxAdministration.list(filter, before: nil, limit: 2, in: transaction)
        }
        guard found.count < 2 else {
            throw Problem(.ambiguousProviderID, "Several connections have an event of this id; use our id.")
        }
        guard let event = found.first, visible?.contains(event.connection) ?? true else { throw missing }
        return event
    }

    // MARK: Form

    private static func id(of event: StoredEvent, _ surroundings: Surroundings) -> String {
        PublicID(.webhookEvent, event.id).text(epoch: surroundings.epoch)
    }

    private static func write(
        _ event: StoredEvent,
        _ expansion: Expansion,
        _ surroundings: Surroundings,
        to writer: inout JSONWriter,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) {
        let connection = surroundings.connection(event.connection)
        writer.beginObject()
        writer.field("object", "webhook_event")
        writer.field("id", id(of: event, surroundings))
        writer.field("provider_event_id", event.eventID)
        writer.field("type", event.type)
        writer.field("api_version", event.apiVersion)
        writer.field("endpoint", event.endpoint)
        writer.field("connection", connection?.name)
        writer.field("site_id", connection?.scope.site)
        writer.field("live_mode", connection?.scope.mode.isLive)
        writer.field("state", event.state.rawValue)
        writer.field("attempts", event.attempts)
        writer.field("reason", event.reason)
        writer.time("occurred_at", event.occurredAt)
        writer.time("received_at", event.receivedAt)
        writer.time("next_attempt_at", event.dueAt)
        writer.time("settled_at", event.settledAt)
        writer.field("has_body", event.hasBody)
        if expansion.includes("body") { try writeBody(of: event, to: &writer, in: transaction) }
        writer.endObject()
    }

    /// The signed bytes: as JSON where they are, else in base 64, so that nothing is lost or made up.
    private static func writeBody(
        of event: StoredEvent,
        to writer: inout JSONWriter,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) {
        let body = try InboxAdministration.body(of: event.id, in: transaction)
        // What is no JSON is shown in the other form; why it is none matters to nobody here.
        let isJSON = body.map { (try? JSONDocument.parse($0)) != nil } ?? false
        writer.key("body")
        if let body, isJSON { writer.raw(body) } else { writer.null() }
        writer.field("body_base64", isJSON ? nil : body.map { Base64.encode($0) })
    }
}
