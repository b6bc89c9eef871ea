import Cryptography
import Threading
import Timing

/// An event that is to be delivered, with what faults make of it.
struct DueDelivery: Sendable {
    let event: SandboxEvent
    var delayMilliseconds = 0
}

/// Delivers events in the order in which they were made, some at once, and again where the receiver did not take
/// them. A delivery that failed goes to the end of the line after its pause: it holds nothing up.
final class WebhookDispatcher: Sendable {
    private struct Pending: Sendable {
        let event: SandboxEvent
        let attempt: Int
        let delivered: @Sendable (String) -> Void
    }

    private struct Line {
        var waiting: [Pending] = []
        var next = 0
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
    private let line = Lock(Line())

    init(
        target: SandboxConfiguration.WebhookTarget,
        sender: any WebhookSender,
        clock: SandboxClock,
        delayed: DelayedWork,
        random: RandomSource
    ) {
        self.target = target
        self.sender = sender
        self.clock = clock
        self.delayed = delayed
        self.random = random
        key = HMACKey(Array(target.secret.revealed().utf8))
        backoff = Backoff(
            baseMilliseconds: target.retryBaseMilliseconds,
            capMilliseconds: target.retryCapMilliseconds
        )
    }

    var statistics: WebhookStatistics { line.withLock { $0.statistics } }

    func enqueue(_ deliveries: [DueDelivery], delivered: @escaping @Sendable (String) -> Void) {
        for due in deliveries {
            let pending = Pending(event: due.event, attempt: 1, delivered: delivered)
            if due.delayMilliseconds > 0 {
                delayed.after(milliseconds: Int64(due.delayMilliseconds)) { [weak self] in self?.join(pending)
                }
            } else {
                join(pending)
            }
        }
    }

    func stop() {
        line.withLock { line in
            line.isStopped = true
            line.waiting = []
            line.next = 0
        }
    }

    private func join(_ pending: Pending) {
        line.withLock { line in
            if !line.isStopped { line.waiting.append(pending) }
        }
        sendNext()
    }

    /// Starts as many as may be under way.
    private func sendNext() {
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
            pending.delivered(pending.event.id)
        } else if pending.attempt < target.attemptsMax, !isStopped {
            let pause = backoff.delayMilliseconds(afterAttempt: pending.attempt, random: random)
            let again = Pending(
                event: pending.event,
                attempt: pending.attempt + 1,
                delivered: pending.delivered
            )
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
