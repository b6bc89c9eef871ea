import BillingModel
import Database
import DatabaseSQLite
import Outbox
import Schema
import TestSupport
import Testing

@testable import Reconciler

/// What a run asks of tables that grow for ever is found by an index.
@Suite struct RunPlanTests {
    private final class PlanReader: ReadTransaction {
        private let real: any ReadTransaction
        private(set) var plans: [String: [String]] = [:]

        init(_ real: any ReadTransaction) { self.real = real }

        func forEachRow(
            _ statement: Statement,
            _ values: [SQLValue],
            _ body: (any Row) throws(DatabaseError) -> Void
        ) throws(DatabaseError) {
            let explained = Statement("test.plan", "EXPLAIN QUERY PLAN " + statement.sql)
            plans[statement.name] = try real.rows(explained, values) { $0.text(3) }
            try real.forEachRow(statement, values, body)
        }
    }

    @Test func `owed operations and customers that vouch for the account are found by their index`() throws {
        let file = try TemporaryDatabase()
        let database = try file.open(migrations: Schema.migrations)
        try database.start()
        defer { database.stop() }
        let connection = ConnectionID(rawValue: 1)
        let plans = try database.read { transaction throws(DatabaseError) in
            let reader = PlanReader(transaction)
            _ = try RunOutwardQuery.owed(
                after: OperationID(rawValue: 0),
                on: connection,
                type: nil,
                customer: nil,
                limit: 200,
                in: reader
            )
            _ = try RunObjectsQuery.customers(
                except: ProviderID("cus_1"),
                on: connection,
                limit: 19,
                in: reader
            )
            return reader.plans
        }
        let owed = try #require(plans["reconciliation.owed_operations"])
        #expect(owed.contains { $0.contains("INDEX outbox_owed (connection_id=? AND id>?)") }, "\(owed)")
        let customers = try #require(plans["reconciliation.customers"])
        #expect(customers.contains { $0.contains("INDEX objects_by_provider_id") }, "\(customers)")
        for plan in plans.values {
            #expect(!plan.contains { $0.hasPrefix("SCAN") || $0.contains("TEMP B-TREE") }, "\(plan)")
        }
    }
}
