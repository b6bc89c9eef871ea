package import Database
import Threading
package import Timing

/// Tells whether the writing thread still answers, without waiting for it.
///
/// A look sends an empty write ahead if none is on its way, and judges by the last one: it must have come back,
/// without a failure, within `patienceNanoseconds`.
package final class WriterPulse: Sendable {
    private let database: any DatabaseEngine
    private let clock: MonotonicClock
    private let patienceNanoseconds: UInt64
    private let beat = Lock(Beat())

    private struct Beat: Sendable {
        var sentAt: UInt64?
        var hasFailed = false
    }

    package init(
        database: any DatabaseEngine,
        clock: MonotonicClock = .system,
        patienceNanoseconds: UInt64 = 2_000_000_000
    ) {
        self.database = database
        self.clock = clock
        self.patienceNanoseconds = patienceNanoseconds
    }

    package func isAnswering() -> Bool {
        let now = clock.nanoseconds()
        let (isFree, isGood) = beat.withLock { beat in
            guard let sentAt = beat.sentAt else {
                beat.sentAt = now
                return (true, !beat.hasFailed)
            }
            return (false, !beat.hasFailed && now &- sentAt <= patienceNanoseconds)
        }
        if isFree {
            database.submitWrite { _ throws(DatabaseError) in
            } completion: { [self] outcome in
                beat.withLock { beat in
                    beat.sentAt = nil
                    switch outcome {
                    case .success: beat.hasFailed = false
                    case .failure: beat.hasFailed = true
                    }
                }
            }
        }
        return isGood
    }
}
