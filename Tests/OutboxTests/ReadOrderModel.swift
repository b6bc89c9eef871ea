import Testing

@testable import Lanes

/// One object that its provider changes and perhaps deletes; webhooks that come in any order, twice or never; reads
/// after events, a page of a run read beside them, reads that fail, and a crash: every interleaving of provider_api
/// 3.2, with the gateway's own rules, or with those of others.
struct ReadOrderModel {
    struct Scope: CustomTestStringConvertible {
        var changes: UInt8
        var deletes = false
        var lost: UInt8 = 0
        var doubled: UInt8 = 0
        var hasPage = false
        var crashes: UInt8 = 0
        var failures: UInt8 = 0

        var testDescription: String {
            "\(changes) changes\(deletes ? " and a deletion" : ""), \(lost) events lost, \(doubled) doubled, "
                + "\(hasPage ? "a page" : "no page"), \(crashes) crashes, \(failures) reads without answer"
        }
    }

    /// What a design believes.
    enum Belief: Hashable {
        /// This gateway under `confirm: always`, with its rules or weaker ones.
        case lanes(ConvergenceRules)
        /// The payload of whatever event comes.
        case payload
        /// The payload of an event of a later second; of the same one as well, if `orEqual`. A deletion removes the row.
        case payloadBySecond(orEqual: Bool)
        /// A read after each event of a later time than the last read, which is stamped when it ends or begins.
        case stampedRead(atStart: Bool)
    }

    struct Findings: Equatable {
        var states = 0
        var ends = 0
        var diverged = 0
        var backwards = 0
    }

    private enum Flight: Hashable {
        case none
        case read(start: Int64, answering: Int64, seen: Int8?)
    }

    private enum Page: Hashable {
        case planned
        case flying(start: Int64, seen: Int8?)
        case done

        var isFlying: Bool {
            switch self {
            case .flying: true
            case .planned, .done: false
            }
        }
    }

    private struct World: Hashable {
        /// The newest version; zero is known from the beginning.
        var newest: Int8 = 0
        var isDeleted = false
        /// Seconds of versions; all of one where a change costs no time.
        var seconds: [Int64] = [0]
        var changesLeft: UInt8
        var deletesLeft: Bool
        /// Copies of each version's event that may still arrive.
        var copies: [UInt8] = [0]
        var known: Set<Int8> = []
        var lostLeft: UInt8
        var doubledLeft: UInt8
        var crashesLeft: UInt8
        var failuresLeft: UInt8
        var lane = LaneState.unread
        var flight = Flight.none
        var page: Page
        var tick: Int64 = 0
        /// What readers see; nil once it is gone.
        var row: Int8? = 0
        var best: Int8 = 0
        var stamp: Int64 = 0
        /// The newest version was told, or a page began after it (A2).
        var isTold = true

        mutating func draw() -> Int64 {
            tick += 1
            return tick
        }
    }

    let scope: Scope
    let belief: Belief
    /// All changes happen within one second.
    let isOneSecond: Bool
    private(set) var findings = Findings()

    init(_ scope: Scope, _ belief: Belief, isOneSecond: Bool = false) {
        self.scope = scope
        self.belief = belief
        self.isOneSecond = isOneSecond
    }

    mutating func explore() -> Findings {
        var first = World(
            changesLeft: scope.changes,
            deletesLeft: scope.deletes,
            lostLeft: scope.lost,
            doubledLeft: scope.doubled,
            crashesLeft: scope.crashes,
            failuresLeft: scope.failures,
            page: scope.hasPage ? .planned : .done
        )
        first.tick = 2
        first.stamp = 2
        _ = first.lane.observe(.present(digest(0)), start: Tick(rawValue: 1), end: Tick(rawValue: 2))
        first.seconds = [2]
        var known: Set<World> = [first]
        var waiting = [canonical(first)]
        while let world = waiting.popLast() {
            findings.states += 1
            let next = steps(from: world)
            if next.isEmpty { judgeEnd(world) }
            for step in next {
                let step = canonical(step)
                if known.insert(step).inserted { waiting.append(step) }
            }
        }
        return findings
    }

    private func digest(_ version: Int8) -> RemoteDigest { RemoteDigest(high: 1, low: UInt64(version)) }

    private mutating func judgeEnd(_ world: World) {
        guard world.isTold else { return }
        findings.ends += 1
        if world.row != (world.isDeleted ? nil : world.newest) { findings.diverged += 1 }
    }

    // MARK: Steps

    private func with(_ world: World, _ change: (inout World) -> Void) -> World {
        var world = world
        change(&world)
        return world
    }

    private mutating func steps(from world: World) -> [World] {
        var next: [World] = []
        if !world.isDeleted, world.changesLeft > 0 {
            next.append(
                with(world) {
                    $0.changesLeft -= 1
                    change(&$0)
                }
            )
        }
        if !world.isDeleted, world.changesLeft == 0, world.deletesLeft {
            next.append(
                with(world) {
                    $0.deletesLeft = false
                    change(&$0)
                    $0.isDeleted = true
                }
            )
        }
        for version in world.copies.indices where world.copies[version] > 0 {
            if world.lostLeft > 0 {
                next.append(
                    with(world) {
                        $0.lostLeft -= 1
                        $0.copies[version] -= 1
                    }
                )
            }
            if world.doubledLeft > 0 {
                next.append(
                    with(world) {
                        $0.doubledLeft -= 1
                        $0.copies[version] += 1
                    }
                )
            }
            var told = world
            told.copies[version] -= 1
            if Int8(version) == told.newest { told.isTold = true }
            deliver(Int8(version), &told)
            next.append(told)
        }
        next += readSteps(world) + pageSteps(world)
        if world.crashesLeft > 0, world.flight != .none || world.page.isFlying {
            next.append(
                with(world) { world in
                    world.crashesLeft -= 1
                    // The next process finds the lease, and cannot know what the call showed.
                    if world.flight != .none { world.lane.markDirty() }
                    world.flight = .none
                    if world.page.isFlying { world.page = .planned }
                }
            )
        }
        return next
    }

