import Timing

/// Waits until nothing is left to be applied.
struct DrainWatch {
    let query: StoredEventsQuery
    var clock = MonotonicClock.system

    /// Gives the seconds that it took. Throws when nothing was applied for `patienceSeconds`.
    func wait(patienceSeconds: Double = 60) throws(BenchError) -> Double {
        let start = clock.nanoseconds()
        var lastChange = start
        var last = Int64.max
        while true {
            let left = try query.unappliedCount()
            let now = clock.nanoseconds()
            if left == 0 { return Double(now - start) / 1e9 }
            if left < last {
                last = left
                lastChange = now
            }
            guard Double(now - lastChange) / 1e9 < patienceSeconds else {
                throw BenchError("\(left) events are not applied, and none was for \(Int(patienceSeconds)) s")
            }
            Pause.milliseconds(left > 50_000 ? 100 : 5)
        }
    }
}
