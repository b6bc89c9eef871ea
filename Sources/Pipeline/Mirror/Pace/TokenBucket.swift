import Glibc

/// How many calls a connection may begin now: its configured rate, slowed down when the provider says so.
///
/// After "too many requests" the rate halves, at most once a second, and grows again by a hundredth of the
/// configured rate each second. After an outage it begins at one call a second and doubles every two seconds.
package struct TokenBucket: Sendable {
    package enum Purpose: Sendable {
        case write
        case read
        /// Of a list, or a question that a run asks beside it: nobody waits for it but the run.
        case page
    }

    /// Calls that are due.
    package struct Waiting: OptionSet, Sendable {
        package let rawValue: Int

        package static let writes = Waiting(rawValue: 1)
        package static let reads = Waiting(rawValue: 2)
        package static let pages = Waiting(rawValue: 4)

        package init(rawValue: Int) {
            self.rawValue = rawValue
        }
    }

    /// A tenth of a second's calls may begin together, so that a provider that counts by the second sees no more
    /// than 1.1 of the rate.
    private static let burstSeconds = 0.1
    private static let rateMin = 0.2
    private static let rampStart = 1.0
    private static let rampDoublingSeconds = 2.0
    private static let recoverySeconds = 100.0
    private static let slowDownSeconds = 1.0

    /// Calls a second as configured.
    package let rateMax: Double
    /// Part of the rate that writes leave to reads and pages while such are due, and the other way round.
    private let readShare: Double
    /// Part of that share which reads leave to pages: a run goes on beside reads that never end.
    private static let pagePart = 0.25

    /// Calls a second at present.
    package private(set) var rate: Double
    private var isRamping = false
    private var tokens: Double
    private var readTokens: Double = 1
    private var pageTokens: Double = 1
    private var refilledAt: Instant
    private var slowedAt: Instant?
    /// Calls begun in the second that began at `countedFrom`, and in the one before.
    private var countedFrom: Instant
    private var count = 0
    private var countBefore = 0

    /// - Parameter readShare: between 0 and 1.
    package init(ratePerSecond: Double, readShare: Double = 0.2, now: Instant) {
        precondition(ratePerSecond > 0, "a connection makes calls at some rate")
        precondition(readShare >= 0 && readShare < 1, "reads have a part of the rate")
        rateMax = ratePerSecond
        self.readShare = readShare
        rate = ratePerSecond
        tokens = max(1, ratePerSecond * Self.burstSeconds)
        refilledAt = now
        countedFrom = now
    }

    /// How many calls of that purpose may begin now, were they all taken.
    ///
    /// - Parameter waiting: what is due; the purpose itself may be named or not.
    package mutating func available(_ purpose: Purpose, waiting: Waiting, now: Instant) -> Int {
        refill(now: now)
        let whole = max(tokens, 0).rounded(.down)
        let (reads, pages) = (readTokens.rounded(.down), pageTokens.rounded(.down))
        switch purpose {
        case .write:
            return Int(max(whole - (waiting.isDisjoint(with: [.reads, .pages]) ? 0 : reads), 0))
        case .read:
            let own = waiting.contains(.writes) ? min(whole, reads) : whole
            return Int(max(own - (waiting.contains(.pages) ? pages : 0), 0))
        case .page:
            if waiting.contains(.reads) { return Int(min(whole, pages)) }
            return Int(waiting.contains(.writes) ? min(whole, reads) : whole)
        }
    }

    /// Counts calls that begin. May be called for more than is available: then the next ones wait longer.
    package mutating func take(_ number: Int = 1, _ purpose: Purpose, now: Instant) {
        refill(now: now)
        tokens -= Double(number)
        switch purpose {
        case .write: break
        case .read: readTokens = max(readTokens - Double(number), 0)
        case .page:
            readTokens = max(readTokens - Double(number), 0)
            pageTokens = max(pageTokens - Double(number), 0)
        }
        count += number
    }

    /// When the next call may begin; `now` when one may already.
    package mutating func nextAvailable(now: Instant) -> Instant {
        refill(now: now)
        guard tokens < 1 else { return now }
        let seconds = min((1 - tokens) / rate, 3_600)
        return Instant(nanoseconds: now.nanoseconds &+ UInt64(seconds * 1_000_000_000) &+ 1)
    }

    /// When the next page may begin beside what waits; `now` when one may already.
    package mutating func nextPage(waiting: Waiting, now: Instant) -> Instant {
        let next = nextAvailable(now: now)
        let share: (tokens: Double, part: Double) =
            if waiting.contains(.reads) {
                (pageTokens, readShare * Self.pagePart)
            } else if waiting.contains(.writes) {
                (readTokens, readShare)
            } else {
                (1, 1)
            }
        guard share.tokens < 1 else { return next }
        let seconds = min((1 - share.tokens) / (rate * share.part), 3_600)
        return max(next, Instant(nanoseconds: now.nanoseconds &+ UInt64(seconds * 1_000_000_000) &+ 1))
    }

    /// The provider said "too many requests". Calls that were on their way together slow down once.
    package mutating func slowDown(now: Instant) {
        refill(now: now)
        if let slowedAt, now.seconds(since: slowedAt) < Self.slowDownSeconds { return }
        slowedAt = now
        isRamping = false
        // Half of what was really sent: a limit far above it would otherwise be halved many times to no effect.
        let sent = Double(max(count, countBefore, 1))
        rate = max(min(rate, sent) / 2, Self.rateMin)
        tokens = min(tokens, 0)
    }

    /// After an outage: everybody comes back at once, so we do not.
    package mutating func ramp(now: Instant) {
        refill(now: now)
        rate = min(rate, Self.rampStart)
        tokens = min(tokens, 1)
        isRamping = true
    }

    private mutating func refill(now: Instant) {
        let seconds = now.seconds(since: refilledAt)
        guard seconds > 0 else { return }
        refilledAt = now
        // The rate in the middle of a long pause would be a guess; before the growth it is a bound.
        tokens = min(tokens + rate * seconds, max(1, rate * Self.burstSeconds))
        readTokens = min(
            readTokens + rate * readShare * seconds,
            max(1, rate * readShare * Self.burstSeconds)
        )
        pageTokens = min(
            pageTokens + rate * readShare * Self.pagePart * seconds,
            max(1, rate * readShare * Self.pagePart * Self.burstSeconds)
        )
        grow(seconds)
        let counted = now.seconds(since: countedFrom)
        if counted >= 1 {
            countBefore = counted < 2 ? count : 0
            count = 0
            countedFrom = now
        }
    }

    private mutating func grow(_ seconds: Double) {
        guard rate < rateMax else { return }
        if isRamping {
            rate *= exp2(seconds / Self.rampDoublingSeconds)
        } else {
            rate += rateMax / Self.recoverySeconds * seconds
        }
        if rate >= rateMax {
            rate = rateMax
            isRamping = false
        }
    }
}
