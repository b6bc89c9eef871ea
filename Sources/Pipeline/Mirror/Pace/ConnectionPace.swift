/// When a connection may call: rate, breaker, pause and retry budget as one. A pure machine.
struct ConnectionPace: Sendable {
    enum Leave: Sendable, Hashable {
        case calls
        /// One call, and no other on its way as a probe.
        case probe
        /// Nil: until the probe that is on its way has ended.
        case none(until: Instant?)
    }

    enum Change: Sendable, Hashable {
        case opened
        case closed
        case paused(LanePause.Cause)
        case resumed
    }

    var bucket: TokenBucket
    var budget: RetryBudget
    private(set) var breaker: CircuitBreaker
    private(set) var pause: LanePause

    init(ratePerSecond: Double, probeMilliseconds: Int64, now: Instant) {
        breaker = CircuitBreaker(openMilliseconds: probeMilliseconds)
        pause = LanePause(probeMilliseconds: Self.pauseMilliseconds(probeMilliseconds))
        bucket = TokenBucket(ratePerSecond: ratePerSecond, now: now)
        budget = RetryBudget(now: now)
    }

    /// What a person has to mend is tried half as often.
    static func pauseMilliseconds(_ probeMilliseconds: Int64) -> Int64 { 2 * probeMilliseconds }

    func leave(now: Instant) -> Leave {
        var leave = Leave.calls
        switch breaker.permission(now: now) {
        case .calls: break
        case .probe: leave = .probe
        case .none(let until): return .none(until: until)
        case .waitForProbe: return .none(until: nil)
        }
        switch pause.permission(now: now) {
        case .calls: break
        case .probe: leave = .probe
        case .none(let until): return .none(until: until)
        case .waitForProbe: return .none(until: nil)
        }
        return leave
    }

    /// A person says that it works: one probe finds out at once.
    mutating func hurryProbe(now: Instant) {
        breaker.hurryProbe(now: now)
        pause.doubt(now: now)
    }

    /// Counts a call that begins. True when it is the probe; tell its end with that.
    mutating func began(_ purpose: TokenBucket.Purpose, isRetry: Bool, now: Instant) -> Bool {
        bucket.take(1, purpose, now: now)
        switch purpose {
        case .write: if isRetry { budget.retryBegan(now: now) } else { budget.firstTryBegan() }
        case .read, .page: break
        }
        guard leave(now: now) == .probe else { return false }
        if breaker.state != .closed { breaker.probeBegan() }
        if pause.cause != nil { pause.probeBegan() }
        return true
    }

    mutating func ended(_ reading: CallReading, isProbe: Bool, now: Instant) -> [Change] {
        var changes: [Change] = []
        let probesBreaker = isProbe && breaker.state != .closed
        switch breaker.callEnded(reading.breaker, isProbe: probesBreaker, now: now) {
        case .opened: changes.append(.opened)
        case .closed:
            bucket.ramp(now: now)
            changes.append(.closed)
        case nil: break
        }
        if reading.slowsDown { bucket.slowDown(now: now) }
        let probesPause = isProbe && pause.cause != nil
        if let cause = reading.pause {
            if pause.refused(cause, isProbe: probesPause, now: now) { changes.append(.paused(cause)) }
        } else if probesPause {
            switch reading.breaker {
            case .answered: if pause.letIn(isProbe: true) { changes.append(.resumed) }
            case .serverFailed, .transportFailed, .abandoned: pause.probeAbandoned(now: now)
            }
        }
        return changes
    }
}
