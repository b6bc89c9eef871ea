import BillingModel
import Cryptography
import Database
import DatabaseSQLite
import Foundation
import HTTPClient
import Lanes
import Outbox
import Providers
import Schema
import Telemetry
import Testing
import Threading
import Timing

@testable import Mirror

/// The loop with its thread, tasks and a real clock; everything else of it is tested in virtual time.
struct MirrorLoopTests {
    @Test func `changes are carried out, and whoever waits for one is told`() async throws {
        let harness = try LoopHarness()
        let provider = SimulatedProvider(random: RandomSource(seed: 1))
        let operations = try harness.enqueueUpdates(100, at: provider)
        let board = SettlementBoard(database: harness.database, monotonic: .system)
        board.start()
        let loop = harness.loop(provider) { board.settled($0) }
        loop.start()
        for operation in operations {
            await withCheckedContinuation { continuation in
                board.wait(for: operation, milliseconds: 60_000) { continuation.resume() }
            }
        }
        await offPool { loop.stop(deadline: .seconds(5)) }
        await offPool { board.stop() }
        #expect(provider.ledger.effects.count == 100)
        #expect(try harness.states() == ["done": 100])
        #expect(loop.statistics.latency.snapshot().count == 100)
    }

    @Test func `whoever waits for what does not come is told when the time is over, and at the stop`()
        async throws
    {
        let harness = try LoopHarness()
        let provider = SimulatedProvider(random: RandomSource(seed: 1))
        let operations = try harness.enqueueUpdates(2, at: provider)
        let board = SettlementBoard(database: harness.database, monotonic: .system)
        board.start()
        await withCheckedContinuation { continuation in
            board.wait(for: operations[0], milliseconds: 10) { continuation.resume() }
        }
        let told = Lock(0)
        board.wait(for: operations[1], milliseconds: 3_600_000) { told.withLock { $0 += 1 } }
        await offPool { board.stop() }
        #expect(told.withLock { $0 } == 1)
    }

    @Test(.timeLimit(.minutes(1)))
    func `whoever waits already is told when it settles, and not when the time is over`() async throws {
        let harness = try LoopHarness()
        let provider = SimulatedProvider(random: RandomSource(seed: 1))
        let operation = try harness.enqueueUpdates(1, at: provider)[0]
        let board = SettlementBoard(database: harness.database, monotonic: .system)
        board.start()
        await withCheckedContinuation { continuation in
            board.wait(for: operation, milliseconds: 3_600_000) { continuation.resume() }
            // The board's thread has taken the wait, and sleeps.
            EventSignal().wait(milliseconds: 50)
            board.settled([operation.rawValue])
        }
        await offPool { board.stop() }
    }

    @Test func `no more calls are on their way than allowed`() async throws {
        let harness = try LoopHarness()
        let provider = SimulatedProvider(random: RandomSource(seed: 2))
        _ = try harness.enqueueUpdates(80, at: provider)
        let counting = CountingTransport(provider)
        let loop = harness.loop(counting, inFlightMax: 8)
        loop.start()
        try await harness.untilOpen(0)
        await offPool { loop.stop(deadline: .seconds(5)) }
        #expect(counting.most <= 8)
        #expect(counting.most > 1)
    }

    @Test
    func `a stop gives up what does not end, and the next start sends the same bytes under the same key`()
        async throws
    {
        let harness = try LoopHarness()
        let provider = SimulatedProvider(random: RandomSource(seed: 3))
        _ = try harness.enqueueUpdates(5, at: provider)
        let silent = SilentTransport()
        let first = harness.loop(silent)
        first.start()
        while silent.requests.count < 5 { try await Task.sleep(for: .milliseconds(5)) }
        await offPool { first.stop(deadline: .seconds(0)) }
        #expect(try harness.states() == ["sent": 5])

        let recording = CountingTransport(provider)
        let second = harness.loop(recording, owner: 2)
        second.start()
        try await harness.untilOpen(0)
        await offPool { second.stop(deadline: .seconds(5)) }
        let before = Set(silent.requests.map(LoopHarness.bytes))
        let after = Set(recording.requests.filter { $0.method == .post }.map(LoopHarness.bytes))
        #expect(before == after)
        #expect(before.count == 5)
        #expect(provider.ledger.effects.values.allSatisfy { $0 == 1 })
    }

