import BillingModel
import Database
import Timing

/// What the ledger needs to know of charges, refunds and disputes.
enum PaymentsQuery {
    struct Charge {
        let customer: ProviderID?
        let invoice: ProviderID?
        let paymentIntent: ProviderID?
        let captured: Int64
        let refunded: Int64
        let currency: String
        let isSucceeded: Bool
        let createdAt: Timestamp
    }

    struct Refund {
        let amount: Int64
        let currency: String
        let isLive: Bool
        let createdAt: Timestamp
    }

    struct Dispute {
        let id: ProviderID
        let amount: Int64
        let currency: String
        let isLost: Bool
        let createdAt: Timestamp
    }

    static func charge(
        _ connection: ConnectionID,
        _ id: ProviderID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Charge? {
        try transaction.first(selectCharge, [.integer(connection.rawValue), .text(id.rawValue)]) { row in
            Charge(
                customer: row.optionalText(0).map { ProviderID($0) },
                invoice: row.optionalText(1).map { ProviderID($0) },
                paymentIntent: row.optionalText(2).map { ProviderID($0) },
                captured: row.integer(3),
                refunded: row.integer(4),
                currency: row.text(5),
                isSucceeded: row.text(6) == ChargeSnapshot.Status.succeeded.rawValue,
                createdAt: Timestamp(milliseconds: row.integer(7))
            )
        }
    }

    static func refunds(
        ofCharge charge: ProviderID,
        _ connection: ConnectionID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [Refund] {
        try transaction.rows(selectRefunds, [.integer(connection.rawValue), .text(charge.rawValue)]) { row in
            Refund(
                amount: row.integer(0),
                currency: row.text(1),
                isLive: RefundSnapshot.Status(rawValue: row.text(2))?.isLive ?? false,
                createdAt: Timestamp(milliseconds: row.integer(3))
            )
        }
    }

    static func disputes(
        ofCharge charge: ProviderID,
        _ connection: ConnectionID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [Dispute] {
        try transaction.rows(selectDisputes, [.integer(connection.rawValue), .text(charge.rawValue)]) { row in
            Dispute(
                id: ProviderID(row.text(0)),
                amount: row.integer(1),
                currency: row.text(2),
                isLost: row.text(3) == DisputeSnapshot.Status.lost.rawValue,
                createdAt: Timestamp(milliseconds: row.integer(4))
            )
        }
    }

    /// Provider ids of the charges that a payment intent made.
    static func charges(
        ofPaymentIntent intent: ProviderID,
        _ connection: ConnectionID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [ProviderID] {
        try transaction.rows(selectChargesOfIntent, [.integer(connection.rawValue), .text(intent.rawValue)]) {
            ProviderID($0.text(0))
        }
    }

    private static let selectCharge = Statement(
        "charges.for_ledger",
        """
        SELECT
            c.provider_customer_id, c.provider_invoice_id, c.provider_payment_intent_id, c.amount_captured,
            c.amount_refunded, c.currency, c.status, c.created_at
        FROM objects o
        JOIN charges c ON c.id = o.id
        WHERE o.connection_id = $1
            AND o.object_type = 'charge'
            AND o.provider_id = $2
        """
    )

    private static let selectRefunds = Statement(
        "refunds.for_ledger",
        """
        SELECT amount, currency, status, created_at
        FROM refunds
        WHERE connection_id = $1
            AND provider_charge_id = $2
        """
    )

    private static let selectDisputes = Statement(
        "disputes.for_ledger",
        """
        SELECT o.provider_id, d.amount, d.currency, d.status, d.created_at
        FROM disputes d
        JOIN objects o ON o.id = d.id
        WHERE d.connection_id = $1
            AND d.provider_charge_id = $2
        """
    )

    private static let selectChargesOfIntent = Statement(
        "charges.of_payment_intent",
        """
        SELECT o.provider_id
        FROM charges c
        JOIN objects o ON o.id = c.id
        WHERE c.connection_id = $1
            AND c.provider_payment_intent_id = $2
        """
    )
}
