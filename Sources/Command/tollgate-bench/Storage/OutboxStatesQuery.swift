/// Questions to the server's file about what is owed to the provider, asked beside it.
struct OutboxStatesQuery {
    let file: SQLiteFile

    /// Not yet acknowledged, and not given up.
    func openCount() throws(BenchError) -> Int64 {
        try file.integer(
            """
            SELECT (SELECT COUNT(*) FROM outbox WHERE due_at IS NOT NULL AND waits_for IS NULL)
                + (SELECT COUNT(*) FROM outbox WHERE waits_for IS NOT NULL)
            """
        ) ?? 0
    }

    /// How many operations are in each state.
    func states() throws(BenchError) -> [String: Int64] {
        var states: [String: Int64] = [:]
        try file.each("SELECT state, COUNT(*) FROM outbox GROUP BY state") { row in
            states[row.text(0)] = row.integer(1)
        }
        return states
    }
}
