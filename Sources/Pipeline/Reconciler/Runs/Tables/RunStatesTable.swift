import Database
import Timing

/// Changes of a run's state.
enum RunStatesTable {
    private static let set = Statement(
        "reconciliation_runs.set_state",
        """
        UPDATE reconciliation_runs
        SET state = $2, updated_at = $3, ended_at = $4, reason = COALESCE($5, reason)
        WHERE id = $1
        """
    )
    private static let forgetSeen = Statement(
        "reconciliation_seen.forget",
        "DELETE FROM reconciliation_seen WHERE run_id = $1"
    )
    private static let forgetSegments = Statement(
        "reconciliation_segments.forget",
        "DELETE FROM reconciliation_segments WHERE run_id = $1"
    )

    /// The caller has looked that the run is not over. What only serves a run that goes on goes when it ends.
    static func set(
        _ state: RunState,
        of id: RunID,
        reason: String? = nil,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try transaction.execute(
            set,
            [
                .integer(id.rawValue), .text(state.rawValue), .integer(now.milliseconds),
                .optional(state.isOver ? now.milliseconds : nil), .optional(reason),
            ]
        )
        guard state.isOver else { return }
        try transaction.execute(forgetSeen, [.integer(id.rawValue)])
        try transaction.execute(forgetSegments, [.integer(id.rawValue)])
    }
}
