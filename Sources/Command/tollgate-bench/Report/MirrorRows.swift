extension BenchReport {
    mutating func addMirror(_ cell: MirrorRun.Cell) {
        let answer = cell.latency > 0 ? "answers after \(cell.latency) ms" : "answers at once"
        begin("mirror_\(cell.latency)ms_\(cell.inFlight)", "\(cell.inFlight) in flight, \(answer)")
        add("operations", "operations", Double(cell.count), "")
        add("mirror_per_s", "carried by the mirror", cell.drained.perSecond, "/s")
        add("bare_per_s", "by the bare libcurl loop, mean of before and after", cell.barePerSecond, "/s")
        add("bare_before_per_s", "  before", cell.bare.first?.callsPerSecond, "/s")
        add("bare_after_per_s", "  after", cell.bare.last?.callsPerSecond, "/s")
        add("ratio", "  mirror by bare loop", cell.ratio, "", decimals: 2)
        add("mirror_cpu_us", "server CPU per operation", cell.drained.cpuMicroseconds, "µs", decimals: 1)
        add("bare_cpu_us", "bare loop's CPU per call", cell.bareMicroseconds, "µs", decimals: 1)
        add(
            "sandbox_cpu_us",
            "provider's CPU per operation",
            cell.drained.sandboxMicroseconds,
            "µs",
            decimals: 1
        )
        add(
            "bare_sandbox_cpu_us",
            "  per call of the bare loop",
            cell.bareSandboxMicroseconds,
            "µs",
            decimals: 1
        )
        add(
            "server_cores",
            "server CPU",
            cell.drained.cpuMicroseconds * cell.drained.perSecond / 1e6,
            "cores",
            decimals: 2
        )
        add(
            "rss_mb",
            "server memory at the end",
            Double(cell.drained.after.residentBytes) / 1e6,
            "MB",
            decimals: 1
        )
        add("rss_max_mb", "  at most", Double(cell.drained.after.residentBytesMax) / 1e6, "MB", decimals: 1)
        let bare = cell.bare.map(\.residentBytesMax).max() ?? 0
        add(
            "bare_rss_mb",
            "bare loop's memory, prepared calls included",
            Double(bare) / 1e6,
            "MB",
            decimals: 1
        )
        add("disk_bytes", "written to disk per operation", cell.drained.writtenBytes, "bytes")
        if let commits = cell.commits, commits > 0 {
            add("per_commit", "operations per commit", Double(cell.count) / commits, "", decimals: 1)
        }
        add("requests", "requests that the provider saw", Double(cell.effects.requests), "")
        // An answer at once is given before the provider looks at the next request.
        if cell.latency > 0 {
            add("in_flight_max", "most in flight there", Double(cell.effects.inFlightMax), "")
        }
    }

    mutating func addMirrorSummary(_ cells: [MirrorRun.Cell]) {
        begin("ratio", "Mirror measured by the bare loop")
        for cell in cells {
            let answer = cell.latency > 0 ? "\(cell.latency) ms" : "at once"
            add(
                "mirror_\(cell.latency)ms_\(cell.inFlight)",
                "\(cell.inFlight) in flight, \(answer)",
                cell.ratio,
                "",
                decimals: 2
            )
        }
    }

    mutating func addOutage(_ leg: OutageRun.Leg, round: Int) {
        let word = leg.isOutage ? "outage" : "calm"
        begin(
            "\(word)_\(round)",
            "Round \(round), \(leg.isOutage ? "provider unreachable" : "provider there")"
        )
        add("accepted_per_s", "webhooks accepted", leg.load.acceptedPerSecond, "/s")
        addLatency("latency_p50_ms", "latency p50", leg.load.latencyP50)
        addLatency("latency_p99_ms", "latency p99", leg.load.latencyP99)
        addLatency("latency_p999_ms", "latency p99.9", leg.load.latencyP999)
        addLatency("latency_max_ms", "latency max", leg.load.latencyMax)
        add("server_cpu_us", "server CPU per webhook, all included", leg.cpuMicroseconds, "µs", decimals: 1)
        add("changes", "customers created meanwhile", Double(leg.changes), "")
        add("queued", "  open when the load ended", Double(leg.queued), "")
        add("drain_s", "  all at the provider after", leg.drainSeconds, "s", decimals: 1)
    }
}
