import CLinux
import Glibc
import HTTPServer
import Testing
import Threading
import Timing

@Suite
struct LifecycleTests {
    private static func get(_ target: String) -> String { "GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n" }

    @Test
    func `draining answers what is in flight, closes idle connections and refuses new ones`() throws {
        let server = try TestServer()
        let idle = try server.client()
        let busy = try server.client()
        busy.send(Self.get("/late"))
        #expect(server.handler.waitForLate(1))
        let responder = server.handler.late.withLock { $0 }[0].responder
        let port = server.server.boundPort
        let drained = Drain(server.server, .seconds(10))
        #expect(idle.readToEnd().bytes.isEmpty)
        #expect(throws: SocketError.self) { try RawClient(port: port) }
        #expect(!drained.hasEnded)
        responder.respond(HTTPResponse(status: 200, body: [120]))
        let (bytes, wasReset) = busy.readToEnd()
        let responses = RawResponse.all(in: bytes)
        #expect(responses.map(\.text) == ["x"])
        #expect(responses.first?.fields["connection"] == "close")
        #expect(!wasReset)
        drained.wait()
        #expect(server.server.counters().openConnections == 0)
    }

    @Test
    func `draining lets a request that has begun finish`() throws {
        let server = try TestServer()
        let client = try server.client()
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo")
        #expect(eventually { server.server.counters().requests == 1 })
        let drained = Drain(server.server, .seconds(10))
        pause(milliseconds: 20)
        client.send("dy")
        let (bytes, _) = client.readToEnd()
        #expect(RawResponse.all(in: bytes).map(\.text) == ["body"])
        drained.wait()
    }

    @Test
    func `draining ends at its deadline, and a later answer is harmless`() throws {
        let server = try TestServer()
        let client = try server.client()
        client.send(Self.get("/late"))
        #expect(server.handler.waitForLate(1))
        server.server.drain(deadline: .milliseconds(30))
        #expect(client.readToEnd().bytes.isEmpty)
        server.handler.late.withLock { $0 }[0].responder.respond(HTTPResponse(status: 200))
        server.server.drain(deadline: .zero)
    }

