import BillingModel
import Database
import Timing

/// The columns that remember what an event's type told beyond its snapshot. They only ever grow, so the order
/// of arrival does not matter.
enum ObjectNotesTable {
    /// True when the row changed. A note about a row that does not exist is dropped.
    static func write(
        _ note: ObjectNote,
        attempt: Int64,
        on number: Int64,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Bool {
        switch note {
        case .paymentActionRequired:
            try transaction.execute(
                actionRequired,
                [.integer(number), .integer(attempt), .integer(now.milliseconds)]
            ) > 0
        case .delayedPaymentFailed:
            try transaction.execute(
                delayedPaymentFailed,
                [.integer(number), .integer(now.milliseconds)]
            ) > 0
        }
    }

    private static let actionRequired = Statement(
        "invoices.note_action_required",
        """
        UPDATE invoices
        SET action_required_attempt = $2, version = version + 1, updated_at = $3
        WHERE id = $1
            AND (action_required_attempt IS NULL OR action_required_attempt < $2)
        """
    )

    private static let delayedPaymentFailed = Statement(
        "checkout_sessions.note_delayed_payment_failed",
        """
        UPDATE checkout_sessions
        SET delayed_payment_failed = 1, version = version + 1, updated_at = $2
        WHERE id = $1
            AND delayed_payment_failed = 0
        """
    )
}
