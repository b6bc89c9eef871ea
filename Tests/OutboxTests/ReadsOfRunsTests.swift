import BillingModel
import Database
import DatabaseSQLite
import Lanes
import Outbox
import Providers
import Schema
import TestSupport
import Testing
import Timing

/// Reads that are made under policy `never`.
@Suite struct ReadsOfRunsTests {
    let outbox: OutboxHarness

    init() throws { outbox = try OutboxHarness() }

    @Test func `what a run asks for is read where nothing else is, also when a write leaves a doubt as well`()
        throws
    {
        let (now, connection, owner) = (outbox.now, outbox.connection, outbox.owner)
        var lanes: [LaneID] = []
        for number in 1...4 {
            try outbox.update(outbox.known(Int64(number)), name: "a")
            let update = try #require(try outbox.claim().first)
            lanes.append(update.flight.lane)
            try outbox.settle(update, .done(nil))
        }
        let reasons: [[ReadReason]] = [[.run], [.write], [.run, .write], [.near]]
        let owed = Array(zip(lanes, reasons))
        let due = try outbox.write { transaction throws(DatabaseError) -> ([LaneID], Timestamp?) in
            for (lane, reasons) in owed {
                for reason in reasons {
                    try LaneReadsTable.markDirty(lane, for: reason, due: now, now: now, in: transaction)
                }
            }
            let claimed = try LaneReadsTable.claim(
                on: connection,
                onlyOfRuns: true,
                owner: owner,
                limit: 10,
                leaseMilliseconds: 60_000,
                now: now,
                in: transaction
            )
            let next = try LaneReadsTable.nextDue(on: connection, onlyOfRuns: true, in: transaction)
            return (claimed.map(\.flight.lane), next)
        }
        #expect(due.0 == [lanes[0], lanes[2]])
        #expect(due.1 == nil)
    }
}
