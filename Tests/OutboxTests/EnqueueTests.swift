import BillingModel
import Lanes
import Outbox
import Testing

@Suite struct EnqueueTests {
    let outbox: OutboxHarness

    init() throws { outbox = try OutboxHarness() }

    @Test func `updates of one object that were never sent become one`() throws {
        let first = try outbox.enqueue(.customerUpdate, outbox.known(1), "a")
        let second = try outbox.enqueue(.customerUpdate, outbox.known(1), "b")
        #expect(try second == .merged(into: #require(first.id)))
        let claimed = try outbox.claim()
        #expect(claimed.map { text($0.content) } == ["a+b"])
    }

    @Test func `an update joins the making of its object before that is sent`() throws {
        try outbox.enqueue(.customerCreate, outbox.unknown(1), "make")
        try outbox.enqueue(.customerUpdate, outbox.unknown(1), "a")
        #expect(try outbox.claim().map { text($0.content) } == ["make+a"])
    }

    @Test func `an update waits behind one that was sent`() throws {
        let first = try outbox.enqueue(.customerUpdate, outbox.known(1), "a")
        let sent = try #require(try outbox.claim().first)
        _ = try outbox.send(sent)
        let second = try outbox.enqueue(.customerUpdate, outbox.known(1), "b")
        #expect(second != first)
        try outbox.enqueue(.customerUpdate, outbox.known(1), "c")
        #expect(try outbox.claim().isEmpty)
        try outbox.settle(sent, .done(nil))
        #expect(try outbox.claim().map { text($0.content) } == ["b+c"])
    }

    @Test func `an operation that is being taken out takes nothing more in`() throws {
        try outbox.enqueue(.customerUpdate, outbox.known(1), "a")
        let claimed = try #require(try outbox.claim().first)
        guard case .queued = try outbox.enqueue(.customerUpdate, outbox.known(1), "b") else {
            Issue.record("the second update is one of its own")
            return
        }
        #expect(try outbox.send(claimed).map { text($0.request.body) } == "a")
    }

    @Test func `an update of an object that nobody makes is refused`() throws {
        #expect(try outbox.enqueue(.customerUpdate, outbox.unknown(1), "a") == .needsMaking)
    }

    @Test func `a deletion takes back what was never sent`() throws {
        let update = try outbox.enqueue(.customerUpdate, outbox.known(1), "a")
        let end = try outbox.enqueue(.customerDelete, outbox.known(1), "end")
        #expect(try outbox.claim().map(\.kind) == [.customerDelete])
        #expect(try outbox.operation(#require(update.id))?.outcome == "superseded")
        #expect(try outbox.enqueue(.customerUpdate, outbox.known(1), "b") == .isDeleted)
        #expect(try outbox.enqueue(.customerDelete, outbox.known(1), "end") == .merged(into: #require(end.id)))
    }

    @Test func `what never reached the provider is not deleted there, and what waited for it dies`() throws {
        let make = try outbox.enqueue(.customerCreate, outbox.unknown(1), "make")
        let session = try outbox.enqueue(
            .checkoutSessionCreate,
            .new(.checkoutSession, on: outbox.connection),
            "session",
            customer: 1
        )
        #expect(try outbox.enqueue(.customerDelete, outbox.unknown(1), "end") == .cancelled)
        #expect(try outbox.claim().isEmpty)
        #expect(try outbox.operation(#require(make.id))?.state == .done)
        #expect(try outbox.operation(#require(session.id))?.outcome == "customer_deleted")
    }

    @Test func `a deletion waits for a making that may have reached the provider`() throws {
        try outbox.enqueue(.customerCreate, outbox.unknown(1), "make")
        let make = try #require(try outbox.claim().first)
        _ = try outbox.send(make)
        guard case .queued = try outbox.enqueue(.customerDelete, outbox.unknown(1), "end") else {
            Issue.record("the deletion is owed")
            return
        }
        try outbox.settle(make, .done(ProviderID("cus_1")))
        let end = try #require(try outbox.claim().first)
        #expect(end.kind == .customerDelete)
        #expect(end.providerID == ProviderID("cus_1"))
    }

    @Test func `an object made here has a number before the provider has it`() throws {
        let outcome = try outbox.enqueue(
            .checkoutSessionCreate,
            .new(.checkoutSession, on: outbox.connection),
            "session"
        )
        let id = try #require(outcome.id)
        let stored = try #require(try outbox.operation(id))
        #expect(stored.localNumber == LocalNumber.make(operation: id.rawValue))
        #expect(LocalNumber.isMade(try #require(stored.localNumber)))
    }
}
