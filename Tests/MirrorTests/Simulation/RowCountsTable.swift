import Database

/// What a simulation asks the file at its end.
enum RowCounts {
    static let open = Statement(
        "test.open",
        "SELECT id, state FROM outbox WHERE state <> 'done' ORDER BY id"
    )
    static let reads = Statement(
        "test.reads",
        "SELECT id FROM lane_objects WHERE dirty > clean AND provider_id IS NOT NULL ORDER BY id"
    )
    static let states = Statement(
        "test.states",
        "SELECT state, COUNT(*) FROM outbox GROUP BY state"
    )
}
