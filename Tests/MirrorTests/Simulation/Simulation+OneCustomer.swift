import BillingModel
import Database
import DatabaseSQLite
import Lanes
import Outbox
import Providers
import Timing

@testable import Mirror

/// What tests of a single customer ask of a simulation.
extension Simulation {
    static let mark = ["gw_customer_id": "cst_1"]

    static func ofOneCustomer(_ seed: UInt64) -> Simulation.Options {
        var options = Simulation.Options(seed: seed, customers: 1, editsPerCustomer: 0)
        options.areKnown = false
        options.checksView = false
        options.faultSeconds = 1
        return options
    }

    func create(
        email: String,
        name: String
    ) throws -> EnqueueOutcome {
        var draft = CustomerDraft(localID: "cst_1")
        draft.fields.email = email
        draft.fields.name = name
        return try Self.enqueue(.createCustomer(draft), in: database, now: now)
    }

    static func enqueue(
        _ operation: ProviderOperation,
        in database: SQLiteDatabase,
        now: Timestamp
    ) throws -> EnqueueOutcome {
        let target = LaneTarget.customer(1, on: Simulation.connection, provider: nil)
        return try database.writeAndWait { transaction throws(DatabaseError) in
            try OutboxTable.enqueue(NewOperation(operation, target), now: now, in: transaction)
        }
    }

    static func rename(_ name: String) -> ProviderOperation {
        var patch = CustomerPatch()
        patch.name = .set(name)
        return .updateCustomer(.local("cst_1"), patch)
    }
}

extension EnqueueOutcome {
    var operation: OperationID? {
        switch self {
        case .queued(let id), .merged(into: let id): id
        case .cancelled, .needsMaking, .isDeleted: nil
        }
    }
}

extension Simulation {
    func pause() throws {
        _ = try database.writeAndWait { transaction throws(DatabaseError) in
            try ConnectionLanesTable.pause(
                Simulation.connection,
                for: .operator,
                message: nil,
                now: Simulation.start,
                in: transaction
            )
        }
    }

    /// As the API does it.
    func resumeAll() throws {
        try resume()
        driver.resume(now: moment)
    }

    func resume() throws {
        _ = try database.writeAndWait { transaction throws(DatabaseError) in
            try ConnectionLanesTable.resume(Simulation.connection, in: transaction)
        }
    }
}
