import BillingModel
import JSON
import Timing

func checkoutSession(_ reader: FieldReader) -> CheckoutSessionSnapshot? {
    let paymentStatus = reader.text("payment_status") ?? ""
    // Sessions of before 2021 say only whether they are paid.
    let isPaid = paymentStatus == "paid" || paymentStatus == "no_payment_required"
    let told = reader.value["status"].map { !$0.isNull } ?? false
    let status: CheckoutSessionSnapshot.Status?
    if told {
        status = reader.word("status", CheckoutSessionSnapshot.Status.init(rawValue:))
    } else {
        status = isPaid ? .complete : .open
    }
    guard let status else { return nil }
    var session = CheckoutSessionSnapshot(status: status)
    session.created = reader.time("created")
    session.customer = reader.reference("customer")
    session.subscription = reader.reference("subscription")
    session.invoice = reader.reference("invoice")
    session.paymentIntent = reader.reference("payment_intent")
    session.mode = reader.text("mode") ?? ""
    session.paymentStatus = paymentStatus
    session.amountTotal = reader.amount("amount_total")
    session.currency = reader.currency()
    session.url = reader.text("url")
    session.clientReference = reader.text("client_reference_id")
    session.expiresAt = reader.time("expires_at")
    session.metadata = reader.metadata()
    return session
}

func charge(_ reader: FieldReader) -> ChargeSnapshot? {
    guard let status = reader.word("status", ChargeSnapshot.Status.init(rawValue:)),
        let amount = reader.amount("amount", required: true),
        let currency = reader.currency(required: true)
    else { return nil }
    // Charges without amount_captured were captured whole or not at all.
    let captured = reader.amount("amount_captured") ?? (reader.boolean("captured") == true ? amount : 0)
    var charge = ChargeSnapshot(status: status, amount: amount, amountCaptured: captured, currency: currency)
    charge.created = reader.time("created")
    charge.customer = reader.reference("customer")
    charge.invoice = reader.reference("invoice")
    charge.paymentIntent = reader.reference("payment_intent")
    charge.amountRefunded = reader.amount("amount_refunded") ?? 0
    charge.failureMessage = reader.text("failure_message")
    return charge
}

func refund(_ reader: FieldReader) -> RefundSnapshot? {
    guard let amount = reader.amount("amount", required: true),
        let currency = reader.currency(required: true)
    else { return nil }
    // A refund of before 2014 has no status: it was done at once.
    let told = reader.value["status"].map { !$0.isNull } ?? false
    guard let status = told ? reader.word("status", RefundSnapshot.Status.init(rawValue:)) : .succeeded else {
        return nil
    }
    var refund = RefundSnapshot(status: status, amount: amount, currency: currency)
    refund.created = reader.time("created")
    refund.charge = reader.reference("charge")
    refund.paymentIntent = reader.reference("payment_intent")
    refund.reason = reader.text("reason")
    return refund
}

func dispute(_ reader: FieldReader) -> DisputeSnapshot? {
    guard let status = reader.word("status", disputeStatus),
        let amount = reader.amount("amount", required: true),
        let currency = reader.currency(required: true)
    else { return nil }
    var dispute = DisputeSnapshot(status: status, amount: amount, currency: currency)
    dispute.created = reader.time("created")
    dispute.charge = reader.reference("charge")
    dispute.paymentIntent = reader.reference("payment_intent")
    dispute.reason = reader.text("reason")
    return dispute
}

private func disputeStatus(_ word: String) -> DisputeSnapshot.Status? {
    switch word {
    // Before 2019 a dispute could end by giving the money back.
    case "charge_refunded": .won
    default: DisputeSnapshot.Status(rawValue: word)
    }
}
