import Timing

/// One line of an invoice before it has its form.
struct InvoiceLine {
    let price: WireObject
    let quantity: Int64
    /// The subscription item that it is for; nil for what is bought once.
    let item: WireObject?

    var amount: Int64 { (price.integer("unit_amount") ?? 0) * quantity }
}

struct Bill {
    let id: String
    let customer: String
    let subscription: WireObject
    let lines: [InvoiceLine]
    let reason: String
    /// A trial's first invoice asks for nothing.
    let isFree: Bool
    let method: String?
}

extension SandboxState {
    /// Makes the invoice, finalizes it and has it paid; all of its events.
    mutating func bill(_ bill: Bill, _ context: CallContext) {
        let total = bill.isFree ? 0 : bill.lines.reduce(0) { $0 + $1.amount }
        var customer = self[.customer].live(bill.customer) ?? [:]
        let number = customer.integer("next_invoice_sequence") ?? 1
        var invoice = InvoiceShape.fresh(bill, customer: customer, total: total, created: context.now.seconds)
        invoice["lines"] = .object(lines(of: bill, context))
        create(.invoice, invoice, context)

        var settled = invoice
        settled["status"] = "open"
        settled["effective_at"] = .integer(context.now.seconds)
        settled["number"] = .text("\(customer.text("invoice_prefix") ?? "INV")-\(number)")
        settled["hosted_invoice_url"] = .text("\(context.baseURL)/invoice/\(bill.id)")
        settled["auto_advance"] = false
        settled["status_transitions"] = InvoiceShape.transitions(finalized: context.now.seconds, paid: nil)
        replaceSilently(.invoice, settled)
        emit("invoice.finalized", settled, context)

        customer["next_invoice_sequence"] = .integer(number + 1)
        if customer["currency"]?.isNull != false { customer["currency"] = invoice["currency"] }
        update(.customer, customer, context)

        var payment: (intent: String, charge: String)?
        if total > 0 {
            payment = pay(
                amount: total,
                currency: invoice.text("currency") ?? "usd",
                customer: bill.customer,
                method: bill.method,
                context
            )
        }
        settled["status"] = "paid"
        settled["attempted"] = true
        settled["attempt_count"] = total > 0 ? 1 : 0
        settled["amount_paid"] = .integer(total)
        settled["amount_remaining"] = 0
        settled["status_transitions"] = InvoiceShape.transitions(
            finalized: context.now.seconds,
            paid: context.now.seconds
        )
        replaceSilently(.invoice, settled)
        if let payment {
            let row = InvoiceShape.payment(
                id: identifiers.id(.invoicePayment, now: context.now),
                invoice: settled,
                intent: payment.intent,
                created: context.now.seconds
            )
            create(.invoicePayment, row, context, event: "invoice_payment.paid")
        }
        emit("invoice.paid", settled, context)
        emit("invoice.payment_succeeded", settled, context)
    }

    private func lines(of bill: Bill, _ context: CallContext) -> WireObject {
        var rows: [WireObject] = []
        for line in bill.lines {
            let product = line.price.text("product").flatMap { self[.product].live($0)?.text("name") } ?? ""
            rows.append(
                InvoiceShape.line(
                    id: identifiers.invoiceLine(now: context.now),
                    bill,
                    line,
                    description: "\(line.quantity) × \(product)",
                    now: context.now.seconds
                )
            )
        }
        return ListShape.list(rows, url: "/v1/invoices/\(bill.id)/lines")
    }
}

/// Invoices and their payments in the current API: subscription, charge and intent stand no longer on them.
enum InvoiceShape {
    static func transitions(finalized: Int64?, paid: Int64?) -> WireValue {
        [
            "finalized_at": WireValue(finalized), "marked_uncollectible_at": nil, "paid_at": WireValue(paid),
            "voided_at": nil,
        ]
    }

