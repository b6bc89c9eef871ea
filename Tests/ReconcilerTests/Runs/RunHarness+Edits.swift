import BillingModel
import CustomerStore
import Database
import DatabaseSQLite
import JSON
import Lanes
import Outbox
import Providers
import Reconciler
import Testing
import Timing

/// The outbox beside a run, without a mirror.
extension RunHarness {
    /// The provider has `cus_1` under that name.
    func show(_ name: String) {
        provider.put("customer", "cus_1", created: 1_700_000_000, RunRaceTests.members(name))
    }

    func lane(_ id: String) throws -> Lane? {
        let key = ObjectKey(connection: connection, type: .customer, id: ProviderID(id))
        return try pipeline.database.read { transaction throws(DatabaseError) in
            try LanesTable.find(key, in: transaction)
        }
    }

    func owedReads() throws -> [OwedReads] {
        let connection = connection
        return try pipeline.database.read { transaction throws(DatabaseError) in
            try LaneReadsTable.owed(on: connection, in: transaction)
        }
    }

    private func record(ofCustomer id: String) throws -> CustomerRecord? {
        let scope = pipeline.connection(0).scope
        return try pipeline.database.read { transaction throws(DatabaseError) in
            var filter = CustomerFilter()
            filter.providerID = ProviderID(id)
            return try StoreReader(transaction, scope: scope)
                .customers(filter, CustomerStore.PageRequest(limit: 1)).elements.first
        }
    }

    /// The customer's name as the application sees it.
    func shownName() throws -> String? { try record(ofCustomer: "cus_1")?.name }

    @discardableResult
    func edit(_ name: String, customer id: String = "cus_1") throws -> EnqueueOutcome {
        var patch = CustomerPatch()
        patch.name = .set(name)
        let customer = try #require(try record(ofCustomer: id)?.number)
        let object = try pipeline.object(id)?.number
        let provider = ProviderID(id)
        let target = LaneTarget.customer(customer, on: connection, provider: provider, object: object)
        let new = NewOperation(.updateCustomer(.provider(provider), patch), target)
        let now = pipeline.clock.wall.now()
        return try pipeline.database.writeAndWait { transaction throws(DatabaseError) in
            try OutboxTable.enqueue(new, now: now, in: transaction)
        }
    }

    /// Something owed for each kind of object of the customer, and what the provider calls it; `nil` for a checkout
    /// session that it does not have yet.
    func owe(customer id: String, subscription: String, session: String) throws {
        let (connection, now) = (connection, pipeline.clock.wall.now())
        func key(_ type: ObjectType, _ id: String) -> ObjectKey {
            ObjectKey(connection: connection, type: type, id: ProviderID(id))
        }
        try edit("Local", customer: id)
        let number = try #require(try record(ofCustomer: id)?.number)
        let (subscription, session) = (key(.subscription, subscription), key(.checkoutSession, session))
        try pipeline.database.writeAndWait { transaction throws(DatabaseError) in
            let made = try LocalNumber.draw(in: transaction)
            for new in [
                NewOperation(
                    .cancelSubscription(.provider(subscription.id), SubscriptionCancellation()),
                    .object(subscription)
                ),
                NewOperation(.expireCheckoutSession(.provider(session.id)), .object(session)),
                NewOperation(
                    .createCheckoutSession(CheckoutSessionDraft(localID: "chk_1", mode: .setup)),
                    .made(.checkoutSession, made, on: connection),
                    customer: number
                ),
            ] {
                _ = try OutboxTable.enqueue(new, now: now, in: transaction)
            }
        }
    }

    /// A call of the next operation is in flight.
    func claimWrite() throws {
        let (connection, now) = (connection, pipeline.clock.wall.now())
        let claimed = try pipeline.database.writeAndWait { transaction throws(DatabaseError) in
            try OutboxClaimsTable.claim(
                on: connection,
                owner: LeaseOwner(drawn: 1),
                limit: 1,
                leaseMilliseconds: 3_600_000,
                now: now,
                in: transaction
            ).count
        }
        #expect(claimed == 1)
    }

    /// What the mirror does with operations that wait, one after the other: each is sent, the provider changes the
    /// customer's name, and its answer is taken in.
    func carryAll() throws {
        while let call = try send() {
            guard case .updateCustomer(.provider(let id), let patch)? = call.operation,
                case .set(let name) = patch.name
            else { throw Failure(text: "the test carries names only") }
            provider.change(id.rawValue) { $0.members = RunRaceTests.members(name) }
            let body = try JSONDocument.parse(Array(try #require(provider.json(id.rawValue)).utf8))
            let (recorder, now) = (recorder, pipeline.clock.wall.now())
            let outcome = try pipeline.database.writeAndWait { transaction throws(DatabaseError) in
                try recorder.writeAnswered(
                    call.claimed,
                    call.sent,
                    object: id,
                    .object(body.root, apiVersion: nil),
                    isReplayed: false,
                    date: now,
                    now: now,
                    in: transaction
                )
            }
            guard case .recorded = outcome else { throw Failure(text: "not taken in: \(outcome)") }
        }
        #expect(try count("SELECT COUNT(*) FROM outbox WHERE state <> 'done'") == 0)
    }

    private var recorder: ReadRecorder {
        let connections = [pipeline.connection(0)]
        return ReadRecorder(
            preparer: EventPreparer(connections: connections),
            connections: connections,
            epoch: StoreEpoch(truncating: 1)
        )
    }

    private struct Call: Sendable {
        let claimed: ClaimedOperation
        let sent: SentRequest
        let operation: ProviderOperation?
    }

    private func send() throws -> Call? {
        let (connection, now) = (connection, pipeline.clock.wall.now())
        return try pipeline.database.writeAndWait { transaction throws(DatabaseError) in
            let claimed = try OutboxClaimsTable.claim(
                on: connection,
                owner: LeaseOwner(drawn: 1),
                limit: 1,
                leaseMilliseconds: 60_000,
                now: now,
                in: transaction
            )
            guard let claimed = claimed.first else { return nil }
            let request = FrozenRequest(
                method: "POST",
                path: "/v1/customers",
                body: Array("name=x".utf8),
                apiVersion: nil,
                account: nil
            )
            let sent = try OutboxSendingTable.freeze(
                claimed,
                as: request,
                keyEpoch: 9,
                now: now,
                in: transaction
            )
            return sent.map { Call(claimed: claimed, sent: $0, operation: claimed.operation) }
        }
    }

    /// Gives up what waits.
    func kill() throws {
        try execute("UPDATE outbox SET state = 'dead', due_at = NULL, settled_at = 1")
    }

    private func execute(_ sql: String) throws {
        let statement = Statement("test.execute", sql)
        try pipeline.database.writeAndWait { transaction throws(DatabaseError) in
            _ = try transaction.execute(statement, [])
        }
    }

    /// A customer that the application made.
    func makeLocal(_ name: String) throws -> Int64 {
        let (scope, now) = (pipeline.connection(0).scope, pipeline.clock.wall.now())
        return try pipeline.database.writeAndWait { transaction throws(DatabaseError) in
            let number = try LocalCustomersTable.create(externalID: nil, in: scope, now: now, transaction)
            var contact = LocalContact()
            contact.name = name
            var fields = CustomerFields()
            fields.name = name
            let draft = CustomerDraft(localID: "cst_\(number)", fields: fields)
            try LocalCustomersTable.setContact(
                contact,
                draft: ProviderOperation.createCustomer(draft).json(),
                of: number,
                in: transaction
            )
            return number
        }
    }
}
