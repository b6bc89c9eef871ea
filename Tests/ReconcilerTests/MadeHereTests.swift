import BillingModel
import CustomerStore
import Database
import DatabaseSQLite
import JSON
import Lanes
import Outbox
import Providers
import Testing
import Timing

@testable import Reconciler

/// Objects that begin here: shown before the provider has them, and the same ones after.
@Suite struct MadeHereTests {
    let reads: ReadHarness

    init() throws { reads = try ReadHarness() }

    private static let insertCustomer = Statement(
        "test.insert_customer",
        """
        INSERT INTO customers (id, site, live_mode, created_at, version, updated_at, source, first_seen)
        VALUES ($1, $2, 0, 1, 1, 1, 'api', 1)
        """
    )

    private func makeCustomer(_ number: Int64, name: String) throws {
        let scope = reads.pipeline.connection(0).scope
        var draft = CustomerDraft(localID: "cst")
        draft.fields.name = name
        let new = NewOperation(
            .createCustomer(draft),
            .customer(number, on: reads.connection, provider: nil)
        )
        let now = reads.now
        _ = try reads.write { transaction throws(DatabaseError) in
            try transaction.execute(Self.insertCustomer, [.integer(number), .text(scope.site)])
            return try OutboxTable.enqueue(new, now: now, in: transaction)
        }
    }

    private func customer(_ number: Int64) throws -> CustomerRecord? {
        let scope = reads.pipeline.connection(0).scope
        return try reads.pipeline.database.read { transaction throws(DatabaseError) in
            try StoreReader(transaction, scope: scope).customer(number)
        }
    }

    private func session(_ number: Int64) throws -> CheckoutSessionRecord? {
        let scope = reads.pipeline.connection(0).scope
        return try reads.pipeline.database.read { transaction throws(DatabaseError) in
            try StoreReader(transaction, scope: scope).checkoutSession(number)
        }
    }

    private func openSession(of customer: Int64) throws -> Int64 {
        let (connection, now) = (reads.connection, reads.now)
        return try reads.write { transaction throws(DatabaseError) in
            let number = try LocalNumber.draw(in: transaction)
            var draft = CheckoutSessionDraft(localID: "chs", mode: .subscription)
            draft.clientReference = "order-7"
            _ = try OutboxTable.enqueue(
                NewOperation(
                    .createCheckoutSession(draft),
                    .made(.checkoutSession, number, on: connection),
                    customer: customer
                ),
                now: now,
                in: transaction
            )
            return number
        }
    }

    private func answer(
        _ call: (ClaimedOperation, SentRequest),
        id: String,
        _ body: String
    ) throws -> ReadRecorder.Outcome {
        let document = try JSONDocument.parse(Array(body.utf8))
        let (recorder, now) = (reads.recorder, reads.now)
        return try reads.write { transaction throws(DatabaseError) in
            try recorder.writeAnswered(
                call.0,
                call.1,
                object: ProviderID(id),
                .object(document.root, apiVersion: nil),
                isReplayed: false,
                date: now,
                now: now,
                in: transaction
            )
        }
    }

    @Test func `a customer made here is the same one once the provider has it`() throws {
        try makeCustomer(500, name: "Jo")
        var shown = try #require(try customer(500))
        #expect(shown.name == "Jo")
        #expect(shown.sync.state == .pending && shown.sync.providerID == nil)
        // Without our mark in the answer: an adopted customer has none.
        try reads.answer(try reads.send(), "Jo")
        shown = try #require(try customer(500))
        #expect(shown.sync.state == .synced && shown.sync.freshness == .confirmed)
        #expect(shown.sync.providerID == ProviderID("cus_1"))
        #expect(try reads.shown()?.number == 500)
    }

    @Test func `a customer that an event had made gives way to the one that was made here`() throws {
        try makeCustomer(500, name: "Jo")
        let call = try reads.send()
        try reads.tell(reads.story.birth("Jo", at: reads.second))
        let other = try #require(try reads.shown()?.number)
        #expect(other != 500)
        try reads.answer(call, "Jo")
        #expect(try reads.shown()?.number == 500)
        #expect(try customer(other)?.mergedInto == 500)
        #expect(try customer(500)?.name == "Jo")
    }

    @Test func `a session is shown from the moment it is asked for, and keeps its number`() throws {
        try makeCustomer(500, name: "Jo")
        let number = try openSession(of: 500)
        var shown = try #require(try session(number))
        #expect(shown.status == .pending && shown.publicNumber == number)
        #expect(shown.sync.state == .pending && shown.clientReference == "order-7" && shown.customer == 500)
        try reads.answer(try reads.send(), "Jo")
        let call = try reads.send()
        #expect(call.0.customerID == ProviderID("cus_1"))
        let body =
            #"{"id":"cs_1","object":"checkout.session","created":1800000000,"mode":"subscription","#
            + #""status":"open","payment_status":"unpaid","customer":"cus_1","url":"https://pay.example/1","#
            + #""client_reference_id":"order-7","metadata":{"gw_op":"1"}}"#
        #expect(try answer(call, id: "cs_1", body) == .recorded(.applied))
        shown = try #require(try session(number))
        #expect(shown.status == .open && shown.url == "https://pay.example/1")
        #expect(shown.publicNumber == number && shown.number != number && shown.customer == 500)
        #expect(shown.sync.state == .synced && shown.sync.freshness == .confirmed)
        // Lists and the row's own number lead to the same.
        #expect(try session(shown.number) == shown)
    }

    @Test func `a session that the provider would not open is told as failed`() throws {
        try makeCustomer(500, name: "Jo")
        let number = try openSession(of: 500)
        try reads.answer(try reads.send(), "Jo")
        let call = try reads.send()
        let now = reads.now
        _ = try reads.write { transaction throws(DatabaseError) in
            try OutboxSettlingTable.settle(
                call.0,
                as: .dead(AttemptTrouble("resource_missing")),
                now: now,
                in: transaction
            )
        }
        let shown = try #require(try session(number))
        #expect(shown.status == .failed)
        #expect(shown.sync.state == .failed && shown.sync.lastError == "resource_missing")
    }

    @Test func `what another site made does not exist here`() throws {
        try makeCustomer(500, name: "Jo")
        let number = try openSession(of: 500)
        let other = DataScope(site: "elsewhere", mode: .test)
        let found = try reads.pipeline.database.read { transaction throws(DatabaseError) in
            try StoreReader(transaction, scope: other).checkoutSession(number)
        }
        #expect(found == nil)
    }
}
