import BillingModel
import Database
import Lanes
import Outbox
import Providers
import Timing

/// Writes a dispatcher's round in one transaction.
struct Bookkeeper: Sendable {
    // Longer than any call takes; lookups of many pages renew it. A dead process's leases end at the next start,
    // not by time.
    static let leaseMilliseconds: Int64 = 15 * 60_000
    private static let putOffMilliseconds: Int64 = 10 * 60_000

    let connection: ConnectionID
    let owner: LeaseOwner
    let keyEpoch: UInt64
    let builder: CallBuilder
    let recorder: AnswerRecorder
    let rules: MirrorRules
    let random: RandomSource

    func write(
        _ plan: RoundPlan,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> RoundResult {
        var result = RoundResult()
        for end in plan.ends { try settleAlone(end, &result, now: now, in: transaction) }
        for id in plan.overdue { _ = try OutboxSendingTable.alert(id, now: now, in: transaction) }
        for work in plan.held { try hold(work, now: now, in: transaction) }
        for (flight, operation) in plan.begins {
            let begun = try begin(operation, &result, now: now, in: transaction)
            if let begun { result.begun[flight] = begun }
        }
        let isHeld = try ConnectionLanesTable.standing(of: connection, in: transaction).isPausedByOperator
        if plan.writesMax > 0, !isHeld { try claim(plan, &result, now: now, in: transaction) }
        if plan.readsMax > 0 {
            let reads = try LaneReadsTable.claim(
                on: connection,
                onlyOfRuns: !makesReads,
                owner: owner,
                limit: plan.readsMax,
                leaseMilliseconds: Self.leaseMilliseconds,
                now: now,
                in: transaction
            )
            result.taken += reads.map { .read($0) }
            result.mayHaveMoreReads = reads.count == plan.readsMax
        }
        let due = try dueTimes(isHeld: isHeld, in: transaction)
        // What these ends set free, such as a checkout session whose customer is made now.
        if plan.writesMax == 0, let write = due.write, write <= now { result.mayHaveMoreWrites = true }
        result.nextDue = [due.write, due.read].compactMap(\.self).filter { $0 > now }.min()
        return result
    }

    /// What a round would find when nothing is due; nil when something may be.
    func idle(
        now: Timestamp,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> RoundResult? {
        let isHeld = try ConnectionLanesTable.standing(of: connection, in: transaction).isPausedByOperator
        let due = try dueTimes(isHeld: isHeld, in: transaction)
        let next = [due.write, due.read].compactMap(\.self).min()
        if let next, next <= now { return nil }
        var result = RoundResult()
        result.nextDue = next
        return result
    }

    private func dueTimes(
        isHeld: Bool,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> (write: Timestamp?, read: Timestamp?) {
        let write = isHeld ? nil : try OutboxClaimsTable.nextDue(on: connection, in: transaction)
        let read = try LaneReadsTable.nextDue(on: connection, onlyOfRuns: !makesReads, in: transaction)
        return (write, read)
    }

    private var makesReads: Bool { builder.connection.makesReads }

    // MARK: New work

    private func claim(
        _ plan: RoundPlan,
        _ result: inout RoundResult,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        let claimed = try OutboxClaimsTable.claim(
            on: connection,
            owner: owner,
            limit: plan.writesMax,
            leaseMilliseconds: Self.leaseMilliseconds,
            now: now,
            in: transaction
        )
        result.mayHaveMoreWrites = claimed.count == plan.writesMax
        var retries = 0
        for operation in claimed {
            if operation.attempts > 0 {
                retries += 1
                if retries > plan.retriesMax {
                    result.putBack += 1
                    let wait = plan.retryQueue.wait(place: result.putBack, random: random)
                    let outcome = AttemptOutcome.putBack(at: now.adding(milliseconds: wait), .taken)
                    try settle(operation, as: outcome, now: now, in: transaction)
                    continue
                }
            }
            try take(operation, &result, now: now, in: transaction)
        }
    }

    private func take(
        _ operation: ClaimedOperation,
        _ result: inout RoundResult,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        guard let content = Self.content(of: operation) else {
            try die(operation, AttemptTrouble("unreadable_operation"), &result, now: now, in: transaction)
            return
        }
        if let deadline = operation.deadline, deadline <= now, operation.sent == nil {
            try die(operation, AttemptTrouble("deadline_passed"), &result, now: now, in: transaction)
            return
        }
        let carried = CarriedOperation(operation, content)
        if operation.wantsLookup || hasOldKey(operation, now: now) || wantsFirstLook(carried) {
            result.taken.append(.look(carried))
        } else if let begun = try begin(carried, &result, now: now, in: transaction) {
            result.taken.append(.send(begun))
        }
    }

    private func hasOldKey(_ operation: ClaimedOperation, now: Timestamp) -> Bool {
        guard let sent = operation.sent, !rules.trustsOldKeys else { return false }
        return RetrySchedule.isKeyTooOld(sentAt: sent.firstSentAt, now: now)
    }

    /// Ensure-customer: what bears our mark at the provider is ours, whatever this store remembers.
    private func wantsFirstLook(_ operation: CarriedOperation) -> Bool {
        guard operation.sent == nil, case .createCustomer(let draft) = operation.content else { return false }
        return draft.fields.email?.isEmpty == false
    }

    /// With what the provider calls our objects; nil when this program cannot read it.
    private static func content(of claimed: ClaimedOperation) -> ProviderOperation? {
        claimed.operation?.bound { local in
            claimed.operation?.target?.localID == local ? claimed.providerID : claimed.customerID
        }
    }

    /// Freezes the request, or counts one more attempt with the frozen one. Nil when nothing may be sent.
    private func begin(
        _ operation: CarriedOperation,
        _ result: inout RoundResult,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> CarriedOperation? {
        let claimed = operation.claimed
        let sent: SentRequest?
        if claimed.sent != nil {
            sent = try OutboxSendingTable.sendAgain(claimed, in: transaction)
        } else {
            let mark = IdempotencyKey(epoch: keyEpoch, operation: claimed.id, generation: 1).text
            let request: FrozenRequest
            do throws(ProviderCallError) {
                request = try builder.frozen(operation.content, operationID: mark)
            } catch {
                let trouble = AttemptTrouble(
                    "invalid_request",
                    error.description,
                    mayHaveBeenExecuted: false
                )
                try die(claimed, trouble, &result, now: now, in: transaction)
                return nil
            }
            sent = try OutboxSendingTable.freeze(
                claimed,
                as: request,
                keyEpoch: keyEpoch,
                now: now,
                in: transaction
            )
        }
        return sent.map { operation.sending($0) }
    }

    private func die(
        _ operation: ClaimedOperation,
        _ trouble: AttemptTrouble,
        _ result: inout RoundResult,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try settle(operation, as: .dead(trouble), now: now, in: transaction)
        result.settled.append(operation.id)
        result.alerts.append(MirrorAlert(.deadLetter, operation: operation.id, reason: trouble.code))
    }

    /// A lease that was lost meanwhile stays lost: the end of the work then changes nothing.
    private func hold(
        _ work: Flight.Work,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        let until = now.adding(milliseconds: Self.leaseMilliseconds)
        switch work {
        case .sending(let operation), .looking(let operation, _):
            _ = try OutboxSendingTable.hold(operation.claimed, until: until, in: transaction)
        case .reading(let read):
            _ = try LaneFlightsTable.renew(read.flight, until: until, in: transaction)
        }
    }

    // MARK: Ends

    /// What the store refuses of one object must not hold up the others (reliability O12).
    private func settleAlone(
        _ end: FlightEnd,
        _ result: inout RoundResult,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        let before = result
        do throws(DatabaseError) {
            try transaction.savepoint { () throws(DatabaseError) in
                try settle(end, &result, now: now, in: transaction)
            }
        } catch {
            guard error.isOfOneObject else { throw error }
            result = before
            result.alerts.append(MirrorAlert(.storeFailed, operation: end.operation, reason: error.statement))
            do throws(DatabaseError) {
                try transaction.savepoint { () throws(DatabaseError) in
                    try putOff(end, now: now, in: transaction)
                }
            } catch {
                // Its lease ends by itself; until then nothing of the object is called.
                guard error.isOfOneObject else { throw error }
            }
        }
    }

    /// Later once more: with its key the provider answers the same again, and a read is a read.
    private func putOff(
        _ end: FlightEnd,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        switch end {
        case .write(let operation, _, _):
            let at = now.adding(milliseconds: Self.putOffMilliseconds)
            try settle(
                operation.claimed,
                as: .retry(at: at, AttemptTrouble("store_refused")),
                now: now,
                in: transaction
            )
        case .read(let read, _), .readFailed(let read):
            _ = try LaneReadsTable.fail(read.flight, now: now, random: random, in: transaction)
        }
    }

    /// A lease that was lost changes nothing: whoever holds the operation now finds out.
    private func settle(
        _ operation: ClaimedOperation,
        as outcome: AttemptOutcome,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        _ = try OutboxSettlingTable.settle(
            operation,
            as: outcome,
            makingReads: makesReads,
            now: now,
            in: transaction
        )
    }

    private func settle(
        _ end: FlightEnd,
        _ result: inout RoundResult,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        switch end {
        case .write(let operation, let outcome, let answer):
            switch outcome {
            case .acknowledged(let id):
                try acknowledge(operation, id, answer, now: now, in: transaction)
                result.settled.append(operation.id)
            case .done, .dead:
                try settle(operation.claimed, as: outcome, now: now, in: transaction)
                result.settled.append(operation.id)
            case .retry(let at, let trouble):
                let outcome = rules.renewsKeyForRetry ? .renew(at: at, trouble) : outcome
                try settle(operation.claimed, as: outcome, now: now, in: transaction)
            case .lookUp, .renew, .became, .putBack:
                try settle(operation.claimed, as: outcome, now: now, in: transaction)
            }
        case .read(let read, let seen):
            try recorder.readEnded(read, seen.object, seen.date, now, transaction)
        case .readFailed(let read):
            _ = try LaneReadsTable.fail(read.flight, now: now, random: random, in: transaction)
        }
    }

    private func acknowledge(
        _ operation: CarriedOperation,
        _ id: ProviderID?,
        _ answer: SeenAnswer?,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        let claimed = operation.claimed
        if let answer, let sent = operation.sent {
            let call = RecordedWrite(
                operation: claimed,
                sent: sent,
                object: id,
                seen: answer.object,
                isReplayed: answer.isReplay,
                date: answer.date
            )
            try recorder.writeAnswered(call, now, transaction)
        } else {
            // Found by looking: what the object is like now is still to be read.
            let made = claimed.providerID == nil ? id : nil
            try settle(claimed, as: .acknowledged(made), now: now, in: transaction)
        }
    }
}

extension DatabaseError {
    /// A row that cannot be; others can. Anything else is trouble of the store as a whole.
    fileprivate var isOfOneObject: Bool {
        switch kind {
        case .constraint: true
        case .full, .inputOutput, .busy, .corrupt, .closed, .other: false
        }
    }
}
