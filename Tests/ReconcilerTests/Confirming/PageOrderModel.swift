import BillingModel
import CustomerStore
import Outbox
import Testing
import Timing

@testable import Lanes
@testable import Reconciler

/// One object under `confirm: always`, all at once: its provider's edits, an edit of ours whose answers may be lost,
/// events that come in any order or never, reads, a page of a run that may be written long after it was asked for,
/// and crashes. Every interleaving, with the code that decides in the gateway: lane (`Lane`, `LaneState`), events
/// beside a read (`EventPlace`), the fold, what a page comes to (`ItemRule`) and what readers see (`Showing`). What
/// brings these together around tables (`LaneWatch`, `ObjectHistory`, `ReadRecorder`, settling, rescue) is imitated
/// here. Without deletions and events that come twice: those are `ReadOrderTests`'.
struct PageOrderModel {
    struct Scope: CustomTestStringConvertible {
        var edits: UInt8 = 1
        var editsHere = false
        var lost: UInt8 = 0
        var losses: UInt8 = 0
        var crashes: UInt8 = 0
        var pauses: UInt8 = 0
        /// Seconds from one change to the next: in 0 no event's place beside a read is certain, in 60 each one's is.
        var spacing: Int64 = 60

        var testDescription: String {
            "\(edits) edits there, \(spacing) s apart, \(editsHere ? "one here" : "none here"), \(lost) events lost, "
                + "\(losses) answers lost, \(crashes) crashes, \(pauses) pauses, a page"
        }
    }

    struct Findings: Equatable {
        var states = 0
        var ends = 0
        var diverged = 0
        /// Ends at which nobody is sure of the state, though nothing is owed.
        var doubted = 0
        /// Ends at which an edit is still shown over the provider's state.
        var stuck = 0
        var backwards = 0
        var olderThanAcknowledged = 0
        /// Pages that were held back because something newer may have come.
        var raced = 0

        var areClean: Bool {
            diverged == 0 && doubted == 0 && stuck == 0 && backwards == 0 && olderThanAcknowledged == 0
        }
    }

    static let now = Timestamp(milliseconds: 1_000)
    static let key = ObjectKey(
        connection: ConnectionID(rawValue: 1),
        type: .customer,
        id: ProviderID("cus_1")
    )
    private static let start: Int64 = 1_000

    let scope: Scope
    let rules: ConvergenceRules
    private(set) var findings = Findings()

    init(_ scope: Scope, _ rules: ConvergenceRules = .standard) {
        self.scope = scope
        self.rules = rules
    }

    mutating func explore() -> Findings {
        let first = self.first
        var known: Set<World> = [first]
        var waiting = [first]
        while let world = waiting.popLast() {
            findings.states += 1
            let next = steps(from: world)
            if next.isEmpty { judgeEnd(world) }
            for step in next {
                var step = step
                judge(&step)
                let canonical = step.canonical
                if known.insert(canonical).inserted { waiting.append(canonical) }
            }
        }
        return findings
    }

    /// The object was read once before anything happens.
    private var first: World {
        var lane = Lane(
            id: LaneID(rawValue: 1),
            connection: Self.key.connection,
            type: Self.key.type,
            localNumber: nil,
            providerID: Self.key.id,
            objectNumber: 1,
            state: .unread,
            reads: .none,
            lastRead: LastRead(date: Timestamp(seconds: Self.start), inboxID: 0),
            flight: nil
        )
        _ = lane.state.observe(Value().sight, start: Tick(rawValue: 1), end: Tick(rawValue: 2))
        let second = Self.start + EventPlace.secondsAfterRead
        return World(
            seconds: [Self.start],
            clock: Self.start,
            editsLeft: scope.edits,
            pausesLeft: scope.pauses,
            lostLeft: scope.lost,
            lossesLeft: scope.losses,
            page: .planned,
            crashesLeft: scope.crashes,
            lane: lane,
            row: Row(digest: Value().digest, secondMax: second),
            baseSecond: second
        ).canonical
    }

    // MARK: What must hold

