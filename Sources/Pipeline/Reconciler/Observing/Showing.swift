import BillingModel
import CustomerStore
import Lanes
import Timing

/// What readers see of an object once a read of it has ended: a decision without tables (provider_api 3.6).
enum Showing: Sendable, Hashable {
    /// They go on seeing a state that rests on an event received after the read began, which may be newer than what
    /// the read showed: it stays, provisional until the next read.
    case stays(isNewlyDoubted: Bool)
    /// They see what the read showed.
    case shown(isNews: Bool)

    var isOfRead: Bool {
        switch self {
        case .shown: true
        case .stays: false
        }
    }
}

extension MirroredObject {
    /// Takes the confirmed state that the lane's last read showed, if it may be shown.
    mutating func show(
        _ digest: StateDigest,
        apiVersion: String?,
        of lane: Lane,
        now: Timestamp,
        rules: ConvergenceRules = .standard
    ) -> Showing {
        guard let lastRead = lane.lastRead else { return .stays(isNewlyDoubted: false) }
        let isEqual = state == .live && stateDigest == digest
        // What came after the read began is let go of only where it surely led to what the read shows.
        let restsOnLater = lastEvent > lastRead.inboxID && !rules.ignoresLaterEvents
        guard !restsOnLater || isEqual && certainty == .certain else {
            guard freshness != .provisional else { return .stays(isNewlyDoubted: false) }
            freshness = .provisional
            if certainty == .certain { certainty = .guess }
            return .stays(isNewlyDoubted: true)
        }
        freshness = .confirmed
        certainty = .certain
        lastEvent = 0
        secondMax = max(secondMax, lane.lastSecond ?? secondMax)
        if !isEqual {
            state = .live
            stateEvent = nil
            stateDigest = digest
            stateAPIVersion = apiVersion
            version += 1
            updatedAt = now
        }
        return .shown(isNews: !isEqual)
    }

    mutating func show(_ state: ConfirmedState, of lane: Lane, now: Timestamp) -> Showing {
        show(state.digest, apiVersion: state.apiVersion, of: lane, now: now)
    }
}
