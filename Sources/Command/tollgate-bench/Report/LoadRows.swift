/// Rows that every run prints of a generator's report, of the server's use of the machine, and of raw costs.
extension BenchReport {
    mutating func addLoad(_ load: LoadReport) {
        add("accepted", "accepted", Double(load.accepted), "events")
        add("accepted_per_s", "accepted per second", load.acceptedPerSecond, "/s")
        add("per_s_min", "  least in a second", load.perSecond.min().map { Double($0) }, "/s")
        add("per_s_max", "  most in a second", load.perSecond.max().map { Double($0) }, "/s")
        addLatency("latency_p50_ms", "latency p50", load.latencyP50)
        addLatency("latency_p90_ms", "latency p90", load.latencyP90)
        addLatency("latency_p99_ms", "latency p99", load.latencyP99)
        addLatency("latency_p999_ms", "latency p99.9", load.latencyP999)
        addLatency("latency_max_ms", "latency max", load.latencyMax)
        let answers = load.statuses.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        add("answers", "answers by status", answers.joined(separator: ", "))
        add("duplicates", "answered as duplicates", Double(load.duplicates), "events")
        if load.broken + load.resent + load.behind + load.unanswered > 0 {
            add("broken", "broken connections", Double(load.broken), "")
            add("resent", "sent again", Double(load.resent), "events")
            add("behind", "scheduled, not sent in time", Double(load.behind), "events")
            add("unanswered", "without an answer", Double(load.unanswered), "events")
        }
        add("body_bytes", "body", Double(load.bodyBytes), "bytes")
        add("client_cpu_us", "client CPU per event", load.cpuMicrosecondsPerEvent, "µs", decimals: 1)
    }

    mutating func addLatency(_ key: String, _ label: String, _ nanoseconds: UInt64) {
        add(key, label, Double(nanoseconds) / 1e6, "ms", decimals: 2)
    }

    /// What the server used between two readings while `events` were accepted.
    mutating func addUsage(from before: ProcessUsage, to after: ProcessUsage, events: UInt64, seconds: Double)
    {
        let cpu = Double(after.cpuMicroseconds - before.cpuMicroseconds)
        let count = Double(max(events, 1))
        add("server_cpu_us", "server CPU per event", cpu / count, "µs", decimals: 1)
        add("server_cores", "server CPU", seconds > 0 ? cpu / 1e6 / seconds : 0, "cores", decimals: 2)
        add("rss_end_mb", "server memory at the end", Double(after.residentBytes) / 1e6, "MB", decimals: 1)
        add("rss_max_mb", "server memory at most", Double(after.residentBytesMax) / 1e6, "MB", decimals: 1)
        add(
            "disk_bytes",
            "written to disk per event",
            Double(after.writtenBytes - before.writtenBytes) / count,
            "bytes"
        )
        add(
            "write_calls",
            "write calls per event",
            Double(after.writeCalls - before.writeCalls) / count,
            "",
            decimals: 2
        )
    }

    mutating func addRawCosts(_ costs: RawCosts, acceptedPerSecond: Double) {
        guard costs.flushesPerSecond != nil else { return }
        begin("raw", "Raw costs, in the same run")
        add("fdatasync_per_s", "fdatasync of 48 KB appended", costs.flushesPerSecond, "/s")
        add("fdatasync_after_per_s", "  again after the run", costs.flushesPerSecondAfter, "/s")
        add("hmac_per_s", "HMAC-SHA-256 of a body, one core", costs.hmacsPerSecond, "/s")
        add("inserts_per_s", "bare SQLite inserts, 64 a commit", costs.insertsPerSecond, "/s")
        addStatic("static", "static 200, our listener", costs.ownStatic)
        addStatic("nginx", "static 200, nginx", costs.nginxStatic)
        begin("ratio", "Accepted, measured by them")
        addRatio("to_inserts", "of bare inserts", acceptedPerSecond, costs.insertsPerSecond)
        addRatio("to_static", "of our static 200", acceptedPerSecond, costs.ownStatic?.answersPerSecond)
        addRatio("to_nginx", "of nginx's static 200", acceptedPerSecond, costs.nginxStatic?.answersPerSecond)
        addRatio("to_hmac", "of one core's HMACs", acceptedPerSecond, costs.hmacsPerSecond)
        addRatio("to_fdatasync", "events per raw fdatasync", acceptedPerSecond, costs.flushesPerSecond)
    }

    private mutating func addStatic(_ key: String, _ label: String, _ cost: RawCosts.Static?) {
        guard let cost else { return }
        add("\(key)_per_s", label, cost.answersPerSecond, "/s")
        addLatency("\(key)_p99_ms", "  latency p99", cost.latencyP99Nanoseconds)
        add("\(key)_server_cpu_us", "  server CPU per answer", cost.serverCPUMicroseconds, "µs", decimals: 1)
        add("\(key)_client_cpu_us", "  client CPU per answer", cost.clientCPUMicroseconds, "µs", decimals: 1)
    }

    private mutating func addRatio(_ key: String, _ label: String, _ value: Double, _ base: Double?) {
        guard let base, base > 0 else { return }
        add(key, label, value / base, "", decimals: 2)
    }
}
