import Cryptography
import Threading
import Timing

/// An event that is to be delivered, with what faults make of it.
struct DueDelivery: Sendable {
    let event: SandboxEvent
    var delayMilliseconds = 0
    /// Sent behind the event that comes next, or after a while if none comes.
    var isSwapped = false
}

/// Delivers events in the order in which they were made, some at once, and again where the receiver did not take
/// them. A delivery that failed goes to the end of the line after its pause: it holds nothing up.
final class WebhookDispatcher: Sendable {
    private struct Pending: Sendable {
        let event: SandboxEvent
        let attempt: Int
    }

    private struct Line {
        var waiting: [Pending] = []
        var next = 0
        /// One that waits for the event behind it.
        var held: Pending?
        var underWay = 0
        var isStopped = false
        var statistics = WebhookStatistics()
    }

    private let target: SandboxConfiguration.WebhookTarget
    private let sender: any WebhookSender
    private let clock: SandboxClock
    private let delayed: DelayedWork
    private let random: RandomSource
    private let key: HMACKey
    private let backoff: Backoff
    private let delivered: @Sendable (String) -> Void
    private let line = Lock(Line())

    /// How long a swapped event waits for the one that should overtake it.
    private static let heldMilliseconds: Int64 = 1000

    init(
        target: SandboxConfiguration.WebhookTarget,
        sender: any WebhookSender,
        clock: SandboxClock,
        delayed: DelayedWork,
        random: RandomSource,
        delivered: @escaping @Sendable (String) -> Void
    ) {
        self.target = target
        self.sender = sender
        self.clock = clock
        self.delayed = delayed
        self.random = random
        self.delivered = delivered
        key = HMACKey(Array(target.secret.revealed().utf8))
        backoff = Backoff(
            baseMilliseconds: target.retryBaseMilliseconds,
            capMilliseconds: target.retryCapMilliseconds
        )
    }

    var statistics: WebhookStatistics { line.withLock { $0.statistics } }

    /// Gives the deliveries their places; `sendNext` starts them. Cheap: called while the state is locked.
    func line(up deliveries: [DueDelivery]) {
        for due in deliveries {
            let pending = Pending(event: due.event, attempt: 1)
            if due.delayMilliseconds > 0 {
                delayed.after(milliseconds: Int64(due.delayMilliseconds)) { [weak self] in self?.join(pending)
                }
            } else if due.isSwapped, hold(pending) {
                let id = due.event.id
                delayed.after(milliseconds: Self.heldMilliseconds) { [weak self] in self?.release(id) }
            } else {
                append(pending)
            }
        }
    }

    func stop() {
        line.withLock { line in
            line.isStopped = true
            line.waiting = []
            line.next = 0
            line.held = nil
        }
    }

    private func join(_ pending: Pending) {
        append(pending)
        sendNext()
    }

    private func append(_ pending: Pending) {
        line.withLock { line in
            guard !line.isStopped else { return }
            line.waiting.append(pending)
            if let held = line.held {
                line.waiting.append(held)
                line.held = nil
            }
        }
    }

    /// False when one is held already.
    private func hold(_ pending: Pending) -> Bool {
        line.withLock { line in
            guard line.held == nil, !line.isStopped else { return false }
            line.held = pending
            return true
        }
    }

    private func release(_ event: String) {
        line.withLock { line in
            guard let held = line.held, held.event.id == event, !line.isStopped else { return }
            line.waiting.append(held)
            line.held = nil
        }
        sendNext()
    }

    /// Starts as many as may be under way.
    func sendNext() {
        while let pending = takeNext() {
            Task { [self] in
                let status = await sender.send(sign(pending))
                settle(pending, status)
            }
        }
    }

    private func takeNext() -> Pending? {
        line.withLock { line in
            guard line.underWay < max(target.concurrency, 1), line.next < line.waiting.count else {
                return nil
            }
            let pending = line.waiting[line.next]
            line.next += 1
            line.underWay += 1
            if line.next > 1000 {
                line.waiting.removeFirst(line.next)
                line.next = 0
            }
            line.statistics.attempts += 1
            return pending
        }
    }

    /// Each attempt has a timestamp of its own.
    private func sign(_ pending: Pending) -> WebhookDelivery {
        let body = pending.event.json
        return WebhookDelivery(
            url: target.url,
            eventID: pending.event.id,
            attempt: pending.attempt,
            headers: [
                (name: "Content-Type", value: "application/json; charset=utf-8"),
                (name: "Stripe-Signature", value: WebhookSignature.header(body, key: key, now: clock.now())),
                (name: "User-Agent", value: "Tollgate-Sandbox/1.0"),
            ],
            body: body
        )
    }

    private func settle(_ pending: Pending, _ status: Int?) {
        let isTaken = status.map { (200..<300).contains($0) } ?? false
        let isStopped = line.withLock { line in
            line.underWay -= 1
            if isTaken {
                line.statistics.delivered += 1
            } else {
                line.statistics.failures += 1
                if pending.attempt >= target.attemptsMax { line.statistics.givenUp += 1 }
            }
            return line.isStopped
        }
        if isTaken {
            delivered(pending.event.id)
        } else if pending.attempt < target.attemptsMax, !isStopped {
            let pause = backoff.delayMilliseconds(afterAttempt: pending.attempt, random: random)
            let again = Pending(event: pending.event, attempt: pending.attempt + 1)
            delayed.after(milliseconds: pause) { [weak self] in self?.join(again) }
        }
        sendNext()
    }
}

/// How deliveries went so far.
package struct WebhookStatistics: Sendable, Equatable {
    package var attempts = 0
    package var delivered = 0
    package var failures = 0
    /// Events whose last attempt failed.
    package var givenUp = 0
}
