import Outbox

@testable import Lanes

// One state of everything that the model knows.
extension ConvergenceModel {
    /// Two fields of the object: `x` is edited by us (to 1) and by the provider (to 2), `y` by the provider.
    struct Value: Hashable {
        var x: UInt8 = 0
        var y: UInt8 = 0

        var digest: RemoteDigest { RemoteDigest(high: UInt64(x), low: UInt64(y)) }
    }

    enum Flight: Hashable {
        case none
        /// `seen`: the version that the answer shows, once the provider has made it.
        case read(start: Int64, answering: Int64, seen: Int8?)
        case write(start: Int64, answering: Int64, seen: Int8?, isReplayed: Bool)
    }

    enum Page: Hashable {
        case planned
        case flying(start: Int64, seen: Int8?)
        case done
    }

    struct World: Hashable {
        /// The provider's versions, oldest first.
        var versions = [Value()]
        var editsLeft: UInt8
        /// Versions whose events were not delivered yet.
        var events: UInt8 = 0
        /// The version that our request made.
        var ours: Int8?
        /// Copies of our request that may still reach the provider.
        var copies: UInt8 = 0
        var lossesLeft: UInt8
        var crashesLeft: UInt8
        var operation: OperationState?
        var attempts = 0
        var acknowledgedAt: Int64 = 0
        /// The value of `x` in the frozen request.
        var requested: UInt8?
        var lane = LaneState.unread
        var remoteVersion: Int8 = 0
        var flight = Flight.none
        var page: Page
        var tick: Int64 = 0
        /// What a design without patches would keep.
        var row = Value()
    }
}

extension ConvergenceModel.Flight {
    var awaitsAnswer: Bool {
        if case .write(_, _, nil, _) = self { true } else { false }
    }
}

extension ConvergenceModel.World {
    /// A process that died now would leave something behind.
    var isBusy: Bool {
        if case .flying = page { return true }
        return flight != .none
    }

    /// The next process finds the lease of the call, and cannot know what it did; a page is asked for once more.
    mutating func crash() {
        crashesLeft -= 1
        if flight != .none { lane.markDirty() }
        flight = .none
        if case .flying = page { page = .planned }
    }

    var newest: Int8 { Int8(versions.count - 1) }

    mutating func draw() -> Int64 {
        tick += 1
        return tick
    }

    mutating func acknowledge(_ rules: ConvergenceRules) {
        operation = rules.dropsPatchWhenAcknowledged ? .done : .acknowledged
        acknowledgedAt = draw()
    }

    /// The same world with the smallest numbers: only the order of ticks and the distance of counters matter.
    var canonical: Self {
        var world = self
        var ticks: Set<Int64> = [lane.observedEnd.rawValue]
        if operation == .acknowledged { ticks.insert(acknowledgedAt) }
        switch flight {
        case .none: break
        case .read(let start, _, _), .write(let start, _, _, _): ticks.insert(start)
        }
        if case .flying(let start, _) = page { ticks.insert(start) }
        let ranks = Dictionary(uniqueKeysWithValues: zip(ticks.sorted(), Int64(1)...))
        func rank(_ tick: Int64) -> Int64 { ranks[tick] ?? 0 }
        let clean = lane.clean
        world.tick = Int64(ticks.count)
        world.acknowledgedAt = operation == .acknowledged ? rank(acknowledgedAt) : 0
        world.lane = LaneState(
            life: lane.life,
            remote: lane.remote,
            observedEnd: Tick(rawValue: rank(lane.observedEnd.rawValue)),
            dirty: lane.dirty - clean,
            clean: 0,
            missingReads: lane.missingReads
        )
        switch flight {
        case .none: break
        case .read(let start, let answering, let seen):
            world.flight = .read(start: rank(start), answering: max(answering - clean, 0), seen: seen)
        case .write(let start, let answering, let seen, let isReplayed):
            world.flight = .write(
                start: rank(start),
                answering: max(answering - clean, 0),
                seen: seen,
                isReplayed: isReplayed
            )
        }
        if case .flying(let start, let seen) = page { world.page = .flying(start: rank(start), seen: seen) }
        return world
    }
}
