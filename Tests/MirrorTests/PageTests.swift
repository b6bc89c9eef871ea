import BillingModel
import Database
import DatabaseSQLite
import HTTPClient
import JSON
import Lanes
import Outbox
import Providers
import Testing
import Threading
import Timing

@testable import Mirror

/// Pages of runs beside writes and confirming reads.
struct PageTests {
    private static func calls(_ simulation: Simulation, _ purpose: OutgoingCall.Purpose) -> Int {
        Int(
            simulation.statistics.callCounts.filter { $0.purpose == purpose.rawValue }.map(\.count)
                .reduce(0, +)
        )
    }

    private static func busy(inFlightMax: Int, rate: Double = 1_000, pages: Int = 8) throws -> Simulation {
        var options = Simulation.Options(seed: 71, customers: 60 * inFlightMax, editsPerCustomer: 5)
        options.inFlightMax = inFlightMax
        options.ratePerSecond = rate
        options.pagesAtOnce = pages
        options.editSeconds = 300
        options.faultSeconds = 300
        options.foreignEdits = 3
        options.checksView = false
        return try Simulation(options)
    }

    @Test(arguments: [1, 4, 16])
    func `pages go on while more writes and reads wait than a slow provider takes, and the other way round`(
        inFlightMax: Int
    ) throws {
        let simulation = try Self.busy(inFlightMax: inFlightMax)
        simulation.provider.set(latency: 1_000...2_000)
        simulation.prepare()
        try simulation.advance(until: 250)
        #expect(Self.calls(simulation, .read) >= 8 * inFlightMax)
        #expect(Self.calls(simulation, .write) >= 40 * inFlightMax)
        #expect(Self.calls(simulation, .page) >= 5 * inFlightMax)
    }

    @Test func `where the rate is the limit, pages keep a twentieth and writes the most of it`() throws {
        let simulation = try Self.busy(inFlightMax: 16, rate: 10)
        simulation.provider.set(latency: 20...60)
        simulation.prepare()
        try simulation.advance(until: 200)
        let counts = [OutgoingCall.Purpose.write, .read, .page].map { Self.calls(simulation, $0) }
        #expect(counts.reduce(0, +) >= 1_800)
        #expect(counts[0] >= 1_400)
        #expect(counts[2] >= 90)
    }

    @Test func `pages alone have all of the rate`() throws {
        var options = Simulation.Options(seed: 72, customers: 1, editsPerCustomer: 0)
        options.ratePerSecond = 100
        options.pagesAtOnce = 8
        let simulation = try Simulation(options)
        simulation.provider.set(latency: 20...20)
        simulation.prepare()
        try simulation.advance(until: 20)
        #expect((1_900...2_020).contains(Self.calls(simulation, .page)))
        #expect(Set(simulation.pageAnswers) == ["page"])
    }

    @Test func `an open breaker holds pages back, and a page finds out when nothing else is due`() throws {
        var options = Simulation.Options(seed: 73, customers: 1, editsPerCustomer: 0)
        options.ratePerSecond = 100
        options.pagesAtOnce = 4
        options.outages = [10..<600]
        let simulation = try Simulation(options)
        simulation.provider.set(latency: 20...20)
        simulation.prepare()
        try simulation.advance(until: 599)
        #expect(simulation.driver.dispatcher.pace.breaker.state != .closed)
        let failed = simulation.pageAnswers.count { $0 == "retryLater" }
        // Eight that opened it, a few on their way, and a probe each half minute.
        #expect((8...60).contains(failed))
        try simulation.advance(until: 800)
        #expect(simulation.driver.dispatcher.pace.breaker.state == .closed)
        #expect(simulation.pageAnswers.last == "page")
        #expect(simulation.pageAnswers.count { $0 == "retryLater" } <= 60)
    }

    // MARK: Through the loop

    @Test(arguments: PageCase.all)
    fileprivate func `an answer reaches the one who asked as what it is`(_ page: PageCase) async throws {
        let harness = try LoopHarness()
        let loop = harness.loop(FixedTransport(page.outcome))
        loop.start()
        let answer = await loop.answer(to: page.read)
        #expect(page.isRight(answer), "\(answer)")
        await offPool { loop.stop(deadline: .seconds(5)) }
        #expect(Set(loop.statistics.callCounts.map(\.purpose)).isSubset(of: ["page"]))
    }

