extension BenchReport {
    mutating func addReconcile(_ cell: ReconcileRun.Cell) {
        begin("reconcile_\(cell.customers)_\(cell.latency)ms", cell.title)
        addBare("bare_parts", "bare loop, \(ReconcileRun.partsOfFirstCopy) parts of the list", cell.bareParts)
        addLeg("first_copy", "first copy into an empty store", cell.firstCopy)
        add("first_copy_ratio", "  by the bare loop in parts", cell.firstCopyRatio, "", decimals: 2)
        add("database_mb", "  store afterwards", Double(cell.databaseBytes) / 1e6, "MB", decimals: 1)
        add("first_copy_by_one", "  by the bare loop, one list", cell.firstCopyByOneRatio, "", decimals: 2)
        addBare("bare_one", "bare loop, one list", cell.bareOne)
        addLeg("clean", "second run, nothing differs", cell.clean)
        add("clean_ratio", "  by the bare loop", cell.cleanRatio, "", decimals: 2)
        if let dryRun = cell.dryRun {
            addLeg("dry_run", "dry run, \(dryRun.differing) differences planted", dryRun)
            add("dry_run_findings", "  found", Double(dryRun.findings), "")
        }
    }

    private mutating func addBare(_ key: String, _ label: String, _ bare: [BareReport]) {
        add("\(key)_per_s", label, ReconcileRun.Cell.mean(bare), "/s")
        add("\(key)_before_per_s", "  before", bare.first?.objectsPerSecond, "/s")
        add("\(key)_after_per_s", "  after", bare.last?.objectsPerSecond, "/s")
        let pages = bare.map(\.callsPerSecond).reduce(0, +) / Double(max(bare.count, 1))
        add("\(key)_pages_per_s", "  pages", pages, "/s", decimals: 1)
    }

    private mutating func addLeg(_ key: String, _ label: String, _ leg: ReconcileWatch.Leg) {
        add("\(key)_per_s", label, leg.perSecond, "/s")
        add("\(key)_s", "  time", leg.seconds, "s", decimals: 1)
        add("\(key)_pages", "  pages", Double(leg.pages), "")
        add("\(key)_in_flight_max", "  most in flight at the provider", Double(leg.effects.inFlightMax), "")
        add("\(key)_cpu_us", "  server CPU per customer", leg.cpuPerObject, "µs", decimals: 1)
        add("\(key)_disk_bytes", "  written to disk per customer", leg.writtenPerObject, "bytes")
        add(
            "\(key)_rss_max_mb",
            "  server memory at most",
            Double(leg.residentBytesMax) / 1e6,
            "MB",
            decimals: 1
        )
        let quarters = leg.residentBytesByQuarter.map { NumberText.fixed(Double($0) / 1e6, decimals: 0) }
        add(
            "\(key)_rss_quarters",
            "    idle, then by quarter of the run",
            NumberText.fixed(Double(leg.idleBytes) / 1e6, decimals: 0) + ", "
                + quarters.joined(separator: " ") + " MB"
        )
    }

    mutating func addReconcileSummary(_ cells: [ReconcileRun.Cell]) {
        begin("ratio", "Runs measured by the bare loop")
        for cell in cells {
            let key = "\(cell.customers)_\(cell.latency)ms"
            add("first_copy_\(key)", "first copy, \(cell.title)", cell.firstCopyRatio, "", decimals: 2)
            add("clean_\(key)", "second run, \(cell.title)", cell.cleanRatio, "", decimals: 2)
        }
    }
}
