import BillingModel
import Database
import DatabaseSQLite
import Lanes
import Outbox
import Providers
import Schema
import Timing

/// Customers made here that the provider does not have yet, written as the gateway writes them, by its own rooms,
/// while no server runs.
enum OwedCustomersTable {
    private static let insertCustomer = Statement(
        "bench.insert_customer",
        """
        INSERT INTO customers (id, site, live_mode, created_at, first_seen, version, updated_at, source)
        VALUES ($1, 'main', 0, $2, $2, 1, $2, 'api')
        """
    )
    private static let connection = Statement("bench.connection", "SELECT MIN(id) FROM connections")
    private static let batch = 1_000

    /// `path` is a file that a server has made before.
    static func fill(_ path: String, count: Int) throws(BenchError) {
        do throws(DatabaseError) {
            let clock = WallClock.system
            let database = try SQLiteDatabase.open(
                path: path,
                migrations: Schema.migrations,
                now: clock.now(),
                onDeviceFailure: { error in Progress.say("the disk failed: \(error)") }
            )
            defer { database.stop() }
            var first = 1
            while first <= count {
                let numbers = first...min(first + batch - 1, count)
                try database.writeBeforeStart { transaction throws(DatabaseError) in
                    try add(numbers, now: clock.now(), in: transaction)
                }
                first += batch
            }
        } catch {
            throw BenchError("the outbox cannot be filled: \(error)")
        }
    }

    private static func add(
        _ numbers: ClosedRange<Int>,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        let epochText = try StoreMetaTable.value(of: "id_epoch", in: transaction)
        let connectionNumber = try transaction.first(connection) { $0.integer(0) }
        let calls = MirrorCalls(epoch: StoreEpoch(truncating: epochText.flatMap { UInt64($0) } ?? 0))
        let connectionID = ConnectionID(rawValue: connectionNumber ?? 1)
        for number in numbers {
            let number = Int64(number)
            try transaction.execute(insertCustomer, [.integer(number), .integer(now.milliseconds)])
            let operation = ProviderOperation.createCustomer(calls.draft(customer: number))
            let target = LaneTarget.customer(number, on: connectionID, provider: nil)
            _ = try OutboxTable.enqueue(NewOperation(operation, target), now: now, in: transaction)
        }
    }
}