    @Test
    func `a port in use is told with address and reason`() throws {
        let first = try TestServer()
        let port = first.server.boundPort
        let configuration = HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: port))
        let second = HTTPServer(configuration: configuration, handler: TestHandler())
        do {
            try second.start()
            Issue.record("the port was given twice")
        } catch {
            #expect(error.description == "cannot listen on 127.0.0.1:\(port): Address already in use")
        }
    }

    @Test(arguments: ["localhost", "1.2.3", "1.2.3.4.5", ""])
    func `a host that is no numeric address is refused`(_ host: String) {
        let configuration = HTTPServerConfiguration(address: .tcp(host: host, port: 0))
        #expect(throws: HTTPServerError.self) {
            try HTTPServer(configuration: configuration, handler: TestHandler()).start()
        }
    }

    @Test
    func `IPv6 loopback works`() throws {
        let configuration = HTTPServerConfiguration(address: .tcp(host: "::1", port: 0))
        let server = HTTPServer(configuration: configuration, handler: TestHandler())
        try server.start()
        #expect(server.boundPort > 0)
        #expect(server.boundAddress.description == "[::1]:\(server.boundPort)")
        server.drain(deadline: .zero)
    }

    @Test
    func `a Unix socket has mode 0600, replaces a stale file, and is removed at the end`() throws {
        let path = "/tmp/tollgate-http-\(getpid()).sock"
        // A file left over by a process that was killed: bound, and nobody listens.
        let stale = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        try bindUnix(stale, path)
        close(stale)

        let server = HTTPServer(
            configuration: HTTPServerConfiguration(address: .unix(path: path)),
            handler: TestHandler()
        )
        try server.start()
        var status = stat()
        #expect(lstat(path, &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o600)
        let client = try RawClient(path: path)
        client.send(Self.get("/peer"))
        #expect(client.readResponses(1).map(\.text) == ["unix"])

        let second = HTTPServer(
            configuration: HTTPServerConfiguration(address: .unix(path: path)),
            handler: TestHandler()
        )
        #expect(throws: HTTPServerError.self) { try second.start() }

        server.drain(deadline: .zero)
        #expect(lstat(path, &status) != 0)
    }

    @Test
    func `a file that is no socket is left alone`() throws {
        let path = "/tmp/tollgate-http-\(getpid()).txt"
        close(open(path, O_CREAT | O_WRONLY, 0o600))
        defer { unlink(path) }
        let server = HTTPServer(
            configuration: HTTPServerConfiguration(address: .unix(path: path)),
            handler: TestHandler()
        )
        #expect(throws: HTTPServerError.self) { try server.start() }
        var status = stat()
        #expect(lstat(path, &status) == 0)
    }

    /// In a process of its own: the descriptors of this one are needed by other tests.
    @Test
    func `running out of descriptors is survived`() async {
        await #expect(processExitsWith: .success) {
            let server = try TestServer(loops: 1)
            // Above the highest one: what other tests have open when this process begins may be inherited.
            let highest = (0..<4096).last { fcntl($0, F_GETFD) >= 0 } ?? 2
            var limit = rlimit(rlim_cur: rlim_t(highest) + 48, rlim_max: rlim_t(highest) + 48)
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            let late = (0..<5).map { _ in RawClient() }
            var clients: [RawClient] = []
            // Refused is what the loop waits for.
            while let client = try? server.client() {
                clients.append(client)
                let count = UInt64(clients.count)
                guard eventually({ server.server.counters().acceptedConnections == count }) else { exit(6) }
            }
            // Now none is left to accept these with: they are closed instead of being left to wait.
            for client in late { try client.connect(port: server.server.boundPort) }
            for client in late where !client.readToEnd().bytes.isEmpty { exit(4) }
            // Those accepted before still work.
            clients[0].send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
            guard clients[0].readResponses(1).map(\.text) == ["hello"] else { exit(2) }
            clients.removeLast(clients.count / 2)
            let works = eventually {
                // Refused means not yet.
                guard let client = try? server.client() else { return false }
                client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
                return client.readResponses(1).map(\.text) == ["hello"]
            }
            guard works else { exit(3) }
            guard server.server.counters().refused(.tooManyConnections) >= 5 else { exit(5) }
        }
    }

    @Test
    func `connections beyond the limit are told and closed, and room is made by closing`() throws {
        var limits = HTTPLimits()
        limits.connectionCountMax = 3
        let server = try TestServer(limits)
        var clients = try (0..<3).map { _ in try server.client() }
        #expect(eventually { server.server.counters().openConnections == 3 })
        let extra = try server.client()
        #expect(RawResponse.all(in: extra.readToEnd().bytes).map(\.status) == [503])
        clients.removeLast()
        #expect(eventually { server.server.counters().openConnections == 2 })
        let again = try server.client()
        again.send(Self.get("/hello"))
        #expect(again.readResponses(1).map(\.text) == ["hello"])
        #expect(server.server.counters().refused(.tooManyConnections) == 1)
    }
}

/// A drain on a thread of its own.
private final class Drain: @unchecked Sendable {
    // Sendable because `thread` is set before `init` returns and `ended` is an atomic of its own.
    private let ended = Lock(false)
    private let thread: WorkerThread

    init(_ server: HTTPServer, _ deadline: Duration) {
        let ended = self.ended
        thread = WorkerThread.start(name: "drain") {
            server.drain(deadline: deadline)
            ended.withLock { $0 = true }
        }
    }

    var hasEnded: Bool { ended.withLock { $0 } }

    func wait() { thread.join() }
}

private func bindUnix(_ descriptor: Int32, _ path: String) throws {
    unlink(path)
    var name = sockaddr_un()
    name.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    let result = withUnsafePointer(to: &name) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
    if result != 0 { throw SocketError(step: "bind", number: errno) }
}
