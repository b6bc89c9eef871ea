package import BillingModel
package import Database
import HTTPServer
package import Telemetry
import Threading
package import Timing

/// What the API is made of; only `Gateway` and tests build it.
package struct APIParts: Sendable {
    package var database: any DatabaseEngine
    package var epoch: StoreEpoch
    package var connections: [Connection]
    package var log: Logger
    package var health: HealthRoutes
    /// Each adds its families to `/metrics`.
    package var metrics: [@Sendable (inout PrometheusText) -> Void] = []
    package var wallClock = WallClock.system
    package var monotonicClock = MonotonicClock.system
    package var random: RandomSource
    /// Connections whose provider may be called; of no others anything is queued.
    package var writable: [WritableConnection] = []
    /// Tells who carries out runs to look at their table; nil where nobody does.
    package var wakeRuns: (@Sendable () -> Void)?
    /// Who carries operations away; nil where nobody does, as while no server runs.
    package var operations: (any OperationWaiting)?

    package init(
        database: any DatabaseEngine,
        epoch: StoreEpoch,
        connections: [Connection],
        log: Logger,
        health: HealthRoutes,
        random: RandomSource
    ) {
        self.database = database
        self.epoch = epoch
        self.connections = connections
        self.log = log
        self.health = health
        self.random = random
    }
}

/// How a listener tells who asks.
package enum APIAccess: Sendable {
    /// Every request brings a key, except for health and, where `metricsAreOpen`, for `/metrics`: scrapers
    /// expect it so, and on loopback whoever can ask can also read the process list.
    case bearerKeys(metricsAreOpen: Bool)
    /// Whoever could open the socket may do everything.
    case controlSocket
}