    private mutating func judge(_ world: inout World) {
        let shown = world.shownVersion
        if shown < world.best { findings.backwards += 1 }
        if world.row.freshness != .provisional { world.best = max(world.best, shown) }
        let isAcknowledged = world.operation == .acknowledged || world.operation == .done
        if isAcknowledged, world.operation?.isShown != true, let ours = world.ours, shown < ours {
            findings.olderThanAcknowledged += 1
        }
    }

    private mutating func judgeEnd(_ world: World) {
        guard world.isTold else { return }
        findings.ends += 1
        var shown = world.versions[Int(world.shownVersion)]
        if world.operation?.isShown == true {
            findings.stuck += 1
            shown.x = 1
        }
        if shown != world.versions.last { findings.diverged += 1 }
        if world.row.freshness == .provisional { findings.doubted += 1 }
    }

    // MARK: What may happen next

    private func with(_ world: World, _ change: (inout World) -> Void) -> World {
        var world = world
        change(&world)
        return world
    }

    private mutating func steps(from world: World) -> [World] {
        var next: [World] = []
        if scope.editsHere, world.operation == nil { next.append(with(world) { $0.operation = .queued }) }
        if world.editsLeft > 0 { next.append(with(world) { edit(&$0) }) }
        if world.pausesLeft > 0 {
            next.append(
                with(world) {
                    $0.pausesLeft -= 1
                    $0.clock += 60
                }
            )
        }
        for version in world.versions.indices where world.events & (1 << version) != 0 {
            next.append(with(world) { deliver(Int8(version), &$0) })
            guard world.lostLeft > 0 else { continue }
            next.append(
                with(world) {
                    $0.lostLeft -= 1
                    $0.events &= ~(1 << version)
                }
            )
        }
        next += networkSteps(world) + laneSteps(world) + pageSteps(world)
        if world.crashesLeft > 0, world.isBusy { next.append(with(world) { crash(&$0) }) }
        return next
    }

    /// The provider's first edit is of another field than ours, the second one of the same.
    private func edit(_ world: inout World) {
        var value = world.versions[world.versions.count - 1]
        if world.editsLeft == scope.edits { value.y += 1 } else { value.x = 2 }
        world.editsLeft -= 1
        append(value, to: &world)
    }

    private func append(_ value: Value, to world: inout World) {
        world.clock += scope.spacing
        world.versions.append(value)
        world.seconds.append(world.clock)
        world.events |= 1 << (world.versions.count - 1)
        world.isTold = false
    }

    private func crash(_ world: inout World) {
        world.crashesLeft -= 1
        // The next process finds the lease of the call, and cannot know what it did; a page is asked for once more.
        if world.lane.flight != nil { world.owe(.lost) }
        world.lane.flight = nil
        world.seen = nil
        if case .flying = world.page { world.page = .planned }
    }

    // MARK: Our requests in the network

    private func networkSteps(_ world: World) -> [World] {
        guard world.copies > 0 else { return [] }
        let executed = with(world) { world in
            world.copies -= 1
            let isReplayed = world.ours != nil
            if !isReplayed {
                var value = world.versions[world.versions.count - 1]
                value.x = 1
                append(value, to: &world)
                world.ours = world.newest
            }
            if world.lane.isWriting(at: Self.now), world.seen == nil, let ours = world.ours {
                world.seen = Seen(version: ours, second: world.clock, isReplayed: isReplayed)
            }
        }
        if world.lane.isWriting(at: Self.now), world.seen == nil { return [executed] }
        // Nobody waits for it: it may also never arrive.
        return [executed, with(world) { $0.copies -= 1 }]
    }

    // MARK: The lane

    private func laneSteps(_ world: World) -> [World] {
        guard let flight = world.lane.flight else { return beginnings(world) }
        var next: [World] = []
        switch (flight.purpose, world.seen) {
        case (.read, nil):
            next.append(with(world) { $0.seen = Seen(version: $0.newest, second: $0.clock) })
        case (.read, let seen?):
            next.append(with(world) { endRead(flight, seen, &$0) })
        case (.write, let seen?):
            next.append(with(world) { answer(flight, seen, &$0) })
        case (.write, nil):
            break
        }
        if world.lossesLeft > 0 {
            next.append(
                with(world) {
                    $0.lossesLeft -= 1
                    $0.lane.flight = nil
                    $0.seen = nil
                    if $0.operation == .acknowledged { $0.owe(.write) }
                }
            )
        }
        return next
    }