    private func change(_ world: inout World) {
        world.newest += 1
        world.copies.append(1)
        world.seconds.append(isOneSecond ? world.seconds[0] : world.draw())
        world.isTold = false
    }

    private mutating func deliver(_ version: Int8, _ world: inout World) {
        let second = world.seconds[Int(version)]
        let isDeletion = world.isDeleted && version == world.newest
        switch belief {
        case .lanes:
            // The inbox knows each id once.
            if world.known.insert(version).inserted { world.lane.markDirty() }
        case .payload:
            show(isDeletion ? nil : version, &world)
        case .payloadBySecond(let orEqual):
            if isDeletion {
                show(nil, &world)
                world.stamp = 0
            } else if second > world.stamp || orEqual && second == world.stamp {
                world.stamp = second
                show(version, &world)
            }
        case .stampedRead:
            if second > world.stamp { world.lane.markDirty() }
        }
    }

    private mutating func show(_ version: Int8?, _ world: inout World) {
        let shown = version ?? world.newest
        if shown < world.best { findings.backwards += 1 }
        world.best = max(world.best, shown)
        world.row = version
    }

    private mutating func readSteps(_ world: World) -> [World] {
        var next: [World] = []
        switch world.flight {
        case .none:
            guard world.lane.needsRead else { return [] }
            next.append(
                with(world) { world in
                    world.flight = .read(start: world.draw(), answering: world.lane.dirty, seen: nil)
                }
            )
        case .read(let start, let answering, nil):
            next.append(
                with(world) { $0.flight = .read(start: start, answering: answering, seen: $0.newest) }
            )
            if world.failuresLeft > 0 {
                next.append(
                    with(world) {
                        $0.failuresLeft -= 1
                        $0.flight = .none
                    }
                )
            }
        case .read(let start, let answering, let seen?):
            var ended = world
            ended.flight = .none
            take(seen, start: start, &ended)
            ended.lane.finishRead(answering: answering)
            next.append(ended)
        }
        return next
    }

    private mutating func pageSteps(_ world: World) -> [World] {
        switch world.page {
        case .done: return []
        case .planned:
            return [
                with(world) {
                    $0.page = .flying(start: $0.draw(), seen: nil)
                    $0.isTold = true
                }
            ]
        case .flying(let start, nil):
            return [with(world) { $0.page = .flying(start: start, seen: $0.newest) }]
        case .flying(let start, let seen?):
            var ended = world
            ended.page = .done
            if world.isDeleted, seen == world.newest {
                // A list leaves it out: absence never deletes, it asks (R6). Others do not even ask.
                if case .lanes = belief, ended.row != nil { ended.lane.markDirty() }
            } else {
                take(seen, start: start, &ended)
            }
            return [ended]
        }
    }

    private mutating func take(_ seen: Int8, start: Int64, _ world: inout World) {
        let isDeletion = world.isDeleted && seen == world.newest
        let end = world.draw()
        switch belief {
        case .lanes(let rules):
            let observation = world.lane.observe(
                isDeletion ? .deleted : .present(digest(seen)),
                start: Tick(rawValue: start),
                end: Tick(rawValue: end),
                canLiveAgain: false,
                rules: rules
            )
            if observation == .applied { show(isDeletion ? nil : seen, &world) }
        case .payload, .payloadBySecond:
            // A page is stamped when it is written.
            if !isDeletion { show(seen, &world) }
            world.stamp = end
        case .stampedRead(let atStart):
            if atStart, start <= world.stamp { return }
            world.stamp = atStart ? start : end
            show(isDeletion ? nil : seen, &world)
        }
    }

    // MARK: The same world with the smallest numbers

    private func canonical(_ world: World) -> World {
        var world = world
        var ticks: Set<Int64> = [world.lane.observedEnd.rawValue, world.stamp]
        ticks.formUnion(world.seconds)
        if case .read(let start, _, _) = world.flight { ticks.insert(start) }
        if case .flying(let start, _) = world.page { ticks.insert(start) }
        let ranks = Dictionary(uniqueKeysWithValues: zip(ticks.sorted(), Int64(1)...))
        func rank(_ tick: Int64) -> Int64 { ranks[tick] ?? 0 }
        let lane = world.lane
        world.tick = Int64(ticks.count)
        world.stamp = rank(world.stamp)
        world.seconds = world.seconds.map(rank)
        world.lane = LaneState(
            life: lane.life,
            remote: lane.remote,
            observedEnd: Tick(rawValue: rank(lane.observedEnd.rawValue)),
            dirty: lane.dirty - lane.clean,
            clean: 0,
            missingReads: lane.missingReads
        )
        if case .read(let start, let answering, let seen) = world.flight {
            world.flight = .read(start: rank(start), answering: max(answering - lane.clean, 0), seen: seen)
        }
        if case .flying(let start, let seen) = world.page {
            world.page = .flying(start: rank(start), seen: seen)
        }
        return world
    }
}
