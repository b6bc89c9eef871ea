import BillingModel
package import Database
package import HTTPClient
package import Lanes
import Outbox
package import Providers
package import Telemetry
import Threading
package import Timing

/// Carries one connection's operations to its provider: a thread that writes rounds and starts calls.
///
/// Polling the store is the truth; `wake` only shortens the wait. The thread sleeps until a commit or a call has
/// ended; a call is a task that does nothing but await the transport.
package final class MirrorLoop: Sendable {
    package let connection: MirrorConnection
    package let statistics: MirrorStatistics

    private let database: any DatabaseEngine
    private let driver: Lock<MirrorDriver>
    private let transport: any HTTPTransport
    private let clock: WallClock
    private let monotonic: MonotonicClock
    private let log: Logger
    private let signal: EventSignal
    private let ended: Mailbox<EndedCall>
    private let asked: Mailbox<PageOrder>
    /// The outcome of the transaction under way.
    private let written: Mailbox<Result<RoundResult, DatabaseError>>
    private let state = Lock(State())

    private struct State: Sendable {
        var thread: WorkerThread?
        var isStopping = false
        /// The time for calls on their way is over.
        var isGivingUp = false
        var isWoken = false
        var isResumed = false
        var calls: [UInt64: Task<Void, Never>] = [:]
        /// The thread has ended, or never will begin.
        var isOver = false
        var pagesAsked: UInt64 = 0
        var waitingForPages: [UInt64: @Sendable (PageAnswer) -> Void] = [:]
    }

    /// - Parameters:
    ///   - owner: drawn at the start of the process, one for all connections.
    ///   - keyEpoch: `StoreIdentity.keyEpoch`.
    ///   - didSettle: told after the commit which operations reached an end, by number; for whoever waits.
    package init(
        _ connection: MirrorConnection,
        database: any DatabaseEngine,
        transport: any HTTPTransport,
        recorder: AnswerRecorder,
        owner: LeaseOwner,
        keyEpoch: UInt64,
        clock: WallClock,
        monotonic: MonotonicClock,
        random: RandomSource,
        log: Logger,
        didSettle: @escaping @Sendable ([Int64]) -> Void = { _ in }
    ) {
        self.connection = connection
        self.database = database
        self.transport = transport
        self.clock = clock
        self.monotonic = monotonic
        self.log = log
        statistics = MirrorStatistics()
        signal = EventSignal()
        ended = Mailbox(signal: signal)
        asked = Mailbox(signal: signal)
        written = Mailbox(signal: signal)
        driver = Lock(
            MirrorDriver(
                connection,
                database: database,
                recorder: recorder,
                owner: owner,
                keyEpoch: keyEpoch,
                random: random,
                statistics: statistics,
                log: log,
                now: Instant(nanoseconds: monotonic.nanoseconds()),
                didSettle: didSettle
            )
        )
    }

    /// Frees what a dead process held, for all connections. Once at the start of the process, before any loop.
    package static func rescue(
        owner: LeaseOwner,
        keyEpoch: UInt64,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Int {
        try OutboxClaimsTable.rescue(owner: owner, keyEpoch: keyEpoch, now: now, in: transaction)
    }

    package func start() {
        let thread = WorkerThread.start(name: "mirror") { [self] in run() }
        state.withLock { $0.thread = thread }
    }

    /// Something may have become due: an operation was added, a pause was lifted.
    package func wake() {
        state.withLock { $0.isWoken = true }
        signal.raise()
    }

    /// A person says that the connection works: a pause or an open breaker lets one call through at once, which
    /// finds out.
    package func resume() {
        state.withLock { $0.isResumed = true }
        signal.raise()
    }

    /// Asks the provider for a page of a list, or for an object beside it, when writes and confirming reads leave
    /// room; an open breaker or a paused lane holds it back. Safe from any thread.
    ///
    /// - Parameter done: told once, on the mirror's thread or, when the loop is over, on the caller's: hand the answer
    ///   on and return.
    package func fetch(_ read: ProviderRead, done: @escaping @Sendable (PageAnswer) -> Void) {
        let order = state.withLock { state -> PageOrder? in
            guard !state.isOver else { return nil }
            state.pagesAsked += 1
            state.waitingForPages[state.pagesAsked] = done
            return PageOrder(number: state.pagesAsked, read: read)
        }
        guard let order else { return done(.stopping) }
        asked.post(order)
    }

    /// Takes no new work; waits so long for calls on their way, then gives them up: their operations stay sent
    /// and go out again at the next start, with the same bytes and key.
    package func stop(deadline: Duration) {
        let thread = state.withLock { state in
            state.isStopping = true
            let thread = state.thread
            state.thread = nil
            return thread
        }
        signal.raise()
        guard let thread else { return endPages() }
        let timer = WorkerThread.start(name: "mirror-stop") { [self] in
            let now = Instant(nanoseconds: monotonic.nanoseconds())
            let until = now.adding(milliseconds: max(deadline.components.seconds, 0) * 1_000)
            let pause = EventSignal()
            while state.withLock({ $0.isStopping }) {
                let left = Instant(nanoseconds: monotonic.nanoseconds()).millisecondsUntil(until)
                guard left > 0 else { break }
                pause.wait(milliseconds: Int32(min(left, 20)))
            }
            let tasks = state.withLock { state in
                state.isGivingUp = true
                return Array(state.calls.values)
            }
            for task in tasks { task.cancel() }
        }
        thread.join()
        timer.join()
    }

    private func run() {
        defer { endPages() }
        while true {
            let (isStopping, isWoken, isResumed) = state.withLock { state in
                defer {
                    state.isWoken = false
                    state.isResumed = false
                }
                return (state.isStopping, state.isWoken, state.isResumed)
            }
            let endedNow = ended.takeAll()
            state.withLock { state in
                for call in endedNow { state.calls[call.flight] = nil }
            }
            let results = written.takeAll()
            if isStopping, results.contains(where: \.isFailure), state.withLock({ $0.isGivingUp }) {
                // The store refuses: what is on its way stays sent, and the next start takes it up.
                state.withLock { $0.isStopping = false }
                return
            }
            for result in results {
                let turn = driver.withLock { $0.wrote(result, now: moment()) }
                for call in turn.calls { start(call) }
                answer(turn)
            }
            let turn = driver.withLock { driver in
                if isStopping { driver.stop() }
                if isResumed { driver.resume(now: moment()) }
                if isWoken { driver.wake(now: moment()) }
                return driver.turn(endedNow, asked: asked.takeAll(), now: moment())
            }
            if let round = turn.round {
                database.submitWrite(round) { [written] result in written.post(result) }
            }
            for call in turn.calls { start(call) }
            answer(turn)
            if isStopping, turn.isIdle {
                state.withLock { $0.isStopping = false }
                return
            }
            guard !turn.hasMore else { continue }
            let now = Instant(nanoseconds: monotonic.nanoseconds())
            let wait = turn.next.map { Int32(clamping: now.millisecondsUntil($0)) } ?? -1
            if wait != 0 { signal.wait(milliseconds: wait) }
        }
    }

    private func start(_ call: PreparedCall) {
        let (transport, ended, monotonic) = (transport, ended, monotonic)
        // The lock is held until the task is kept, so that its end cannot be taken before.
        state.withLock { state in
            guard !state.isGivingUp else {
                let failure = HTTPClientFailure(
                    kind: .cancelled,
                    name: "client_stopped",
                    text: "the process ends",
                    mayHaveBeenSent: false
                )
                ended.post(EndedCall(flight: call.flight, outcome: .failure(failure), nanoseconds: 0))
                return
            }
            state.calls[call.flight] = Task {
                let began = monotonic.nanoseconds()
                let outcome: Result<HTTPClientResponse, HTTPClientFailure>
                do throws(HTTPClientFailure) {
                    outcome = .success(try await transport.send(call.request))
                } catch {
                    outcome = .failure(error)
                }
                let nanoseconds = monotonic.nanoseconds() &- began
                ended.post(EndedCall(flight: call.flight, outcome: outcome, nanoseconds: nanoseconds))
            }
        }
    }

    private func answer(_ turn: MirrorDriver.Turn) {
        for (number, answer) in turn.answers {
            let done = state.withLock { $0.waitingForPages.removeValue(forKey: number) }
            done?(answer)
        }
    }

    /// Nobody is left waiting, and nobody waits from now on.
    private func endPages() {
        let waiting = state.withLock { state in
            state.isOver = true
            defer { state.waitingForPages = [:] }
            return state.waitingForPages.values.map(\.self)
        }
        for done in waiting { done(.stopping) }
    }

    private func moment() -> Moment {
        Moment(wall: clock.now(), steady: Instant(nanoseconds: monotonic.nanoseconds()))
    }
}

extension Result {
    fileprivate var isFailure: Bool {
        if case .failure = self { return true }
        return false
    }
}
