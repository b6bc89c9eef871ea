import BillingModel
import Database
import Timing

/// One act: who did what to which object, and when.
struct AuditEntry: Sendable, Hashable {
    let number: Int64
    let at: Timestamp
    /// `key_…`, or `control_socket`.
    let actor: String
    /// Such as `customer.update`.
    let act: String
    /// Public id, or a connection's name.
    let target: String
    let site: String?
    let mode: DataMode?
    let requestID: String
}

/// Which entries are listed; all that are given must hold.
struct AuditFilter: Sendable {
    var actor: String?
    var act: String?
    var target: String?
    /// Whose data was acted on; nil for everything, also what belongs to no site.
    var scopes: [DataScope]?
}

/// Acts, in the transaction of what they did. Holds ids and words only.
enum AuditLogTable {
    private static let insert = Statement(
        "audit_log.insert",
        """
        INSERT INTO audit_log (at, actor, act, target, site, mode, request_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """
    )
    private static let list = Statement(
        "audit_log.list",
        """
        SELECT id, at, actor, act, target, site, mode, request_id
        FROM audit_log
        WHERE id < $1
            AND ($2 IS NULL OR actor = $2)
            AND ($3 IS NULL OR act = $3)
            AND ($4 IS NULL OR target = $4)
            AND ($5 IS NULL OR instr($5, char(10) || mode || ' ' || site || char(10)) > 0)
        ORDER BY id DESC
        LIMIT $6
        """
    )

    static func insert(
        _ write: PendingWrite,
        target: String,
        actor: String,
        requestID: String,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try transaction.execute(
            insert,
            [
                .integer(now.milliseconds), .text(actor), .text(write.act.description), .text(target),
                .optional(write.scope?.site), .optional(write.scope?.mode.rawValue), .text(requestID),
            ]
        )
    }

    /// Newest first.
    static func list(
        _ filter: AuditFilter,
        before: Int64?,
        limit: Int,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [AuditEntry] {
        let scopes = filter.scopes.map { scopes in
            "\n" + scopes.map { "\($0.mode.rawValue) \($0.site)\n" }.joined()
        }
        return try transaction.rows(
            list,
            [
                .integer(before ?? .max), .optional(filter.actor), .optional(filter.act),
                .optional(filter.target),
                .optional(scopes), .integer(Int64(limit)),
            ]
        ) { row in
            AuditEntry(
                number: row.integer(0),
                at: Timestamp(milliseconds: row.integer(1)),
                actor: row.text(2),
                act: row.text(3),
                target: row.text(4),
                site: row.optionalText(5),
                mode: row.optionalText(6).flatMap(DataMode.init(rawValue:)),
                requestID: row.text(7)
            )
        }
    }
}
