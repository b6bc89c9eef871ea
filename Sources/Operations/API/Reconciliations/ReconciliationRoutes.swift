import BillingModel
import CustomerStore
import Database
import JSON
import Reconciler
import Timing

/// Runs that compare the store with the provider: order them, look at them, hold and end them.
enum ReconciliationRoutes {
    // MARK: Order

    /// 202 with the run, whose loop takes it up at once; 409 names the one that is in the way.
    static func start(_ context: RequestContext, _ transaction: any ReadTransaction) throws -> RouteOutcome {
        try context.query.refuseRest()
        guard context.surroundings.carriesRuns else { throw noRunner }
        let input = try ReconciliationInput(context, transaction)
        let (surroundings, now, order) = (context.surroundings, context.now, input.order)
        return .write(
            PendingWrite(act: "reconciliation.start", target: "", scope: input.connection.scope) {
                transaction throws(DatabaseError) in
                switch try RunsTable.start(order, now: now, in: transaction) {
                case .alreadyRunning(let run):
                    return .failure(inTheWay(run, surroundings))
                case .started(let run):
                    let id = PublicID(.reconciliation, run.id.rawValue).text(epoch: surroundings.epoch)
                    var answer = APIAnswer.json(body(run, surroundings), status: 202)
                    answer.headers = [("Location", "/v1/reconciliations/\(id)")]
                    answer.effects.target = id
                    answer.effects.wakesRuns = true
                    return .success(answer)
                }
            }
        )
    }

    private static var noRunner: Problem {
        var problem = Problem(
            .reconciliationUnavailable,
            "Nobody here talks to providers now: runs need a running server."
        )
        problem.headers = [("Retry-After", "10")]
        return problem
    }

    private static func inTheWay(_ run: RunRecord, _ surroundings: Surroundings) -> Problem {
        let id = PublicID(.reconciliation, run.id.rawValue).text(epoch: surroundings.epoch)
        var problem = Problem(
            .reconciliationRunning,
            "\(id) (\(run.order.scope.rawValue)) of this connection is \(run.state.rawValue) and reads the same "
                + "lists; wait for it or cancel it."
        )
        problem.conflict = [("reconciliation_id", id)]
        return problem
    }

    // MARK: Look

    static func list(_ context: RequestContext, _ transaction: any ReadTransaction) throws -> RouteOutcome {
        var query = context.query
        let list = try ListQuery(&query, ofConnections: context)
        var filter = RunFilter()
        filter.connections = try context.listedConnections(&query)
        filter.state = try query.takeWord("state", RunState.self)
        filter.scope = try query.takeWord("scope", RunScope.self)
        try query.refuseRest()
        let found = try RunsTable.list(
            filter,
            before: list.page.after.map { RunID(rawValue: $0.number) },
            limit: list.page.limit + 1,
            in: transaction
        )
        let body = list.answer(found) {
            PagePosition(createdAt: $0.createdAt, number: $0.id.rawValue)
        } write: { run, writer in
            write(run, context.surroundings, to: &writer)
        }
        return .answer(context.conditional(body, version: nil))
    }

    static func get(_ context: RequestContext, _ transaction: any ReadTransaction) throws -> RouteOutcome {
        try context.query.refuseRest()
        let run = try run(context, in: transaction)
        return .answer(context.conditional(body(run, context.surroundings), version: nil))
    }

    static func run(_ context: RequestContext, in transaction: any ReadTransaction) throws -> RunRecord {
        let epoch = context.surroundings.epoch
        guard let id = PublicID(context.captures[0], kind: .reconciliation, epoch: epoch),
            let run = try RunsTable.find(RunID(rawValue: id.number), in: transaction),
            context.visibleConnections()?.contains(run.order.connection) ?? true
        else { throw missing }
        return run
    }

    private static var missing: Problem {
        Problem(.notFound, "There is no such reconciliation among those that this key may see.")
    }

    // MARK: Act

    typealias Act =
        @Sendable (RunID, Timestamp, any WriteTransaction) throws(DatabaseError) -> RunControl.Change

