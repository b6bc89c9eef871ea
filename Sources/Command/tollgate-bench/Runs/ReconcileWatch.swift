import JSON
import Timing

/// Orders a run at a server's control socket and waits for its end.
struct ReconcileWatch {
    /// One run and what it took.
    struct Leg {
        var seconds = 0.0
        var seen = 0
        var equal = 0
        var differing = 0
        var repaired = 0
        var findings = 0
        var pages = 0
        /// Memory of the server when it began, and the most that it took.
        var idleBytes: UInt64 = 0
        var residentBytesMax: UInt64 = 0
        /// The highest of four quarters of the run: flat, if it does not grow with what was read.
        var residentBytesByQuarter: [UInt64] = []
        var cpuMicroseconds: UInt64 = 0
        var writtenBytes: UInt64 = 0
        var effects = SandboxServer.Effects()

        var perSecond: Double { seconds > 0 ? Double(seen) / seconds : 0 }
        var cpuPerObject: Double { Double(cpuMicroseconds) / Double(max(seen, 1)) }
        var writtenPerObject: Double { Double(writtenBytes) / Double(max(seen, 1)) }
    }

    let server: TollgateServer
    var clock = MonotonicClock.system

    private static let patienceSeconds = 60.0

    func run(scope: String, mode: String) throws(BenchError) -> Leg {
        var leg = Leg()
        let before = try server.usage()
        leg.idleBytes = before.residentBytes
        let start = clock.nanoseconds()
        let ordered = server.control.post(
            "/v1/reconciliations",
            #"{"scope": "\#(scope)", "mode": "\#(mode)"}"#
        )
        guard let ordered, ordered.status == 202, let id = try Self.json(ordered.body)["id"]?.string else {
            throw BenchError("a run cannot be ordered: \(ordered?.body ?? "no answer")\n" + server.logEnd())
        }
        var samples: [(pages: Int, bytes: UInt64)] = []
        var lastChange = start
        while true {
            guard let answer = server.control.get("/v1/reconciliations/\(id)"), answer.status == 200 else {
                throw BenchError("the run is not told any more:\n" + server.logEnd())
            }
            let run = try Self.json(answer.body)
            let now = clock.nanoseconds()
            let pages = run["progress"]?["pages"]?.integer.map { Int($0) } ?? 0
            if pages != samples.last?.pages { lastChange = now }
            samples.append((pages, try server.usage().residentBytes))
            switch run["state"]?.string {
            case "completed":
                leg.seconds = Double(now - start) / 1e9
                try read(run, since: before, samples, &leg)
                return leg
            case "planned", "running": break
            case let state:
                throw BenchError("the run ended \(state ?? "without a state"): \(answer.body)")
            }
            guard Double(now - lastChange) / 1e9 < Self.patienceSeconds else {
                throw BenchError("the run stands still at page \(pages):\n" + server.logEnd())
            }
            Pause.milliseconds(20)
        }
    }

    private func read(
        _ run: JSONValue,
        since before: ProcessUsage,
        _ samples: [(pages: Int, bytes: UInt64)],
        _ leg: inout Leg
    ) throws(BenchError) {
        func counter(_ name: StaticString) -> Int { run["counters"]?[name]?.integer.map { Int($0) } ?? -1 }
        leg.seen = counter("seen")
        leg.equal = counter("equal")
        leg.differing = counter("differing")
        leg.repaired = counter("repaired")
        leg.findings = run["findings"]?.integer.map { Int($0) } ?? -1
        leg.pages = run["progress"]?["pages"]?.integer.map { Int($0) } ?? 0
        let after = try server.usage()
        leg.residentBytesMax = after.residentBytesMax
        leg.cpuMicroseconds = after.cpuMicroseconds - before.cpuMicroseconds
        leg.writtenBytes = after.writtenBytes - before.writtenBytes
        for quarter in 0..<4 {
            let pages = leg.pages * quarter / 4...leg.pages * (quarter + 1) / 4
            leg.residentBytesByQuarter.append(
                samples.filter { pages.contains($0.pages) }.map(\.bytes).max() ?? 0
            )
        }
    }

    private static func json(_ text: String) throws(BenchError) -> JSONValue {
        do {
            return try JSONDocument.parse(Array(text.utf8)).root
        } catch {
            throw BenchError("an answer of the server is no JSON: \(error)")
        }
    }
}
