import BillingModel
import CustomerStore
import Outbox
import Timing

@testable import Lanes
@testable import Reconciler

// What an event does, in the order in which `LaneWatch` and `ObjectHistory` have it.
extension PageOrderModel {
    func deliver(_ version: Int8, _ world: inout World) {
        world.events &= ~(1 << version)
        if version == world.newest { world.isTold = true }
        world.stored += 1
        tellOrigin(version, &world)
        guard let read = world.lane.lastRead else { return }
        let value = world.versions[Int(version)]
        let second = world.seconds[Int(version)]
        switch EventPlace(inboxID: world.stored, second: second, beside: read) {
        case .contained:
            break
        case .near:
            let isConfirmed =
                world.lane.state.remote
                == RemoteDigest(high: value.digest.high, low: value.digest.low)
            if !isConfirmed, !isAnswerComing(version, world) { world.row.freshness = .provisional }
        case .later:
            fold(version, &world)
        }
        // R1: whatever it tells, the object is read.
        world.owe(.event)
    }

    /// Whoever has the call in flight sees to the read.
    private func isAnswerComing(_ version: Int8, _ world: World) -> Bool {
        world.ours == version && world.lane.isWriting(at: Self.now)
    }

    private func tellOrigin(_ version: Int8, _ world: inout World) {
        guard world.ours == version else { return }
        switch world.operation {
        case .queued, .sent, .dead:
            world.operation = .acknowledged
            world.acknowledgedAt = world.draw().rawValue
        case .acknowledged, .done, nil:
            break
        }
    }

    private func fold(_ version: Int8, _ world: inout World) {
        let before = world.row.digest
        let result: FoldResult
        if world.seconds[Int(version)] > world.row.secondMax {
            let state = FoldState.present(FoldDigest(high: before.high, low: before.low))
            result = Fold.foldSecond(
                before: FoldResult(
                    state: state,
                    stateHandle: nil,
                    certainty: certainty(world.row.certainty),
                    asksForRead: false
                ),
                events: [event(version, world)]
            )
        } else if world.seconds[Int(version)] <= world.baseSecond {
            // The log does not reach back to it: something was missed.
            if world.row.certainty == .certain { world.row.certainty = .gap }
            world.row.freshness = .provisional
            world.log.append(version)
            world.row.lastEvent = world.stored
            return
        } else {
            let base = FoldBase(state: .present(world.base.folded), second: world.baseSecond)
            result = Fold.fold(from: base, events: (world.log + [version]).map { event($0, world) })
        }
        guard case .present(let digest) = result.state else { return }
        world.row.digest = StateDigest(high: digest.high, low: digest.low)
        world.row.certainty = certainty(result.certainty)
        let isChanged = world.row.digest != before
        if result.certainty != .certain {
            world.row.freshness = .provisional
        } else {
            world.row.freshness = world.row.freshness == .confirmed && !isChanged ? .confirmed : .chained
        }
        world.row.lastEvent = world.stored
        world.row.secondMax = max(world.row.secondMax, world.seconds[Int(version)])
        world.log.append(version)
        world.log.sort()
    }

    private func event(_ version: Int8, _ world: World) -> FoldEvent {
        let place = Int(version)
        return FoldEvent(
            id: "evt_\(version)",
            handle: Int64(version),
            second: world.seconds[place],
            tells: .link(from: world.versions[place - 1].folded, to: world.versions[place].folded)
        )
    }

    private func certainty(_ certainty: StateCertainty) -> FoldCertainty {
        switch certainty {
        case .certain: .certain
        case .gap: .gap
        case .guess: .guess
        }
    }

    private func certainty(_ certainty: FoldCertainty) -> StateCertainty {
        switch certainty {
        case .certain: .certain
        case .gap: .gap
        case .guess: .guess
        }
    }
}
