/// What the machine can do without us, measured in the same run; a figure that was not measured is nil.
struct RawCosts {
    struct Static {
        var answersPerSecond: Double
        var latencyP99Nanoseconds: UInt64
        var serverCPUMicroseconds: Double
        var clientCPUMicroseconds: Double
    }

    var flushesPerSecond: Double?
    /// The same after the run: disks change their mind within minutes.
    var flushesPerSecondAfter: Double?
    var hmacsPerSecond: Double?
    var insertsPerSecond: Double?
    var ownStatic: Static?
    var nginxStatic: Static?
}
