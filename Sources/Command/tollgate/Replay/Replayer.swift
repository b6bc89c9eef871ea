import Glibc
import Threading
import Timing
import WebhookVerifier

/// Sends the deliveries of a plan over several connections, one blocking thread for each.
///
/// With one connection the order on the wire is the plan's. A delivery is not tried again after a refusal.
struct Replayer: Sendable {
    let events: [StoredEvent]
    let plan: DeliveryPlan
    let target: ReplayTarget
    let signing: VerifierConfiguration
    let connections: Int
    /// Nil: as fast as the receiver answers.
    let ratePerSecond: Int?
    /// Behind the ids of this run; nil leaves them as stored.
    let runMark: String?

    struct Outcome: Sendable {
        let tally: ReplayTally
        let elapsedNanoseconds: UInt64
        /// Why sending stopped before the end of the plan.
        let abortReason: String?
    }

    private struct Progress {
        var next = 0
        var done = 0
        var accepted = 0
        var running: Int
        var tally = ReplayTally()
        var abortReason: String?
    }

    private static let progressMilliseconds: Int32 = 100

    /// Blocks until everything is answered or given up; calls `watch` a few times a second on this thread.
    func run(
        clock: WallClock = .system,
        monotonic: MonotonicClock = .system,
        watch: (_ done: Int, _ planned: Int) -> Void = { _, _ in }
    ) throws(CommandFailure) -> Outcome {
        try checkConnection()
        let workerCount = min(connections, plan.deliveries.count)
        let progress = Lock(Progress(running: workerCount))
        let finished = EventSignal()
        let start = monotonic.nanoseconds()
        let workers = (0..<workerCount).map { number in
            WorkerThread.start(name: "replay-\(number)") {
                self.send(progress, start: start, clock, monotonic)
                let isLast = progress.withLock { progress in
                    progress.running -= 1
                    return progress.running == 0
                }
                if isLast { finished.raise() }
            }
        }
        while progress.withLock({ $0.running }) > 0 {
            finished.wait(milliseconds: Self.progressMilliseconds)
            watch(progress.withLock { $0.done }, plan.deliveries.count)
        }
        for worker in workers { worker.join() }
        let elapsed = monotonic.nanoseconds() - start
        let (tally, abortReason) = progress.withLock { ($0.tally, $0.abortReason) }
        return Outcome(tally: tally, elapsedNanoseconds: elapsed, abortReason: abortReason)
    }

    private func checkConnection() throws(CommandFailure) {
        do throws(WebhookSocket.Failure) {
            try WebhookSocket(target).connect()
        } catch {
            throw CommandFailure(
                "cannot connect to \(target.authority): \(error.reason)",
                hint: "is the gateway running there? tollgate serve starts it",
                exitCode: ExitCode.unavailable
            )
        }
    }

    private func send(
        _ progress: Lock<Progress>,
        start: UInt64,
        _ clock: WallClock,
        _ monotonic: MonotonicClock
    ) {
        let freshener = EventFreshener(signing, runMark: runMark)
        let socket = WebhookSocket(target)
        var tally = ReplayTally()
        while let number = take(progress) {
            wait(for: number, start: start, monotonic)
            let delivery = plan.deliveries[number]
            do throws(WebhookSigner.Problem) {
                let webhook = try freshener.webhook(
                    for: events[delivery.event],
                    pass: delivery.pass,
                    query: target.query,
                    timestamp: clock.now()
                )
                deliver(webhook, socket, &tally, progress, monotonic)
            } catch {
                tally.addUnanswered("not signed: \(error)")
            }
            progress.withLock { $0.done += 1 }
        }
        let result = tally
        progress.withLock { $0.tally.merge(result) }
    }

    private func deliver(
        _ webhook: SignedWebhook,
        _ socket: WebhookSocket,
        _ tally: inout ReplayTally,
        _ progress: Lock<Progress>,
        _ monotonic: MonotonicClock
    ) {
        let sent = monotonic.nanoseconds()
        do throws(WebhookSocket.Failure) {
            let answer = try socket.exchange(headers: webhook.headers, body: webhook.body)
            tally.add(answer, nanoseconds: monotonic.nanoseconds() - sent)
        } catch {
            tally.addUnanswered(error.reason)
            // A receiver that is gone stays gone for the rest of the plan; one lost answer is only that.
            if case .cannotConnect(let reason) = error {
                progress.withLock { $0.abortReason = "cannot connect to \(target.authority): \(reason)" }
            }
        }
    }

    /// Position of the next delivery; nil at the end of the plan, or when sending was given up.
    private func take(_ progress: Lock<Progress>) -> Int? {
        progress.withLock { progress in
            guard progress.abortReason == nil, progress.next < plan.deliveries.count else { return nil }
            progress.next += 1
            return progress.next - 1
        }
    }

    /// Sleeps until that delivery is due. Deliveries that are late are not spaced: the rate holds on average.
    private func wait(for number: Int, start: UInt64, _ monotonic: MonotonicClock) {
        guard let ratePerSecond else { return }
        let due = start + UInt64(number) * 1_000_000_000 / UInt64(ratePerSecond)
        let now = monotonic.nanoseconds()
        guard due > now else { return }
        var pause = timespec(
            tv_sec: Int((due - now) / 1_000_000_000),
            tv_nsec: Int((due - now) % 1_000_000_000)
        )
        // Woken early by a signal, a delivery is a little early.
        _ = nanosleep(&pause, nil)
    }
}

extension WebhookSocket.Failure {
    var reason: String {
        switch self {
        case .cannotConnect(let reason), .noAnswer(let reason): reason
        }
    }
}
