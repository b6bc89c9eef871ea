import BillingModel
import Database
import HTTPClient
import Lanes
import Outbox
import Providers
import Telemetry
import Timing

/// A call as the transport takes it.
struct PreparedCall: Sendable {
    let flight: UInt64
    let purpose: OutgoingCall.Purpose
    let request: HTTPClientRequest
}

struct EndedCall: Sendable {
    let flight: UInt64
    let outcome: Result<HTTPClientResponse, HTTPClientFailure>
    let nanoseconds: UInt64
}

/// One turn after the other of one connection: ends of calls in, calls out, and a transaction at a time beside them.
/// Time is what the caller says, so that a simulation can drive it.
struct MirrorDriver: Sendable {
    /// One transaction, for the writing thread.
    typealias RoundOrder = @Sendable (any WriteTransaction) throws(DatabaseError) -> RoundResult

    struct Turn: Sendable {
        var calls: [PreparedCall] = []
        /// Of questions that runs asked.
        var answers: [(number: UInt64, answer: PageAnswer)] = []
        /// To be committed; `wrote` is to be told the outcome, and gives no other before.
        var round: RoundOrder?
        /// Another turn is due at once.
        var hasMore = false
        /// When the next turn is due if nothing happens before; nil for never.
        var next: Instant?
        /// Nothing is on its way and nothing is to be written.
        var isIdle = false
    }

    private let connection: MirrorConnection
    private let database: any DatabaseEngine
    private let builder: CallBuilder
    private var bookkeeper: Bookkeeper
    private(set) var dispatcher: Dispatcher
    private let statistics: MirrorStatistics
    private let log: Logger
    private let didSettle: @Sendable ([Int64]) -> Void
    private var calls: [UInt64: (purpose: OutgoingCall.Purpose, expectation: AnswerExpectation)] = [:]
    private var storedStanding: StoredStanding?
    private var isStopping = false
    /// What the transaction under way is to write.
    private var writing: Writing?
    /// The store failed: nothing is written before that.
    private var restsUntil: Instant?

    private struct Writing: Sendable {
        let plan: RoundPlan
        let standing: StoredStanding?
    }

    init(
        _ connection: MirrorConnection,
        database: any DatabaseEngine,
        recorder: AnswerRecorder,
        owner: LeaseOwner,
        keyEpoch: UInt64,
        rules: MirrorRules = .standard,
        random: RandomSource,
        statistics: MirrorStatistics,
        log: Logger,
        now: Instant,
        didSettle: @escaping @Sendable ([Int64]) -> Void = { _ in }
    ) {
        self.connection = connection
        self.database = database
        self.statistics = statistics
        self.log = log
        self.didSettle = didSettle
        builder = CallBuilder(connection: connection)
        bookkeeper = Bookkeeper(
            connection: connection.connection.id,
            owner: owner,
            keyEpoch: keyEpoch,
            builder: builder,
            recorder: recorder,
            rules: rules,
            random: random
        )
        dispatcher = Dispatcher(
            ratePerSecond: connection.ratePerSecond,
            inFlightMax: connection.inFlightMax,
            pollMilliseconds: connection.pollMilliseconds,
            probeMilliseconds: connection.probeMilliseconds,
            random: random,
            now: now
        )
    }

    mutating func stop() {
        isStopping = true
        dispatcher.stop()
    }

    mutating func wake(now: Moment) {
        dispatcher.wake(now: now.steady)
    }

    /// A person ended the pauses that are stored: what still holds is stored anew.
    mutating func resume(now: Moment) {
        storedStanding = nil
        dispatcher.resume(now: now.steady)
    }

    /// Takes ends of calls and questions of runs, and gives what is to be called and written now.
    mutating func turn(_ ended: [EndedCall], asked: [PageOrder] = [], now: Moment) -> Turn {
        for call in ended { end(call, now: now) }
        for order in asked { dispatcher.ask(order) }
        var turn = Turn()
        // Before anything is written: a call that ended lets the next one go out at once.
        makeCalls(&turn, now: now)
        if writing == nil, let plan = dispatcher.plan(now: now) {
            let standing = changedStanding(now: now.wall)
            writing = Writing(plan: plan, standing: standing)
            do throws(DatabaseError) {
                if standing == nil, plan.onlyAsks, let idle = try idleResult(now: now.wall) {
                    take(.success(idle), &turn, now: now)
                } else {
                    let bookkeeper = bookkeeper
                    turn.round = { transaction throws(DatabaseError) in
                        if let standing { try bookkeeper.keep(standing, now: now.wall, in: transaction) }
                        return try bookkeeper.write(plan, now: now.wall, in: transaction)
                    }
                }
            } catch {
                take(.failure(error), &turn, now: now)
            }
        }
        finish(&turn, now: now)
        return turn
    }

    /// Takes the outcome of the transaction that the last turn ordered, once it is flushed.
    mutating func wrote(_ result: Result<RoundResult, DatabaseError>, now: Moment) -> Turn {
        var turn = Turn()
        take(result, &turn, now: now)
        finish(&turn, now: now)
        return turn
    }

    private mutating func take(
        _ result: Result<RoundResult, DatabaseError>,
        _ turn: inout Turn,
        now: Moment
    ) {
        guard let (plan, standing) = writing.map({ ($0.plan, $0.standing) }) else { return }
        writing = nil
        switch result {
        case .success(let result):
            if let standing { storedStanding = standing }
            dispatcher.wrote(result, plan, now: now)
            if !result.settled.isEmpty { didSettle(result.settled.map(\.rawValue)) }
            makeCalls(&turn, now: now)
        case .failure(let error):
            dispatcher.roundFailed(plan, now: now)
            log.emitLimited(
                .error,
                "the mirror could not write, tried again",
                [
                    .text("code", MirrorAlert.Code.storeFailed.rawValue),
                    .text("connection", connection.connection.name), .reason("\(error)"),
                ]
            )
            statistics.alerted(.storeFailed)
            restsUntil = now.steady.adding(milliseconds: dispatcher.pollMilliseconds)
        }
    }

