import BillingModel
import Lanes
import Outbox
import Providers
import Testing

@Suite struct EnqueueTests {
    let outbox: OutboxHarness

    init() throws { outbox = try OutboxHarness() }

    @Test func `updates of one object that were never sent become one`() throws {
        let first = try outbox.update(outbox.known(1), name: "a", phone: "1")
        let second = try outbox.update(outbox.known(1), name: "b")
        #expect(try second == .merged(into: #require(first.id)))
        var patch = CustomerPatch()
        patch.name = .set("b")
        patch.phone = .set("1")
        #expect(try outbox.claim().map(\.operation) == [.updateCustomer(.local("local"), patch)])
    }

    @Test func `an update joins the making of its object before that is sent`() throws {
        try outbox.make(1, name: "a")
        try outbox.update(outbox.unknown(1), name: "b")
        let claimed = try outbox.claim()
        #expect(claimed.map(\.kind) == [.createCustomer])
        #expect(claimed.map(\.name) == ["b"])
    }

    @Test func `an update waits behind one that was sent`() throws {
        let first = try outbox.update(outbox.known(1), name: "a")
        let sent = try #require(try outbox.claim().first)
        _ = try outbox.send(sent)
        let second = try outbox.update(outbox.known(1), name: "b")
        #expect(second != first)
        try outbox.update(outbox.known(1), name: "c")
        #expect(try outbox.claim().isEmpty)
        try outbox.settle(sent, .done(nil))
        #expect(try outbox.claim().map(\.name) == ["c"])
    }

    @Test func `an operation that is being taken out takes nothing more in`() throws {
        try outbox.update(outbox.known(1), name: "a")
        let claimed = try #require(try outbox.claim().first)
        guard case .queued = try outbox.update(outbox.known(1), name: "b") else {
            Issue.record("the second update is one of its own")
            return
        }
        #expect(try outbox.send(claimed)?.request.body == claimed.operation?.json())
        #expect(claimed.name == "a")
    }

    @Test func `an update of an object that nobody makes is refused`() throws {
        #expect(try outbox.update(outbox.unknown(1), name: "a") == .needsMaking)
    }

    @Test func `a deletion takes back what was never sent`() throws {
        let update = try outbox.update(outbox.known(1), name: "a")
        let end = try outbox.delete(outbox.known(1))
        #expect(try outbox.claim().map(\.kind) == [.deleteCustomer])
        #expect(try outbox.operation(#require(update.id))?.outcome == "superseded")
        #expect(try outbox.update(outbox.known(1), name: "b") == .isDeleted)
        #expect(try outbox.delete(outbox.known(1)) == .merged(into: #require(end.id)))
    }

    @Test func `what never reached the provider is not deleted there, and what waited for it dies`() throws {
        let make = try outbox.make(1, name: "a")
        let session = try outbox.openSession(of: 1)
        #expect(try outbox.delete(outbox.unknown(1)) == .cancelled)
        #expect(try outbox.claim().isEmpty)
        #expect(try outbox.operation(#require(make.id))?.state == .done)
        #expect(try outbox.operation(#require(session.id))?.outcome == "customer_deleted")
    }

    @Test func `a session that is being taken out goes its way when its customer is deleted`() throws {
        try outbox.update(outbox.known(1), name: "a")
        let first = try outbox.openSession(of: 1)
        let claimed = try outbox.claim()
        let held = try #require(claimed.first { $0.kind == .createCheckoutSession })
        let second = try outbox.openSession(of: 1)
        try outbox.delete(outbox.known(1))
        #expect(try outbox.operation(#require(first.id))?.state == .queued)
        #expect(try outbox.operation(#require(second.id))?.outcome == "customer_deleted")
        #expect(try outbox.send(held) != nil)
    }

    @Test func `a deletion waits for a making that may have reached the provider`() throws {
        try outbox.make(1, name: "a")
        let make = try #require(try outbox.claim().first)
        _ = try outbox.send(make)
        guard case .queued = try outbox.delete(outbox.unknown(1)) else {
            Issue.record("the deletion is owed")
            return
        }
        try outbox.settle(make, .done(ProviderID("cus_1")))
        let end = try #require(try outbox.claim().first)
        #expect(end.kind == .deleteCustomer)
        #expect(end.providerID == ProviderID("cus_1"))
    }

    @Test func `an object made here has a number before the provider has it`() throws {
        try outbox.make(1, name: "a")
        let stored = try outbox.operation(#require(try outbox.openSession(of: 1).id))
        #expect(LocalNumber.isMade(try #require(stored?.localNumber)))
        #expect(stored?.customer == 1)
    }
}