    private func beginnings(_ world: World) -> [World] {
        var next: [World] = []
        if world.operation?.isOpen == true {
            next.append(
                with(world) {
                    $0.operation = .sent
                    $0.attempts += 1
                    $0.copies += 1
                    $0.begin(.write(operation: 1))
                }
            )
            if world.operation == .sent {
                next.append(
                    with(world) {
                        $0.operation = .dead
                        $0.owe(.write)
                    }
                )
            }
        }
        if world.lane.state.needsRead { next.append(with(world) { $0.begin(.read) }) }
        return next
    }

    /// As `ReadRecorder` has it.
    @discardableResult
    private func observe(_ flight: LaneFlight, _ seen: Seen, _ world: inout World) -> Observation? {
        world.lane.flight = nil
        world.seen = nil
        let value = world.versions[Int(seen.version)]
        let observation = world.lane.finish(
            flight,
            value.sight,
            end: world.draw(),
            date: Timestamp(seconds: seen.second),
            canLiveAgain: false,
            schedule: .standard,
            now: Self.now
        )
        guard observation.isConfirmed else { return nil }
        let showing = world.row.object.show(
            value.digest,
            apiVersion: nil,
            of: world.lane,
            now: Self.now,
            rules: rules
        )
        guard showing.isOfRead else {
            world.owe(.overlap)
            return nil
        }
        world.restart(behind: flight.start.rawValue)
        return observation
    }

    private func endRead(_ flight: LaneFlight, _ seen: Seen, _ world: inout World) {
        observe(flight, seen, &world)
    }

    private func answer(_ flight: LaneFlight, _ seen: Seen, _ world: inout World) {
        var visible: Observation?
        switch OwnAnswer(attemptsOfKey: world.attempts, isReplayed: seen.isReplayed) {
        case .isRead:
            visible = observe(flight, seen, &world)
        case .isStale:
            world.lane.flight = nil
            world.seen = nil
        }
        guard world.operation == .sent || world.operation == .acknowledged else { return }
        switch OwnAnswer.fate(after: visible) {
        case .done:
            world.operation = .done
        case .acknowledged:
            if world.operation == .sent {
                world.operation = .acknowledged
                world.acknowledgedAt = world.draw().rawValue
            }
            world.owe(.write)
        }
    }

    // MARK: The page

    private mutating func pageSteps(_ world: World) -> [World] {
        switch world.page {
        case .done:
            return []
        case .planned:
            return [
                with(world) {
                    $0.page = .flying(start: $0.draw().rawValue, inboxID: $0.stored, nil)
                    $0.isTold = true
                }
            ]
        case .flying(let start, let inboxID, nil):
            return [
                with(world) {
                    $0.page = .flying(
                        start: start,
                        inboxID: inboxID,
                        Seen(version: $0.newest, second: $0.clock)
                    )
                }
            ]
        case .flying(let start, let inboxID, let seen?):
            var written = world
            written.page = .done
            let value = world.versions[Int(seen.version)]
            guard !ItemRule.isSettled(world.row.object, as: value.digest, world.lane) else {
                return [written]
            }
            let rule = ItemRule(
                asked: AskedAt(start: Tick(rawValue: start), inboxID: inboxID, time: Self.now),
                date: Timestamp(seconds: seen.second),
                apiVersion: nil,
                canLiveAgain: false,
                now: Self.now,
                rules: rules
            )
            var object: MirroredObject? = world.row.object
            let fate = rule.take(value.digest, lane: &written.lane, object: &object) {
                written.tick += 1
                return Tick(rawValue: written.tick)
            }
            if let object { written.row.object = object }
            switch fate {
            case .taken: written.restart(behind: start)
            case .raced: findings.raced += 1
            case .afterDeath: findings.diverged += 1
            }
            return [written]
        }
    }
}
