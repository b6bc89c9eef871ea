import BillingModel
import Database
import Timing

/// Reads and writes the derived columns of `subscriptions`.
enum SubscriptionFactsQuery {
    struct Present {
        let number: Int64
        let customer: ProviderID?
        let trialEnd: Timestamp?
        let facts: SubscriptionFacts
    }

    static func present(
        _ connection: ConnectionID,
        _ id: ProviderID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Present? {
        try transaction.first(selectPresent, [.integer(connection.rawValue), .text(id.rawValue)]) { row in
            Present(
                number: row.integer(0),
                customer: row.optionalText(1).map { ProviderID($0) },
                trialEnd: row.optionalInteger(2).map(Timestamp.init(milliseconds:)),
                facts: SubscriptionFacts(
                    paymentCollection: PaymentCollection(rawValue: row.text(3)) ?? .notRequired,
                    latestInvoice: row.optionalInteger(4),
                    renewalNumber: row.integer(5)
                )
            )
        }
    }

    static func latestInvoice(
        _ connection: ConnectionID,
        _ subscription: ProviderID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> LatestInvoice? {
        let newest = try transaction.rows(
            selectNewestInvoices,
            [.integer(connection.rawValue), .text(subscription.rawValue)]
        ) { row in
            let invoice = LatestInvoice(
                number: row.integer(0),
                status: InvoiceStatus(rawValue: row.text(1)) ?? .draft,
                attemptCount: row.integer(2),
                requiresAction: row.boolean(3),
                actionRequiredAttempt: row.optionalInteger(4)
            )
            return (id: row.text(5), invoice)
        }
        // Of invoices made in one second, the one with the greatest id: any rule does that does not ask which
        // arrived first.
        return newest.max { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }?.1
    }

    /// Renewals: distinct periods paid by a `subscription_cycle` invoice. The first charge after a trial is
    /// one of those too, but begins no second period: it pays the one that starts where the trial ends.
    static func renewals(
        _ connection: ConnectionID,
        _ subscription: ProviderID,
        trialEnd: Timestamp?,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Int64 {
        let periods = try transaction.rows(
            selectRenewedPeriods,
            [
                .integer(connection.rawValue), .text(subscription.rawValue),
                .integer(trialEnd?.milliseconds ?? Int64.min),
            ]
        ) { $0.integer(0) }
        return Int64(Set(periods).count)
    }

    static func write(
        _ facts: SubscriptionFacts,
        of number: Int64,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try transaction.execute(
            update,
            [
                .integer(number), .text(facts.paymentCollection.rawValue), .optional(facts.latestInvoice),
                .integer(facts.renewalNumber), .integer(now.milliseconds),
            ]
        )
    }

    private static let selectPresent = Statement(
        "subscriptions.facts",
        """
        SELECT
            s.id, s.provider_customer_id, s.trial_end, s.payment_collection, s.latest_invoice_id,
            s.renewal_number
        FROM objects o
        JOIN subscriptions s ON s.id = o.id
        WHERE o.connection_id = $1
            AND o.object_type = 'subscription'
            AND o.provider_id = $2
        """
    )

    // Sorted and counted by the caller: for ORDER BY with LIMIT, and for DISTINCT, SQLite makes a table in memory each
    // time.
    private static let selectNewestInvoices = Statement(
        "invoices.newest_of_subscription",
        """
        SELECT i.id, i.status, i.attempt_count, i.requires_action, i.action_required_attempt, o.provider_id
        FROM invoices i
        JOIN objects o ON o.id = i.id
        WHERE i.connection_id = $1
            AND i.provider_subscription_id = $2
            AND i.status <> 'draft'
            AND i.created_at = (
                SELECT n.created_at
                FROM invoices n
                WHERE n.connection_id = $1
                    AND n.provider_subscription_id = $2
                    AND n.status <> 'draft'
                ORDER BY n.created_at DESC
                LIMIT 1
            )
        """
    )

    private static let selectRenewedPeriods = Statement(
        "invoices.renewed_periods_of_subscription",
        """
        SELECT period_start
        FROM invoices
        WHERE connection_id = $1
            AND provider_subscription_id = $2
            AND billing_reason = 'subscription_cycle'
            AND status = 'paid'
            AND period_start > $3
        """
    )

    private static let update = Statement(
        "subscriptions.set_facts",
        """
        UPDATE subscriptions
        SET
            payment_collection = $2, latest_invoice_id = $3, renewal_number = $4, updated_at = $5,
            version = version + 1
        WHERE id = $1
        """
    )
}
