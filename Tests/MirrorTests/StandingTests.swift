import BillingModel
import Database
import DatabaseSQLite
import HTTPClient
import Outbox
import Testing
import Threading
import Timing

@testable import Mirror

/// What a connection does when nothing of it can work, and that it goes on by itself afterwards.
struct StandingTests {
    private static func options(customers: Int = 30) -> Simulation.Options {
        var options = Simulation.Options(seed: 31)
        options.customers = customers
        options.editsPerCustomer = 2
        options.editSeconds = 60
        options.faultSeconds = 1_800
        return options
    }

    private static func standing(_ simulation: Simulation) throws -> ConnectionStanding {
        try simulation.database.read { transaction throws(DatabaseError) in
            try ConnectionLanesTable.standing(of: Simulation.connection, in: transaction)
        }
    }

    /// Calls in that many seconds from the beginning, each as seconds from the beginning.
    private static func calls(_ simulation: Simulation, _ seconds: Range<Int64>) -> [Int64] {
        simulation.provider.ledger.callTimes.map { ($0 - Simulation.start.milliseconds) / 1_000 }
            .filter { seconds.contains($0) }
    }

    @Test func `a wrong key pauses the lane with an alert, is tried once a minute, and a right one ends it`()
        throws
    {
        let simulation = try Simulation(Self.options())
        let provider = simulation.provider
        provider.set(apiKey: "sk_test_other")
        simulation.prepare()
        simulation.at(600) { provider.set(apiKey: "sk_test_right") }
        try simulation.advance(until: 590)
        let paused = try Self.standing(simulation)
        #expect(paused.pauses.map(\.reason) == [.credentials])
        #expect(simulation.statistics.pause == .credential)
        #expect(simulation.alerts(.credentialRefused) == 1)
        #expect((8...10).contains(Self.calls(simulation, 61..<590).count))
        try simulation.advance(until: nil)
        #expect(try Self.standing(simulation).pauses.isEmpty)
        #expect(simulation.statistics.pause == nil)
        try simulation.checkEnd()
        #expect(simulation.violations.isEmpty)
        #expect(simulation.alerts(.deadLetter) == 0)
    }

    @Test func `a resume lets one call through at once, which ends the pause or renews it`() throws {
        let simulation = try Simulation(Self.options())
        let provider = simulation.provider
        provider.set(apiKey: "sk_test_other")
        simulation.prepare()
        try simulation.advance(until: 200)
        let calls = provider.ledger.calls
        try simulation.resumeAll()
        #expect(try Self.standing(simulation).pauses.isEmpty)
        try simulation.advance(until: 202)
        #expect(provider.ledger.calls == calls + 1)
        #expect(try Self.standing(simulation).pauses.map(\.reason) == [.credentials])
        #expect(simulation.alerts(.credentialRefused) == 2)
        provider.set(apiKey: "sk_test_right")
        try simulation.resumeAll()
        try simulation.advance(until: 210)
        #expect(provider.ledger.effects.count > 5)
        #expect(try Self.standing(simulation).pauses.isEmpty)
        try simulation.advance(until: nil)
        try simulation.checkEnd()
        #expect(simulation.violations.isEmpty)
    }

    @Test func `a resume also asks a provider at once that did not answer`() throws {
        var options = Self.options()
        options.outages = [0..<190]
        let simulation = try Simulation(options)
        simulation.prepare()
        try simulation.advance(until: 180)
        #expect(try Self.standing(simulation).breaker == .open)
        let calls = simulation.provider.ledger.calls
        try simulation.resumeAll()
        try simulation.advance(until: 182)
        #expect(simulation.provider.ledger.calls == calls + 1)
        #expect(try Self.standing(simulation).breaker == .open)
        try simulation.advance(until: 191)
        try simulation.resumeAll()
        try simulation.advance(until: 200)
        #expect(try Self.standing(simulation).breaker == .closed)
    }

    @Test func `a certificate that is not trusted pauses the lane until it is`() throws {
        let simulation = try Simulation(Self.options())
        let provider = simulation.provider
        let failure = HTTPClientFailure(
            kind: .trust,
            curlCode: 60,
            name: "CURLE_PEER_FAILED_VERIFICATION",
            text: "of the model",
            mayHaveBeenSent: false
        )
        provider.set(failure: failure)
        simulation.prepare()
        simulation.at(600) { provider.set(failure: nil) }
        try simulation.advance(until: 590)
        #expect(try Self.standing(simulation).pauses.map(\.reason) == [.trust])
        #expect(simulation.alerts(.untrusted) == 1)
        #expect(Self.calls(simulation, 61..<590).count <= 10)
        try simulation.advance(until: nil)
        #expect(try Self.standing(simulation).pauses.isEmpty)
        try simulation.checkEnd()
        #expect(simulation.violations.isEmpty)
    }

