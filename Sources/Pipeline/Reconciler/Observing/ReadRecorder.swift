package import BillingModel
import CustomerStore
package import Database
package import JSON
package import Lanes
package import Outbox
import Providers
package import Timing

/// What a call showed of its object.
package enum CallSight: Sendable {
    /// The object as the provider has it, or its mark of deletion (`"deleted": true`).
    case object(JSONValue, apiVersion: String?)
    /// The provider knows no such object.
    case missing
}

/// Makes what reads, and answers that count as reads, the confirmed state, and shows it: lane, visible state,
/// projections and acknowledged operations in the caller's one transaction (provider_api 3.3 R3, R4, R7).
package struct ReadRecorder: Sendable {
    /// What became of an answer.
    package enum Outcome: Sendable, Hashable {
        /// The lease was lost: nothing was written. Somebody else holds the object, or did.
        case leaseLost
        case recorded(Observation)
        /// Acknowledged without a look at the body; a read is owed.
        case acknowledged
    }

    private let preparer: EventPreparer
    private let connections: [ConnectionID: Connection]
    private let epoch: StoreEpoch
    private let schedule: ReadSchedule
    private let confirm: ConfirmPolicy

    /// - Parameter confirm: where nothing is read, answers of our writes only acknowledge, too: the events tell.
    package init(
        preparer: EventPreparer,
        connections: [Connection],
        epoch: StoreEpoch,
        schedule: ReadSchedule = .standard,
        confirm: ConfirmPolicy = .whenNeeded
    ) {
        self.preparer = preparer
        self.connections = Dictionary(uniqueKeysWithValues: connections.map { ($0.id, $0) })
        self.epoch = epoch
        self.schedule = schedule
        self.confirm = confirm
    }

    /// Ends a claimed read with what it showed.
    ///
    /// - Parameter date: the provider's clock, as the answer's `Date` said.
    package func readEnded(
        _ read: ClaimedRead,
        _ sight: CallSight,
        date: Timestamp?,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Outcome {
        let observed = try record(read.flight, read.key, sight, date: date, now: now, in: transaction)
        guard let (_, observation, _) = observed else { return .leaseLost }
        return .recorded(observation)
    }

    /// Ends an operation that the provider has done (R7). The first answer of a key shows the object as a read
    /// does; any other one only acknowledges, and its body is not looked at.
    ///
    /// - Parameters:
    ///   - sent: what was sent, as `OutboxSendingTable` gave it for this attempt.
    ///   - object: the id of the object that the answer is of, as the answer says.
    ///   - sight: the answer's body; `missing` when the object that was to end was not there.
    package func writeAnswered(
        _ operation: ClaimedOperation,
        _ sent: SentRequest,
        object id: ProviderID?,
        _ sight: CallSight,
        isReplayed: Bool,
        date: Timestamp?,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Outcome {
        let use = OwnAnswer(attemptsOfKey: max(sent.attemptsOfKey, 1), isReplayed: isReplayed)
        let known = operation.providerID ?? id
        guard confirm.makesReads, case .isRead = use, let known, id == nil || id == known,
            case .object = sight
        else {
            let isOurs = try OutboxSettlingTable.settle(
                operation,
                as: .acknowledged(operation.providerID == nil ? id : nil),
                makingReads: confirm.makesReads,
                schedule: schedule,
                now: now,
                in: transaction
            )
            return isOurs ? .acknowledged : .leaseLost
        }
        let made: ProviderID? = operation.providerID == nil ? known : nil
        if let made { try OutboxSettlingTable.bind(operation.flight.lane, to: made, in: transaction) }
        let key = ObjectKey(connection: operation.connection, type: operation.kind.objectType, id: known)
        let observed = try record(operation.flight, key, sight, date: date, now: now, in: transaction)
        guard let (lane, observation, isVisible) = observed else { return .leaseLost }
        switch OwnAnswer.fate(after: isVisible ? observation : nil) {
        case .done:
            try OutboxSettlingTable.record(.done(nil), of: operation.id, now: now, in: transaction)
        case .acknowledged:
            try OutboxSettlingTable.record(.acknowledged(nil), of: operation.id, now: now, in: transaction)
            if !lane.state.needsRead {
                let due = now.adding(milliseconds: schedule.confirmMilliseconds)
                try LaneReadsTable.markDirty(lane.id, for: .write, due: due, now: now, in: transaction)
            }
        }
        return .recorded(observation)
    }

    /// Ends any flight with what it showed, for callers that settle the operation themselves; nil when the lease was
    /// lost. What could not be made visible counts as overlapped: an acknowledged patch stays until the next read.
    package func observe(
        _ flight: LaneFlight,
        _ key: ObjectKey,
        _ sight: CallSight,
        date: Timestamp?,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Observation? {
        let recorded = try record(flight, key, sight, date: date, now: now, in: transaction)
        guard let (_, observation, isVisible) = recorded else { return nil }
        return observation.isConfirmed && !isVisible ? .overlapped : observation
    }

    /// The lane after it, what the lane made of it, and whether readers see it now.
    private func record(
        _ flight: LaneFlight,
        _ key: ObjectKey,
        _ sight: CallSight,
        date: Timestamp?,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> (Lane, Observation, isVisible: Bool)? {
        var shown: ConfirmedState?
        let told: Sight
        switch sight {
        case .missing:
            told = .missing
        case .object(let value, _) where value["deleted"]?.boolean == true:
            told = .deleted
        case .object(let value, let apiVersion):
            let state = preparer.confirmed(value, type: key.type, apiVersion: apiVersion)
            shown = state
            told = .present(RemoteDigest(high: state.digest.high, low: state.digest.low))
        }
        let settled = try LaneReadsTable.settle(
            flight,
            told,
            date: date,
            canLiveAgain: StripeDecoder.merchantChoosesID(of: key.type),
            schedule: schedule,
            now: now,
            in: transaction
        )
        guard let (lane, observation) = settled else { return nil }
        guard observation.isConfirmed else { return (lane, observation, false) }
        let update = StoreUpdate(transaction: transaction, connections: connections, epoch: epoch, now: now)
        let writer = ConfirmedWriter(transaction: transaction, update: update, now: now)
        let isVisible: Bool
        if lane.state.life == .tombstone {
            try writer.bury(lane, key)
            try OutboxSettlingTable.cancelUnsent(of: lane, now: now, in: transaction)
            isVisible = true
        } else if let shown {
            isVisible = try writer.show(shown, of: lane, key)
        } else {
            isVisible = false
        }
        try update.finish()
        if isVisible {
            _ = try OutboxSettlingTable.finishAcknowledged(
                of: lane.id,
                before: flight.start,
                now: now,
                in: transaction
            )
        } else {
            let due = now.adding(milliseconds: schedule.graceMilliseconds)
            try LaneReadsTable.markDirty(lane.id, for: .overlap, due: due, now: now, in: transaction)
        }
        return (lane, observation, isVisible)
    }
}
