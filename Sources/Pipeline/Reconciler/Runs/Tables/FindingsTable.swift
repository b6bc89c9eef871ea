import BillingModel
package import Database
package import Timing

/// Rows of `reconciliation_findings`.
package enum FindingsTable {
    private static let page = Statement(
        "reconciliation_findings.page",
        """
        SELECT number, object_type, object_id, field, local_value, remote_value, action
        FROM reconciliation_findings
        WHERE run_id = $1 AND number > $2
        ORDER BY number
        LIMIT $3
        """
    )

    // What is found of a field once more, after a kill or a list that was begun again, is told once.
    private static let insert = Statement(
        "reconciliation_findings.insert",
        """
        INSERT INTO reconciliation_findings
            (run_id, number, object_type, object_id, field, local_value, remote_value, action)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (run_id, object_type, object_id, field) DO NOTHING
        """
    )

    // The oldest run that has findings, if it ended long ago.
    private static let oldest = Statement(
        "reconciliation_findings.oldest_run",
        """
        SELECT id
        FROM reconciliation_runs
        WHERE id = (SELECT MIN(run_id) FROM reconciliation_findings)
          AND ended_at < $1
        """
    )
    private static let removeFirst = Statement(
        "reconciliation_findings.remove_first",
        """
        DELETE FROM reconciliation_findings
        WHERE run_id = $1
          AND number < $2 + (SELECT MIN(number) FROM reconciliation_findings WHERE run_id = $1)
        """
    )

    /// Removes findings of runs that ended before `time`, so many at most; they hold what customers are called.
    /// The run's row stays. Returns how many went; fewer than `limit` only when none is left, or another run begins.
    package static func sweep(
        endedBefore time: Timestamp,
        limit: Int,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Int {
        let run = try transaction.first(oldest, [.integer(time.milliseconds)]) { $0.integer(0) }
        guard let run else { return 0 }
        return try transaction.execute(removeFirst, [.integer(run), .integer(Int64(limit))])
    }

    /// False when the run has found that already.
    static func insert(
        _ finding: Finding,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Bool {
        let values: [SQLValue] = [
            .integer(finding.run.rawValue), .integer(finding.number), .text(finding.object.rawValue),
            .text(finding.id), .text(finding.field ?? ""), .optional(finding.local),
            .optional(finding.remote), .text(finding.action.rawValue),
        ]
        return try transaction.execute(insert, values) > 0
    }

    /// In the order in which they were found; `after` zero begins, then the last one's number.
    package static func page(
        _ run: RunID,
        after: Int64,
        limit: Int,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [Finding] {
        try transaction.rows(
            page,
            [.integer(run.rawValue), .integer(after), .integer(Int64(limit))]
        ) { row in
            guard let action = Finding.Action(rawValue: row.text(6)) else {
                preconditionFailure("only actions that we know are written")
            }
            let field = row.text(3)
            return Finding(
                run: run,
                number: row.integer(0),
                object: ObjectType(rawValue: row.text(1)),
                id: row.text(2),
                field: field.isEmpty ? nil : field,
                local: row.optionalText(4),
                remote: row.optionalText(5),
                action: action
            )
        }
    }
}
