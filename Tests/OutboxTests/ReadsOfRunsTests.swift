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
        for number in 1...5 {
            try outbox.update(outbox.known(Int64(number)), name: "a")
            let update = try #require(try outbox.claim().first)
            lanes.append(update.flight.lane)
            try outbox.settle(update, .done(nil))
        }
        let reasons: [[ReadReason]] = [[.run], [.write], [.run, .write], [.near], [.near, .run]]
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
        #expect(due.0 == [lanes[0], lanes[2], lanes[4]])
        #expect(due.1 == nil)
    }

    @Test func `a run's read that a crash or a lost lease met is made once more`() throws {
        let lanes = try lanes(3)
        let connection = outbox.connection
        let now = outbox.now
        try outbox.write { transaction throws(DatabaseError) in
            try LaneReadsTable.markDirty(lanes[0], for: .run, due: now, now: now, in: transaction)
            try LaneReadsTable.markDirty(lanes[1], for: .overlap, due: now, now: now, in: transaction)
        }
        #expect(try claimed() == [lanes[0], lanes[1]])
        #expect(try claimed() == [], "they are on their way")
        outbox.owner = LeaseOwner(drawn: 2)
        #expect(try outbox.rescue() == 2)
        #expect(try claimed() == [lanes[0], lanes[1]])
        outbox.advance(seconds: 61)
        #expect(try claimed() == [lanes[0], lanes[1]], "their leases ran out")
        let owed = try outbox.database.read { transaction throws(DatabaseError) in
            try LaneReadsTable.owed(on: connection, onlyOfRuns: true, in: transaction)
        }
        #expect(Set(owed.map(\.reason)) == [.run, .overlap])
    }

    @Test func `where nothing is read, a write leaves a doubt that nobody waits for`() throws {
        try outbox.update(outbox.known(1), name: "a")
        let update = try #require(try outbox.claim().first)
        let now = outbox.now
        try outbox.write { transaction throws(DatabaseError) in
            _ = try OutboxSettlingTable.settle(
                update,
                as: .acknowledged(nil),
                makingReads: false,
                now: now,
                in: transaction
            )
        }
        let lane = try #require(try outbox.lane(of: 1))
        #expect(lane.state.needsRead, "a run's page that shows it goes through the lane")
        #expect(lane.reads == .none)
        #expect(try counts() == [:])
        // The operator wants reads again.
        try adopt(makingReads: true)
        #expect(try counts() == [.lost: 1])
        #expect(try claimed(onlyOfRuns: false) == [lane.id])
    }

    @Test func `what was owed before nothing was read is owed no more, except to runs`() throws {
        let lanes = try lanes(4)
        let now = outbox.now
        let reasons: [ReadReason] = [.near, .write, .run, .gap]
        let owed = Array(zip(lanes, reasons))
        try outbox.write { transaction throws(DatabaseError) in
            for (lane, reason) in owed {
                try LaneReadsTable.markDirty(lane, for: reason, due: now, now: now, in: transaction)
            }
        }
        try adopt(makingReads: false)
        #expect(try counts() == [.run: 1])
        #expect(try claimed() == [lanes[2]])
        try adopt(makingReads: true)
        #expect(try claimed(onlyOfRuns: false) == [lanes[0], lanes[1], lanes[3]], "nothing was forgotten")
    }

    // MARK: Doing

    private func lanes(_ count: Int64) throws -> [LaneID] {
        try (1...count).map { number in
            try outbox.update(outbox.known(number), name: "a")
            let update = try #require(try outbox.claim().first)
            try outbox.settle(update, .done(nil))
            return update.flight.lane
        }
    }

    private func claimed(onlyOfRuns: Bool = true) throws -> [LaneID] {
        let (now, connection, owner) = (outbox.now, outbox.connection, outbox.owner)
        return try outbox.write { transaction throws(DatabaseError) in
            try LaneReadsTable.claim(
                on: connection,
                onlyOfRuns: onlyOfRuns,
                owner: owner,
                limit: 10,
                leaseMilliseconds: 60_000,
                now: now,
                in: transaction
            )
        }
        .map(\.flight.lane)
    }

    private func adopt(makingReads: Bool) throws {
        let (now, connection) = (outbox.now, outbox.connection)
        try outbox.write { transaction throws(DatabaseError) in
            try LaneReadsTable.adopt(makingReads: makingReads, on: connection, now: now, in: transaction)
        }
    }

    private func counts() throws -> [ReadReason: Int64] {
        let connection = outbox.connection
        let owed = try outbox.database.read { transaction throws(DatabaseError) in
            try LaneReadsTable.owed(on: connection, in: transaction)
        }
        return Dictionary(uniqueKeysWithValues: owed.map { ($0.reason, $0.count) })
    }
}
