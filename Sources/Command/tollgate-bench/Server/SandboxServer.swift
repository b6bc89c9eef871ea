import Glibc
import JSON

/// `tollgate sandbox` as a child process on a free port of 127.0.0.1.
final class SandboxServer {
    /// What the provider says it has seen (`GET /sandbox/effects`).
    struct Effects {
        var requests = 0
        /// Changes made, by any key.
        var effects = 0
        var effectsPerKeyMax = 0
        var inFlightMax = 0
        /// Answers of another status than 200.
        var refused = 0
    }

    let port: UInt16
    private let child: ChildProcess

    /// `port` nil takes a free one; given, the provider comes back where it was, with an empty account, or one of
    /// so many made-up `customers`.
    init(
        program: String,
        latencyMilliseconds: Int,
        customers: Int = 0,
        port chosen: UInt16? = nil,
        directory: String,
        keeper: ChildKeeper
    ) throws(BenchError) {
        if let chosen { port = chosen } else { port = try LoopbackSocket.freePort() }
        child = try ChildProcess(
            program,
            [
                "sandbox", "--listen", "127.0.0.1:\(port)", "--latency-ms", "\(latencyMilliseconds)",
                "--customers", "\(customers)",
            ],
            streams: .log(path: directory + "/sandbox.log"),
            keeper: keeper
        )
        for _ in 0..<2_000 {
            if HTTPProbe(port: port).get("/sandbox/clock")?.status == 200 { return }
            guard child.isRunning else { break }
            Pause.milliseconds(5)
        }
        throw BenchError("the sandbox provider did not start: see \(directory)/sandbox.log")
    }

    var baseURL: String { "http://127.0.0.1:\(port)" }

    func stop() {
        child.stop(signal: SIGTERM)
    }

    func usage() throws(BenchError) -> ProcessUsage {
        guard let usage = ProcessUsage.of(child.identifier) else {
            throw BenchError("the sandbox provider is gone")
        }
        return usage
    }

    /// What was seen since the last call.
    func takeEffects() throws(BenchError) -> Effects {
        guard let answer = HTTPProbe(port: port).get("/sandbox/effects"), answer.status == 200 else {
            throw BenchError("the sandbox provider does not tell its effects")
        }
        let host = "Host: 127.0.0.1:\(port)\r\nConnection: close"
        _ = HTTPProbe(port: port).send(Array("DELETE /sandbox/effects HTTP/1.1\r\n\(host)\r\n\r\n".utf8))
        let root: JSONValue
        do {
            root = try JSONDocument.parse(Array(answer.body.utf8)).root
        } catch {
            throw BenchError("the sandbox provider's effects are no JSON: \(error)")
        }
        func number(_ name: StaticString) -> Int { root[name]?.integer.map { Int($0) } ?? 0 }
        var effects = Effects()
        effects.requests = number("requests")
        effects.effectsPerKeyMax = number("effects_per_key_max")
        effects.inFlightMax = number("in_flight_max")
        effects.effects = number("effects_without_key")
        if let counts = root["effects"] {
            for (_, count) in counts.members { effects.effects += count.integer.map { Int($0) } ?? 0 }
        }
        if let counts = root["by_status"] {
            for (status, count) in counts.members where status != "200" {
                effects.refused += count.integer.map { Int($0) } ?? 0
            }
        }
        return effects
    }
}
