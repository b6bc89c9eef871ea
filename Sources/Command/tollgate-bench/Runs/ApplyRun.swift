import Cryptography
import Timing

/// `tollgate-bench apply`: how many events a second are accepted and applied together, and how far behind.
struct ApplyRun {
    let setting: RunSetting
    let objects: Int
    let invoicePercent: Int
    let visibilityCount: Int
    let visibilityRate: Double
    let backlogCount: Int
    let keeper: ChildKeeper

    private static let loadAccount: UInt64 = 1
    private static let probeAccount: UInt64 = 2

    func run() throws(BenchError) {
        let directory = try TemporaryDirectory(keeper: keeper)
        let server = try setting.server(directory: directory, keeper: keeper)
        let raw = RawCostsRun(setting: setting, directory: directory.path, keeper: keeper)
        var costs = try raw.measure()
        Progress.say("starting the server; seed \(setting.seed)")
        try server.start(acceptOnly: false)
        let query = StoredEventsQuery(file: try SQLiteFile(path: server.setting.database, use: .reading))
        let drain = DrainWatch(query: query)
        let rowsBefore = try query.eventCount()
        let load = try LoadProcess(
            setting.load(
                port: server.port,
                story: .chained(objects: max(objects, setting.connections), invoicePercent: invoicePercent),
                account: Self.loadAccount
            ),
            secret: RunSetting.secret,
            keeper: keeper
        )
        var table = BenchReport()
        table.begin("setting", "Apply")
        table.add("objects", "subscriptions", Double(objects), "")
        table.add("invoices", "events that are paid invoices", Double(invoicePercent), "%")
        table.add("rate", "rate", setting.rateText)
        table.add("connections", "connections", Double(setting.connections), "")
        table.add("ids", "event ids", setting.scheme.rawValue)
        table.add("seed", "seed", Double(setting.seed), "")

        var acknowledged = try measureBirths(load, drain, into: &table)
        let measured = try measureLoad(server, load, query, drain, into: &table)
        acknowledged += measured.accepted
        acknowledged += try measureVisibility(server, load, query, into: &table)
        acknowledged += try measureBacklog(server, load, drain, into: &table)
        load.stop()
        try server.stop()
        try raw.measureAfter(&costs)
        table.addRawCosts(costs, acceptedPerSecond: measured.acceptedPerSecond)
        try check(server, acknowledged, rowsBefore, into: &table)
    }

    private func measureBirths(
        _ load: LoadProcess,
        _ drain: DrainWatch,
        into table: inout BenchReport
    ) throws(BenchError) -> UInt64 {
        Progress.say("\(objects) subscriptions are born")
        let report = try load.perform(.seed)
        let rest = try drain.wait()
        table.begin("births", "Births of the subscriptions")
        table.add("accepted_per_s", "accepted per second", report.acceptedPerSecond, "/s")
        table.add(
            "applied_per_s",
            "applied per second",
            Double(report.accepted) / (report.seconds + rest),
            "/s"
        )
        return report.accepted
    }

    private func measureLoad(
        _ server: TollgateServer,
        _ load: LoadProcess,
        _ query: StoredEventsQuery,
        _ drain: DrainWatch,
        into table: inout BenchReport
    ) throws(BenchError) -> LoadReport {
        Progress.say(
            "measuring: \(setting.connections) connections, \(setting.rateText), \(setting.seconds) s"
        )
        var sampler = LagSampler(query)
        let before = try server.usage()
        try load.begin(.run(seconds: setting.seconds, ratePerSecond: setting.ratePerSecond, countMax: nil))
        while !load.hasReport(within: 200) { try sampler.look() }
        let report = try load.finish()
        let left = try query.unappliedCount()
        let drainSeconds = try drain.wait()
        let after = try server.usage()
        table.begin("apply", "Accepted and applied together")
        table.addLoad(report)
        let applied = Double(report.accepted) - Double(left)
        table.add(
            "applied_per_s",
            "applied per second",
            report.seconds > 0 ? applied / report.seconds : 0,
            "/s"
        )
        table.add("left", "not applied when the load ended", Double(left), "events")
        table.add("drain_s", "  applied after", drainSeconds, "s", decimals: 2)
        table.add("lag_p50_ms", "age of the oldest unapplied, p50", sampler.percentile(0.5), "ms")
        table.add("lag_p99_ms", "  p99", sampler.percentile(0.99), "ms")
        table.add("lag_max_ms", "  max", sampler.percentile(1), "ms")
        let seconds = report.seconds + drainSeconds
        table.addUsage(from: before, to: after, events: report.accepted, seconds: seconds)
        return report
    }

