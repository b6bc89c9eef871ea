/// A connection whose key or certificate is refused makes no calls but a probe now and then, which finds out by
/// itself when the operator has mended it. Operations keep their place meanwhile.
package struct LanePause: Sendable {
    package enum Cause: String, Sendable, Hashable, CaseIterable {
        /// 401: the API key is wrong, expired or revoked.
        case credential
        /// 403: the key may not do this.
        case permission
        /// The provider's certificate, or our file of trusted ones, does not pass.
        case trust
    }

    package enum Permission: Sendable, Hashable {
        case calls
        case probe
        case none(until: Instant)
        case waitForProbe
    }

    /// From one refusal to the next try.
    package let probeMilliseconds: Int64

    package private(set) var cause: Cause?
    /// A person said that it is over; the next probe decides.
    private var isDoubted = false
    private var nextProbe = Instant(nanoseconds: 0)
    private var isProbing = false

    package init(probeMilliseconds: Int64) {
        self.probeMilliseconds = probeMilliseconds
    }

    /// What people are told: nothing while a person's word stands against it.
    package var toldCause: Cause? { isDoubted ? nil : cause }

    package func permission(now: Instant) -> Permission {
        guard cause != nil else { return .calls }
        if isProbing { return .waitForProbe }
        return now < nextProbe ? .none(until: nextProbe) : .probe
    }

    package mutating func probeBegan() {
        precondition(cause != nil && !isProbing, "one probe at a time, and only while paused")
        isProbing = true
    }

    /// A call was refused. True when the pause is new, or has another cause than before: somebody must be told.
    package mutating func refused(_ cause: Cause, isProbe: Bool, now: Instant) -> Bool {
        let isNew = toldCause != cause
        // Others that were on their way come back refused too; they move nothing.
        if self.cause == nil || isProbe {
            nextProbe = now.adding(milliseconds: probeMilliseconds)
        }
        self.cause = cause
        isDoubted = false
        if isProbe { isProbing = false }
        return isNew
    }

    /// A call was let in. True when this ended a pause. What was on its way when the pause began tells nothing.
    package mutating func letIn(isProbe: Bool) -> Bool {
        guard cause != nil, isProbe else { return false }
        cause = nil
        isDoubted = false
        isProbing = false
        return true
    }

    /// A person says that it is mended: the next probe is due now.
    package mutating func doubt(now: Instant) {
        guard cause != nil else { return }
        isDoubted = true
        nextProbe = now
    }

    /// The probe came to no answer about the key.
    package mutating func probeAbandoned(now: Instant) {
        isProbing = false
        nextProbe = now.adding(milliseconds: probeMilliseconds)
    }
}