    @Test(.timeLimit(.minutes(1)))
    func `what a dead process had in flight is taken up again`() async throws {
        let harness = try LoopHarness()
        let provider = SimulatedProvider(random: RandomSource(seed: 4))
        _ = try harness.enqueueUpdates(3, at: provider)
        let silent = SilentTransport()
        // As good as dead: it looks for work once, holds its leases and settles nothing.
        let first = harness.loop(silent, pollMilliseconds: 3_600_000)
        first.start()
        while silent.requests.count < 3 { try await Task.sleep(for: .milliseconds(5)) }
        let now = Timestamp(milliseconds: WallClock.system.now().milliseconds)
        let freed = try await harness.database.write { transaction throws(DatabaseError) in
            try MirrorLoop.rescue(owner: LeaseOwner(drawn: 2), keyEpoch: 7, now: now, in: transaction)
        }
        #expect(freed == 3)
        let second = harness.loop(provider, owner: 2)
        second.start()
        try await harness.untilOpen(0)
        await offPool { second.stop(deadline: .seconds(5)) }
        // Its late ends change nothing: the fence is another one's.
        await offPool { first.stop(deadline: .seconds(0)) }
        #expect(try harness.states().filter { $0.key != "done" && $0.key != "acknowledged" }.isEmpty)
    }

    @Test(.timeLimit(.minutes(1)), arguments: [true, false])
    func `a refused change owes a read only where reads are made`(makesReads: Bool) async throws {
        let harness = try LoopHarness()
        _ = try harness.enqueueUpdates(3, at: SimulatedProvider(random: RandomSource(seed: 5)))
        let refusal = #"{"error":{"type":"invalid_request_error","code":"email_invalid","message":"no"}}"#
        let loop = harness.loop(FixedTransport(.json(400, refusal)), makesReads: makesReads)
        loop.start()
        try await harness.untilOpen(0)
        await offPool { loop.stop(deadline: .seconds(5)) }
        #expect(try harness.states() == ["dead": 3])
        let owed = try harness.database.read { transaction throws(DatabaseError) in
            try LaneReadsTable.owed(on: Simulation.connection, in: transaction)
        }
        #expect(owed.map(\.count).reduce(0, +) == (makesReads ? 3 : 0), "\(owed)")
    }

    @Test(.timeLimit(.minutes(1)))
    func `a stop ends also when the store refuses every write`() async throws {
        let harness = try LoopHarness()
        let provider = SimulatedProvider(random: RandomSource(seed: 6))
        _ = try harness.enqueueUpdates(2, at: provider)
        let full = FullStore(harness.database)
        let silent = SilentTransport()
        let loop = harness.loop(silent, database: full)
        loop.start()
        while silent.requests.count < 2 { try await Task.sleep(for: .milliseconds(5)) }
        full.isFull.withLock { $0 = true }
        await offPool { loop.stop(deadline: .seconds(0)) }
        // Nothing is lost: the next start finds them as they were sent.
        #expect(try harness.states() == ["sent": 2])
    }

    @Test func `an idle loop writes nothing`() async throws {
        let harness = try LoopHarness()
        let loop = harness.loop(SilentTransport())
        loop.start()
        try await Task.sleep(for: .milliseconds(50))
        let before = harness.database.statistics.commits
        for _ in 0..<20 {
            loop.wake()
            try await Task.sleep(for: .milliseconds(2))
        }
        #expect(harness.database.statistics.commits == before)
        await offPool { loop.stop(deadline: .seconds(1)) }
    }
}

/// A file with operations in it, and loops over it.
final class LoopHarness: Sendable {
    let file: FastDatabase
    let database: SQLiteDatabase
    private static let connection = Connection(
        id: Simulation.connection,
        name: "real",
        scope: DataScope(site: "main", mode: .test),
        provider: "stripe",
        account: nil
    )

    init() throws {
        file = try FastDatabase()
        database = try file.open(migrations: Schema.migrations)
        try database.start()
    }

    deinit { database.stop() }

    func enqueueUpdates(_ count: Int, at provider: SimulatedProvider) throws -> [OperationID] {
        for number in 1...count { provider.addCustomer("cus_\(number)", fields: [:]) }
        let now = WallClock.system.now()
        return try database.writeAndWait { transaction throws(DatabaseError) in
            var operations: [OperationID] = []
            for number in 1...count {
                var patch = CustomerPatch()
                patch.email = .set("u\(number)@c.example")
                let id = ProviderID("cus_\(number)")
                let outcome = try OutboxTable.enqueue(
                    NewOperation(
                        .updateCustomer(.provider(id), patch),
                        .customer(Int64(number), on: Simulation.connection, provider: id)
                    ),
                    now: now,
                    in: transaction
                )
                if case .queued(let operation) = outcome { operations.append(operation) }
            }
            return operations
        }
    }

