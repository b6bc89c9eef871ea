import Timing

/// `tollgate-bench intake`: how many events a second are accepted durably, and what each costs.
struct IntakeRun {
    let setting: RunSetting
    /// Settled events that are in the store before the first arrives.
    let preloadRows: Int
    let preloadBodyBytes: Int
    let warmUpSeconds: Double
    let keeper: ChildKeeper

    private static let preloadAccount: UInt64 = 7
    private static let loadAccount: UInt64 = 1

    func run() throws(BenchError) {
        let directory = try TemporaryDirectory(keeper: keeper)
        let server = try setting.server(directory: directory, keeper: keeper)
        let raw = RawCostsRun(setting: setting, directory: directory.path, keeper: keeper)
        var costs = try raw.measure()
        if preloadRows > 0 {
            try server.start(acceptOnly: true)
            try server.stop()
            try preload(server.setting.database)
        }
        Progress.say("starting the server")
        let readyMilliseconds = try server.start(acceptOnly: true)
        let rowsBefore = try storedRows(server)
        let load = try LoadProcess(
            setting.load(port: server.port, story: .unique, account: Self.loadAccount),
            secret: RunSetting.secret,
            keeper: keeper
        )
        let warmUp = try load.perform(job(seconds: warmUpSeconds))
        Progress.say(
            "measuring: \(setting.connections) connections, \(setting.rateText), \(setting.seconds) s"
        )
        let before = try server.usage()
        let report = try load.perform(job(seconds: setting.seconds))
        let after = try server.usage()
        let metrics = MetricsText(server.metrics())
        load.stop()
        try server.stop()
        let rows = try storedRows(server) - rowsBefore
        try raw.measureAfter(&costs)

        var table = BenchReport()
        table.begin("setting", "Intake")
        table.add("rate", "rate", setting.rateText)
        table.add("connections", "connections", Double(setting.connections), "")
        table.add("ids", "event ids", setting.scheme.rawValue)
        table.add("preloaded", "events stored before", Double(preloadRows), "")
        table.add("seconds", "time", report.seconds, "s", decimals: 1)
        table.begin("intake", "Measured")
        table.addLoad(report)
        table.addUsage(from: before, to: after, events: report.accepted, seconds: report.seconds)
        metrics.addCommits(to: &table, events: report.accepted + warmUp.accepted)
        table.add("ready_ms", "ready after its start", readyMilliseconds, "ms")
        table.addRawCosts(costs, acceptedPerSecond: report.acceptedPerSecond)
        let accepted = Int64(report.accepted + warmUp.accepted)
        table.begin("check", "Check")
        table.add("rows", "rows in the inbox", Double(rows), "")
        table.add("acknowledged", "acknowledged as new", Double(accepted), "")
        try setting.publish(table)
        // Without an answer the event may be stored or not.
        let mayMore = Int64(report.unanswered + warmUp.unanswered)
        guard rows >= accepted, rows <= accepted + mayMore else {
            throw BenchError("the inbox holds \(rows) events, but \(accepted) were acknowledged as new")
        }
        guard accepted > 0 else { throw BenchError("nothing was accepted:\n" + server.logEnd()) }
    }

    private func job(seconds: Double) -> LoadJob {
        .run(seconds: max(seconds, 0.01), ratePerSecond: setting.ratePerSecond, countMax: nil)
    }

    private func storedRows(_ server: TollgateServer) throws(BenchError) -> Int64 {
        let file = try SQLiteFile(path: server.setting.database, use: .reading)
        return try StoredEventsQuery(file: file).eventCount()
    }

    /// Fills the stopped server's file, with ids of the same kind from the days before.
    private func preload(_ path: String) throws(BenchError) {
        Progress.say("storing \(preloadRows) events beforehand")
        let file = try SQLiteFile(path: path, use: .writing)
        try RawInsertTable.hurry(file)
        var table = try RawInsertTable(file)
        let body = UnsafeMutableRawBufferPointer.allocate(byteCount: preloadBodyBytes, alignment: 16)
        defer { body.deallocate() }
        body.initializeMemory(as: UInt8.self, repeating: UInt8(ascii: "x"))
        let now = WallClock.system.now()
        var stored = 0
        while stored < preloadRows {
            let count = min(20_000, preloadRows - stored)
            // At a hundred a second, so that all of them are older than the first event to come.
            let second = now.seconds - Int64((preloadRows - stored) / 100) - 1
            let eventIDs = (stored..<stored + count).map { number in
                setting.scheme.text(sequence: UInt64(number), second: second, account: Self.preloadAccount)
            }
            try table.insert(
                eventIDs: eventIDs,
                body: UnsafeRawBufferPointer(body),
                isApplied: true,
                milliseconds: now.milliseconds
            )
            stored += count
        }
        try RawInsertTable.settle(file)
    }
}
