import BillingModel
import Database
import JSON
import Lanes
import Outbox
import Providers
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
        /// An acknowledged patch ends only with a read that changed the confirmed state.
        var settlesOnlyWhenApplied = false
        /// Events of our own requests change nothing.
        var ignoresEchoes = false
        /// What comes in erases unsent edits.
        var inboundErasesEdits = false
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

    init(connection: ConnectionID, keyEpoch: UInt64, weakness: Weakness = Weakness()) {
        self.connection = connection
        self.keyEpoch = keyEpoch
        self.weakness = weakness
        state = Lock(State())
    }

    var stepsBack: [String] { state.withLock { $0.stepsBack } }
    var overlapped: Int { state.withLock { $0.overlapped } }
    func remote(_ lane: LaneID) -> Customer? { state.withLock { $0.remote[lane.rawValue] } }

    // MARK: Confirmed

    var confirmed: ConfirmedState {
        ConfirmedState { [self] flight, _, sight, date, now, transaction throws(DatabaseError) in
            let shown: Sight
            var customer = Customer()
            switch sight {
            case .present(let document):
                let digest = JSONDigest(of: document.root)
                shown = .present(RemoteDigest(high: digest.high, low: digest.low))
                customer.email = document.root["email"]?.string
                customer.name = document.root["name"]?.string
            case .deleted:
                shown = .deleted
                customer.isDeleted = true
            case .missing:
                shown = .missing
                customer.isDeleted = true
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
            keep(customer, lane, observation)
            let ends =
                weakness.settlesOnlyWhenApplied ? observation == .applied : observation.isConfirmed
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
    }

    private func keep(_ customer: Customer, _ lane: Lane, _ observation: Observation) {
        state.withLock { state in
            switch observation {
            case .applied:
                state.remote[lane.id.rawValue] = customer
                // Names are counted up in the provider's dashboard: a smaller one is an older state.
                let name = customer.name.flatMap { Int($0.drop { !$0.isNumber }) } ?? 0
                let before = state.names[lane.id.rawValue] ?? 0
                if !customer.isDeleted, name < before {
                    state.stepsBack.append("lane \(lane.id.rawValue) shows name \(name) after \(before)")
                }
                state.names[lane.id.rawValue] = max(name, before)
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
            _ = try OutboxSettlingTable.acknowledge(key, toldBy: object, in: transaction)
        }
        guard let lane = try LanesTable.find(object, in: transaction) else { return }
        if weakness.inboundErasesEdits { try eraseEdits(of: lane, now: now, in: transaction) }
        try LaneReadsTable.markDirty(lane.id, due: now.adding(milliseconds: 250), in: transaction)
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
            guard let document = try? JSONDocument.parse(pending.content),
                let operation = try? ProviderOperation(json: document.root)
            else { continue }
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
