import CLinux
import Glibc
import HTTPServer
import Testing
import Threading

@Suite
struct IdleConnectionTests {
    /// The server has a process of its own: the descriptor limit may hold one end only, and the memory that is
    /// measured is then its own.
    @Test
    func `ten thousand idle connections are held, cost little, and still work`() async throws {
        let count = min(10_000, descriptorsAvailable(12_000) - 5_000)
        if count < 10_000 { print("only \(count) idle connections: the descriptor limit allows no more") }
        let path = "/tmp/tollgate-idle-\(getpid()).port"
        defer { unlink(path) }
        let failures = Lock<[String]>([])
        let clients = WorkerThread.start(name: "clients") {
            do { try holdIdleConnections(count, portFile: path) } catch {
                failures.withLock { $0.append("\(error)") }
            }
        }
        let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
            [count = count as Int, path = path as String] in
            try serveIdleConnections(count, portFile: path)
        }
        clients.join()
        let output = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
        for line in output.split(separator: "\n") where line.contains("resident") { print(line) }
        #expect(failures.withLock { $0 } == [])
    }
}

private func serveIdleConnections(_ count: Int, portFile: String) throws {
    _ = descriptorsAvailable(count + 1000)
    let server = try TestServer()
    let before = residentKilobytes()
    let file = open(portFile, O_CREAT | O_WRONLY | O_EXCL, 0o600)
    var port = server.server.boundPort
    guard write(file, &port, 2) == 2, close(file) == 0 else {
        throw SocketError(step: "port file", number: errno)
    }
    guard eventually({ server.server.counters().openConnections == count }) else {
        throw SocketError(step: "opening", number: Int32(server.server.counters().openConnections))
    }
    let opened = residentKilobytes()
    guard eventually({ server.server.counters().answers == UInt64(count) }) else {
        throw SocketError(step: "answering", number: Int32(server.server.counters().answers))
    }
    let used = residentKilobytes()
    let each = (used - before) * 1024 / count
    print(
        "\(count) idle connections: resident \(before) kB before, \(opened) kB open, \(used) kB after a request"
            + " on each: \(each) bytes each"
    )
    guard server.server.counters().openConnections == count, each < 2048 else {
        throw SocketError(step: "bytes for each idle connection", number: Int32(each))
    }
}

/// Opens all, and only then sends a request on each; holds them until the server ends.
private func holdIdleConnections(_ count: Int, portFile: String) throws {
    var port: UInt16 = 0
    let isServing = eventually {
        let file = open(portFile, O_RDONLY)
        defer { close(file) }
        return file >= 0 && read(file, &port, 2) == 2
    }
    guard isServing else { throw SocketError(step: "waiting for the server", number: 0) }
    // Several source addresses, in case ports of one are short.
    let clients = try (0..<count).map { try RawClient(port: port, source: 0x7F00_0002 + UInt32($0 % 8)) }
    pause(milliseconds: 300)
    for client in clients { client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n") }
    for client in clients where client.readResponses(1).first?.status != 200 {
        throw SocketError(step: "request on an idle connection", number: 0)
    }
    _ = clients.first?.readToEnd()
}

private func descriptorsAvailable(_ wanted: Int) -> Int {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    // Never lowered: other tests of this process have descriptors as well.
    if limit.rlim_cur >= rlim_t(wanted) + 4_000 { return Int(min(limit.rlim_cur, 1 << 20)) }
    let wanted = wanted + 4_000
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
