import BillingModel
import Database
import JSON
import Lanes
import Outbox
import Providers
import Reconciler
import Threading
import Timing

@testable import Mirror

/// The side of the store: local edits go into the outbox, reads become the confirmed state, events mark and
/// acknowledge; and what an application would see of it all.
///
/// The confirmed documents are kept here, in memory; rules and rows are the real ones.
final class LocalApplication: Sendable {
    /// Weaknesses of the store's side (provider_api 3.4); those of the dispatcher are `MirrorRules`.
    struct Weakness: Sendable {
        /// A replayed answer, which is the first execution's body, counts as a fresh read.
        var believesReplayedAnswers = false
        /// A patch is gone once the provider acknowledged it.
        var dropsPatchWhenAcknowledged = false
        /// An acknowledged patch ends only with a read that changed the confirmed state.
        var settlesOnlyWhenApplied = false
        /// Events of our own requests change nothing.
        var ignoresEchoes = false
        /// What comes in erases unsent edits.
        var inboundErasesEdits = false

        var isOfAnswers: Bool {
            believesReplayedAnswers || dropsPatchWhenAcknowledged || settlesOnlyWhenApplied
        }
    }

    struct Customer: Sendable {
        var email: String?
        var name: String?
        var isDeleted = false
    }

    private struct State: Sendable {
        var remote: [Int64: Customer] = [:]
        /// What a read that was stored told before, to see steps back.
        var names: [Int64: Int] = [:]
        var stepsBack: [String] = []
        var overlapped = 0
    }

    let connection: ConnectionID
    let keyEpoch: UInt64
    private let weakness: Weakness
    private let state: Lock<State>
    private let real: ReadRecorder

    init(connection: ConnectionID, keyEpoch: UInt64, weakness: Weakness = Weakness()) {
        self.connection = connection
        self.keyEpoch = keyEpoch
        self.weakness = weakness
        state = Lock(State())
        let known = Connection(
            id: connection,
            name: "simulated",
            scope: DataScope(site: "main", mode: .test),
            provider: "stripe",
            account: nil
        )
        real = ReadRecorder(
            preparer: EventPreparer(connections: [known]),
            connections: [known],
            epoch: StoreEpoch(truncating: 1)
        )
    }

    var stepsBack: [String] { state.withLock { $0.stepsBack } }
    var overlapped: Int { state.withLock { $0.overlapped } }
    func remote(_ lane: LaneID) -> Customer? { state.withLock { $0.remote[lane.rawValue] } }

    // MARK: Confirmed

    /// The real one, unless what answers are used for is broken on purpose.
    var recorder: AnswerRecorder {
        AnswerRecorder(
            readEnded: { [self] read, seen, date, now, transaction throws(DatabaseError) in
                guard weakness.isOfAnswers else {
                    let outcome = try real.readEnded(
                        read,
                        Self.sight(seen),
                        date: date,
                        now: now,
                        in: transaction
                    )
                    if case .recorded(let observation) = outcome { keep(seen, read.flight.lane, observation) }
                    return
                }
                _ = try observe(read.flight, seen, date, now, transaction)
            },
            writeAnswered: { [self] call, now, transaction throws(DatabaseError) in
                guard weakness.isOfAnswers else {
                    let outcome = try real.writeAnswered(
                        call.operation,
                        call.sent,
                        object: call.object,
                        Self.sight(call.seen),
                        isReplayed: call.isReplayed,
                        date: call.date,
                        now: now,
                        in: transaction
                    )
                    if case .recorded(let observation) = outcome {
                        keep(call.seen, call.operation.flight.lane, observation)
                    }
                    return
                }
                try answeredWeakly(call, now, transaction)
            }
        )
    }

    private static func sight(_ seen: SeenObject) -> CallSight {
        switch seen {
        case .present(let document): .object(document.root, apiVersion: MirrorConnection.apiVersionDefault)
        case .missing: .missing
        }
    }

    // MARK: Broken

    /// R7 with its weaknesses.
    private func answeredWeakly(
        _ call: RecordedWrite,
        _ now: Timestamp,
        _ transaction: any WriteTransaction
    ) throws(DatabaseError) {
        let claimed = call.operation
        let use = OwnAnswer(attemptsOfKey: call.sent.attemptsOfKey, isReplayed: call.isReplayed)
        guard use == .isRead || weakness.believesReplayedAnswers,
            let object = call.object ?? claimed.providerID
        else {
            let outcome: AttemptOutcome =
                weakness.dropsPatchWhenAcknowledged ? .done(call.object) : .acknowledged(call.object)
            _ = try OutboxSettlingTable.settle(claimed, as: outcome, now: now, in: transaction)
            return
        }
        try OutboxSettlingTable.bind(claimed.flight.lane, to: object, in: transaction)
        guard let observation = try observe(claimed.flight, call.seen, call.date, now, transaction) else {
            return
        }
        let isDone = OwnAnswer.fate(after: observation) == .done || weakness.dropsPatchWhenAcknowledged
        try OutboxSettlingTable.record(
            isDone ? .done(nil) : .acknowledged(nil),
            of: claimed.id,
            now: now,
            in: transaction
        )
        if !isDone {
            let due = now.adding(milliseconds: 250)
            try LaneReadsTable.markDirty(
                claimed.flight.lane,
                for: .write,
                due: due,
                now: now,
                in: transaction
            )
        }
    }

