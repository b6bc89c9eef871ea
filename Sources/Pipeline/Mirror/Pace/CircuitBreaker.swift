/// Stops calling a provider that does not answer, and asks now and then whether it does again.
///
/// Opens when at least half of at least 20 calls within a minute failed, or after eight transport failures in a
/// row. While open one probe may be made in so many seconds. Five good probes, one at a time, close it. A pure machine.
package struct CircuitBreaker: Sendable {
    package enum State: String, Sendable, Hashable, CaseIterable {
        case closed
        case open
        case halfOpen = "half_open"
    }

    /// How a call ended, in the breaker's words.
    package enum Ending: Sendable, Hashable {
        /// Any answer that is no failure of the server, a refusal included: the provider is there.
        case answered
        /// 5xx, or an answer that the provider cannot have meant (HTML, cut JSON).
        case serverFailed
        /// No answer: no connection, a timeout, a reset.
        case transportFailed
        /// The call was given up by us; it tells nothing.
        case abandoned
    }

    package enum Permission: Sendable, Hashable {
        case calls
        /// One call, whose end must be told with `isProbe`.
        case probe
        case none(until: Instant)
        /// A probe is on its way.
        case waitForProbe
    }

    package enum Change: Sendable, Hashable {
        case opened
        case closed
    }

    private static let windowSeconds = 60.0
    private static let windowParts = 6
    private static let callsMin = 20
    // Eight, because a provider that loses every fifth answer has five in a row now and then.
    private static let transportFailuresInRowMax = 8
    private static let goodProbesToClose = 5
    /// From the opening, or a failed probe, to the next probe.
    private let openMilliseconds: Int64

    private struct Part: Sendable {
        var number: UInt64 = 0
        var calls = 0
        var failures = 0
    }

    private enum Phase: Sendable {
        case closed
        case open(until: Instant)
        case halfOpen(good: Int, isProbing: Bool)
    }

    private var phase = Phase.closed
    private var parts = [Part](repeating: Part(), count: windowParts)
    private var transportFailuresInRow = 0

    package init(openMilliseconds: Int64 = 30_000) {
        self.openMilliseconds = openMilliseconds
    }

    package var state: State {
        switch phase {
        case .closed: .closed
        case .open: .open
        case .halfOpen: .halfOpen
        }
    }

    package func permission(now: Instant) -> Permission {
        switch phase {
        case .closed: .calls
        case .open(let until): now < until ? .none(until: until) : .probe
        case .halfOpen(_, let isProbing): isProbing ? .waitForProbe : .probe
        }
    }

    /// The probe that `permission` allowed is made.
    package mutating func probeBegan() {
        switch phase {
        case .closed: preconditionFailure("a closed breaker asks for no probe")
        case .open: phase = .halfOpen(good: 0, isProbing: true)
        case .halfOpen(let good, let isProbing):
            precondition(!isProbing, "one probe at a time")
            phase = .halfOpen(good: good, isProbing: true)
        }
    }

    /// A person says that the provider is there: the next probe is due now.
    package mutating func hurryProbe(now: Instant) {
        switch phase {
        case .open(let until): phase = .open(until: min(until, now))
        case .closed, .halfOpen: break
        }
    }

    /// - Parameter isProbe: the call was made as a probe; other calls count only while the breaker is closed.
    package mutating func callEnded(_ ending: Ending, isProbe: Bool, now: Instant) -> Change? {
        switch phase {
        case .closed: return count(ending, now: now)
        case .open: return nil
        case .halfOpen(let good, _):
            guard isProbe else { return nil }
            return probeEnded(ending, good: good, now: now)
        }
    }

    private mutating func probeEnded(_ ending: Ending, good: Int, now: Instant) -> Change? {
        switch ending {
        case .abandoned:
            phase = .halfOpen(good: good, isProbing: false)
            return nil
        case .answered where good + 1 >= Self.goodProbesToClose:
            phase = .closed
            parts = [Part](repeating: Part(), count: Self.windowParts)
            transportFailuresInRow = 0
            return .closed
        case .answered:
            phase = .halfOpen(good: good + 1, isProbing: false)
            return nil
        case .serverFailed, .transportFailed:
            // Still the same opening: nobody is told again.
            phase = .open(until: now.adding(milliseconds: openMilliseconds))
            return nil
        }
    }

    private mutating func count(_ ending: Ending, now: Instant) -> Change? {
        switch ending {
        case .abandoned: return nil
        case .answered: transportFailuresInRow = 0
        case .serverFailed: transportFailuresInRow = 0
        case .transportFailed: transportFailuresInRow += 1
        }
        let partSeconds = Self.windowSeconds / Double(Self.windowParts)
        let number = UInt64(Double(now.nanoseconds) / 1_000_000_000 / partSeconds)
        let index = Int(number % UInt64(Self.windowParts))
        if parts[index].number != number { parts[index] = Part(number: number) }
        parts[index].calls += 1
        if ending != .answered { parts[index].failures += 1 }
        guard shouldOpen(number) else { return nil }
        phase = .open(until: now.adding(milliseconds: openMilliseconds))
        return .opened
    }

    private func shouldOpen(_ number: UInt64) -> Bool {
        if transportFailuresInRow >= Self.transportFailuresInRowMax { return true }
        var (calls, failures) = (0, 0)
        for part in parts where part.number + UInt64(Self.windowParts) > number {
            calls += part.calls
            failures += part.failures
        }
        return calls >= Self.callsMin && failures * 2 >= calls
    }
}
