import Timing

/// Where retries wait that the budget does not allow: one behind the other, as fast as time earns retries, so that
/// none of them is taken in vain each second. First tries earn more; who waits does not hear of it.
struct RetryQueue: Sendable, Hashable {
    private static let millisecondsEach: Int64 = 1_000
    // As long as the longest wait between two tries of a young operation (RetrySchedule).
    private static let millisecondsMax: Int64 = 600_000

    /// From now until the first place that is free.
    var milliseconds: Int64 = 0

    /// From now until that place has its turn, in milliseconds; places count from one.
    func wait(place: Int, random: RandomSource) -> Int64 {
        let end = milliseconds(behind: place)
        // Behind the end of the queue all places are the same.
        let spread = end == Self.millisecondsMax ? Self.millisecondsMax / 2 : Self.millisecondsEach
        return max(end - Int64(random.below(UInt64(spread))), 1)
    }

    /// From now until so many more have had their turn.
    func milliseconds(behind places: Int) -> Int64 {
        min(milliseconds + Int64(places) * Self.millisecondsEach, Self.millisecondsMax)
    }
}