    private func observe(
        _ flight: LaneFlight,
        _ seen: SeenObject,
        _ date: Timestamp?,
        _ now: Timestamp,
        _ transaction: any WriteTransaction
    ) throws(DatabaseError) -> Observation? {
        let shown: Sight
        switch seen {
        case .present(let document) where document.root["deleted"]?.boolean == true: shown = .deleted
        case .present(let document):
            let digest = JSONDigest(of: document.root)
            shown = .present(RemoteDigest(high: digest.high, low: digest.low))
        case .missing: shown = .missing
        }
        let settled = try LaneReadsTable.settle(
            flight,
            shown,
            date: date,
            canLiveAgain: false,
            now: now,
            in: transaction
        )
        guard let (lane, observation) = settled else { return nil }
        keep(seen, lane.id, observation)
        let ends = weakness.settlesOnlyWhenApplied ? observation == .applied : observation.isConfirmed
        if ends {
            _ = try OutboxSettlingTable.finishAcknowledged(
                of: lane.id,
                before: flight.start,
                now: now,
                in: transaction
            )
        }
        if lane.state.life == .tombstone {
            try OutboxSettlingTable.cancelUnsent(of: lane, now: now, in: transaction)
        }
        return observation
    }

    private func keep(_ seen: SeenObject, _ lane: LaneID, _ observation: Observation) {
        var customer = Customer()
        switch seen {
        case .present(let document):
            customer.email = document.root["email"]?.string
            customer.name = document.root["name"]?.string
            customer.isDeleted = document.root["deleted"]?.boolean == true
        case .missing: customer.isDeleted = true
        }
        let shown = customer
        state.withLock { state in
            switch observation {
            case .applied:
                state.remote[lane.rawValue] = shown
                // Names are counted up in the provider's dashboard: a smaller one is an older state.
                let name = shown.name.flatMap { Int($0.drop { !$0.isNumber }) } ?? 0
                let before = state.names[lane.rawValue] ?? 0
                if !shown.isDeleted, name < before {
                    state.stepsBack.append("lane \(lane.rawValue) shows name \(name) after \(before)")
                }
                state.names[lane.rawValue] = max(name, before)
            case .overlapped: state.overlapped += 1
            case .equal, .afterDeath: break
            }
        }
    }

    // MARK: Edits and events

    func enqueue(
        _ operation: ProviderOperation,
        _ target: LaneTarget,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> EnqueueOutcome {
        try OutboxTable.enqueue(NewOperation(operation, target), now: now, in: transaction)
    }

    /// R1: an event of one of our requests acknowledges it, and every event asks for a read.
    func receive(
        _ event: SimulatedProvider.Event,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        let key = event.key.flatMap { IdempotencyKey($0) }
        let object = ObjectKey(connection: connection, type: .customer, id: ProviderID(event.object))
        if let key, key.epoch == keyEpoch {
            if weakness.ignoresEchoes { return }
            _ = try OutboxSettlingTable.acknowledge(key, toldBy: object, now: now, in: transaction)
        }
        guard let lane = try LanesTable.find(object, in: transaction) else { return }
        if weakness.inboundErasesEdits { try eraseEdits(of: lane, now: now, in: transaction) }
        try LaneReadsTable.markDirty(
            lane.id,
            for: .event,
            due: now.adding(milliseconds: 250),
            now: now,
            in: transaction
        )
    }

    private func eraseEdits(
        of lane: Lane,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        guard lane.flight == nil else { return }
        try OutboxSettlingTable.cancelUnsent(of: lane, now: now, in: transaction)
    }

    // MARK: What the application sees (R8)

    func view(
        of local: Int64,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Customer {
        var customer = Customer()
        if let lane = try LanesTable.find(local: local, .customer, on: connection, in: transaction) {
            customer = remote(lane.id) ?? customer
        }
        for pending in try PendingOperationsQuery.operations(ofLocal: local, .customer, in: transaction)
        where pending.state.isShown {
            guard let operation = pending.operation else { continue }
            switch operation {
            case .createCustomer(let draft): customer.email = draft.fields.email
            case .updateCustomer(_, let patch): customer.email = patch.email.foldedText(over: customer.email)
            case .deleteCustomer: customer.isDeleted = true
            case .createCheckoutSession, .updateCheckoutSession, .expireCheckoutSession, .cancelSubscription:
                break
            }
        }
        return customer
    }
}
