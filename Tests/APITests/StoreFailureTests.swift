import BillingModel
import Database
import Foundation
import HTTPServer
import Telemetry
import Testing
import Threading
import Timing

@testable import API

/// Reads go to a real store until told to fail; writes always fail, as on a full disk.
private final class FailingDatabase: DatabaseEngine {
    let real: any DatabaseEngine
    let failsReads = Lock(false)

    init(_ real: any DatabaseEngine) {
        self.real = real
    }

    private var failure: DatabaseError {
        DatabaseError(kind: .full, statement: "test.statement", code: 13, message: "disk is full")
    }

    func read<Result>(
        _ body: (any ReadTransaction) throws(DatabaseError) -> Result
    ) throws(DatabaseError) -> Result {
        if failsReads.withLock({ $0 }) { throw failure }
        return try real.read(body)
    }

    func submitWrite<Result: Sendable>(
        _ body: @escaping @Sendable (any WriteTransaction) throws(DatabaseError) -> Result,
        completion: @escaping @Sendable (Swift.Result<Result, DatabaseError>) -> Void
    ) {
        completion(.failure(failure))
    }

    func join(_ participant: any CommitParticipant) {}
    func wakeWriter() {}
}

@Suite struct StoreFailureTests {
    private let harness: Harness
    private let database: FailingDatabase
    private let pipeline: RequestPipeline
    private let log = Pipe()

    init() throws {
        harness = try Harness()
        database = FailingDatabase(harness.database)
        var parts = harness.parts
        parts.database = database
        parts.log = Logger(descriptor: log.fileHandleForWriting.fileDescriptor, level: .info)
        pipeline = RequestPipeline(parts: parts, access: .controlSocket, metrics: APIMetrics())
    }

    private func answer(to call: APICall) throws -> APIAnswer {
        let given = Lock<APIAnswer?>(nil)
        pipeline.run(call) { answer in given.withLock { $0 = answer } }
        return try #require(given.withLock { $0 })
    }

    @Test func `a store that cannot be read is a 503 that tells nothing of it, and a line in the log`() throws
    {
        database.failsReads.withLock { $0 = true }
        let answer = try answer(to: APICall(.get, "/v1/webhook_events"))
        #expect(answer.status == 503 && answer.code == "store_unavailable")
        #expect(answer.headerValue("Retry-After") == "1")
        #expect(!answer.text.contains("disk"))
        try log.fileHandleForWriting.close()
        let lines = String(decoding: log.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(lines.contains("test.statement: disk is full"))
    }

    @Test func `an act whose commit fails is a 503, is not audited as done and has changed nothing`() throws {
        try Rows.insertEvent(1, state: "dead", in: harness)
        let answer = try answer(to: APICall(.post, "/v1/webhook_events/evt_1/retry"))
        #expect(answer.status == 503 && answer.code == "store_unavailable")
        try log.fileHandleForWriting.close()
        let lines = String(decoding: log.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(!lines.contains("admin act"))
        let event = harness.call(APICall(.get, "/v1/webhook_events/evt_1"), through: .socket)
        #expect(try event.field("state") == "dead")
    }

    @Test func `a writer whose probe fails is not answering`() {
        let pulse = WriterPulse(database: database)
        _ = pulse.isAnswering()
        #expect(!pulse.isAnswering())
    }
}
