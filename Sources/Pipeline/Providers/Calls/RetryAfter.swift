package import Timing

/// The header `Retry-After`, RFC 9110 §10.2.3: seconds or a date. Stripe never sends it; others do.
package struct RetryAfter: Sendable, Hashable {
    /// One hour. Whoever asks for more is asked again after it, and somebody is told.
    package static let delayMax: Int64 = 3_600_000

    /// Milliseconds, at most `delayMax`.
    package let delay: Int64
    package let isCapped: Bool

    /// Nil for nothing usable: negative, a past date, garbage. A date counts from `date`, the provider's own clock
    /// in the same answer, else from `now`.
    package init?(_ text: String, date: Timestamp?, now: Timestamp) {
        let asked: Int64
        if !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            // A number too long for 64 bits is over the limit as well.
            asked = min(Int64(text) ?? Self.delayMax, Self.delayMax) * 1000
        } else if let until = HTTPDate.time(text) {
            asked = until.milliseconds(since: date ?? now)
        } else {
            return nil
        }
        guard asked > 0 else { return nil }
        delay = min(asked, Self.delayMax)
        isCapped = asked > Self.delayMax
    }
}
