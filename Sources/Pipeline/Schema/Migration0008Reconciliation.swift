import Database

/// Runs that compare the store with the provider: what they are to do, how far they are, and what they found. Times
/// are milliseconds since 1970 UTC unless named otherwise.
enum Migration0008Reconciliation {
    static let migration = Migration(
        number: 8,
        name: "reconciliation",
        statements: [runs, segments, findings, seen]
    )

    // customer_id: the provider's id, only of scope customer. start_tick: the logical clock when the run began.
    // step: how many steps of the scope's plan are done. trouble_since: since when the provider has given no usable
    // answer; NULL when the last one was good. notes: one sentence per line.
    private static let runs = """
        CREATE TABLE reconciliation_runs (
            id INTEGER PRIMARY KEY,
            connection_id BIGINT NOT NULL,
            scope TEXT NOT NULL,
            mode TEXT NOT NULL,
            customer_id TEXT,
            created_since BIGINT,
            started_by TEXT NOT NULL,
            state TEXT NOT NULL,
            reason TEXT,
            notes TEXT NOT NULL DEFAULT '',
            step BIGINT NOT NULL DEFAULT 0,
            start_tick BIGINT NOT NULL DEFAULT 0,
            seen BIGINT NOT NULL DEFAULT 0,
            equal BIGINT NOT NULL DEFAULT 0,
            differing BIGINT NOT NULL DEFAULT 0,
            repaired BIGINT NOT NULL DEFAULT 0,
            raced BIGINT NOT NULL DEFAULT 0,
            missing BIGINT NOT NULL DEFAULT 0,
            tombstoned BIGINT NOT NULL DEFAULT 0,
            failed BIGINT NOT NULL DEFAULT 0,
            queued BIGINT NOT NULL DEFAULT 0,
            findings BIGINT NOT NULL DEFAULT 0,
            pages BIGINT NOT NULL DEFAULT 0,
            expected BIGINT,
            rate_limit_waits BIGINT NOT NULL DEFAULT 0,
            waited_ms BIGINT NOT NULL DEFAULT 0,
            retries BIGINT NOT NULL DEFAULT 0,
            cursor_deaths BIGINT NOT NULL DEFAULT 0,
            trouble_since BIGINT,
            created_at BIGINT NOT NULL,
            started_at BIGINT,
            updated_at BIGINT NOT NULL,
            ended_at BIGINT,
            CONSTRAINT reconciliation_runs_mode_known CHECK (\(oneOf("mode", "dry_run", "apply"))),
            CONSTRAINT reconciliation_runs_started_by_known
                CHECK (\(oneOf("started_by", "request", "schedule", "gap", "import"))),
            CONSTRAINT reconciliation_runs_state_known CHECK (\(oneOf(
                "state", "planned", "running", "paused", "completed", "incomplete", "failed", "cancelled"))),
            CONSTRAINT reconciliation_runs_ended_iff_over
                CHECK ((ended_at IS NULL) = (\(oneOf("state", "planned", "running", "paused")))),
            CONSTRAINT reconciliation_runs_customer_iff_scope
                CHECK ((customer_id IS NOT NULL) = (scope = 'customer'))
        );
        CREATE UNIQUE INDEX reconciliation_runs_one_per_scope ON reconciliation_runs (connection_id, scope)
            WHERE ended_at IS NULL;
        CREATE INDEX reconciliation_runs_by_connection ON reconciliation_runs (connection_id, id);
        """

    // Parts of the step that the run is at, each read by itself: a list, or a part of one by time of creation
    // (created_ columns, Unix seconds, both ends included); a walk over rows of ours (place: the last one dealt
    // with, place_end: the last one there is). cursor_id and cursor_created (Unix seconds) name the last object
    // that was dealt with.
    private static let segments = """
        CREATE TABLE reconciliation_segments (
            run_id BIGINT NOT NULL,
            number BIGINT NOT NULL,
            object_type TEXT NOT NULL,
            state TEXT NOT NULL,
            created_from BIGINT,
            created_through BIGINT,
            cursor_id TEXT,
            cursor_created BIGINT,
            place BIGINT NOT NULL DEFAULT 0,
            place_end BIGINT,
            pages BIGINT NOT NULL DEFAULT 0,
            PRIMARY KEY (run_id, number),
            CONSTRAINT reconciliation_segments_state_known CHECK (\(oneOf("state", "open", "done")))
        ) WITHOUT ROWID
        """

    // One row per field that differs, or per object that one side lacks (field is empty then). object_id: the
    // provider's id, or our public id of what only we have. Values are JSON.
    private static let findings = """
        CREATE TABLE reconciliation_findings (
            run_id BIGINT NOT NULL,
            number BIGINT NOT NULL,
            object_type TEXT NOT NULL,
            object_id TEXT NOT NULL,
            field TEXT NOT NULL,
            local_value TEXT,
            remote_value TEXT,
            action TEXT NOT NULL,
            PRIMARY KEY (run_id, number)
        ) WITHOUT ROWID;
        CREATE UNIQUE INDEX reconciliation_findings_by_object
            ON reconciliation_findings (run_id, object_type, object_id, field);
        """

    // Which objects the run has met: bit n of chunk c stands for objects.id = 4096 c + n. Goes when the run ends.
    private static let seen = """
        CREATE TABLE reconciliation_seen (
            run_id BIGINT NOT NULL,
            chunk BIGINT NOT NULL,
            bits BLOB NOT NULL,
            PRIMARY KEY (run_id, chunk)
        ) WITHOUT ROWID
        """
}
