import BillingModel
import JSON
import Timing

func invoice(_ reader: FieldReader) -> InvoiceSnapshot? {
    guard let status = reader.word("status", invoiceStatus),
        let currency = reader.currency(required: true)
    else { return nil }
    var invoice = InvoiceSnapshot(status: status, currency: currency)
    invoice.created = reader.time("created")
    invoice.customer = reader.reference("customer")
    // Moved in 2025-03-31.basil.
    invoice.subscription =
        reader.object("parent")?.object("subscription_details")?.reference("subscription")
        ?? reader.reference("subscription")
    invoice.number = reader.text("number")
    invoice.billingReason = reader.text("billing_reason")
    guard readAmounts(reader, into: &invoice) else { return nil }
    invoice.attemptCount = reader.integer("attempt_count") ?? 0
    invoice.isAttempted = reader.boolean("attempted") ?? false
    invoice.dueDate = reader.time("due_date")
    invoice.nextPaymentAttempt = reader.time("next_payment_attempt")
    invoice.paymentURL = reader.text("hosted_invoice_url")
    if let transitions = reader.object("status_transitions") {
        invoice.finalizedAt = transitions.time("finalized_at")
        invoice.paidAt = transitions.time("paid_at")
    }
    readPayment(reader, into: &invoice)
    readPeriod(reader, into: &invoice)
    return invoice
}

/// False when what was paid cannot be read: an invoice without it would falsify the revenue.
private func readAmounts(_ reader: FieldReader, into invoice: inout InvoiceSnapshot) -> Bool {
    invoice.subtotal = reader.amount("subtotal") ?? 0
    invoice.total = reader.amount("total") ?? 0
    invoice.amountDue = reader.amount("amount_due") ?? 0
    guard let paid = reader.amount("amount_paid", required: true) else { return false }
    invoice.amountPaid = paid
    invoice.amountRemaining = reader.amount("amount_remaining") ?? max(invoice.amountDue - paid, 0)
    return true
}

// Until 2025-03-31.basil an invoice names its charge and payment intent; since then invoice_payment does.
private func readPayment(_ reader: FieldReader, into invoice: inout InvoiceSnapshot) {
    invoice.charge = reader.reference("charge")
    invoice.paymentIntent = reader.reference("payment_intent")
    invoice.errorMessage = reader.object("last_finalization_error")?.text("message")
    if let intent = reader.object("payment_intent") {
        invoice.requiresAction = intent.text("status") == "requires_action"
        invoice.errorMessage = intent.object("last_payment_error")?.text("message") ?? invoice.errorMessage
    }
}

// The invoice's own period is the one before, for a renewal (usage is billed in arrears); what a renewal pays
// for stands on its lines.
private func readPeriod(_ reader: FieldReader, into invoice: inout InvoiceSnapshot) {
    let start = reader.time("period_start")
    let end = reader.time("period_end")
    invoice.periodStart = start
    invoice.periodEnd = end
    guard invoice.subscription != nil else { return }
    var latest: (start: Timestamp, end: Timestamp?)?
    for line in reader.list("lines")?.elements ?? [] where isRegularSubscriptionLine(line) {
        guard let period = line.object("period"), let start = period.time("start") else { continue }
        if latest.map({ start > $0.start }) ?? true { latest = (start, period.time("end")) }
    }
    if let latest {
        invoice.periodStart = latest.start
        invoice.periodEnd = latest.end
    } else if invoice.billingReason == "subscription_cycle" {
        invoice.periodStart = end
        invoice.periodEnd = nil
    }
}

private func isRegularSubscriptionLine(_ line: FieldReader) -> Bool {
    if let parent = line.object("parent") {
        guard parent.text("type") == "subscription_item_details",
            let details = parent.object("subscription_item_details")
        else { return false }
        return details.boolean("proration") != true
    }
    return line.text("type") == "subscription" && line.boolean("proration") != true
}

private func invoiceStatus(_ word: String) -> InvoiceStatus? {
    switch word {
    case "draft": .draft
    case "open": .open
    case "paid": .paid
    case "void": .canceled
    case "uncollectible": .uncollectible
    default: nil
    }
}

func invoicePayment(_ reader: FieldReader) -> InvoicePaymentSnapshot? {
    guard let status = reader.word("status", InvoicePaymentSnapshot.Status.init(rawValue:)) else {
        return nil
    }
    var payment = InvoicePaymentSnapshot(status: status)
    payment.created = reader.time("created")
    payment.invoice = reader.reference("invoice", required: true)
    if payment.invoice == nil { return nil }
    payment.amountPaid = reader.amount("amount_paid")
    payment.currency = reader.currency() ?? ""
    if let means = reader.object("payment") {
        payment.paymentIntent = means.reference("payment_intent")
        payment.charge = means.reference("charge")
    }
    return payment
}

func creditNote(_ reader: FieldReader) -> CreditNoteSnapshot {
    var note = CreditNoteSnapshot()
    note.created = reader.time("created")
    note.invoice = reader.reference("invoice")
    note.customer = reader.reference("customer")
    note.amount = reader.amount("amount") ?? 0
    note.currency = reader.currency() ?? ""
    note.isVoid = reader.text("status") == "void"
    return note
}
