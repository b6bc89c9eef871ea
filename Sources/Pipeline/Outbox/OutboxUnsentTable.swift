import Database
import Lanes
import Timing

/// Operations that were taken and not sent.
enum OutboxUnsentTable {
    private static let putBack = Statement(
        "outbox.put_back",
        """
        UPDATE outbox
        SET due_at = $2, wants_lookup = CASE WHEN $3 = 1 THEN 1 ELSE wants_lookup END,
            outcome = COALESCE(outcome, $4)
        WHERE id = $1
          AND state IN ('queued', 'sent')
        """
    )
    private static let uncount = Statement(
        "outbox.uncount",
        """
        UPDATE outbox
        SET due_at = $2, attempts = attempts - 1, key_attempts = key_attempts - 1
        WHERE id = $1
          AND state = 'sent'
        """
    )
    private static let unfreeze = Statement(
        "outbox.unfreeze",
        """
        UPDATE outbox
        SET state = 'queued', request_method = NULL, request_path = NULL, request_body = NULL,
            request_api_version = NULL, request_account = NULL, first_sent_at = NULL, key_attempts = 0,
            due_at = $2, attempts = attempts - 1,
            first_attempt_at =
                CASE WHEN attempts > 1 OR first_attempt_at < first_sent_at THEN first_attempt_at END
        WHERE id = $1
          AND state = 'sent'
        """
    )
    private static let unovertake = Statement(
        "outbox.unovertake",
        """
        UPDATE outbox
        SET overtaken_by = NULL
        WHERE lane_id = $1
          AND state <> 'done'
          AND overtaken_by = $2
        """
    )

    /// They wait from `time` on as they stood before.
    static func putBack(
        _ row: OutboxRow,
        until time: Timestamp,
        _ step: UnsentStep,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        let (id, due) = (SQLValue.integer(row.id.rawValue), SQLValue.integer(time.milliseconds))
        switch step {
        case .taken, .looking:
            let isLooking = step == .looking
            try transaction.execute(
                putBack,
                [id, due, .boolean(isLooking), .optional(isLooking ? "interrupted" : nil)]
            )
        case .begun where row.attemptsOfKey > 1:
            try transaction.execute(uncount, [id, due])
        case .begun:
            guard try transaction.execute(unfreeze, [id, due]) > 0 else { return }
            try transaction.execute(unovertake, [.integer(row.lane.rawValue), id])
        }
    }
}
