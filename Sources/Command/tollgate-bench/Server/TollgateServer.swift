import Glibc
import JSON
import Timing

/// `tollgate serve` as a child process on a database of ours, on free ports of 127.0.0.1.
final class TollgateServer {
    struct Setting: Sendable {
        var program: String
        var database: String
        /// Where the configuration and the log go.
        var directory: String
        var secret: String
        /// Nil: nothing is written to the provider.
        var provider: Provider?
    }

    /// Where the mirror carries operations to.
    struct Provider: Sendable {
        var baseURL: String
        var inFlightMax: Int
    }

    /// The environment variable that holds the provider's API key.
    static let keyVariable = "TOLLGATE_BENCH_PROVIDER_KEY"

    let setting: Setting
    let port: UInt16
    let adminPort: UInt16
    private let keeper: ChildKeeper
    private let clock: MonotonicClock
    private var child: ChildProcess?

    static let endpointPath = "/webhooks/stripe"

    init(_ setting: Setting, keeper: ChildKeeper, clock: MonotonicClock = .system) throws(BenchError) {
        self.setting = setting
        self.keeper = keeper
        self.clock = clock
        port = try LoopbackSocket.freePort()
        var admin = try LoopbackSocket.freePort()
        while admin == port { admin = try LoopbackSocket.freePort() }
        adminPort = admin
        try TextFile.write(configuration(), to: configurationPath)
    }

    private var configurationPath: String { setting.directory + "/tollgate.json" }
    var logPath: String { setting.directory + "/serve.log" }
    var processIdentifier: Int32 { child?.identifier ?? 0 }
    var isRunning: Bool { child?.isRunning ?? false }

    /// Starts and waits for `/readyz`; gives the milliseconds from the start to the first 200.
    @discardableResult
    func start(acceptOnly: Bool, patienceSeconds: Double = 60) throws(BenchError) -> Double {
        precondition(!isRunning, "one server at a time has the database")
        let begin = clock.nanoseconds()
        child = try ChildProcess(
            setting.program,
            ["serve", "--config", configurationPath] + (acceptOnly ? ["--accept-only"] : []),
            environment: [
                LoadOptions.secretVariable: setting.secret, Self.keyVariable: MirrorCalls.apiKey,
            ],
            streams: .log(path: logPath),
            keeper: keeper
        )
        let probe = HTTPProbe(port: port)
        while true {
            if let answer = probe.get("/readyz"), answer.status == 200 { break }
            let waited = Double(clock.nanoseconds() - begin) / 1e9
            guard isRunning else { throw BenchError("the server ended at its start:\n" + logEnd()) }
            guard waited < patienceSeconds else {
                throw BenchError("the server was not ready after \(Int(waited)) s:\n" + logEnd())
            }
            Pause.milliseconds(2)
        }
        return Double(clock.nanoseconds() - begin) / 1e6
    }

    /// Asks it to drain and end; throws when it ends otherwise than by exit code 0.
    func stop() throws(BenchError) {
        guard let child else { return }
        let status = child.stop(signal: SIGTERM)
        self.child = nil
        guard status == 0 else {
            throw BenchError("the server ended with wait status \(status):\n" + logEnd())
        }
    }

    func killAtOnce() {
        child?.stop(signal: SIGKILL)
        child = nil
    }

    func usage() throws(BenchError) -> ProcessUsage {
        guard let child, let usage = ProcessUsage.of(child.identifier) else {
            throw BenchError("the server is gone:\n" + logEnd())
        }
        return usage
    }

    /// The text of `/metrics`; nil when it gives none.
    func metrics() -> String? {
        HTTPProbe(port: adminPort).get("/metrics").flatMap { $0.status == 200 ? $0.body : nil }
    }

    /// The admin API, as whoever may open the control socket has it.
    var control: HTTPProbe { HTTPProbe(path: setting.database + ".sock") }

    func logEnd() -> String {
        let lines = (TextFile.text(logPath) ?? "").split(separator: "\n").suffix(12)
        return lines.joined(separator: "\n")
    }

    private func configuration() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("database", "sqlite:" + setting.database)
        writer.key("listen")
        writer.beginObject()
        writer.field("public", "127.0.0.1:\(port)")
        writer.field("admin", "127.0.0.1:\(adminPort)")
        writer.endObject()
        writer.key("connections")
        writer.beginArray()
        writer.beginObject()
        writer.field("name", "stripe-test")
        writer.field("site", "main")
        writer.field("mode", "test")
        writer.field("provider", "stripe")
        if let provider = setting.provider { write(provider, &writer) }
        writer.endObject()
        writer.endArray()
        writer.key("endpoints")
        writer.beginArray()
        writer.beginObject()
        writer.field("name", "stripe")
        writer.field("connection", "stripe-test")
        writer.field("profile", "stripe")
        writer.key("secrets")
        writer.beginArray()
        writer.beginObject()
        writer.field("env", LoadOptions.secretVariable)
        writer.endObject()
        writer.endArray()
        writer.endObject()
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    private func write(_ provider: Provider, _ writer: inout JSONWriter) {
        writer.key("api")
        writer.beginObject()
        writer.field("base_url", provider.baseURL)
        writer.key("key")
        writer.beginObject()
        writer.field("env", Self.keyVariable)
        writer.endObject()
        // The highest there is: no limit within our reach.
        writer.field("rate_per_s", 100_000)
        writer.field("in_flight_max", provider.inFlightMax)
        writer.endObject()
    }
}
