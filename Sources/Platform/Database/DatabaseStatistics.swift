/// Counters since start, for metrics. Times are totals in nanoseconds.
package struct DatabaseStatistics: Sendable {
    package let commits: UInt64
    /// Writing; the flush is counted by itself, because it runs beside the next commit.
    package let commitNanoseconds: UInt64
    package let flushes: UInt64
    package let flushNanoseconds: UInt64
    package let checkpoints: UInt64
    package let checkpointNanoseconds: UInt64
    package let checkpointNanosecondsMax: UInt64

    package init(
        commits: UInt64,
        commitNanoseconds: UInt64,
        flushes: UInt64,
        flushNanoseconds: UInt64,
        checkpoints: UInt64,
        checkpointNanoseconds: UInt64,
        checkpointNanosecondsMax: UInt64
    ) {
        self.commits = commits
        self.commitNanoseconds = commitNanoseconds
        self.flushes = flushes
        self.flushNanoseconds = flushNanoseconds
        self.checkpoints = checkpoints
        self.checkpointNanoseconds = checkpointNanoseconds
        self.checkpointNanosecondsMax = checkpointNanosecondsMax
    }
}
