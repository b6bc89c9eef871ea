import BillingModel
import Database
import DatabaseSQLite
import Lanes
import Mirror
import Outbox
import Providers
import Schema
import TestSupport
import Testing
import Threading
import Timing

@Suite struct SettlementBoardTests {
    @Test func `who waits already is told when the operation settles, long before the time is over`() throws {
        let file = try TemporaryDatabase()
        let database = try file.open(migrations: Schema.migrations)
        try database.start()
        defer { database.stop() }
        let outcome = try database.writeAndWait { transaction throws(DatabaseError) in
            try OutboxTable.enqueue(
                NewOperation(
                    .createCustomer(CustomerDraft(localID: "cst_1")),
                    .customer(1, on: ConnectionID(rawValue: 1), provider: nil)
                ),
                now: Timestamp(milliseconds: 1_000),
                in: transaction
            )
        }
        guard case .queued(let operation) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        let board = SettlementBoard(database: database, monotonic: .system)
        board.start()
        defer { board.stop() }
        let (told, signal, pause) = (Lock(false), EventSignal(), EventSignal())
        board.wait(for: operation, milliseconds: 600_000) {
            told.withLock { $0 = true }
            signal.raise()
        }
        // The board has taken the waiting in by then, or sees the settlement when it does: both must do.
        pause.wait(milliseconds: 100)
        #expect(!told.withLock { $0 })
        board.settled([operation.rawValue])
        signal.wait(milliseconds: 30_000)
        #expect(told.withLock { $0 })
    }
}
