package import Timing

/// When owed reads are made: after a short grace, because late events often close a gap by themselves
/// (provider_api 3.6), and after a growing wait when the provider gave no answer.
package struct ReadSchedule: Sendable {
    /// After an event left a gap or a guess.
    package let graceMilliseconds: Int64
    /// After an acknowledgement whose answer could not be used: soon, because somebody waits for it.
    package let confirmMilliseconds: Int64
    /// After a burst of events was read, once more: a provider's copies may lag so long. Nil for not at all (R10).
    package let settleMilliseconds: Int64?
    package let backoff: Backoff

    package static let standard = ReadSchedule(
        graceMilliseconds: 5_000,
        confirmMilliseconds: 250,
        backoff: Backoff(baseMilliseconds: 1_000, capMilliseconds: 600_000)
    )

    package init(
        graceMilliseconds: Int64,
        confirmMilliseconds: Int64,
        settleMilliseconds: Int64? = nil,
        backoff: Backoff
    ) {
        self.graceMilliseconds = graceMilliseconds
        self.confirmMilliseconds = confirmMilliseconds
        self.settleMilliseconds = settleMilliseconds
        self.backoff = backoff
    }

    package func settling(after milliseconds: Int64?) -> ReadSchedule {
        ReadSchedule(
            graceMilliseconds: graceMilliseconds,
            confirmMilliseconds: confirmMilliseconds,
            settleMilliseconds: milliseconds,
            backoff: backoff
        )
    }

    /// - Parameter failures: reads in a row that gave no answer, this one included.
    package func retry(failures: Int, now: Timestamp, random: RandomSource) -> Timestamp {
        now.adding(milliseconds: backoff.delayMilliseconds(afterAttempt: failures, random: random))
    }
}
