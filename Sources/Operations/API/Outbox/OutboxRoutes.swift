import BillingModel
import CustomerStore
import Database
import JSON
import Outbox
import Providers
import Timing

/// What is owed to providers: look, and act on what went wrong. Shows no field of anybody's.
enum OutboxRoutes {
    static func list(_ context: RequestContext, _ transaction: any ReadTransaction) throws -> RouteOutcome {
        var query = context.query
        let list = try ListQuery(&query, ofConnections: context)
        var filter = StoredOperationFilter()
        filter.connections = try context.listedConnections(&query)
        filter.state = try query.takeWord("state", OperationState.self)
        filter.kind = try query.takeWord("kind", OperationKind.self)
        if let text = try query.take("customer_id") {
            let id = PublicID(text, kind: .customer, epoch: context.surroundings.epoch)
            // No customer has a negative number.
            filter.customer = id?.number ?? -1
        }
        try query.refuseRest()

        let found = try OutboxAdministration.list(
            filter,
            before: list.page.after.map { OperationID(rawValue: $0.number) },
            limit: list.page.limit + 1,
            in: transaction
        )
        let body = list.answer(found) {
            PagePosition(createdAt: $0.createdAt, number: $0.id.rawValue)
        } write: { operation, writer in
            write(operation, context.surroundings, to: &writer)
        }
        return .answer(context.conditional(body, version: nil))
    }

    static func get(_ context: RequestContext, _ transaction: any ReadTransaction) throws -> RouteOutcome {
        try context.query.refuseRest()
        let operation = try operation(context, in: transaction)
        var writer = JSONWriter(capacity: 512)
        write(operation, context.surroundings, to: &writer)
        return .answer(context.conditional(writer.bytes, version: nil))
    }

    // MARK: Acts

    typealias Act =
        @Sendable (OperationID, Timestamp, any WriteTransaction) throws(DatabaseError) -> OperationActOutcome

    /// A route that does `act` and answers with the operation as it then stands.
    static func acting(_ name: StaticString, _ act: @escaping Act) -> Route.Handler {
        { context, transaction in
            try context.query.refuseRest()
            try context.requireNoBody()
            let operation = try operation(context, in: transaction)
            let (surroundings, now) = (context.surroundings, context.now)
            let connection = surroundings.connection(operation.connection)
            return .write(
                PendingWrite(
                    act: name,
                    target: context.id(.operation, operation.id.rawValue),
                    scope: connection?.scope
                ) { transaction throws(DatabaseError) in
                    switch try act(operation.id, now, transaction) {
                    case .done: break
                    case .notFound: return .failure(missing)
                    case .refused(let state):
                        return .failure(
                            Problem(
                                .operationStateConflict,
                                "The operation is \(state.rawValue), or a call of it is in flight: not now."
                            )
                        )
                    case .overtaken:
                        return .failure(
                            Problem(
                                .operationStateConflict,
                                "A newer change of the object went out meanwhile; this one would undo it. "
                                    + "Discard it, and make what is still wanted of it anew."
                            )
                        )
                    case .unmade:
                        return .failure(
                            Problem(
                                .operationStateConflict,
                                "The provider does not have what this is for, and no creation of it waits."
                            )
                        )
                    }
                    guard let changed = try OutboxAdministration.get(operation.id, in: transaction) else {
                        return .failure(missing)
                    }
                    var writer = JSONWriter(capacity: 512)
                    write(changed, surroundings, to: &writer)
                    var answer = APIAnswer.json(writer.bytes)
                    answer.effects.wakes = [operation.connection]
                    return .success(answer)
                }
            )
        }
    }

    private static var missing: Problem {
        Problem(.notFound, "There is no such operation among those that this key may see.")
    }

    private static func operation(
        _ context: RequestContext,
        in transaction: any ReadTransaction
    ) throws -> StoredOperation {
        let text = context.captures[0]
        guard let id = PublicID(text, kind: .operation, epoch: context.surroundings.epoch),
            let operation = try OutboxAdministration.get(OperationID(rawValue: id.number), in: transaction),
            context.visibleConnections()?.contains(operation.connection) ?? true
        else { throw missing }
        return operation
    }

    // MARK: Form

    private static func write(
        _ operation: StoredOperation,
        _ surroundings: Surroundings,
        to writer: inout JSONWriter
    ) {
        func id(_ kind: PublicKind, _ number: Int64?) -> String? {
            number.map { PublicID(kind, $0).text(epoch: surroundings.epoch) }
        }
        let connection = surroundings.connection(operation.connection)
        let isOfCustomer = operation.kind.objectType == .customer
        writer.beginObject()
        writer.field("object", "outbox_operation")
        writer.field("id", id(.operation, operation.id.rawValue))
        writer.field("kind", operation.kind.rawValue)
        writer.field("connection", connection?.name)
        writer.field("site_id", connection?.scope.site)
        writer.field("live_mode", connection?.scope.mode.isLive)
        writer.field("state", operation.state.rawValue)
        writer.field("object_id", id(isOfCustomer ? .customer : .checkoutSession, operation.localNumber))
        writer.field("provider_id", operation.providerID?.rawValue)
        writer.field("customer_id", id(.customer, isOfCustomer ? operation.localNumber : operation.customer))
        writer.field("attempts", operation.attempts)
        writer.field("in_flight", operation.isInFlight)
        writer.field("wants_lookup", operation.wantsLookup)
        writer.field("idempotency_key", operation.idempotencyKey)
        writer.field("reason", operation.outcome)
        writer.field("message", operation.message)
        writer.time("first_sent_at", operation.firstSentAt)
        writer.time("next_attempt_at", operation.waitsFor == nil ? operation.dueAt : nil)
        writer.field("waits_for", id(.operation, operation.waitsFor?.rawValue))
        writer.time("deadline_at", operation.deadline)
        writer.time("alerted_at", operation.alertedAt)
        writer.time("created_at", operation.createdAt)
        writer.time("settled_at", operation.settledAt)
        writer.endObject()
    }
}
