import Outbox
import Testing

@testable import Lanes

/// One object, one local edit, one or two edits at the provider, answers that are lost, requests that arrive after
/// everybody gave them up, webhooks in any order, and one page read in between: every interleaving of provider_api
/// 3.4, with the gateway's own pure rules.
struct ConvergenceModel {
    struct Scope: CustomTestStringConvertible {
        let edits: UInt8
        let losses: UInt8
        let hasPage: Bool
        var crashes: UInt8 = 0

        var testDescription: String {
            "\(edits) edits at the provider, \(losses) losses, \(hasPage ? "a page" : "no page"), "
                + "\(crashes) crashes"
        }
    }

    /// What was found wrong, counted over states and steps.
    struct Findings: Equatable {
        var states = 0
        var ends = 0
        var diverged = 0
        var stuck = 0
        var backwards = 0
        var olderThanAcknowledged = 0
        var wiped = 0

        var areClean: Bool {
            diverged == 0 && stuck == 0 && backwards == 0 && olderThanAcknowledged == 0 && wiped == 0
        }
    }

    let scope: Scope
    let rules: ConvergenceRules
    private(set) var findings = Findings()

    init(_ scope: Scope, _ rules: ConvergenceRules = .standard) {
        self.scope = scope
        self.rules = rules
    }

    mutating func explore() -> Findings {
        var first = World(
            editsLeft: scope.edits,
            lossesLeft: scope.losses,
            crashesLeft: scope.crashes,
            page: scope.hasPage ? .planned : .done
        )
        // The object was read once before anything happens.
        first.tick = 2
        _ = first.lane.observe(
            .present(first.versions[0].digest),
            start: Tick(rawValue: 1),
            end: Tick(rawValue: 2)
        )
        var known: Set<World> = [first.canonical]
        var waiting = [first.canonical]
        while let world = waiting.popLast() {
            findings.states += 1
            judge(world)
            let next = steps(from: world)
            if next.isEmpty { judgeEnd(world) }
            for step in next {
                let canonical = step.canonical
                if known.insert(canonical).inserted { waiting.append(canonical) }
            }
        }
        return findings
    }

    // MARK: What must hold

    private mutating func judge(_ world: World) {
        let isAcknowledged = world.operation == .acknowledged || world.operation == .done
        if isAcknowledged, !isShown(world), let ours = world.ours, world.remoteVersion < ours {
            findings.olderThanAcknowledged += 1
        }
    }

    private mutating func judgeEnd(_ world: World) {
        findings.ends += 1
        if effective(world) != world.versions.last { findings.diverged += 1 }
        if world.operation?.isShown == true { findings.stuck += 1 }
    }

    private func isShown(_ world: World) -> Bool { world.operation?.isShown ?? false }

    private func effective(_ world: World) -> Value {
        var value = world.versions[Int(world.remoteVersion)]
        if isShown(world) { value.x = 1 }
        return value
    }

    // MARK: What may happen next

    private mutating func steps(from world: World) -> [World] {
        var next: [World] = []
        if world.operation == nil {
            next.append(
                with(world) {
                    $0.operation = .queued; $0.row.x = 1
                }
            )
        }
        if world.editsLeft > 0 { next.append(with(world) { edit(&$0) }) }
        for version in world.versions.indices where world.events & (1 << version) != 0 {
            next.append(with(world) { deliver(version, &$0) })
        }
        next += networkSteps(world) + laneSteps(world) + pageSteps(world)
        if world.crashesLeft > 0, world.isBusy { next.append(with(world) { $0.crash() }) }
        return next
    }

    private func with(_ world: World, _ change: (inout World) -> Void) -> World {
        var world = world
        change(&world)
        return world
    }

    /// The provider's first edit is of another field than ours, the second one of the same.
    private func edit(_ world: inout World) {
        var value = world.versions[world.versions.count - 1]
        if world.editsLeft == scope.edits { value.y += 1 } else { value.x = 2 }
        world.editsLeft -= 1
        append(value, to: &world)
    }

    private func append(_ value: Value, to world: inout World) {
        world.versions.append(value)
        world.events |= 1 << (world.versions.count - 1)
    }

    private func deliver(_ version: Int, _ world: inout World) {
        world.events &= ~(1 << version)
        let isEcho = world.ours == Int8(version)
        guard isEcho else { return world.lane.markDirty() }
        if rules.ignoresEchoes { return }
        switch world.operation {
        case .queued, .sent, .dead:
            world.acknowledge(rules)
            // Whoever has the call in flight sees to the read.
            if case .write = world.flight { return }
        case .acknowledged, .done, nil:
            break
        }
        world.lane.markDirty()
    }

    // MARK: Requests in the network

