import BillingModel
import Database

/// What is known to pay an invoice: charges and payment intents. Only ever grows.
enum InvoicePaymentReferencesTable {
    /// True when it was not known before.
    static func insert(
        _ reference: ProviderID,
        paysInvoice invoice: ProviderID,
        _ connection: ConnectionID,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Bool {
        try transaction.execute(
            insertReference,
            [.integer(connection.rawValue), .text(reference.rawValue), .text(invoice.rawValue)]
        ) > 0
    }

    static func contains(
        _ charge: ProviderID,
        orIntent intent: ProviderID?,
        _ connection: ConnectionID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Bool {
        try transaction.first(
            selectReference,
            [
                .integer(connection.rawValue), .text(charge.rawValue), .text((intent ?? charge).rawValue),
            ]
        ) { _ in true } ?? false
    }

    private static let insertReference = Statement(
        "invoice_payment_references.insert",
        """
        INSERT INTO invoice_payment_references (connection_id, payment_reference, provider_invoice_id)
        VALUES ($1, $2, $3)
        ON CONFLICT (connection_id, payment_reference) DO NOTHING
        """
    )

    private static let selectReference = Statement(
        "invoice_payment_references.select",
        """
        SELECT provider_invoice_id
        FROM invoice_payment_references
        WHERE connection_id = $1
            AND payment_reference IN ($2, $3)
        LIMIT 1
        """
    )
}
