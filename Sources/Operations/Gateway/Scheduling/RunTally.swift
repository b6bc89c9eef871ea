import BillingModel
import Database
import Reconciler
import Telemetry
import Threading
import Timing

/// What runs found since the process started, and when they were last complete; for `/metrics`.
final class RunTally: Sendable {
    // Far more than can be ordered between two looks: runs of one scope follow on each other.
    private static let runsPerLook = 100

    private struct Place: Hashable {
        let connection: ConnectionID
        let word: String
    }

    private struct Counts {
        var found: [Place: UInt64] = [:]
        var repaired: [Place: UInt64] = [:]
        var ended: [Place: UInt64] = [:]
        var lastComplete: [Place: Timestamp] = [:]
        /// Runs that were not over when they were last looked at.
        var awaited: Set<RunID> = []
        /// Newest run that was looked at; nil before the first look.
        var newest: RunID?
    }

    private let connections: [Connection]
    private let counts = Lock(Counts())

    init(connections: [Connection]) {
        self.connections = connections
    }

    /// Looks what became of runs. One at a time: for the scheduler's thread.
    func look(in transaction: any ReadTransaction) throws(DatabaseError) {
        var counts = counts.withLock { $0 }
        let open = try RunsTable.open(in: transaction)
        if let newest = counts.newest {
            try takeNew(after: newest, &counts, in: transaction)
        } else {
            // What ended before was counted by an earlier process.
            let last = try RunsTable.list(RunFilter(), before: nil, limit: 1, in: transaction).first
            counts.newest = last?.id ?? RunID(rawValue: 0)
            counts.awaited = Set(open.map(\.id))
            for connection in connections { try readLastComplete(connection.id, &counts, in: transaction) }
        }
        let stillOpen = Set(open.map(\.id))
        for id in counts.awaited where !stillOpen.contains(id) {
            counts.awaited.remove(id)
            guard let run = try RunsTable.find(id, in: transaction), run.state.isOver else { continue }
            try count(run, &counts, in: transaction)
        }
        let seen = counts
        self.counts.withLock { $0 = seen }
    }

    private func takeNew(
        after newest: RunID,
        _ counts: inout Counts,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) {
        let runs = try RunsTable.list(
            RunFilter(),
            before: nil,
            limit: Self.runsPerLook,
            in: transaction
        ).prefix { $0.id > newest }
        counts.awaited.formUnion(runs.map(\.id))
        if let first = runs.first { counts.newest = first.id }
    }

    private func count(
        _ run: RunRecord,
        _ counts: inout Counts,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) {
        let connection = run.order.connection
        counts.ended[Place(connection: connection, word: run.state.rawValue), default: 0] += 1
        for line in try FindingCountsQuery.counts(of: run.id, in: transaction) {
            let place = Place(connection: connection, word: line.object.rawValue)
            if line.action.isDifference { counts.found[place, default: 0] += UInt64(line.objects) }
            if line.action.isMended { counts.repaired[place, default: 0] += UInt64(line.objects) }
        }
        // A run of what was made since some time says nothing of the rest.
        if run.state == .completed, run.order.createdSince == nil, let ended = run.endedAt {
            counts.lastComplete[Place(connection: connection, word: run.order.scope.rawValue)] = ended
        }
    }

    private func readLastComplete(
        _ connection: ConnectionID,
        _ counts: inout Counts,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) {
        for scope in RunScope.allCases where scope != .customer {
            let ended = try RunsTable.lastCompleted(scope, on: connection, in: transaction)
            if let ended { counts.lastComplete[Place(connection: connection, word: scope.rawValue)] = ended }
        }
    }

    // MARK: Metrics

    /// - Parameter open: runs that are not over.
    func collect(into text: inout PrometheusText, open: [RunRecord], now: Timestamp) {
        let counts = counts.withLock { $0 }
        text.counter(
            "tollgate_reconciliation_drift_found_total",
            "Objects that runs found to differ, by type; of runs that ended since the start.",
            lines(counts.found, "type")
        )
        text.counter(
            "tollgate_reconciliation_drift_repaired_total",
            "Objects that such runs mended or queued for the provider, by type.",
            lines(counts.repaired, "type")
        )
        text.counter(
            "tollgate_reconciliation_runs_total",
            "Runs that ended since the start, by how.",
            lines(counts.ended, "state")
        )
        text.gauge(
            "tollgate_reconciliation_last_complete_age_ms",
            "Since the last run of a whole scope that was completed; absent while none was.",
            sorted(counts.lastComplete).map { place, ended in
                (labels(place, "scope"), max(now.milliseconds(since: ended), 0))
            }
        )
        text.gauge(
            "tollgate_reconciliation_open_seen",
            "Objects that a run which is not over has compared so far.",
            open.map { run in (labels(of: run), run.counters.seen) }
        )
    }

    private func lines(_ counts: [Place: UInt64], _ label: StaticString) -> [(PrometheusText.Labels, UInt64)]
    {
        sorted(counts).map { (labels($0.0, label), $0.1) }
    }

    private func sorted<Value>(_ values: [Place: Value]) -> [(Place, Value)] {
        values.map { ($0.key, $0.value) }.sorted {
            ($0.0.connection.rawValue, $0.0.word) < ($1.0.connection.rawValue, $1.0.word)
        }
    }

    private func labels(_ place: Place, _ label: StaticString) -> PrometheusText.Labels {
        [("connection", name(place.connection)), (label, place.word)]
    }

    private func labels(of run: RunRecord) -> PrometheusText.Labels {
        [
            ("connection", name(run.order.connection)), ("scope", run.order.scope.rawValue),
            ("state", run.state.rawValue),
        ]
    }

    private func name(_ connection: ConnectionID) -> String {
        connections.first { $0.id == connection }?.name ?? "\(connection.rawValue)"
    }
}

extension Finding.Action {
    /// Both sides did not say the same.
    var isDifference: Bool {
        switch self {
        case .failed: false
        case .wouldRepair, .repaired, .wouldCreate, .created, .wouldTombstone, .tombstoned, .wouldPush,
            .queued,
            .raced:
            true
        }
    }

    var isMended: Bool {
        switch self {
        case .repaired, .created, .tombstoned, .queued: true
        case .wouldRepair, .wouldCreate, .wouldTombstone, .wouldPush, .raced, .failed: false
        }
    }
}
