import DatabaseSQLite
import Outbox
import Testing

@testable import Mirror

/// Whoever works on an object holds it.
struct LeaseTests {
    @Test func `a lookup that takes longer than a lease comes to its end`() throws {
        let simulation = try Simulation(Simulation.ofOneCustomer(55))
        let provider = simulation.provider
        for number in 1...2_000 { provider.addCustomer("cus_o\(number)", fields: ["email": "a@c.example"]) }
        // Twenty pages.
        provider.set(latency: 60_000...60_000)
        _ = try simulation.create(email: "a@c.example", name: "One")
        simulation.prepare()
        try simulation.advance(until: 3_600)
        #expect(provider.ledger.calls <= 22)
        #expect(provider.ledger.createdWithMark == ["cst_1": 1])
        #expect(try simulation.operations().map(\.state) == [.done])
    }
}
