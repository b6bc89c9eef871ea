/// How often one message may be written: a flood of refusals must not become a flood of lines.
///
/// A pure machine; the logger keeps one for each message, under its lock.
struct RepeatLimit: Sendable {
    enum Decision: Equatable, Sendable {
        /// Write it, and tell how many were held back before it.
        case write(suppressed: UInt64)
        case suppress
    }

    private var second = Int64.min
    private var written = 0
    private(set) var suppressed: UInt64 = 0

    mutating func decide(second now: Int64, perSecondMax: Int) -> Decision {
        if now != second {
            second = now
            written = 0
        }
        guard written < perSecondMax else {
            suppressed += 1
            return .suppress
        }
        written += 1
        return .write(suppressed: takeSuppressed())
    }

    mutating func takeSuppressed() -> UInt64 {
        defer { suppressed = 0 }
        return suppressed
    }
}
