package import BillingModel
package import Database
package import Timing

/// Which runs a list shows; all that are given must hold.
package struct RunFilter: Sendable, Hashable {
    /// Runs of these connections; nil for all.
    package var connections: [ConnectionID]?
    package var state: RunState?
    package var scope: RunScope?

    package init() {}
}

/// Rows of `reconciliation_runs`: orders, and what is read of them.
package enum RunsTable {
    static let columns = """
        id, connection_id, scope, mode, customer_id, created_since, started_by, state, reason, notes, seen, equal,
        differing, repaired, raced, missing, tombstoned, failed, queued, findings, pages, expected,
        rate_limit_waits, waited_ms, retries, cursor_deaths, created_at, started_at, updated_at, ended_at,
        (SELECT MIN(object_type) FROM reconciliation_segments
            WHERE run_id = reconciliation_runs.id AND reconciliation_segments.state = 'open')
        """
    private static let get = Statement(
        "reconciliation_runs.get",
        """
        SELECT \(columns)
        FROM reconciliation_runs
        WHERE id = $1
        """
    )
    private static let list = Statement(
        "reconciliation_runs.list",
        """
        SELECT \(columns)
        FROM reconciliation_runs
        WHERE id < $1
          AND ($2 IS NULL OR instr($2, ',' || connection_id || ',') > 0)
          AND ($3 IS NULL OR state = $3)
          AND ($4 IS NULL OR scope = $4)
        ORDER BY id DESC
        LIMIT $5
        """
    )
    private static let open = Statement(
        "reconciliation_runs.open",
        """
        SELECT \(columns)
        FROM reconciliation_runs
        WHERE ended_at IS NULL
        ORDER BY id
        """
    )
    private static let standingInTheWay = Statement(
        "reconciliation_runs.standing_in_the_way",
        """
        SELECT \(columns)
        FROM reconciliation_runs
        WHERE connection_id = $1
          AND ended_at IS NULL
          AND (scope = $2 OR scope = 'all' OR $2 = 'all')
        ORDER BY id
        LIMIT 1
        """
    )
    private static let lastCompleted = Statement(
        "reconciliation_runs.last_completed",
        """
        SELECT MAX(ended_at)
        FROM reconciliation_runs
        WHERE connection_id = $1 AND scope = $2 AND state = 'completed' AND created_since IS NULL
        """
    )
    private static let mendedAll = Statement(
        "reconciliation_runs.mended_all",
        """
        SELECT MIN(id)
        FROM reconciliation_runs
        WHERE connection_id = $1 AND scope = 'all' AND mode = 'apply' AND created_since IS NULL
          AND state = 'completed' AND started_at >= $2
        """
    )
    private static let stepsReached = Statement(
        "reconciliation_runs.steps_reached",
        """
        SELECT scope, MAX(step)
        FROM reconciliation_runs
        WHERE connection_id = $1 AND mode = 'apply' AND created_since IS NULL
        GROUP BY scope
        """
    )
    private static let lastStarted = Statement(
        "reconciliation_runs.last_started",
        """
        SELECT MAX(created_at)
        FROM reconciliation_runs
        WHERE connection_id = $1 AND scope = $2 AND started_by = $3
        """
    )
    private static let insert = Statement(
        "reconciliation_runs.insert",
        """
        INSERT INTO reconciliation_runs
            (connection_id, scope, mode, customer_id, created_since, started_by, state, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, 'planned', $7, $7)
        RETURNING \(columns)
        """
    )

    package static func find(
        _ id: RunID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> RunRecord? {
        try transaction.first(get, [.integer(id.rawValue)], record)
    }

    /// Newest first; `before` nil begins, then the last one's id.
    package static func list(
        _ filter: RunFilter,
        before: RunID?,
        limit: Int,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [RunRecord] {
        let connections = filter.connections.map { ids in
            "," + ids.map { "\($0.rawValue)" }.joined(separator: ",") + ","
        }
        return try transaction.rows(
            list,
            [
                .integer(before?.rawValue ?? .max), .optional(connections),
                .optional(filter.state?.rawValue), .optional(filter.scope?.rawValue), .integer(Int64(limit)),
            ],
            record
        )
    }

    /// Those that are not over, oldest first.
    package static func open(in transaction: any ReadTransaction) throws(DatabaseError) -> [RunRecord] {
        try transaction.rows(open, [], record)
    }

    /// When the last run that compared the whole scope was completed; nil when none was. A dry run compares as much
    /// as another one, a run of what was made since some time does not.
    package static func lastCompleted(
        _ scope: RunScope,
        on connection: ConnectionID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Timestamp? {
        let found: Int64?? = try transaction.first(
            lastCompleted,
            [.integer(connection.rawValue), .text(scope.rawValue)]
        ) { $0.optionalInteger(0) }
        return (found ?? nil).map(Timestamp.init(milliseconds:))
    }

    /// The first completed run that began at `time` or later and mended whatever it found of all lists.
    static func mendedAll(
        since time: Timestamp,
        on connection: ConnectionID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> RunID? {
        let found: Int64?? = try transaction.first(
            mendedAll,
            [.integer(connection.rawValue), .integer(time.milliseconds)]
        ) { $0.optionalInteger(0) }
        return (found ?? nil).map(RunID.init(rawValue:))
    }

    /// Whether a run that mends has ever read the whole list of the type to its end, whatever became of it then.
    static func hasRead(
        _ type: ObjectType,
        on connection: ConnectionID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Bool {
        let reached = try transaction.rows(stepsReached, [.integer(connection.rawValue)]) { row in
            (scope: RunScope(rawValue: row.text(0)), step: row.integer(1))
        }
        return reached.contains { reached in
            guard let scope = reached.scope, let list = RunStep.plan(scope).firstIndex(of: .list(type)) else {
                return false
            }
            return reached.step > list
        }
    }

    /// When the last run of the scope was ordered by this trigger, whatever became of it.
    package static func lastOrdered(
        _ scope: RunScope,
        by trigger: RunTrigger,
        on connection: ConnectionID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Timestamp? {
        let found: Int64?? = try transaction.first(
            lastStarted,
            [.integer(connection.rawValue), .text(scope.rawValue), .text(trigger.rawValue)]
        ) { $0.optionalInteger(0) }
        return (found ?? nil).map(Timestamp.init(milliseconds:))
    }

    /// What became of an order.
    package enum Start: Sendable, Hashable {
        case started(RunRecord)
        /// This one is not over yet; two that read the same lists would only be in each other's way.
        case alreadyRunning(RunRecord)
    }

    /// Makes the run's row. The loop takes it up when it is woken, after the commit.
    package static func start(
        _ order: RunOrder,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Start {
        let inTheWay = try transaction.first(
            standingInTheWay,
            [.integer(order.connection.rawValue), .text(order.scope.rawValue)],
            record
        )
        if let inTheWay { return .alreadyRunning(inTheWay) }
        let made = try transaction.first(
            insert,
            [
                .integer(order.connection.rawValue), .text(order.scope.rawValue), .text(order.mode.rawValue),
                .optional(order.customerID?.rawValue), .optional(order.createdSince?.milliseconds),
                .text(order.trigger.rawValue), .integer(now.milliseconds),
            ],
            record
        )
        guard let made else { preconditionFailure("INSERT … RETURNING gives the row it made") }
        return .started(made)
    }

    static func record(_ row: any Row) -> RunRecord {
        guard let scope = RunScope(rawValue: row.text(2)), let mode = RunMode(rawValue: row.text(3)),
            let trigger = RunTrigger(rawValue: row.text(6)), let state = RunState(rawValue: row.text(7))
        else { preconditionFailure("the named checks of table reconciliation_runs hold") }
        var counters = RunCounters()
        counters.seen = row.integer(10)
        counters.equal = row.integer(11)
        counters.differing = row.integer(12)
        counters.repaired = row.integer(13)
        counters.raced = row.integer(14)
        counters.missing = row.integer(15)
        counters.tombstoned = row.integer(16)
        counters.failed = row.integer(17)
        counters.queued = row.integer(18)
        var progress = RunProgress()
        progress.pages = row.integer(20)
        if let expected = row.optionalInteger(21), expected > 0 {
            progress.fractionDone = min(Double(counters.seen) / Double(expected), 1)
        }
        progress.rateLimitWaits = row.integer(22)
        progress.waitedMilliseconds = row.integer(23)
        progress.retries = row.integer(24)
        progress.cursorDeaths = row.integer(25)
        progress.currentType = row.optionalText(30).map(ObjectType.init(rawValue:))
        return RunRecord(
            id: RunID(rawValue: row.integer(0)),
            order: RunOrder(
                connection: ConnectionID(rawValue: row.integer(1)),
                scope: scope,
                mode: mode,
                customerID: row.optionalText(4).map { ProviderID($0) },
                createdSince: row.optionalInteger(5).map(Timestamp.init(milliseconds:)),
                trigger: trigger
            ),
            state: state,
            counters: counters,
            progress: progress,
            findings: row.integer(19),
            reason: row.optionalText(8),
            notes: row.text(9).split(separator: "\n").map(String.init),
            createdAt: Timestamp(milliseconds: row.integer(26)),
            startedAt: row.optionalInteger(27).map(Timestamp.init(milliseconds:)),
            updatedAt: Timestamp(milliseconds: row.integer(28)),
            endedAt: row.optionalInteger(29).map(Timestamp.init(milliseconds:))
        )
    }
}
