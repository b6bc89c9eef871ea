import CLinux
import Glibc
import Threading
import Timing

/// An application that changes something at a steady rate: customers are created over the control socket.
final class ChangeWriter: Sendable {
    struct Outcome: Sendable {
        var accepted = 0
        /// The first answer that was no 2xx, or why there was none.
        var refusal: String?
    }

    private struct State: Sendable {
        var isStopping = false
        var outcome = Outcome()
    }

    private let path: String
    private let ratePerSecond: Double
    private let clock: MonotonicClock
    private let state = Lock(State())
    private let thread = Lock<WorkerThread?>(nil)

    init(socketPath: String, ratePerSecond: Double, clock: MonotonicClock = .system) {
        path = socketPath
        self.ratePerSecond = ratePerSecond
        self.clock = clock
    }

    func start() {
        let worker = WorkerThread.start(name: "changes") { [self] in run() }
        thread.withLock { $0 = worker }
    }

    /// Waits for the answer that is on its way.
    func stop() -> Outcome {
        state.withLock { $0.isStopping = true }
        let worker = thread.withLock { $0 }
        worker?.join()
        return state.withLock { $0.outcome }
    }

    private func run() {
        let start = clock.nanoseconds()
        var count = 0
        guard let connection = LoopbackSocket.connect(path: path) else {
            return refuse("no connection to \(path)")
        }
        defer { close(connection) }
        while !state.withLock({ $0.isStopping }) {
            let due = start + UInt64(Double(count) / ratePerSecond * 1e9)
            let now = clock.nanoseconds()
            if now < due {
                Pause.microseconds(UInt32(min((due - now) / 1_000 + 1, 20_000)))
                continue
            }
            count += 1
            guard let status = post(count, connection) else { return refuse("no answer") }
            guard (200..<300).contains(status) else { return refuse("POST /v1/customers answered \(status)") }
            state.withLock { $0.outcome.accepted += 1 }
        }
    }

    private func refuse(_ reason: String) {
        state.withLock { $0.outcome.refusal = reason }
    }

    private func post(_ number: Int, _ connection: Int32) -> Int? {
        let name = "\"external_id\":\"bench-\(number)\",\"name\":\"Customer \(number)\""
        let body = "{\(name),\"metadata\":{\"plan\":\"plus\"}}"
        let head = """
            POST /v1/customers HTTP/1.1\r
            Host: control\r
            Content-Type: application/json\r
            Content-Length: \(body.utf8.count)\r
            \r

            """
        guard Descriptor.writeAll(head + body, to: connection) else { return nil }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            switch bytes.withUnsafeBytes({ ResponseReader.read($0) }) {
            case .answer(let answer): return answer.status
            case .malformed: return nil
            case .incomplete: break
            }
            let count = chunk.withUnsafeMutableBytes { recv(connection, $0.baseAddress, $0.count, 0) }
            guard count > 0 else { return nil }
            bytes += chunk[..<count]
        }
    }
}
