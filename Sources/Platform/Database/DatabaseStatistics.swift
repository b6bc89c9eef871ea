/// Counters since start, for metrics. Times are totals in nanoseconds.
package struct DatabaseStatistics: Sendable {
    package let commits: UInt64
    package let commitNanoseconds: UInt64
    package let checkpoints: UInt64
    package let checkpointNanoseconds: UInt64
    package let checkpointNanosecondsMax: UInt64

    package init(
        commits: UInt64,
        commitNanoseconds: UInt64,
        checkpoints: UInt64,
        checkpointNanoseconds: UInt64,
        checkpointNanosecondsMax: UInt64
    ) {
        self.commits = commits
        self.commitNanoseconds = commitNanoseconds
        self.checkpoints = checkpoints
        self.checkpointNanoseconds = checkpointNanoseconds
        self.checkpointNanosecondsMax = checkpointNanosecondsMax
    }
}
