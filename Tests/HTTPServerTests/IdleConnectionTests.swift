import CLinux
import Glibc
import HTTPServer
import Testing
import Threading

@Suite
struct IdleConnectionTests {
    /// The clients live in a process of their own, because the descriptor limit may hold one end only.
    @Test
    func `ten thousand idle connections are held, cost little, and still work`() async throws {
        let count = min(10_000, descriptorsAvailable(12_000) - 1000)
        if count < 10_000 { print("only \(count) idle connections: the descriptor limit allows no more") }
        let server = try TestServer()
        let port = server.server.boundPort
        let before = residentKilobytes()
        // Measured by a thread while the clients hold their connections.
        let figures = Lock<(opened: Int, used: Int)>((0, 0))
        let running = server.server
        let observer = WorkerThread.start(name: "observer") {
            guard eventually({ running.counters().openConnections == count }) else { return }
            figures.withLock { $0.opened = residentKilobytes() }
            guard eventually({ running.counters().answers == UInt64(count) }) else { return }
            figures.withLock { $0.used = residentKilobytes() }
        }
        await #expect(processExitsWith: .success) { [count = count as Int, port = port as UInt16] in
            try holdIdleConnections(count, port)
        }
        observer.join()
        let (opened, used) = figures.withLock { $0 }
        #expect(running.counters().answers == UInt64(count))
        let each = (used - before) * 1024 / count
        print(
            "\(count) idle connections: resident \(before) kB before, \(opened) kB open, \(used) kB after a request"
                + " on each: \(each) bytes each"
        )
        #expect(opened > 0 && used > 0)
        // Other tests of this process share the figure, hence the wide bound.
        #expect(each < 4096)
    }
}

/// Opens all, and only then sends a request on each.
private func holdIdleConnections(_ count: Int, _ port: UInt16) throws {
    _ = descriptorsAvailable(count + 1000)
    // Several source addresses, in case ports of one are short.
    let clients = try (0..<count).map { try RawClient(port: port, source: 0x7F00_0002 + UInt32($0 % 8)) }
    pause(milliseconds: 300)
    for client in clients { client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n") }
    for client in clients where client.readResponses(1).first?.status != 200 {
        throw SocketError(step: "request on an idle connection", number: 0)
    }
    pause(milliseconds: 300)
}

private func descriptorsAvailable(_ wanted: Int) -> Int {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    var raised = rlimit(rlim_cur: rlim_t(wanted), rlim_max: max(limit.rlim_max, rlim_t(wanted)))
    if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { return wanted }
    raised = rlimit(rlim_cur: limit.rlim_max, rlim_max: limit.rlim_max)
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised)
    return Int(limit.rlim_max)
}

private func residentKilobytes() -> Int {
    let file = open("/proc/self/statm", O_RDONLY)
    defer { close(file) }
    var text = [UInt8](repeating: 0, count: 128)
    let count = max(Glibc.read(file, &text, text.count), 0)
    let fields = text[..<count].split(separator: UInt8(ascii: " "))
    guard fields.count > 1, let pages = Int(String(decoding: fields[1], as: UTF8.self)) else { return 0 }
    return pages * 4
}
