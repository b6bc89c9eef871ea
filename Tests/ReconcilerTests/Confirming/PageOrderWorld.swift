import BillingModel
import CustomerStore
import Outbox
import Timing

@testable import Lanes
@testable import Reconciler

// One state of everything that the model knows.
extension PageOrderModel {
    /// Two fields of the object: `x` is edited by us (to 1) and by the provider (to 2), `y` by the provider.
    struct Value: Hashable {
        var x: UInt8 = 0
        var y: UInt8 = 0

        var digest: StateDigest { StateDigest(high: UInt64(x) + 1, low: UInt64(y)) }
        var sight: Sight { .present(RemoteDigest(high: digest.high, low: digest.low)) }
        var folded: FoldDigest { FoldDigest(high: digest.high, low: digest.low) }
    }

    /// What an answer that is on its way shows.
    struct Seen: Hashable {
        let version: Int8
        /// The provider's clock then, Unix seconds.
        let second: Int64
        var isReplayed = false
    }

    enum Page: Hashable {
        case planned
        case flying(start: Int64, inboxID: Int64, Seen?)
        case done
    }

    /// The part of the object's row that a read or an event looks at.
    struct Row: Hashable {
        var freshness = Freshness.confirmed
        var certainty = StateCertainty.certain
        var digest: StateDigest
        var lastEvent: Int64 = 0
        var secondMax: Int64

        var object: MirroredObject {
            get {
                MirroredObject(
                    number: 1,
                    key: PageOrderModel.key,
                    state: .live,
                    freshness: freshness,
                    certainty: certainty,
                    stateEvent: nil,
                    stateDigest: digest,
                    stateAPIVersion: nil,
                    lastEvent: lastEvent,
                    secondMax: secondMax,
                    version: 1,
                    createdAt: PageOrderModel.now,
                    updatedAt: PageOrderModel.now
                )
            }
            set {
                freshness = newValue.freshness
                certainty = newValue.certainty
                digest = newValue.stateDigest ?? digest
                lastEvent = newValue.lastEvent
                secondMax = newValue.secondMax
            }
        }
    }

    struct World: Hashable {
        // The provider.
        var versions = [Value()]
        /// When each version began, Unix seconds by the provider's clock.
        var seconds: [Int64]
        var clock: Int64
        var editsLeft: UInt8
        var pausesLeft: UInt8
        /// Versions whose events were not delivered yet.
        var events: UInt16 = 0
        var lostLeft: UInt8
        /// The version that our write made.
        var ours: Int8?

        // The network.
        /// Our requests that may still arrive.
        var copies: UInt8 = 0
        var lossesLeft: UInt8
        var seen: Seen?
        var page: Page

        // The gateway.
        var crashesLeft: UInt8
        var tick: Int64 = 2
        /// Newest row of the inbox.
        var stored: Int64 = 0
        var lane: Lane
        var row: Row
        /// Where the log of events begins.
        var base = Value()
        var baseSecond: Int64
        /// Versions whose events were folded since.
        var log: [Int8] = []
        var operation: OperationState?
        var attempts = 0
        var acknowledgedAt: Int64 = 0

        // What is known outside.
        /// The newest version that readers were shown as confirmed or chained.
        var best: Int8 = 0
        /// The newest version was told, or a page began after it (A2).
        var isTold = true
    }
}

extension PageOrderModel.World {
    var newest: Int8 { Int8(versions.count - 1) }

    /// Each value is there once.
    var shownVersion: Int8 {
        Int8(versions.firstIndex { $0.digest == row.digest } ?? -1)
    }

    mutating func draw() -> Tick {
        tick += 1
        return Tick(rawValue: tick)
    }

    var isBusy: Bool {
        if case .flying = page { return true }
        return lane.flight != nil
    }

    mutating func begin(_ purpose: LaneFlight.Purpose) {
        lane.flight = LaneFlight(
            lane: lane.id,
            purpose: purpose,
            owner: LeaseOwner(drawn: 1),
            until: PageOrderModel.now.adding(milliseconds: 1),
            start: draw(),
            answering: lane.state.dirty,
            inboxID: stored
        )
        seen = nil
    }

    mutating func owe(_ reason: ReadReason) {
        lane.owe(reason, due: PageOrderModel.now, now: PageOrderModel.now)
    }

    /// The log of events begins anew behind what a read showed.
    mutating func restart(behind start: Int64) {
        base = versions[Int(shownVersion)]
        baseSecond = row.secondMax
        log = []
        if operation == .acknowledged, acknowledgedAt < start { operation = .done }
    }

    /// The same world with the smallest numbers: only the order of ticks and of rows in the inbox matter, and the
    /// distance of counters.
    var canonical: Self {
        var world = self
        var ticks: Set<Int64> = [lane.state.observedEnd.rawValue]
        var rows: Set<Int64> = [0, stored, row.lastEvent]
        if operation == .acknowledged { ticks.insert(acknowledgedAt) }
        if let flight = lane.flight {
            ticks.insert(flight.start.rawValue)
            rows.insert(flight.inboxID)
        }
        if let read = lane.lastRead { rows.insert(read.inboxID) }
        if case .flying(let start, let inboxID, _) = page {
            ticks.insert(start)
            rows.insert(inboxID)
        }
        let tickRanks = Dictionary(uniqueKeysWithValues: zip(ticks.sorted(), Int64(1)...))
        let rowRanks = Dictionary(uniqueKeysWithValues: zip(rows.sorted(), Int64(0)...))
        func tick(_ old: Int64) -> Int64 { tickRanks[old] ?? 0 }
        func inbox(_ old: Int64) -> Int64 { rowRanks[old] ?? 0 }
        let clean = lane.state.clean
        world.tick = Int64(ticks.count)
        world.stored = inbox(stored)
        world.row.lastEvent = inbox(row.lastEvent)
        world.acknowledgedAt = operation == .acknowledged ? tick(acknowledgedAt) : 0
        world.lane.state = LaneState(
            life: lane.state.life,
            remote: lane.state.remote,
            observedEnd: Tick(rawValue: tick(lane.state.observedEnd.rawValue)),
            dirty: lane.state.dirty - clean,
            clean: 0,
            missingReads: 0
        )
        // When and why a read is owed plays no part: it may be made at any time.
        world.lane.reads = .none
        world.lane.lastRead = lane.lastRead.map { LastRead(date: $0.date, inboxID: inbox($0.inboxID)) }
        world.lane.flight = lane.flight.map { flight in
            LaneFlight(
                lane: flight.lane,
                purpose: flight.purpose,
                owner: flight.owner,
                until: flight.until,
                start: Tick(rawValue: tick(flight.start.rawValue)),
                answering: max(flight.answering - clean, 0),
                inboxID: inbox(flight.inboxID)
            )
        }
        if case .flying(let start, let inboxID, let seen) = page {
            world.page = .flying(start: tick(start), inboxID: inbox(inboxID), seen)
        }
        return world
    }
}
