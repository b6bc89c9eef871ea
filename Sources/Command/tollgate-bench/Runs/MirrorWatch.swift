import Timing

/// Watches a server carry what its outbox holds, from the outside: rows that are still open.
struct MirrorWatch {
    /// The operations of the measured part and what it took.
    struct Drained {
        var operations = 0
        var seconds = 0.0
        /// The first tenth included.
        var secondsFromStart = 0.0
        var before = ProcessUsage()
        var after = ProcessUsage()
        var sandboxBefore = ProcessUsage()
        var sandboxAfter = ProcessUsage()

        var perSecond: Double { seconds > 0 ? Double(operations) / seconds : 0 }
        var cpuMicroseconds: Double { per(after.cpuMicroseconds, before.cpuMicroseconds) }
        var sandboxMicroseconds: Double { per(sandboxAfter.cpuMicroseconds, sandboxBefore.cpuMicroseconds) }
        var writtenBytes: Double { per(after.writtenBytes, before.writtenBytes) }

        private func per(_ after: UInt64, _ before: UInt64) -> Double {
            Double(after - min(before, after)) / Double(max(operations, 1))
        }
    }

    let query: OutboxStatesQuery
    let server: TollgateServer
    let sandbox: SandboxServer
    var clock = MonotonicClock.system

    /// Until nothing is open. The first tenth of `count` is not measured, as with the bare loop: it holds the start.
    func drain(_ count: Int, patienceSeconds: Double = 60) throws(BenchError) -> Drained {
        var drained = Drained()
        var start: UInt64?
        var last = Int64.max
        let begin = clock.nanoseconds()
        var lastChange = begin
        while true {
            let left = try query.openCount()
            let now = clock.nanoseconds()
            if start == nil, left <= Int64(count - count / 10) {
                start = now
                drained.operations = Int(left)
                drained.before = try server.usage()
                drained.sandboxBefore = try sandbox.usage()
            }
            if left == 0 {
                drained.seconds = Double(now - (start ?? now)) / 1e9
                drained.secondsFromStart = Double(now - begin) / 1e9
                drained.after = try server.usage()
                drained.sandboxAfter = try sandbox.usage()
                return drained
            }
            if left < last {
                last = left
                lastChange = now
            }
            guard Double(now - lastChange) / 1e9 < patienceSeconds else {
                throw BenchError(
                    "\(left) operations are open, and none ended for \(Int(patienceSeconds)) s:\n"
                        + server.logEnd()
                )
            }
            // Counting thousands of rows must not cost what is being measured.
            Pause.milliseconds(left > 1_000 ? 20 : 2)
        }
    }
}
