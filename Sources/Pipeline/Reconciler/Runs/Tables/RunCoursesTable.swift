import BillingModel
import Database
import Lanes
import Timing

/// What a run's page changes in the run's row.
struct RunAddition: Sendable, Hashable {
    var counters = RunCounters()
    var pages: Int64 = 0
    var rateLimitWaits: Int64 = 0
    var waitedMilliseconds: Int64 = 0
    var retries: Int64 = 0
    var cursorDeaths: Int64 = 0
    var notes: [String] = []

    /// Troubles and notes; what was counted of objects and pages is each transaction's own.
    mutating func join(_ more: RunAddition) {
        rateLimitWaits += more.rateLimitWaits
        waitedMilliseconds += more.waitedMilliseconds
        retries += more.retries
        cursorDeaths += more.cursorDeaths
        notes += more.notes
    }
}

/// Where a run stands beyond what its record shows.
struct RunStanding: Sendable, Hashable {
    /// Steps that are done.
    let step: Int
    /// Nil before it was taken up for the first time.
    let startTick: Tick?
    /// When the provider first gave no answer after its last good one.
    let troubleSince: Timestamp?
}

/// A run's row while the run goes on. Every change is fenced by the state: a run that was paused or cancelled
/// meanwhile takes nothing in.
enum RunCoursesTable {
    private static let standing = Statement(
        "reconciliation_runs.standing",
        "SELECT step, start_tick, trouble_since FROM reconciliation_runs WHERE id = $1"
    )
    private static let begin = Statement(
        "reconciliation_runs.begin",
        """
        UPDATE reconciliation_runs
        SET state = 'running', start_tick = CASE WHEN start_tick = 0 THEN $2 ELSE start_tick END,
            started_at = COALESCE(started_at, $3), updated_at = $3
        WHERE id = $1
          AND state IN ('planned', 'running')
        """
    )
    private static let isRunning = Statement(
        "reconciliation_runs.is_running",
        "SELECT findings FROM reconciliation_runs WHERE id = $1 AND state = 'running' AND step = $2"
    )
    private static let add = Statement(
        "reconciliation_runs.add",
        """
        UPDATE reconciliation_runs
        SET seen = seen + $2, equal = equal + $3, differing = differing + $4, repaired = repaired + $5,
            raced = raced + $6, missing = missing + $7, tombstoned = tombstoned + $8, failed = failed + $9,
            queued = queued + $10, findings = $11, pages = pages + $12,
            rate_limit_waits = rate_limit_waits + $13, waited_ms = waited_ms + $14, retries = retries + $15,
            cursor_deaths = cursor_deaths + $16, notes = notes || $17, updated_at = $18
        WHERE id = $1
        """
    )
    private static let setStep = Statement(
        "reconciliation_runs.set_step",
        "UPDATE reconciliation_runs SET step = $2, updated_at = $3 WHERE id = $1"
    )
    private static let setTrouble = Statement(
        "reconciliation_runs.set_trouble",
        "UPDATE reconciliation_runs SET trouble_since = $2 WHERE id = $1"
    )
    private static let setLeft = Statement(
        "reconciliation_runs.set_left",
        "UPDATE reconciliation_runs SET expected = seen + $2 WHERE id = $1"
    )

    static func standing(
        of run: RunID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> RunStanding? {
        try transaction.first(standing, [.integer(run.rawValue)]) { row in
            let tick = row.integer(1)
            return RunStanding(
                step: Int(row.integer(0)),
                startTick: tick == 0 ? nil : Tick(rawValue: tick),
                troubleSince: row.optionalInteger(2).map(Timestamp.init(milliseconds:))
            )
        }
    }

    /// False when it was paused or cancelled before it began.
    static func begin(
        _ run: RunID,
        at tick: Tick,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Bool {
        let values: [SQLValue] = [
            .integer(run.rawValue), .integer(tick.rawValue), .integer(now.milliseconds),
        ]
        return try transaction.execute(begin, values) > 0
    }

    /// How many findings the run has; nil when it does not run any more, or is at another step.
    static func findings(
        of run: RunID,
        at step: Int,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Int64? {
        try transaction.first(isRunning, [.integer(run.rawValue), .integer(Int64(step))]) { $0.integer(0) }
    }

    /// - Parameter findings: how many it has by now.
    static func add(
        _ addition: RunAddition,
        findings: Int64,
        to run: RunID,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        let counters = addition.counters
        let notes = addition.notes.map { $0 + "\n" }.joined()
        try transaction.execute(
            add,
            [
                .integer(run.rawValue), .integer(counters.seen), .integer(counters.equal),
                .integer(counters.differing), .integer(counters.repaired), .integer(counters.raced),
                .integer(counters.missing), .integer(counters.tombstoned), .integer(counters.failed),
                .integer(counters.queued), .integer(findings), .integer(addition.pages),
                .integer(addition.rateLimitWaits), .integer(addition.waitedMilliseconds),
                .integer(addition.retries), .integer(addition.cursorDeaths), .text(notes),
                .integer(now.milliseconds),
            ]
        )
    }

    static func setStep(
        _ step: Int,
        of run: RunID,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try transaction.execute(
            setStep,
            [.integer(run.rawValue), .integer(Int64(step)), .integer(now.milliseconds)]
        )
    }

    /// - Parameter since: nil when the provider answers again.
    static func setTrouble(
        since: Timestamp?,
        of run: RunID,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try transaction.execute(setTrouble, [.integer(run.rawValue), .optional(since?.milliseconds)])
    }

    /// - Parameter left: objects that are still to be seen, as far as is known or can be guessed.
    static func setLeft(
        _ left: Int64,
        of run: RunID,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try transaction.execute(setLeft, [.integer(run.rawValue), .integer(left)])
    }
}