    @Test func `where nothing is read to be sure of it, what a run left open is, and it alone`() async throws
    {
        let harness = try LoopHarness()
        let now = WallClock.system.now()
        let lanes = try await harness.database.write { transaction throws(DatabaseError) in
            var lanes: [LaneID] = []
            for (id, reason) in [("cus_1", ReadReason.write), ("cus_2", .run)] {
                let key = ObjectKey(connection: Simulation.connection, type: .customer, id: ProviderID(id))
                let lane = try LanesTable.findOrMake(.object(key), in: transaction).id
                try LaneReadsTable.markDirty(lane, for: reason, due: now, now: now, in: transaction)
                lanes.append(lane)
            }
            return lanes
        }
        func owed() throws -> [Bool] {
            try harness.database.read { transaction throws(DatabaseError) in
                var owed: [Bool] = []
                for lane in lanes {
                    owed.append(try LanesTable.get(lane, in: transaction)?.state.needsRead ?? false)
                }
                return owed
            }
        }
        let loop = harness.loop(
            FixedTransport(.json(200, #"{"object":"customer","id":"cus_2"}"#)),
            makesReads: false
        )
        loop.start()
        // Ten seconds, on a machine that is never so slow.
        for _ in 0..<2_000 where try owed()[1] { try await Task.sleep(for: .milliseconds(5)) }
        await offPool { loop.stop(deadline: .seconds(5)) }
        #expect(try owed() == [true, false])
        #expect(Self.reads(loop.statistics) == 1)
    }

    private static func reads(_ statistics: MirrorStatistics) -> Int {
        Int(statistics.callCounts.filter { $0.purpose == "read" }.map(\.count).reduce(0, +))
    }

    @Test func `a key that may not list one type pauses nothing`() async throws {
        let harness = try LoopHarness()
        let loop = harness.loop(
            FixedTransport(.json(403, "{\"error\":{\"type\":\"invalid_request_error\"}}"))
        )
        loop.start()
        guard case .refused = await loop.answer(to: PageCase.customers) else {
            Issue.record("403 is a refusal")
            return
        }
        #expect(loop.statistics.pause == nil)
        await offPool { loop.stop(deadline: .seconds(5)) }
    }

    @Test func `whoever waits for a page at the stop is told, and whoever asks after it, too`() async throws {
        let harness = try LoopHarness()
        let silent = SilentTransport()
        let loop = harness.loop(silent, inFlightMax: 1)
        loop.start()
        let told = Lock([String]())
        for number in 1...3 {
            loop.fetch(PageCase.customers) { answer in
                told.withLock { if case .stopping = answer { $0.append("stopping \(number)") } }
            }
        }
        while silent.requests.isEmpty { try await Task.sleep(for: .milliseconds(2)) }
        await offPool { loop.stop(deadline: .seconds(0)) }
        #expect(told.withLock { $0.sorted() } == ["stopping 1", "stopping 2", "stopping 3"])
        guard case .stopping = await loop.answer(to: PageCase.customers) else {
            Issue.record("a loop that is over asks nobody")
            return
        }
    }

    @Test func `a loop that was never begun leaves nobody waiting`() async throws {
        let harness = try LoopHarness()
        let loop = harness.loop(SilentTransport())
        let told = Lock(0)
        loop.fetch(PageCase.customers) { _ in told.withLock { $0 += 1 } }
        loop.stop(deadline: .seconds(1))
        #expect(told.withLock { $0 } == 1)
    }
}

/// What a provider answers, and what it is to a run.
private struct PageCase: Sendable, CustomTestStringConvertible {
    static let customers = ProviderRead.list(
        .customer,
        createdFrom: nil,
        createdThrough: nil,
        page: PageRequest()
    )
    static let customer = ProviderRead.object(.customer, ProviderID("cus_1"))

    let testDescription: String
    var read = customers
    let outcome: FixedTransport.Outcome
    let isRight: @Sendable (PageAnswer) -> Bool

    static let all: [PageCase] = [
        PageCase(
            testDescription: "a page, with the provider's clock",
            outcome: .json(200, #"{"object":"list","has_more":true,"data":[{"id":"cus_1"},{"id":"cus_2"}]}"#)
        ) {
            guard case .page(let page, let date) = $0 else { return false }
            return page.elements.count == 2 && page.hasMore && page.lastID == ProviderID("cus_2")
                && date == Timestamp(milliseconds: 784_111_777_000)
        },
        PageCase(
            testDescription: "an object",
            read: customer,
            outcome: .json(200, #"{"object":"customer","id":"cus_1"}"#)
        ) {
            guard case .object(let object, let date) = $0 else { return false }
            return object["id"]?.string == "cus_1" && date != nil
        },
        PageCase(
            testDescription: "no such object",
            read: customer,
            outcome: .json(
                404,
                #"{"error":{"type":"invalid_request_error","code":"resource_missing","param":"id"}}"#
            )
        ) { if case .missing = $0 { true } else { false } },
        PageCase(
            testDescription: "a dead cursor",
            outcome: .json(
                400,
                #"{"error":{"type":"invalid_request_error","code":"resource_missing","param":"starting_after"}}"#
            )
        ) { if case .cursorGone = $0 { true } else { false } },
        PageCase(
            testDescription: "too many requests",
            outcome: .json(429, #"{"error":{"type":"invalid_request_error","code":"rate_limit"}}"#)
        ) {
            guard case .retryLater(let milliseconds, let trouble) = $0 else { return false }
            return milliseconds >= 500 && trouble.kind == .rateLimited
        },
        PageCase(testDescription: "a server's failure", outcome: .json(500, "{}")) {
            guard case .retryLater(_, let trouble) = $0 else { return false }
            return trouble.kind == .serverError
        },
        PageCase(testDescription: "a page of HTML", outcome: .json(200, "<html>")) {
            guard case .retryLater(_, let trouble) = $0 else { return false }
            return trouble.kind == .unreadable
        },
        PageCase(
            testDescription: "more than is read",
            outcome: .json(200, #"{"object":"list","data":["\#(String(repeating: "x", count: 4 << 20))"]}"#)
        ) {
            guard case .retryLater(_, let trouble) = $0 else { return false }
            return trouble.kind == .tooLarge
        },
        PageCase(testDescription: "more than the transport takes", outcome: .failure(.tooLarge)) {
            guard case .retryLater(_, let trouble) = $0 else { return false }
            return trouble.kind == .tooLarge
        },
        PageCase(testDescription: "no answer", outcome: .failure(.ambiguous)) {
            guard case .retryLater(_, let trouble) = $0 else { return false }
            return trouble.kind == .noAnswer
        },
        PageCase(testDescription: "a refused key", outcome: .json(401, #"{"error":{}}"#)) {
            guard case .refused(let fault) = $0 else { return false }
            return fault.status == 401
        },
        PageCase(
            testDescription: "a request that cannot be right",
            outcome: .json(400, #"{"error":{"type":"invalid_request_error","code":"parameter_unknown"}}"#)
        ) {
            guard case .refused(let fault) = $0 else { return false }
            return fault.code == "parameter_unknown"
        },
        PageCase(
            testDescription: "a list that cannot be asked for",
            read: .list(.discount, createdFrom: nil, createdThrough: nil, page: PageRequest()),
            outcome: .json(200, "{}")
        ) { if case .refused = $0 { true } else { false } },
    ]
}

extension MirrorLoop {
    fileprivate func answer(to read: ProviderRead) async -> PageAnswer {
        await withCheckedContinuation { continuation in
            fetch(read) { continuation.resume(returning: $0) }
        }
    }
}

/// Answers each call the same.
struct FixedTransport: HTTPTransport {
    enum Outcome: Sendable {
        case json(Int, String)
        case failure(HTTPClientFailure.Kind)
    }

    let outcome: Outcome

    init(_ outcome: Outcome) { self.outcome = outcome }

    func send(_ request: HTTPClientRequest) async throws(HTTPClientFailure) -> HTTPClientResponse {
        switch outcome {
        case .json(let status, let body):
            return HTTPClientResponse(
                status: status,
                headers: [("Date", "Sun, 06 Nov 1994 08:49:37 GMT")],
                body: Array(body.utf8)
            )
        case .failure(let kind):
            throw HTTPClientFailure(kind: kind, name: "reset", text: "reset", mayHaveBeenSent: true)
        }
    }
}
