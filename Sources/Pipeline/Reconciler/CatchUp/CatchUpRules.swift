import Timing

/// How often, how far back and how patiently a connection's list of events is read.
package struct CatchUpRules: Sendable {
    /// Events of the last seconds are read again by the next look: the provider may put one in its list a moment
    /// after a later one.
    package var overlapSeconds: Int64 = 300
    /// So long the provider lists its events (provider_api 1.8).
    package var windowSeconds: Int64 = 30 * 86_400
    /// Between two looks while nothing is wrong. An event costs a hundredth of a call, whatever this is.
    package var lookMilliseconds: Int64 = 15 * 60_000
    /// After the connection's calls have come back to life: the first ones may fail still.
    package var settleMilliseconds: Int64 = 1_000
    package var retryBaseMilliseconds: Int64 = 1_000
    package var retryCapMilliseconds: Int64 = 60_000
    /// From the end of a gap's run that failed or was incomplete to the next one: it reads whole lists.
    package var runPauseMilliseconds: Int64 = 6 * 3_600_000
    /// A cursor that dies so often in one look is given up until the next one.
    package var cursorDeathsMax = 5
    /// One event that has more bytes than are read is asked for so often.
    package var tooLargeMax = 3

    package init() {}

    var backoff: Backoff {
        Backoff(baseMilliseconds: retryBaseMilliseconds, capMilliseconds: retryCapMilliseconds)
    }
}
