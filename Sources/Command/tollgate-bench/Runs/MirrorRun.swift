import Timing

/// `tollgate-bench mirror`: how many operations a second the gateway carries from its outbox to the provider, measured
/// by what a bare libcurl loop does with the same calls, on the same sandbox provider, in the same minute.
struct MirrorRun {
    let setting: RunSetting
    let inFlights: [Int]
    /// Fixed answer times of the provider, in milliseconds.
    let latencies: [Int]
    let random: RandomSource
    let keeper: ChildKeeper

    /// One setting of the provider and of what is in flight, by both ways: bare, mirror, bare again, so that a
    /// machine that grows slower favours neither.
    struct Cell {
        let latency: Int
        let inFlight: Int
        var count = 0
        var bare: [BareReport] = []
        var bareSandboxMicroseconds = 0.0
        var drained = MirrorWatch.Drained()
        var effects = SandboxServer.Effects()
        var states: [String: Int64] = [:]
        var commits: Double?

        var barePerSecond: Double { bare.map(\.callsPerSecond).reduce(0, +) / Double(max(bare.count, 1)) }
        var bareMicroseconds: Double {
            bare.map(\.cpuMicrosecondsPerCall).reduce(0, +) / Double(max(bare.count, 1))
        }
        var ratio: Double { barePerSecond > 0 ? drained.perSecond / barePerSecond : 0 }
    }

    private static let countMax = 20_000
    /// Calls by which the speed of a provider without an answer time is found.
    private static let trialCount = 2_000

    func run() throws(BenchError) {
        let flushes = try setting.flushesPerSecond(keeper: keeper)
        var cells: [Cell] = []
        for latency in latencies {
            for inFlight in inFlights {
                cells.append(try measure(Cell(latency: latency, inFlight: inFlight)))
            }
        }
        var table = BenchReport()
        table.begin("setting", "Mirror")
        table.add("calls", "calls", "POST /v1/customers, each for a customer of its own")
        table.add("seconds", "aim of each measurement", setting.seconds, "s", decimals: 1)
        table.add("seed", "seed", Double(setting.seed), "")
        table.add("fdatasync_per_s", "fdatasync of 48 KB appended", flushes, "/s")
        for cell in cells { table.addMirror(cell) }
        table.addMirrorSummary(cells)
        try setting.publish(table)
        for cell in cells { try check(cell) }
    }

    private func measure(_ empty: Cell) throws(BenchError) -> Cell {
        var cell = empty
        let directory = try TemporaryDirectory(keeper: keeper)
        let sandbox = try SandboxServer(
            program: setting.program,
            latencyMilliseconds: cell.latency,
            directory: directory.path,
            keeper: keeper
        )
        defer { sandbox.stop() }
        cell.count = try count(cell, sandbox)
        Progress.say(
            "\(cell.latency) ms, \(cell.inFlight) in flight: \(cell.count) calls, bare, mirror, bare"
        )
        try bare(&cell, sandbox)
        try mirror(&cell, sandbox, directory)
        try bare(&cell, sandbox)
        return cell
    }

    private func count(_ cell: Cell, _ sandbox: SandboxServer) throws(BenchError) -> Int {
        var perSecond = 1_000 / (Double(cell.latency) + 0.5) * Double(cell.inFlight)
        if cell.latency == 0 {
            let trial = try BareProcess.run(
                port: sandbox.port,
                inFlight: cell.inFlight,
                count: Self.trialCount,
                run: runNumber(),
                keeper: keeper
            )
            _ = try sandbox.takeEffects()
            perSecond = trial.callsPerSecond
        }
        return max(min(Int(perSecond * setting.seconds), Self.countMax), 10 * cell.inFlight, 50)
    }

    /// Positive, and of as many digits as the gateway's own, so that the keys are as long.
    private func runNumber() -> UInt64 {
        8_000_000_000_000_000_000 + random.below(1_000_000_000_000_000_000)
    }

    private func bare(_ cell: inout Cell, _ sandbox: SandboxServer) throws(BenchError) {
        let before = try sandbox.usage()
        let report = try BareProcess.run(
            port: sandbox.port,
            inFlight: cell.inFlight,
            count: cell.count,
            run: runNumber(),
            keeper: keeper
        )
        let after = try sandbox.usage()
        let seen = try sandbox.takeEffects()
        guard seen.effects == cell.count, seen.requests == cell.count else {
            throw BenchError("the bare loop made \(cell.count) calls, the provider saw \(seen.requests)")
        }
        let used = Double(after.cpuMicroseconds - before.cpuMicroseconds) / Double(cell.count)
        cell.bareSandboxMicroseconds += (used - cell.bareSandboxMicroseconds) / Double(cell.bare.count + 1)
        cell.bare.append(report)
    }

    private func mirror(
        _ cell: inout Cell,
        _ sandbox: SandboxServer,
        _ directory: TemporaryDirectory
    ) throws(BenchError) {
        let provider = TollgateServer.Provider(baseURL: sandbox.baseURL, inFlightMax: cell.inFlight)
        let server = try setting.server(directory: directory, provider: provider, keeper: keeper)
        // The first start makes the file; with nothing owed nothing is called.
        try server.start(acceptOnly: true)
        try server.stop()
        try OwedCustomersTable.fill(server.setting.database, count: cell.count)
        let file = try SQLiteFile(path: server.setting.database, use: .reading)
        let query = OutboxStatesQuery(file: file)
        try server.start(acceptOnly: false)
        cell.drained = try MirrorWatch(query: query, server: server, sandbox: sandbox).drain(cell.count)
        cell.commits = MetricsText(server.metrics()).sum("tollgate_store_commits_total")
        cell.states = try query.states()
        try server.stop()
        cell.effects = try sandbox.takeEffects()
    }

    /// Fast and wrong would be worth nothing.
    private func check(_ cell: Cell) throws(BenchError) {
        let settled = (cell.states["done"] ?? 0) + (cell.states["acknowledged"] ?? 0)
        guard settled == Int64(cell.count) else {
            throw BenchError("of \(cell.count) operations \(settled) were acknowledged: \(cell.states)")
        }
        guard cell.effects.effects == cell.count, cell.effects.effectsPerKeyMax == 1 else {
            throw BenchError("the provider made \(cell.effects.effects) changes for \(cell.count) operations")
        }
        guard cell.effects.inFlightMax <= cell.inFlight else {
            throw BenchError("\(cell.effects.inFlightMax) calls were in flight, \(cell.inFlight) allowed")
        }
    }
}
