import BillingModel
import Database
import DatabaseSQLite
import Lanes
import Outbox
import Testing
import Timing

/// However many operations wait or are done: no statement of a round or of a reader walks over them.
@Suite struct StatementPlanTests {
    /// Runs the real statements with every plan written down.
    private final class PlanReader: WriteTransaction {
        private let real: any WriteTransaction
        private(set) var plans: [String: [String]] = [:]

        init(_ real: any WriteTransaction) { self.real = real }

        func forEachRow(
            _ statement: Statement,
            _ values: [SQLValue],
            _ body: (any Row) throws(DatabaseError) -> Void
        ) throws(DatabaseError) {
            try explain(statement, values)
            try real.forEachRow(statement, values, body)
        }

        func execute(_ statement: Statement, _ values: [SQLValue]) throws(DatabaseError) -> Int {
            try explain(statement, values)
            return try real.execute(statement, values)
        }

        func insert(_ statement: Statement, _ values: [SQLValue]) throws(DatabaseError) -> Int64 {
            try explain(statement, values)
            return try real.insert(statement, values)
        }

        func savepoint<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result
        {
            try real.savepoint(body)
        }

        private func explain(_ statement: Statement, _ values: [SQLValue]) throws(DatabaseError) {
            guard plans[statement.name] == nil else { return }
            let explained = Statement("test.plan", "EXPLAIN QUERY PLAN " + statement.sql)
            plans[statement.name] = try real.rows(explained, values) { $0.text(3) }
        }
    }

    @Test func `what every round asks is answered by an index`() throws {
        let outbox = try OutboxHarness()
        for customer: Int64 in 1...20 { try outbox.update(outbox.known(customer), name: "a") }
        try outbox.openSession(of: 1)
        let (now, connection, owner) = (outbox.now, outbox.connection, outbox.owner)
        let plans = try outbox.write { transaction throws(DatabaseError) in
            let reader = PlanReader(transaction)
            let claimed = try OutboxClaimsTable.claim(
                on: connection,
                owner: owner,
                limit: 2,
                leaseMilliseconds: 1_000,
                now: now,
                in: reader
            )
            let request = FrozenRequest(method: "POST", path: "/", body: [], apiVersion: nil, account: nil)
            for operation in claimed {
                _ = try OutboxSendingTable.freeze(
                    operation,
                    as: request,
                    keyEpoch: 1,
                    now: now,
                    in: reader
                )
                _ = try OutboxSettlingTable.settle(operation, as: .acknowledged(nil), now: now, in: reader)
                _ = try OutboxSettlingTable.finishAcknowledged(
                    of: operation.flight.lane,
                    before: Tick(rawValue: .max),
                    now: now,
                    in: reader
                )
            }
            _ = try LaneReadsTable.claim(
                on: connection,
                owner: owner,
                limit: 2,
                leaseMilliseconds: 1_000,
                now: now,
                in: reader
            )
            _ = try OutboxClaimsTable.nextDue(on: connection, in: reader)
            _ = try LaneReadsTable.nextDue(on: connection, in: reader)
            _ = try LaneReadsTable.owed(on: connection, in: reader)
            for makingReads in [true, false] {
                try LaneReadsTable.adopt(makingReads: makingReads, on: connection, now: now, in: reader)
            }
            _ = try OutboxClaimsTable.rescue(owner: owner, keyEpoch: 1, now: now, in: reader)
            _ = try LanesTable.find(object: 1, in: reader)
            _ = try PendingOperationsQuery.operations(ofLocal: 1, .customer, in: reader)
            _ = try PendingOperationsQuery.operations(ofObject: 1, in: reader)
            _ = try OutboxAdministration.sweepDone(before: now, limit: 10, in: reader)
            return reader.plans
        }
        #expect(plans.count > 15)
        for (name, plan) in plans {
            for step in plan {
                // A scan of an index that holds only what is due, or of the clock's one row, is no walk.
                let isWalk = step.hasPrefix("SCAN") && !step.contains("INDEX")
                // What is owed to one object is a handful.
                let isSort = step.contains("TEMP B-TREE") && !name.hasPrefix("outbox.pending_of")
                #expect(!isWalk && !isSort, "\(name): \(plan)")
            }
        }
    }
}
