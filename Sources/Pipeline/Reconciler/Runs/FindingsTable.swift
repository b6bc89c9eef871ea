import BillingModel
package import Database

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
