package import BillingModel
package import Database

/// How many objects a run's findings are about.
package enum FindingCountsQuery {
    package struct Line: Sendable, Hashable {
        package let object: ObjectType
        package let action: Finding.Action
        package let objects: Int64
    }

    private static let counts = Statement(
        "reconciliation_findings.counts",
        """
        SELECT object_type, action, COUNT(DISTINCT object_id)
        FROM reconciliation_findings
        WHERE run_id = $1
        GROUP BY object_type, action
        ORDER BY object_type, action
        """
    )

    /// By type and action. Reads all findings of the run.
    package static func counts(
        of run: RunID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [Line] {
        try transaction.rows(counts, [.integer(run.rawValue)]) { row in
            guard let action = Finding.Action(rawValue: row.text(1)) else {
                preconditionFailure("only actions that we know are written")
            }
            return Line(
                object: ObjectType(rawValue: row.text(0)),
                action: action,
                objects: row.integer(2)
            )
        }
    }
}
