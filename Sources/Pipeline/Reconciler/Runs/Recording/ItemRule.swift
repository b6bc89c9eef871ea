import BillingModel
import CustomerStore
import Lanes
import Timing

/// What becomes of an object that a page shows, decided from its lane and its visible state without tables: R3 to R5
/// of provider_api 3.3, and 3.6 for pages that are written late.
struct ItemRule {
    enum Fate: Sendable, Hashable {
        /// Something newer may have come, or be on its way: a read of the object alone tells, and is owed.
        case raced(Showing?)
        /// Shown; nil where the object has no row yet.
        case taken(Showing?)
        /// A read confirmed before that it is gone.
        case afterDeath
    }

    let asked: AskedAt
    /// The provider's clock, as the page said.
    let date: Timestamp?
    let apiVersion: String?
    let canLiveAgain: Bool
    let now: Timestamp
    var schedule = ReadSchedule.standard
    var rules = ConvergenceRules.standard

    /// Nothing of the object is to be written: it is shown as it is, and nothing is owed of it.
    static func isSettled(_ object: MirroredObject, as digest: StateDigest, _ lane: Lane?) -> Bool {
        guard object.state == .live, object.stateDigest == digest, object.freshness != .provisional else {
            return false
        }
        guard let lane else { return true }
        return !lane.state.needsRead && lane.flight == nil
    }

    /// Lane and row become what is to be saved of them.
    ///
    /// - Parameter end: draws a tick now.
    func take<Failure>(
        _ digest: StateDigest,
        lane: inout Lane,
        object: inout MirroredObject?,
        end: () throws(Failure) -> Tick
    ) throws(Failure) -> Fate {
        guard !lane.isWriting(at: now) else { return race(&lane, nil) }
        let sight = PageSight(
            .present(RemoteDigest(high: digest.high, low: digest.low)),
            start: asked.start,
            inboxID: asked.inboxID,
            date: date
        )
        let observation = try lane.take(
            [sight],
            canLiveAgain: canLiveAgain,
            schedule: schedule,
            now: now,
            end: end
        )
        guard observation.isConfirmed else { return observation == .overlapped ? .raced(nil) : .afterDeath }
        guard var row = object else { return lane.lastRead == nil ? race(&lane, nil) : .taken(nil) }
        let showing = row.show(digest, apiVersion: apiVersion, of: lane, now: now, rules: rules)
        object = row
        return showing.isOfRead ? .taken(showing) : race(&lane, showing)
    }

    private func race(_ lane: inout Lane, _ showing: Showing?) -> Fate {
        lane.owe(.run, due: now.adding(milliseconds: schedule.graceMilliseconds), now: now)
        return .raced(showing)
    }
}