    private func measureVisibility(
        _ server: TollgateServer,
        _ load: LoadProcess,
        _ query: StoredEventsQuery,
        into table: inout BenchReport
    ) throws(BenchError) -> UInt64 {
        guard visibilityCount > 0 else { return 0 }
        Progress.say("timing \(visibilityCount) single events at \(Int(visibilityRate)) a second")
        let writer = SignedRequestWriter(
            library: try TemplateLibrary(directory: setting.fixtures, bytesMin: setting.bodyBytes),
            scheme: setting.scheme,
            account: Self.probeAccount,
            key: HMACKey(Array(RunSetting.secret.utf8)),
            host: "127.0.0.1:\(server.port)",
            path: TollgateServer.endpointPath
        )
        let probe = VisibilityProbe(port: server.port, query: query, writer: writer)
        try load.begin(.run(seconds: nil, ratePerSecond: visibilityRate, countMax: nil))
        let delays = try probe.measure(count: visibilityCount, firstObject: UInt64(objects) * 2)
        try load.pause()
        let report = try load.finish()
        table.begin("visibility", "From the post to the applied state, at a moderate rate")
        table.add("rate_per_s", "rate meanwhile", visibilityRate, "/s")
        table.add("count", "single events", Double(delays.count), "")
        table.addLatency("p50_ms", "visible after, p50", delays.percentile(0.5))
        table.addLatency("p99_ms", "  p99", delays.percentile(0.99))
        table.addLatency("max_ms", "  max", delays.max)
        return report.accepted + delays.count
    }

    private func measureBacklog(
        _ server: TollgateServer,
        _ load: LoadProcess,
        _ drain: DrainWatch,
        into table: inout BenchReport
    ) throws(BenchError) -> UInt64 {
        guard backlogCount > 0 else { return 0 }
        Progress.say("accepting \(backlogCount) events without applying, then draining them")
        try server.stop()
        try server.start(acceptOnly: true)
        let report = try load.perform(.run(seconds: nil, ratePerSecond: nil, countMax: backlogCount))
        try server.stop()
        try server.start(acceptOnly: false)
        let seconds = try drain.wait()
        table.begin("backlog", "Backlog")
        table.add("accepted_per_s", "accepted without applying", report.acceptedPerSecond, "/s")
        let rate = seconds > 0 ? Double(report.accepted) / seconds : 0
        table.add("drained_per_s", "drained after a restart", rate, "/s")
        table.add("drain_s", "  in", seconds, "s", decimals: 2)
        return report.accepted
    }

    private func check(
        _ server: TollgateServer,
        _ acknowledged: UInt64,
        _ rowsBefore: Int64,
        into table: inout BenchReport
    ) throws(BenchError) {
        Progress.say("checking the store")
        let query = StoredEventsQuery(file: try SQLiteFile(path: server.setting.database, use: .reading))
        let found = try query.consistency()
        let rows = found.events - rowsBefore
        table.begin("check", "Check")
        table.add("rows", "rows in the inbox", Double(rows), "")
        table.add("acknowledged", "acknowledged as new", Double(acknowledged), "")
        table.add("objects", "objects", Double(found.objects), "")
        table.addConsistency(found)
        try setting.publish(table)
        guard rows == Int64(acknowledged) else {
            throw BenchError("the inbox holds \(rows) events, but \(acknowledged) were acknowledged as new")
        }
        guard found.isSound else { throw BenchError("the store is not sound: see the check above") }
    }
}