    private mutating func makeCalls(_ turn: inout Turn, now: Moment) {
        for call in dispatcher.nextCalls(now: now) { prepare(call, &turn, now: now) }
    }

    private mutating func finish(_ turn: inout Turn, now: Moment) {
        tell(now: now)
        turn.answers += dispatcher.takePageAnswers()
        turn.isIdle = dispatcher.isIdle && writing == nil
        turn.next = dispatcher.nextTurn(now: now, isWriting: writing != nil)
        turn.hasMore = writing == nil && dispatcher.hasEnds && !dispatcher.isGathering(now: now.steady)
        guard let restsUntil, restsUntil > now.steady else { return }
        turn.next = restsUntil
        turn.hasMore = false
    }

    /// A look without the writing thread: nil when something may be due.
    private func idleResult(now: Timestamp) throws(DatabaseError) -> RoundResult? {
        let bookkeeper = bookkeeper
        return try database.read { transaction throws(DatabaseError) in
            try bookkeeper.idle(now: now, in: transaction)
        }
    }

    // MARK: Calls

    private mutating func prepare(_ call: OutgoingCall, _ turn: inout Turn, now: Moment) {
        do throws(ProviderCallError) {
            let request: HTTPClientRequest
            let expectation: AnswerExpectation
            switch call.content {
            case .sent(let sent):
                request = try builder.request(for: sent)
                guard let operation = dispatcher.operation(of: call.flight) else { return }
                expectation = operation.content.expectation
            case .read(let read):
                request = try builder.request(for: read)
                expectation = read.expectation
            }
            calls[call.flight] = (call.purpose, expectation)
            statistics.began(call.purpose)
            if let reason = dispatcher.reasonToRead(call.flight) { statistics.reads(for: reason) }
            turn.calls.append(PreparedCall(flight: call.flight, purpose: call.purpose, request: request))
        } catch {
            // A header that cannot be: nothing was sent, and sending it again would fail the same.
            let failure = HTTPClientFailure(
                kind: .usage,
                name: "bad_request",
                text: error.description,
                mayHaveBeenSent: false
            )
            dispatcher.ended(call.flight, .failure(failure), now: now)
        }
    }

    private mutating func end(_ call: EndedCall, now: Moment) {
        guard let (purpose, expectation) = calls.removeValue(forKey: call.flight) else { return }
        let reading: CallReading =
            switch call.outcome {
            case .success(let response): .answer(response, expecting: expectation, now: now.wall)
            case .failure(let failure): .failure(failure)
            }
        statistics.ended(purpose, reading.result, nanoseconds: call.nanoseconds)
        var fields: [LogField] = [
            .text("connection", connection.connection.name), .text("purpose", purpose.rawValue),
            .text("result", reading.result.rawValue), .text("outcome", reading.code),
            .milliseconds(Int64(call.nanoseconds / 1_000_000)),
        ]
        if let operation = dispatcher.operation(of: call.flight) {
            fields += [
                .integer("operation", operation.id.rawValue),
                .text("kind", operation.claimed.kind.rawValue), .integer("attempt", operation.attempts),
            ]
        }
        if let id = reading.requestID { fields.append(.text("provider_request_id", id)) }
        switch reading.result {
        case .acknowledged, .replayed: log.emit(.debug, "call ended", fields)
        default: log.emitLimited(.info, "call failed", fields)
        }
        dispatcher.ended(call.flight, reading, now: now)
    }

    // MARK: Told

    private mutating func tell(now: Moment) {
        for alert in dispatcher.takeAlerts() {
            statistics.alerted(alert.code)
            var fields: [LogField] = [
                .text("code", alert.code.rawValue), .text("connection", connection.connection.name),
            ]
            if let operation = alert.operation { fields.append(.integer("operation", operation)) }
            if let reason = alert.reason { fields.append(.reason(reason)) }
            log.emitLimited(.error, alert.code.message, fields)
        }
        for note in dispatcher.takeNotes() {
            switch note {
            case .breakerClosed:
                log.emit(
                    .info,
                    "the provider answers again",
                    [.text("connection", connection.connection.name)]
                )
            case .resumed:
                log.emit(.info, "the lane goes on", [.text("connection", connection.connection.name)])
            case .newGeneration(let operation, let generation):
                log.emit(
                    .warning,
                    "sent again under a new key: it was looked up and not found done",
                    [
                        .text("connection", connection.connection.name),
                        .integer("operation", operation.rawValue), .integer("generation", generation),
                    ]
                )
            }
        }
        statistics.standing(
            breaker: dispatcher.pace.breaker.state,
            pause: dispatcher.pace.pause.toldCause,
            milliRate: Int64(dispatcher.pace.bucket.rate * 1_000),
            inFlight: dispatcher.inFlight
        )
    }

    /// What `outbox list` shows of the connection, when it has changed.
    private func changedStanding(now: Timestamp) -> StoredStanding? {
        let standing = StoredStanding(
            breaker: dispatcher.pace.breaker.state,
            pause: dispatcher.pace.pause.toldCause
        )
        return standing == storedStanding ? nil : standing
    }
}
