/// What every run is told: where the server is, how to drive it, what to measure beside it.
struct RunSetting {
    var seconds: Double
    var connections: Int
    /// Nil: as fast as it goes.
    var ratePerSecond: Double?
    var scheme: EventIDScheme
    var bodyBytes: Int
    var fixtures: String
    var program: String
    /// Nil: in a temporary folder, removed afterwards.
    var database: String?
    var jsonPath: String?
    var seed: UInt64
    var measuresRawCosts: Bool
    var measuresNginx: Bool

    static let secret = "whsec_benchmark_0123456789abcdefghijkl"

    init(
        reading reader: inout OptionReader,
        seconds standardSeconds: Double = 60,
        connections standardConnections: Int = 64,
        rate standardRate: Double? = nil,
        seed standardSeed: UInt64
    ) throws(BenchError) {
        seconds = try reader.seconds("seconds", default: standardSeconds)
        connections = try reader.integer("connections", default: standardConnections, in: 1...10_000)
        ratePerSecond = try reader.rate("rate", default: standardRate)
        scheme = try reader.scheme()
        bodyBytes = try reader.integer("body-bytes", default: 3072, in: 0...2_000_000)
        fixtures = try reader.text("fixtures") ?? TemplateLibrary.defaultDirectory()
        program = try reader.text("server") ?? Programs.tollgate
        database = try reader.text("database")
        jsonPath = try reader.text("json")
        seed = UInt64(try reader.integer("seed", default: Int(standardSeed), in: 0...Int.max))
        measuresRawCosts = !reader.flag("no-raw")
        measuresNginx = reader.flag("nginx")
    }

    func server(
        directory: TemporaryDirectory,
        provider: TollgateServer.Provider? = nil,
        keeper: ChildKeeper
    ) throws(BenchError) -> TollgateServer {
        guard TextFile.exists(program) else {
            throw BenchError("no server at \(program): build the product tollgate, or name it with --server")
        }
        let setting = TollgateServer.Setting(
            program: program,
            database: database ?? directory.path + "/tollgate.db",
            directory: directory.path,
            secret: Self.secret,
            provider: provider
        )
        return try TollgateServer(setting, keeper: keeper)
    }

    /// Of the disk that the store stands on; nil when raw costs are not asked for.
    func flushesPerSecond(keeper: ChildKeeper) throws(BenchError) -> Double? {
        guard measuresRawCosts else { return nil }
        let directory = try TemporaryDirectory(keeper: keeper)
        return try FlushCost.measure(directory: directory.path, seconds: 2)
    }

    /// For a generator against `server`; `account` tells its ids apart from those of others on the same file.
    func load(port: UInt16, story: EventPlanner.Story, account: UInt64) -> LoadOptions {
        var options = LoadOptions(port: port, account: account, fixtures: fixtures, seed: seed)
        options.path = TollgateServer.endpointPath
        options.connections = connections
        options.scheme = scheme
        options.story = story
        options.bodyBytes = bodyBytes
        return options
    }

    var rateText: String {
        ratePerSecond.map { "\(NumberText.grouped($0, decimals: 0)) a second" } ?? "as fast as it goes"
    }

    /// Table to standard output, JSON to its file.
    func publish(_ report: BenchReport) throws(BenchError) {
        _ = Descriptor.writeAll(report.table, to: 1)
        if let jsonPath { try TextFile.write(report.json, to: jsonPath, mode: 0o644) }
    }
}
