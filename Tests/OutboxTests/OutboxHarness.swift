import BillingModel
import Database
import DatabaseSQLite
import Lanes
import Outbox
import Providers
import Schema
import TestSupport
import Timing

/// A real file with the outbox in it, a clock that stands until it is moved, and one process that owns the file.
final class OutboxHarness {
    let file: TemporaryDatabase
    let database: SQLiteDatabase
    var now = Timestamp(milliseconds: 1_800_000_000_000)
    var owner = LeaseOwner(drawn: 1)
    var keyEpoch: UInt64 = 77
    let connection = ConnectionID(rawValue: 1)

    init(file: TemporaryDatabase? = nil) throws {
        self.file = try file ?? TemporaryDatabase()
        database = try self.file.open(migrations: Schema.migrations)
        try database.start()
    }

    deinit { database.stop() }

    func write<Result: Sendable>(
        _ body: @escaping @Sendable (any WriteTransaction) throws(DatabaseError) -> Result
    ) throws -> Result {
        try database.writeAndWait(body)
    }

    @discardableResult
    func enqueue(
        _ operation: ProviderOperation,
        _ target: LaneTarget,
        customer: Int64? = nil
    ) throws -> EnqueueOutcome {
        let new = NewOperation(operation, target, customer: customer)
        let now = now
        return try write { transaction throws(DatabaseError) in
            try OutboxTable.enqueue(new, now: now, in: transaction)
        }
    }

    /// Sets the customer's name, its phone or both.
    @discardableResult
    func update(_ target: LaneTarget, name: String? = nil, phone: String? = nil) throws -> EnqueueOutcome {
        var patch = CustomerPatch()
        if let name { patch.name = .set(name) }
        if let phone { patch.phone = .set(phone) }
        return try enqueue(.updateCustomer(.local("local"), patch), target)
    }

    @discardableResult
    func make(_ customer: Int64, name: String) throws -> EnqueueOutcome {
        var draft = CustomerDraft(localID: "local")
        draft.fields.name = name
        return try enqueue(.createCustomer(draft), unknown(customer))
    }

    @discardableResult
    func delete(_ target: LaneTarget) throws -> EnqueueOutcome {
        try enqueue(.deleteCustomer(.local("local")), target)
    }

    /// A checkout session of a local customer.
    @discardableResult
    func openSession(of customer: Int64) throws -> EnqueueOutcome {
        let number = try write { transaction throws(DatabaseError) in try LocalNumber.draw(in: transaction) }
        return try enqueue(
            .createCheckoutSession(CheckoutSessionDraft(localID: "session", mode: .setup)),
            .made(.checkoutSession, number, on: connection),
            customer: customer
        )
    }

    func claim(limit: Int = 100) throws -> [ClaimedOperation] {
        let (connection, owner, now) = (connection, owner, now)
        return try write { transaction throws(DatabaseError) in
            try OutboxClaimsTable.claim(
                on: connection,
                owner: owner,
                limit: limit,
                leaseMilliseconds: 60_000,
                now: now,
                in: transaction
            )
        }
    }

    /// Freezes, or counts another attempt of what is frozen.
    func send(_ operation: ClaimedOperation) throws -> SentRequest? {
        let (epoch, now) = (keyEpoch, now)
        let request = FrozenRequest(
            method: "POST",
            path: "/v1/things",
            body: operation.operation?.json() ?? [],
            apiVersion: "2026-06-24.dahlia",
            account: nil
        )
        return try write { transaction throws(DatabaseError) in
            if operation.sent != nil {
                return try OutboxSendingTable.sendAgain(operation, in: transaction)
            }
            return try OutboxSendingTable.freeze(
                operation,
                as: request,
                keyEpoch: epoch,
                now: now,
                in: transaction
            )
        }
    }

    @discardableResult
    func settle(_ operation: ClaimedOperation, _ outcome: AttemptOutcome) throws -> Bool {
        let now = now
        return try write { transaction throws(DatabaseError) in
            try OutboxSettlingTable.settle(operation, as: outcome, now: now, in: transaction)
        }
    }

    func rescue() throws -> Int {
        let (owner, epoch, now) = (owner, keyEpoch, now)
        return try write { transaction throws(DatabaseError) in
            try OutboxClaimsTable.rescue(owner: owner, keyEpoch: epoch, now: now, in: transaction)
        }
    }

    func operation(_ id: OperationID) throws -> StoredOperation? {
        try database.read { transaction throws(DatabaseError) in
            try OutboxAdministration.get(id, in: transaction)
        }
    }

    func lane(of customer: Int64) throws -> Lane? {
        try database.read { [connection] transaction throws(DatabaseError) in
            try LanesTable.find(local: customer, .customer, on: connection, in: transaction)
        }
    }

    func advance(seconds: Int64) { now = now.adding(seconds: seconds) }

    /// A local customer that the provider has.
    func known(_ number: Int64) -> LaneTarget {
        .customer(number, on: connection, provider: ProviderID("cus_\(number)"))
    }

    /// One that it has not.
    func unknown(_ number: Int64) -> LaneTarget {
        .customer(number, on: connection, provider: nil)
    }
}

extension ClaimedOperation {
    /// The name that it sets.
    var name: String? {
        switch operation {
        case .createCustomer(let draft): draft.fields.name
        case .updateCustomer(_, let patch): if case .set(let name) = patch.name { name } else { nil }
        default: nil
        }
    }
}

extension EnqueueOutcome {
    var id: OperationID? {
        switch self {
        case .queued(let id), .merged(into: let id): id
        case .cancelled, .needsMaking, .isDeleted: nil
        }
    }
}