/// One request from its call to its answer: route, principal, read, and for changes the write and the audit.
///
/// Runs on the event loop; only a write answers later, from the writing thread.
package final class RequestPipeline: Sendable {
    private let parts: APIParts
    private let access: APIAccess
    private let surroundings: Surroundings
    private let authentication: Authentication
    private let requestIDs: RequestIDs
    private let metrics: APIMetrics
    private let keyUse = KeyUse()
    private let writes: WriteRunner

    package init(parts: APIParts, access: APIAccess, metrics: APIMetrics) {
        self.parts = parts
        self.access = access
        self.metrics = metrics
        surroundings = Surroundings(
            epoch: parts.epoch,
            connections: parts.connections,
            writable: parts.writable,
            carriesRuns: parts.wakeRuns != nil
        )
        writes = WriteRunner(parts: parts)
        authentication = Authentication(epoch: parts.epoch)
        requestIDs = RequestIDs(random: parts.random)
    }

    /// Calls `answer` once, here or later on the writing thread.
    package func run(_ call: APICall, answer: @escaping @Sendable (APIAnswer) -> Void) {
        let started = parts.monotonicClock.nanoseconds()
        let now = parts.wallClock.now()
        let requestID = requestIDs.next(now: now)
        let finish: @Sendable (StaticString, Result<APIAnswer, Problem>) -> Void = { [self] route, result in
            var given =
                switch result {
                case .success(let answer): answer
                case .failure(let problem): problem.answer(instance: call.path, requestID: requestID)
                }
            given.headers.append(("Request-Id", requestID))
            let nanoseconds = parts.monotonicClock.nanoseconds() &- started
            metrics.record(status: given.status, nanoseconds: nanoseconds)
            parts.log.emit(
                .debug,
                "api request",
                [
                    .requestID(requestID), .word("route", route), .integer("status", given.status),
                    .integer("duration_us", Int64(nanoseconds / 1000)),
                ]
            )
            answer(given)
        }
        if let health = parts.health.answer(method: call.method, path: call.path) {
            return finish("health", .success(health))
        }
        if call.path == "/metrics" { return finish("/metrics", metricsText(for: call)) }

        switch RouteTable.router.match(call.method, path: call.path) {
        case .unknownPath:
            finish("none", .failure(Problem(.notFound, "There is nothing at this path.")))
        case .wrongMethod(let allow):
            var problem = Problem(.methodNotAllowed, "Allowed here: \(allow.joined(separator: ", ")).")
            problem.headers = [("Allow", allow.joined(separator: ", "))]
            finish("none", .failure(problem))
        case .found(let route, let captures):
            run(route, captures, call, now: now, requestID: requestID) { finish(route.name, $0) }
        }
    }

    /// For what is refused before it is a call.
    func refusal(_ problem: Problem, path: String) -> APIAnswer {
        let requestID = requestIDs.next(now: parts.wallClock.now())
        var answer = problem.answer(instance: path, requestID: requestID)
        answer.headers.append(("Request-Id", requestID))
        metrics.record(status: answer.status, nanoseconds: 0)
        return answer
    }

    private func run(
        _ route: Route,
        _ captures: [String],
        _ call: APICall,
        now: Timestamp,
        requestID: String,
        finish: @escaping @Sendable (Result<APIAnswer, Problem>) -> Void
    ) {
        var actor = Principal.controlSocket
        var idempotent: IdempotentRequest?
        let outcome: Result<RouteOutcome, Problem> = read(requestID) { [self] transaction in
            guard let principal = try principal(of: call, in: transaction) else {
                metrics.unauthenticated.add()
                throw Problem.unauthenticated
            }
            actor = principal
            guard principal.allows(route.scope) else {
                throw Problem(.insufficientScope, "This needs the scope \(route.scope.rawValue).")
            }
            let context = try RequestContext(
                call: call,
                captures: captures,
                principal: principal,
                now: now,
                requestID: requestID,
                surroundings: surroundings
            )
            idempotent = try IdempotentRequest(call, principal, site: context.site, mode: context.mode)
            // Before the route looks: what it would change may be changed already, or gone.
            if let earlier = try idempotent?.earlier(now: now, in: transaction) {
                return .answer(try earlier.get())
            }
            return try route.handle(context, transaction)
        }
        noteUse(of: actor, now: now)
        switch outcome {
        case .failure(let problem): finish(.failure(problem))
        case .success(.answer(let answer)): finish(.success(answer))
        case .success(.write(let write)):
            let writer = WriteRunner.Asker(
                name: actor.name,
                requestID: requestID,
                path: call.path,
                now: now,
                idempotent: idempotent
            )
            writes.run(write, for: writer) { [self] result in
                switch result {
                case .success(let outcome): finish(outcome)
                case .failure(let error): finish(.failure(storeProblem(error, requestID)))
                }
            }
        }
    }

    private func principal(
        of call: APICall,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Principal? {
        switch access {
        case .controlSocket: .controlSocket
        case .bearerKeys: try authentication.principal(authorization: call.authorization, in: transaction)
        }
    }

    /// One read transaction; what it throws becomes a problem here and nowhere else.
    private func read<Value>(
        _ requestID: String,
        _ body: (any ReadTransaction) throws -> Value
    ) -> Result<Value, Problem> {
        do throws(DatabaseError) {
            return try parts.database.read { transaction throws(DatabaseError) in
                do {
                    return .success(try body(transaction))
                } catch let problem as Problem {
                    return .failure(problem)
                } catch let error as DatabaseError {
                    throw error
                } catch {
                    parts.log.emit(.error, "api route failed", [.requestID(requestID)])
                    return .failure(Problem(.internalError, "Something went wrong; the log has more."))
                }
            }
        } catch {
            return .failure(storeProblem(error, requestID))
        }
    }

    private func storeProblem(_ error: DatabaseError, _ requestID: String) -> Problem {
        parts.log.emitLimited(
            .error,
            "api store failure",
            [.requestID(requestID), .reason(error.description)]
        )
        var problem = Problem(.storeUnavailable, "The store did not answer; try again.")
        problem.headers = [("Retry-After", "1")]
        return problem
    }

    private func metricsText(for call: APICall) -> Result<APIAnswer, Problem> {
        guard call.method == .get || call.method == .head else {
            var problem = Problem(.methodNotAllowed, "Allowed here: GET, HEAD.")
            problem.headers = [("Allow", "GET, HEAD")]
            return .failure(problem)
        }
        if case .bearerKeys(metricsAreOpen: false) = access {
            let permission: Result<Void, Problem> = read("") { transaction in
                guard let principal = try principal(of: call, in: transaction) else {
                    throw Problem.unauthenticated
                }
                guard principal.allows(.read) else {
                    throw Problem(.insufficientScope, "This needs the scope read.")
                }
            }
            if case .failure(let problem) = permission { return .failure(problem) }
        }
        var text = PrometheusText()
        metrics.collect(into: &text)
        for collect in parts.metrics { collect(&text) }
        return .success(
            APIAnswer(status: 200, contentType: PrometheusText.contentType, body: text.bytes)
        )
    }

    private func noteUse(of principal: Principal, now: Timestamp) {
        guard let key = principal.key, keyUse.isWorthWriting(key, now: now) else { return }
        parts.database.submitWrite { transaction throws(DatabaseError) in
            try APIKeysTable.noteUse(of: key.number, now: now, in: transaction)
        } completion: { _ in
            // Lost on a failing store; the next use is noted again.
        }
    }
}