    /// A route that does `act` and answers with the run as it then stands. What is so already is no error.
    static func acting(
        _ name: StaticString,
        wanted: Set<RunState>,
        _ act: @escaping Act
    ) -> Route.Handler {
        { context, transaction in
            try context.query.refuseRest()
            try context.requireNoBody()
            let run = try run(context, in: transaction)
            let (surroundings, now) = (context.surroundings, context.now)
            let scope = surroundings.connection(run.order.connection)?.scope
            return .write(
                PendingWrite(act: name, target: context.captures[0], scope: scope) {
                    transaction throws(DatabaseError) in
                    switch try act(run.id, now, transaction) {
                    case .unknown:
                        return .failure(missing)
                    case .unchanged(let run) where !wanted.contains(run.state):
                        return .failure(
                            Problem(
                                .reconciliationStateConflict,
                                "The reconciliation is \(run.state.rawValue) and stays so: order a new one."
                            )
                        )
                    case .changed(let run), .unchanged(let run):
                        var answer = APIAnswer.json(body(run, surroundings))
                        answer.effects.wakesRuns = true
                        return .success(answer)
                    }
                }
            )
        }
    }

    // MARK: Form

    private static func body(_ run: RunRecord, _ surroundings: Surroundings) -> [UInt8] {
        var writer = JSONWriter(capacity: 1024)
        write(run, surroundings, to: &writer)
        return writer.bytes
    }

    private static func write(_ run: RunRecord, _ surroundings: Surroundings, to writer: inout JSONWriter) {
        let connection = surroundings.connection(run.order.connection)
        writer.beginObject()
        writer.field("object", "reconciliation")
        writer.field("id", PublicID(.reconciliation, run.id.rawValue).text(epoch: surroundings.epoch))
        writer.field("connection", connection?.name)
        writer.field("site_id", connection?.scope.site)
        writer.field("live_mode", connection?.scope.mode.isLive)
        writer.field("scope", run.order.scope.rawValue)
        writer.field("mode", run.order.mode.rawValue)
        writer.field("provider_customer_id", run.order.customerID?.rawValue)
        writer.time("created_since", run.order.createdSince)
        writer.field("trigger", run.order.trigger.rawValue)
        writer.field("state", run.state.rawValue)
        writer.field("reason", run.reason)
        writer.key("notes")
        writer.beginArray()
        for note in run.notes { writer.string(note) }
        writer.endArray()
        writer.key("counters")
        write(run.counters, to: &writer)
        writer.field("findings", run.findings)
        writer.key("progress")
        var progress = run.progress
        // What was expected at the beginning may have gone meanwhile.
        if run.state == .completed { progress.fractionDone = 1 }
        write(progress, to: &writer)
        writer.time("created_at", run.createdAt)
        writer.time("started_at", run.startedAt)
        writer.time("updated_at", run.updatedAt)
        writer.time("ended_at", run.endedAt)
        writer.endObject()
    }

    private static func write(_ counters: RunCounters, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("seen", counters.seen)
        writer.field("equal", counters.equal)
        writer.field("differing", counters.differing)
        writer.field("repaired", counters.repaired)
        writer.field("raced", counters.raced)
        writer.field("missing", counters.missing)
        writer.field("tombstoned", counters.tombstoned)
        writer.field("failed", counters.failed)
        writer.field("queued", counters.queued)
        writer.endObject()
    }

    /// Four decimals, cut off: 1 means done.
    private static func text(_ fraction: Double) -> String {
        guard fraction < 1 else { return "1" }
        let digits = String(Int(max(fraction, 0) * 10_000))
        return "0." + String(repeating: "0", count: 4 - digits.count) + digits
    }

    private static func write(_ progress: RunProgress, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("current_type", progress.currentType?.rawValue)
        writer.field("pages", progress.pages)
        writer.key("fraction_done")
        if let fraction = progress.fractionDone { writer.raw(text(fraction).utf8) } else { writer.null() }
        writer.field("rate_limit_waits", progress.rateLimitWaits)
        writer.field("waited_ms", progress.waitedMilliseconds)
        writer.field("retries", progress.retries)
        writer.field("cursor_deaths", progress.cursorDeaths)
        writer.endObject()
    }
}
