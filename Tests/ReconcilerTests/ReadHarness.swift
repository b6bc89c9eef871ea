import BillingModel
import CustomerStore
import Database
import DatabaseSQLite
import Foundation
import JSON
import Lanes
import Outbox
import Providers
import TestSupport
import Testing
import Timing

@testable import Reconciler

/// The real pipeline with reads and writes of one customer, `cus_1`, whose answers the test makes up.
final class ReadHarness {
    let pipeline: ApplyHarness
    var story = CustomerStory("cus_1")
    let recorder: ReadRecorder
    private let owner = LeaseOwner(drawn: 1)
    /// The provider's clock; the tests' events happen around it.
    var second: Int64 = 1_800_000_000

    init(confirm: ConfirmPolicy = .whenNeeded, settleMilliseconds: Int64? = nil) throws {
        pipeline = try ApplyHarness(connectionCount: 1, batchMax: 64, confirm: confirm)
        let connections = [pipeline.connection(0)]
        recorder = ReadRecorder(
            preparer: EventPreparer(connections: connections),
            connections: connections,
            epoch: StoreEpoch(truncating: 1),
            schedule: .standard.settling(after: settleMilliseconds),
            confirm: confirm
        )
    }

    deinit { pipeline.stop() }

    var connection: ConnectionID { pipeline.connection(0).id }
    var key: ObjectKey { ObjectKey(connection: connection, type: .customer, id: ProviderID("cus_1")) }
    var now: Timestamp { pipeline.clock.wall.now() }

    func tell(_ event: [UInt8]) throws {
        try pipeline.offer([event])
        try pipeline.drain()
    }

    func write<Result: Sendable>(
        _ body: @escaping @Sendable (any WriteTransaction) throws(DatabaseError) -> Result
    ) throws -> Result {
        try pipeline.database.writeAndWait(body)
    }

    // MARK: Reads

    /// A read of the customer is owed, and begun.
    func beginRead() throws -> ClaimedRead {
        let (key, connection, owner, now) = (key, connection, owner, now)
        let object = try pipeline.object("cus_1")?.number
        let reads = try write { transaction throws(DatabaseError) in
            let lane = try LanesTable.findOrMake(.object(key, object: object), in: transaction)
            try LaneReadsTable.markDirty(lane.id, for: .run, due: now, now: now, in: transaction)
            return try LaneReadsTable.claim(
                on: connection,
                owner: owner,
                limit: 1,
                leaseMilliseconds: 60_000,
                now: now,
                in: transaction
            )
        }
        return try #require(reads.first)
    }

    @discardableResult
    func end(_ read: ClaimedRead, _ body: [UInt8]?) throws -> ReadRecorder.Outcome {
        let document = try body.map { try JSONDocument.parse($0) }
        let sight = document.map { CallSight.object($0.root, apiVersion: story.version) } ?? .missing
        let (recorder, now, date) = (recorder, now, Timestamp(seconds: second))
        return try write { transaction throws(DatabaseError) in
            try recorder.readEnded(read, sight, date: date, now: now, in: transaction)
        }
    }

    func read(_ name: String) throws {
        try end(try beginRead(), story.body(name))
    }

    // MARK: Writes

    func edit(_ name: String) throws {
        var patch = CustomerPatch()
        patch.name = .set(name)
        let customer = try #require(try shown()?.number)
        let object = try pipeline.object("cus_1")?.number
        let target = LaneTarget.customer(customer, on: connection, provider: key.id, object: object)
        let new = NewOperation(.updateCustomer(.provider(key.id), patch), target)
        let now = now
        _ = try write { transaction throws(DatabaseError) in
            try OutboxTable.enqueue(new, now: now, in: transaction)
        }
    }

    /// Takes the next operation out and freezes it, or counts another attempt.
    func send() throws -> (ClaimedOperation, SentRequest) {
        let (connection, owner, now) = (connection, owner, now)
        let sent: (ClaimedOperation, SentRequest)? = try write { transaction throws(DatabaseError) in
            let claimed = try OutboxClaimsTable.claim(
                on: connection,
                owner: owner,
                limit: 1,
                leaseMilliseconds: 60_000,
                now: now,
                in: transaction
            )
            guard let operation = claimed.first else { return nil }
            let request = FrozenRequest(
                method: "POST",
                path: "/v1/customers/cus_1",
                body: Array("name=x".utf8),
                apiVersion: nil,
                account: nil
            )
            let sent =
                operation.sent == nil
                ? try OutboxSendingTable.freeze(
                    operation,
                    as: request,
                    keyEpoch: 9,
                    now: now,
                    in: transaction
                ) : try OutboxSendingTable.sendAgain(operation, in: transaction)
            return sent.map { (operation, $0) }
        }
        return try #require(sent)
    }

    @discardableResult
    func answer(
        _ call: (ClaimedOperation, SentRequest),
        _ name: String,
        isReplayed: Bool = false
    ) throws -> ReadRecorder.Outcome {
        let document = try JSONDocument.parse(story.body(name))
        let (recorder, now, date, version) = (recorder, now, Timestamp(seconds: second), story.version)
        return try write { transaction throws(DatabaseError) in
            try recorder.writeAnswered(
                call.0,
                call.1,
                object: ProviderID("cus_1"),
                .object(document.root, apiVersion: version),
                isReplayed: isReplayed,
                date: date,
                now: now,
                in: transaction
            )
        }
    }

    func lose(_ call: (ClaimedOperation, SentRequest)) throws {
        let now = now
        _ = try write { transaction throws(DatabaseError) in
            try OutboxSettlingTable.settle(
                call.0,
                as: .retry(at: now, AttemptTrouble("timeout")),
                now: now,
                in: transaction
            )
        }
    }

    // MARK: What is seen

    /// The customer as the application sees it.
    func shown() throws -> CustomerRecord? {
        let scope = pipeline.connection(0).scope
        return try pipeline.database.read { transaction throws(DatabaseError) in
            var filter = CustomerFilter()
            filter.providerID = ProviderID("cus_1")
            return try StoreReader(transaction, scope: scope).customers(
                filter,
                CustomerStore.PageRequest(limit: 1)
            ).elements.first
        }
    }

    func lane() throws -> Lane? {
        let key = key
        return try pipeline.database.read { transaction throws(DatabaseError) in
            try LanesTable.find(key, in: transaction)
        }
    }

    func operation(_ id: OperationID) throws -> StoredOperation? {
        try pipeline.database.read { transaction throws(DatabaseError) in
            try OutboxAdministration.get(id, in: transaction)
        }
    }
}
