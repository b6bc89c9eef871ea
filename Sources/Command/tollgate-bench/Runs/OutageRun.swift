/// `tollgate-bench outage`: what an unreachable provider does to the intake of webhooks while changes queue up for it.
/// The same load with the provider there and not there, in turn, each on a store of its own.
struct OutageRun {
    let setting: RunSetting
    let rounds: Int
    let changesPerSecond: Double
    let objects: Int
    let keeper: ChildKeeper

    struct Leg {
        let isOutage: Bool
        var load = LoadReport()
        var changes = 0
        /// Open when the load ended.
        var queued: Int64 = 0
        var drainSeconds = 0.0
        var cpuMicroseconds = 0.0
        var effects = SandboxServer.Effects()
    }

    func run() throws(BenchError) {
        var legs: [Leg] = []
        for round in 1...rounds {
            for isOutage in [false, true] {
                Progress.say(
                    "round \(round) of \(rounds), the provider is \(isOutage ? "unreachable" : "there")"
                )
                legs.append(try measure(isOutage: isOutage))
            }
        }
        var table = BenchReport()
        table.begin("setting", "Outage of the provider")
        table.add("rate", "webhooks", setting.rateText)
        table.add("connections", "connections", Double(setting.connections), "")
        table.add("changes_per_s", "customers created here", changesPerSecond, "/s")
        table.add("seconds", "outage, and time measured without one", setting.seconds, "s")
        for (number, leg) in legs.enumerated() { table.addOutage(leg, round: number / 2 + 1) }
        let calm = Self.median(legs.filter { !$0.isOutage }.map { Double($0.load.latencyP99) })
        let outage = Self.median(legs.filter(\.isOutage).map { Double($0.load.latencyP99) })
        table.begin("ratio", "Intake's p99, median of the rounds")
        table.addLatency("calm_p99_ms", "with the provider", UInt64(calm))
        table.addLatency("outage_p99_ms", "without", UInt64(outage))
        table.add("outage_to_calm", "  without by with", calm > 0 ? outage / calm : 0, "", decimals: 2)
        try setting.publish(table)
        for leg in legs { try check(leg) }
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return 0 }
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }

    private func measure(isOutage: Bool) throws(BenchError) -> Leg {
        let directory = try TemporaryDirectory(keeper: keeper)
        func startSandbox(_ port: UInt16?) throws(BenchError) -> SandboxServer {
            try SandboxServer(
                program: setting.program,
                latencyMilliseconds: 20,
                port: port,
                directory: directory.path,
                keeper: keeper
            )
        }
        var sandbox = try startSandbox(nil)
        defer { sandbox.stop() }
        let provider = TollgateServer.Provider(baseURL: sandbox.baseURL, inFlightMax: 64)
        let server = try setting.server(directory: directory, provider: provider, keeper: keeper)
        try server.start(acceptOnly: false)
        let load = try LoadProcess(
            setting.load(
                port: server.port,
                story: .chained(objects: max(objects, setting.connections), invoicePercent: 10),
                account: 1
            ),
            secret: RunSetting.secret,
            keeper: keeper
        )
        _ = try load.perform(.seed)
        let file = try SQLiteFile(path: server.setting.database, use: .reading)
        _ = try DrainWatch(query: StoredEventsQuery(file: file)).wait()
        if isOutage { sandbox.stop() }
        let changes = ChangeWriter(
            socketPath: server.setting.database + ".sock",
            ratePerSecond: changesPerSecond
        )
        changes.start()
        // Connections are open and the breaker has noticed before anything is measured.
        _ = try load.perform(.run(seconds: 2, ratePerSecond: setting.ratePerSecond, countMax: nil))
        var leg = Leg(isOutage: isOutage)
        let before = try server.usage()
        leg.load = try load.perform(
            .run(seconds: setting.seconds, ratePerSecond: setting.ratePerSecond, countMax: nil)
        )
        let after = try server.usage()
        leg.cpuMicroseconds =
            Double(after.cpuMicroseconds - before.cpuMicroseconds) / Double(max(leg.load.accepted, 1))
        let written = changes.stop()
        if let refusal = written.refusal {
            throw BenchError("no change was taken: \(refusal)\n" + server.logEnd())
        }
        leg.changes = written.accepted
        let query = OutboxStatesQuery(file: file)
        leg.queued = try query.openCount()
        if isOutage { sandbox = try startSandbox(sandbox.port) }
        leg.drainSeconds = try MirrorWatch(query: query, server: server, sandbox: sandbox)
            .drain(leg.changes).secondsFromStart
        load.stop()
        try server.stop()
        leg.effects = try sandbox.takeEffects()
        return leg
    }

    /// Nothing of what was queued may be lost or done twice.
    private func check(_ leg: Leg) throws(BenchError) {
        guard leg.effects.effects == leg.changes, leg.effects.effectsPerKeyMax <= 1 else {
            throw BenchError(
                "\(leg.changes) customers were made here, \(leg.effects.effects) at the provider"
            )
        }
        guard leg.load.accepted > 0 else { throw BenchError("nothing was accepted") }
    }
}