    private func networkSteps(_ world: World) -> [World] {
        guard world.copies > 0 else { return [] }
        var next: [World] = []
        let executed = with(world) { world in
            world.copies -= 1
            var isReplayed = true
            if world.ours == nil {
                var value = world.versions[world.versions.count - 1]
                value.x = world.requested ?? 1
                append(value, to: &world)
                world.ours = Int8(world.versions.count - 1)
                isReplayed = false
            }
            if case .write(let start, let answering, nil, _) = world.flight {
                world.flight = .write(
                    start: start,
                    answering: answering,
                    seen: world.ours,
                    isReplayed: isReplayed
                )
            }
        }
        next.append(executed)
        if world.flight.awaitsAnswer { return next }
        // Nobody waits for it: it may also never arrive.
        next.append(with(world) { $0.copies -= 1 })
        return next
    }

    // MARK: The lane

    private mutating func laneSteps(_ world: World) -> [World] {
        var next: [World] = []
        switch world.flight {
        case .none:
            if world.operation?.isOpen == true {
                next.append(send(world))
                if world.operation == .sent {
                    next.append(
                        with(world) {
                            $0.operation = .dead; $0.lane.markDirty()
                        }
                    )
                }
            }
            if world.lane.needsRead {
                next.append(
                    with(world) { world in
                        let start = world.draw()
                        world.flight = .read(start: start, answering: world.lane.dirty, seen: nil)
                    }
                )
            }
        case .read(let start, let answering, nil):
            next.append(
                with(world) { world in
                    world.flight = .read(start: start, answering: answering, seen: world.newest)
                }
            )
        case .read(let start, let answering, let seen?):
            var ended = world
            ended.flight = .none
            observe(seen, start: start, &ended)
            ended.lane.finishRead(answering: answering)
            next.append(ended)
            if world.lossesLeft > 0 {
                next.append(
                    with(world) {
                        $0.flight = .none; $0.lossesLeft -= 1
                    }
                )
            }
        case .write(_, _, nil, _):
            if world.lossesLeft > 0 { next.append(lose(world)) }
        case .write(let start, let answering, let seen?, let isReplayed):
            next.append(answer(world, start, answering, seen, isReplayed))
            if world.lossesLeft > 0 { next.append(lose(world)) }
        }
        return next
    }

    private mutating func send(_ world: World) -> World {
        var sent = world
        if sent.requested == nil {
            sent.requested = rules.inboundOverwritesEdits ? sent.row.x : 1
            if sent.requested != 1 { findings.wiped += 1 }
        }
        sent.operation = .sent
        sent.attempts += 1
        sent.copies += 1
        let start = sent.draw()
        sent.flight = .write(start: start, answering: sent.lane.dirty, seen: nil, isReplayed: false)
        return sent
    }

    private func lose(_ world: World) -> World {
        with(world) { world in
            world.flight = .none
            world.lossesLeft -= 1
            if world.operation == .acknowledged { world.lane.markDirty() }
        }
    }

    private mutating func answer(
        _ world: World,
        _ start: Int64,
        _ answering: Int64,
        _ seen: Int8,
        _ isReplayed: Bool
    ) -> World {
        var world = world
        world.flight = .none
        let use = OwnAnswer(attemptsOfKey: world.attempts, isReplayed: isReplayed, rules: rules)
        var observation: Observation?
        if use == .isRead {
            observation = observe(seen, start: start, &world)
            world.lane.finishRead(answering: answering)
        }
        guard world.operation == .sent || world.operation == .acknowledged else { return world }
        switch OwnAnswer.fate(after: observation, rules: rules) {
        case .done: world.operation = .done
        case .acknowledged:
            if world.operation == .sent { world.acknowledge(rules) }
            world.lane.markDirty()
        }
        return world
    }

    @discardableResult
    private mutating func observe(_ seen: Int8, start: Int64, _ world: inout World) -> Observation {
        let value = world.versions[Int(seen)]
        let end = world.draw()
        let observation = world.lane.observe(
            .present(value.digest),
            start: Tick(rawValue: start),
            end: Tick(rawValue: end)
        )
        if observation == .applied || observation == .equal {
            if seen < world.remoteVersion { findings.backwards += 1 }
            world.remoteVersion = seen
            if world.operation != .queued || rules.inboundOverwritesEdits { world.row = value }
        }
        if observation.isConfirmed(under: rules), world.operation == .acknowledged,
            world.acknowledgedAt < start
        {
            world.operation = .done
        }
        return observation
    }

    // MARK: The page

    private mutating func pageSteps(_ world: World) -> [World] {
        switch world.page {
        case .done:
            return []
        case .planned:
            return [with(world) { $0.page = .flying(start: $0.draw(), seen: nil) }]
        case .flying(let start, nil):
            return [with(world) { $0.page = .flying(start: start, seen: $0.newest) }]
        case .flying(let start, let seen?):
            var ended = world
            ended.page = .done
            observe(seen, start: start, &ended)
            return [ended]
        }
    }
}