    static func fresh(_ bill: Bill, customer: WireObject, total: Int64, created: Int64) -> WireObject {
        let subscription = bill.subscription
        let period = subscription.items.first
        // A renewal's invoice names the period before it; what it pays for stands on its lines.
        let start = bill.reason == "subscription_cycle" ? nil : period?.integer("current_period_start")
        return [
            "id": .text(bill.id),
            "object": "invoice",
            "account_country": "US",
            "account_name": "Sandbox",
            "account_tax_ids": nil,
            "amount_due": .integer(total),
            "amount_overpaid": 0,
            "amount_paid": 0,
            "amount_remaining": .integer(total),
            "amount_shipping": 0,
            "application": nil,
            "attempt_count": 0,
            "attempted": false,
            "auto_advance": true,
            "automatic_tax": [
                "disabled_reason": nil, "enabled": false, "liability": nil, "provider": nil, "status": nil,
            ],
            "automatically_finalizes_at": nil,
            "billing_reason": .text(bill.reason),
            "collection_method": "charge_automatically",
            "created": .integer(created),
            "currency": subscription["currency"] ?? .null,
            "custom_fields": nil,
            "customer": .text(bill.customer),
            "customer_account": nil,
            "customer_address": customer["address"] ?? .null,
            "customer_email": customer["email"] ?? .null,
            "customer_name": customer["name"] ?? .null,
            "customer_phone": customer["phone"] ?? .null,
            "customer_shipping": customer["shipping"] ?? .null,
            "customer_tax_exempt": "none",
            "customer_tax_ids": [],
            "default_payment_method": nil,
            "default_source": nil,
            "default_tax_rates": [],
            "description": nil,
            "discounts": [],
            "due_date": nil,
            "effective_at": nil,
            "ending_balance": 0,
            "footer": nil,
            "from_invoice": nil,
            "hosted_invoice_url": nil,
            "invoice_pdf": nil,
            "issuer": ["type": "self"],
            "last_finalization_error": nil,
            "latest_revision": nil,
            "lines": [:],
            "livemode": false,
            "metadata": [:],
            "next_payment_attempt": nil,
            "number": nil,
            "on_behalf_of": nil,
            "parent": [
                "quote_details": nil,
                "subscription_details": [
                    "metadata": subscription["metadata"] ?? .null,
                    "subscription": subscription["id"] ?? .null,
                ],
                "type": "subscription_details",
            ],
            "payment_settings": [
                "default_mandate": nil, "payment_method_options": nil, "payment_method_types": nil,
            ],
            "period_end": .integer(created),
            "period_start": .integer(start ?? created),
            "post_payment_credit_notes_amount": 0,
            "pre_payment_credit_notes_amount": 0,
            "receipt_number": nil,
            "rendering": nil,
            "shipping_cost": nil,
            "shipping_details": nil,
            "starting_balance": 0,
            "statement_descriptor": nil,
            "status": "draft",
            "status_transitions": transitions(finalized: nil, paid: nil),
            "subtotal": .integer(total),
            "subtotal_excluding_tax": .integer(total),
            "test_clock": subscription["test_clock"] ?? .null,
            "total": .integer(total),
            "total_discount_amounts": [],
            "total_excluding_tax": .integer(total),
            "total_pretax_credit_amounts": [],
            "total_taxes": [],
            "webhooks_delivered_at": nil,
        ]
    }

    static func line(id: String, _ bill: Bill, _ line: InvoiceLine, description: String, now: Int64)
        -> WireObject
    {
        let amount = bill.isFree ? 0 : line.amount
        let parent: WireValue =
            line.item.map { item in
                [
                    "invoice_item_details": nil,
                    "subscription_item_details": [
                        "invoice_item": nil, "proration": false, "proration_details": ["credited_items": nil],
                        "subscription": bill.subscription["id"] ?? .null,
                        "subscription_item": item["id"] ?? .null,
                    ],
                    "type": "subscription_item_details",
                ]
            } ?? .null
        return [
            "id": .text(id),
            "object": "line_item",
            "amount": .integer(amount),
            "currency": line.price["currency"] ?? .null,
            "description": .text(description),
            "discount_amounts": [],
            "discountable": true,
            "discounts": [],
            "invoice": .text(bill.id),
            "livemode": false,
            "metadata": bill.subscription["metadata"] ?? .null,
            "parent": parent,
            "period": [
                "end": line.item?["current_period_end"] ?? .integer(now),
                "start": line.item?["current_period_start"] ?? .integer(now),
            ],
            "pretax_credit_amounts": [],
            "pricing": [
                "price_details": [
                    "price": line.price["id"] ?? .null, "product": line.price["product"] ?? .null,
                ],
                "type": "price_details",
                "unit_amount_decimal": line.price["unit_amount_decimal"] ?? .null,
            ],
            "quantity": .integer(line.quantity),
            "subtotal": .integer(amount),
            "taxes": [],
        ]
    }

    static func payment(id: String, invoice: WireObject, intent: String, created: Int64) -> WireObject {
        [
            "id": .text(id),
            "object": "invoice_payment",
            "amount_paid": invoice["amount_due"] ?? .null,
            "amount_requested": invoice["amount_due"] ?? .null,
            "created": .integer(created),
            "currency": invoice["currency"] ?? .null,
            "invoice": invoice["id"] ?? .null,
            "is_default": true,
            "livemode": false,
            "payment": ["payment_intent": .text(intent), "type": "payment_intent"],
            "status": "paid",
            "status_transitions": ["canceled_at": nil, "paid_at": .integer(created)],
        ]
    }
}
