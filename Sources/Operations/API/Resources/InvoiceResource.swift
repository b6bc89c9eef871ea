import BillingModel
import CustomerStore
import Database
import JSON

enum InvoiceResource: Resource {
    static let kind = PublicKind.invoice
    static let expandable = ["customer", "provider_data", "subscription"]

    static func filter(_ query: inout QueryParameters, _ finder: ObjectFinder) throws -> ObjectFilter? {
        var reader = try ObjectFilterReader(&query, finder)
        try reader.takeCustomer(&query)
        try reader.takeSubscription(&query)
        try reader.takeStatus(&query, InvoiceStatus.self)
        return reader.result
    }

    static func filter(providerID: ProviderID) -> ObjectFilter {
        ObjectFilterReader.providerID(providerID)
    }

    static func find(_ number: Int64, in reader: StoreReader) throws(DatabaseError) -> InvoiceRecord? {
        try reader.invoice(number)
    }

    static func page(
        _ filter: ObjectFilter,
        _ page: PageRequest,
        in reader: StoreReader
    ) throws(DatabaseError) -> Page<InvoiceRecord> {
        try reader.invoices(filter, page)
    }

    static func version(of record: InvoiceRecord) -> Int64 { record.version }

    static func write(
        _ invoice: InvoiceRecord,
        expanding expansion: Expansion,
        to writer: inout JSONWriter,
        with renderer: ObjectRenderer
    ) throws(DatabaseError) {
        writer.beginObject()
        writer.field("object", "invoice")
        writer.field("id", renderer.id(.invoice, invoice.number))
        writer.field("live_mode", renderer.isLive)
        try renderer.relation("customer", CustomerResource.self, invoice.customer, expansion, to: &writer)
        try renderer.relation(
            "subscription",
            SubscriptionResource.self,
            invoice.subscription,
            expansion,
            to: &writer
        )
        writer.field("provider_id", invoice.sync.providerID?.rawValue)
        writer.field("number", invoice.invoiceNumber)
        writer.field("status", invoice.status.rawValue)
        writer.field("billing_reason", invoice.billingReason)
        writer.field("currency", invoice.currency)
        writer.field("subtotal", invoice.subtotal)
        writer.field("total", invoice.total)
        writer.field("amount_due", invoice.amountDue)
        writer.field("amount_paid", invoice.amountPaid)
        writer.field("amount_remaining", invoice.amountRemaining)
        writer.field("attempt_count", invoice.attemptCount)
        writer.field("attempted", invoice.isAttempted)
        writer.time("period_start", invoice.periodStart)
        writer.time("period_end", invoice.periodEnd)
        writer.time("due_date", invoice.dueDate)
        writer.time("finalized_at", invoice.finalizedAt)
        writer.time("paid_at", invoice.paidAt)
        writer.time("next_payment_attempt", invoice.nextPaymentAttempt)
        writer.field("payment_url", invoice.paymentURL)
        writer.field("requires_action", invoice.requiresAction)
        writer.field("error_message", invoice.errorMessage)
        try renderer.sync(invoice.sync, expansion, to: &writer)
        writer.time("created_at", invoice.createdAt)
        writer.time("updated_at", invoice.updatedAt)
        writer.field("version", invoice.version)
        writer.endObject()
    }
}
