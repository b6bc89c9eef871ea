import CLinux
import Glibc
import HTTPServer
import Testing

@Suite
struct IdleConnectionTests {
    /// Both ends live in this process, so each connection takes two descriptors.
    @Test
    func `ten thousand idle connections are held, cost little, and still work`() throws {
        let wanted = 10_000
        let count = min(wanted, descriptorsAvailable(2 * wanted + 2000) / 2 - 1000)
        if count < wanted { print("only \(count) idle connections: the descriptor limit allows no more") }
        let server = try TestServer()
        let warm = try server.client()
        warm.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(warm.readResponses(1).count == 1)

        let before = residentKilobytes()
        var clients: [RawClient] = []
        clients.reserveCapacity(count)
        for index in 1..<count {
            // Several source addresses, in case ports of one are short.
            clients.append(try RawClient(port: server.server.boundPort, source: 0x7F00_0002 + UInt32(index % 8)))
        }
        #expect(eventually { server.server.counters().openConnections == count })
        let opened = residentKilobytes()
        for client in clients { client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n") }
        let answered = clients.count { $0.readResponses(1).first?.status == 200 }
        #expect(answered == clients.count)
        let used = residentKilobytes()
        #expect(server.server.counters().openConnections == count)
        let each = (used - before) * 1024 / count
        print(
            "\(count) idle connections: resident \(before) kB before, \(opened) kB open, \(used) kB after a request"
                + " on each: \(each) bytes each, client objects included"
        )
        // Other tests of this process share the figure, hence the wide bound.
        #expect(each < 4096)
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
}