    @Test func `pages of HTML open the breaker, and nothing is lost`() throws {
        let simulation = try Simulation(Self.options())
        let provider = simulation.provider
        provider.script { _ in
            HTTPClientResponse(status: 200, headers: [], body: Array("<html>It works!</html>".utf8))
        }
        simulation.prepare()
        simulation.at(600) { provider.unscript() }
        try simulation.advance(until: 590)
        #expect(try Self.standing(simulation).breaker != .closed)
        #expect(simulation.alerts(.breakerOpened) == 1)
        try simulation.advance(until: nil)
        #expect(try Self.standing(simulation).breaker == .closed)
        try simulation.checkEnd()
        #expect(simulation.violations.isEmpty)
    }

    @Test func `what an operator paused makes no writes until an operator says so`() throws {
        let simulation = try Simulation(Self.options())
        let database = simulation.database
        _ = try database.writeAndWait { transaction throws(DatabaseError) in
            try ConnectionLanesTable.pause(
                Simulation.connection,
                for: .operator,
                message: nil,
                now: Simulation.start,
                in: transaction
            )
        }
        simulation.prepare()
        try simulation.advance(until: 300)
        #expect(simulation.provider.ledger.keys.isEmpty)
        _ = try database.writeAndWait { transaction throws(DatabaseError) in
            try ConnectionLanesTable.resume(Simulation.connection, in: transaction)
        }
        try simulation.advance(until: nil)
        try simulation.checkEnd()
        #expect(simulation.violations.isEmpty)
    }

    @Test func `a refused change is a dead letter after one call, and holds nobody else up`() throws {
        var options = Self.options(customers: 5)
        options.editsPerCustomer = 1
        options.checksView = false
        let simulation = try Simulation(options)
        let body = #"{"error":{"type":"card_error","code":"card_declined","message":"no"}}"#
        simulation.provider.script { request in
            guard request.method == .post, request.url.hasSuffix("cus_known_1") else { return nil }
            return HTTPClientResponse(status: 402, headers: [], body: Array(body.utf8))
        }
        try simulation.run()
        #expect(simulation.alerts(.deadLetter) == 1)
        #expect(
            simulation.violations.filter { !$0.contains("customer 1 ") }.allSatisfy { $0.contains("dead") }
        )
        #expect(simulation.statistics.callCounts.first { $0.result == .rejected }?.count == 1)
    }

    @Test func `a request that always fails under any key is tried ever more rarely, and then dies`() throws {
        var options = Self.options(customers: 5)
        options.editsPerCustomer = 1
        options.checksView = false
        options.secondsMax = 4 * 86_400
        options.pollMilliseconds = 60_000
        let simulation = try Simulation(options)
        let tries = Lock(0)
        simulation.provider.script { request in
            guard request.method == .post, request.url.hasSuffix("cus_known_1") else { return nil }
            tries.withLock { $0 += 1 }
            let body = #"{"error":{"type":"api_error","message":"no"}}"#
            return HTTPClientResponse(
                status: 500,
                headers: [("Stripe-Should-Retry", "false")],
                body: Array(body.utf8)
            )
        }
        simulation.prepare()
        try simulation.advance(until: 3_600)
        #expect((3...40).contains(tries.withLock { $0 }))
        #expect(simulation.alerts(.deadLetter) == 0)
        try simulation.advance(until: nil)
        #expect(simulation.alerts(.deadLetter) == 1)
        #expect(tries.withLock { $0 } < 150)
    }

    @Test func `a customer with our mark is adopted, and several are a conflict for a person`() throws {
        var options = Self.options(customers: 2)
        options.editsPerCustomer = 1
        options.areKnown = false
        options.checksView = false
        let simulation = try Simulation(options)
        for (id, mark) in [("cus_a", "cst_1"), ("cus_b", "cst_2"), ("cus_c", "cst_2")] {
            let customer = mark.dropFirst(4)
            simulation.provider.addCustomer(
                id,
                fields: ["email": "u1@c\(customer).example"],
                metadata: ["gw_customer_id": mark]
            )
        }
        try simulation.run()
        #expect(simulation.provider.ledger.createdWithMark.isEmpty)
        #expect(simulation.alerts(.conflict) == 1)
        #expect(simulation.provider.ledger.keys.isEmpty)
        #expect(try simulation.openRows().filter { $0.contains("dead") }.count == 1)
    }
}
