import Glibc
import HTTPClient
import Testing
import Threading
import Timing

@Suite struct `The client's thread` {
    private func outcome(_ client: HTTPClient, _ url: String) async -> HTTPClientFailure? {
        do throws(HTTPClientFailure) {
            _ = try await client.send(HTTPClientRequest(method: .get, url: url, addressPolicy: .loopbackOnly))
            return nil
        } catch {
            return error
        }
    }

    @Test func `takes nothing before it starts and after it stopped`() async throws {
        let client = HTTPClient()
        let early = await outcome(client, "http://127.0.0.1:1/")
        #expect(early?.kind == .usage)
        #expect(early?.name == "client_not_started")
        try client.start()
        client.stop()
        client.stop()
        let late = await outcome(client, "http://127.0.0.1:1/")
        #expect(late?.kind == .cancelled)
        #expect(late?.name == "client_stopped")
        #expect(late?.mayHaveBeenSent == false)
    }

    @Test func `fails what is in flight when it stops`() async throws {
        let server = try EchoServer()
        let client = HTTPClient()
        try client.start()
        let tasks = (0..<5).map { _ in Task { await outcome(client, server.url("/held")) } }
        #expect(await eventually { server.handler.held.withLock { $0.count } == 5 })
        client.stop()
        for task in tasks {
            let failure = await task.value
            #expect(failure?.kind == .cancelled)
            #expect(failure?.name == "client_stopped")
            #expect(failure?.mayHaveBeenSent == true)
        }
    }

    @Test func `ends with the client`() async throws {
        let name = "curl-forgotten"
        var configuration = HTTPClientConfiguration()
        configuration.name = name
        do {
            let client = HTTPClient(configuration: configuration)
            try client.start()
            #expect(await eventually { Self.thread(named: name) != nil })
        }
        #expect(await eventually { Self.thread(named: name) == nil })
    }

    @Test func `lets go of a request whose task was cancelled`() async throws {
        let hungUp = Lock(false)
        let arrived = Lock(false)
        let server = try ScriptedServer { connection in
            guard connection.readRequest() != nil else { return }
            arrived.withLock { $0 = true }
            connection.waitForClose()
            hungUp.withLock { $0 = true }
        }
        let client = try TestClient()
        let task = Task { await outcome(client.client, server.url()) }
        #expect(await eventually { arrived.withLock { $0 } })
        task.cancel()
        let failure = await task.value
        #expect(failure?.kind == .cancelled)
        #expect(failure?.name == "task_cancelled")
        #expect(failure?.mayHaveBeenSent == true)
        #expect(await eventually { hungUp.withLock { $0 } })
    }

    @Test func `sends nothing for a task that was cancelled before`() async throws {
        let server = try ScriptedServer { $0.waitForClose() }
        let client = try TestClient()
        let task = Task {
            // Ends early, because the task is cancelled.
            try? await Task.sleep(for: .seconds(60))
            return await outcome(client.client, server.url())
        }
        task.cancel()
        let failure = await task.value
        #expect(failure?.name == "task_cancelled")
        #expect(failure?.mayHaveBeenSent == false)
        #expect(server.connectionCount == 0)
    }

    @Test func `refuses more transfers than it may hold`() async throws {
        let server = try EchoServer()
        let client = try TestClient { $0.transfersMax = 2 }
        let tasks = (0..<2).map { _ in Task { await outcome(client.client, server.url("/held")) } }
        #expect(await eventually { server.handler.held.withLock { $0.count } == 2 })
        let refused = await outcome(client.client, server.url("/hello"))
        #expect(refused?.kind == .notSent)
        #expect(refused?.name == "client_full")
        server.handler.answerHeld()
        for task in tasks { #expect(await task.value == nil) }
        // The count went down again; at most a moment after the answers.
        var last: HTTPClientFailure?
        for _ in 0..<1_000 {
            last = await outcome(client.client, server.url("/hello"))
            if last == nil { break }
            await Task.yield()
        }
        #expect(last == nil)
    }

    @Test func `gives every caller its own answer, while others are cancelled`() async throws {
        let server = try EchoServer()
        let client = try TestClient { $0.connectionsPerHostMax = 8 }
        let random = RandomSource(seed: 8)
        let rounds = environmentIsLong ? 2_000 : 100
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<16 {
                let delays = (0..<rounds).map { _ in random.below(400) }
                group.addTask {
                    for round in 0..<rounds {
                        let body = Array("\(worker)-\(round)".utf8)
                        let request = HTTPClientRequest(
                            method: .post,
                            url: server.url("/echo"),
                            body: body,
                            addressPolicy: .loopbackOnly
                        )
                        if worker % 4 == 0 {
                            let task = Task { try await client.client.send(request).body }
                            try await Task.sleep(for: .microseconds(Int(delays[round])))
                            task.cancel()
                            switch await task.result {
                            case .success(let answer): #expect(answer == body)
                            case .failure(let error):
                                #expect((error as? HTTPClientFailure)?.name == "task_cancelled")
                            }
                        } else {
                            #expect(try await client.client.send(request).body == body)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `sleeps while it waits`() async throws {
        let name = "curl-sleeper"
        let server = try EchoServer()
        let client = try TestClient { $0.name = name }
        let task = Task { await outcome(client.client, server.url("/held")) }
        #expect(await eventually { server.handler.held.withLock { $0.count } == 1 })
        let before = try #require(Self.thread(named: name))
        try await Task.sleep(for: .milliseconds(600))
        let after = try #require(Self.thread(named: name))
        // In hundredths of a second; one that spins counts 60, or half of that on a busy machine.
        #expect(after.ticks - before.ticks <= 5)
        server.handler.answerHeld()
        #expect(await task.value == nil)
    }

    private var environmentIsLong: Bool { getenv("TOLLGATE_LONG").map { String(cString: $0) } == "1" }

    /// The processor time of one of our threads, in the kernel's ticks; nil when there is none of that name.
    private static func thread(named name: String) -> (ticks: Int, Void)? {
        guard let folder = opendir("/proc/self/task") else { return nil }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let id = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard Int(id) != nil, let file = fopen("/proc/self/task/\(id)/stat", "r") else { continue }
            defer { fclose(file) }
            var buffer = [UInt8](repeating: 0, count: 1_024)
            let count = fread(&buffer, 1, buffer.count, file)
            let text = String(decoding: buffer[..<count], as: UTF8.self)
            guard text.contains("(\(name))"), let end = text.lastIndex(of: ")") else { continue }
            let fields = text[end...].split(separator: " ")
            // proc(5): fields 14 and 15, counted here from the closing parenthesis, which is the second.
            guard fields.count > 13, let user = Int(fields[12]), let system = Int(fields[13]) else {
                continue
            }
            return (user + system, ())
        }
        return nil
    }
}