    func loop(
        _ transport: any HTTPTransport,
        inFlightMax: Int = 64,
        owner: UInt64 = 1,
        pollMilliseconds: Int64 = 50,
        makesReads: Bool = true,
        database: (any DatabaseEngine)? = nil,
        didSettle: @escaping @Sendable ([Int64]) -> Void = { _ in }
    ) -> MirrorLoop {
        var connection = MirrorConnection(
            connection: Self.connection,
            baseURL: "https://provider.example",
            apiKey: RedactedText("sk_test_right")
        )
        connection.ratePerSecond = 100_000
        connection.inFlightMax = inFlightMax
        connection.pollMilliseconds = pollMilliseconds
        connection.makesReads = makesReads
        return MirrorLoop(
            connection,
            database: database ?? self.database,
            transport: transport,
            recorder: LocalApplication(connection: Simulation.connection, keyEpoch: 7).recorder,
            owner: LeaseOwner(drawn: owner),
            keyEpoch: 7,
            clock: .system,
            monotonic: .system,
            random: RandomSource(seed: owner),
            log: Logger(descriptor: -1, level: .error),
            didSettle: didSettle
        )
    }

    func states() throws -> [String: Int] {
        let rows = try database.read { transaction throws(DatabaseError) in
            try transaction.rows(RowCounts.states) { ($0.text(0), Int($0.integer(1))) }
        }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    /// Waits until so many operations are still to be sent.
    func untilOpen(_ count: Int) async throws {
        while true {
            let states = try states()
            if (states["queued"] ?? 0) + (states["sent"] ?? 0) == count { return }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    static func bytes(_ request: HTTPClientRequest) -> String {
        let key = request.headers.first { $0.name == "Idempotency-Key" }?.value ?? ""
        return "\(request.url) \(key) \(String(decoding: request.body ?? [], as: UTF8.self))"
    }
}

/// Counts how many calls are on their way, each of which takes some milliseconds.
final class CountingTransport: HTTPTransport {
    private let provider: SimulatedProvider
    private let state = Lock((now: 0, most: 0, requests: [HTTPClientRequest]()))

    init(_ provider: SimulatedProvider) { self.provider = provider }

    var most: Int { state.withLock { $0.most } }
    var requests: [HTTPClientRequest] { state.withLock { $0.requests } }

    func send(_ request: HTTPClientRequest) async throws(HTTPClientFailure) -> HTTPClientResponse {
        state.withLock { state in
            state.now += 1
            state.most = max(state.most, state.now)
            state.requests.append(request)
        }
        defer { state.withLock { $0.now -= 1 } }
        // A cancelled sleep only makes the answer early.
        try? await Task.sleep(for: .milliseconds(3))
        return try await provider.send(request)
    }
}

/// Never answers; ends when it is cancelled.
final class SilentTransport: HTTPTransport {
    private let kept = Lock([HTTPClientRequest]())

    var requests: [HTTPClientRequest] { kept.withLock { $0 } }

    func send(_ request: HTTPClientRequest) async throws(HTTPClientFailure) -> HTTPClientResponse {
        kept.withLock { $0.append(request) }
        while !Task.isCancelled {
            // Cancelled is what it waits for.
            try? await Task.sleep(for: .seconds(60))
        }
        throw HTTPClientFailure(
            kind: .cancelled,
            name: "task_cancelled",
            text: "given up",
            mayHaveBeenSent: true
        )
    }
}

/// On a thread of its own: a stop waits for calls, whose ends need the threads that tests run on.
func offPool(_ body: @escaping @Sendable () -> Void) async {
    await withCheckedContinuation { continuation in
        _ = WorkerThread.start(name: "stopper") {
            body()
            continuation.resume()
        }
    }
}

/// A store whose disk is full from some moment on.
private final class FullStore: DatabaseEngine {
    let isFull = Lock(false)
    private let real: any DatabaseEngine

    init(_ real: any DatabaseEngine) { self.real = real }

    func read<Result>(
        _ body: (any ReadTransaction) throws(DatabaseError) -> Result
    ) throws(DatabaseError) -> Result {
        try real.read(body)
    }

    func submitWrite<Result: Sendable>(
        _ body: @escaping @Sendable (any WriteTransaction) throws(DatabaseError) -> Result,
        completion: @escaping @Sendable (Swift.Result<Result, DatabaseError>) -> Void
    ) {
        guard isFull.withLock({ $0 }) else { return real.submitWrite(body, completion: completion) }
        completion(.failure(DatabaseError(kind: .full, statement: "commit", code: 13, message: "full")))
    }

    func join(_ participant: any CommitParticipant) { real.join(participant) }
    func wakeWriter() { real.wakeWriter() }
}
