import BillingModel
import Providers

extension DecodedObject {
    /// What of the object is kept here, field by field, under the names that the API gives them. Empty for a type
    /// without fields of its own.
    var fields: [NamedField] {
        var list = FieldList()
        switch content {
        case .customer(let customer): list.add(customer)
        case .subscription(let subscription): list.add(subscription)
        case .product(let product): list.add(product)
        case .price(let price): list.add(price)
        case .invoice(let invoice): list.add(invoice)
        case .checkoutSession(let session): list.add(session)
        case .paymentMethod(let method): list.add(method)
        case .coupon, .discount, .charge, .refund, .dispute, .invoicePayment, .creditNote:
            // No list of theirs is compared.
            break
        case .unmodelled, .unusable:
            break
        }
        return list.fields
    }
}

extension FieldList {
    mutating func add(_ customer: CustomerSnapshot) {
        add("email", customer.email)
        add("name", customer.name)
        add("phone", customer.phone)
        add("description", customer.details)
        add("language", customer.language)
        add("currency", customer.currency)
        add("balance", customer.balance)
        add("delinquent", customer.isDelinquent)
        add("default_payment_method_provider_id", customer.defaultPaymentMethod)
        add("created_at", customer.created)
        add(customer.metadata)
    }

    mutating func add(_ subscription: SubscriptionSnapshot) {
        add("customer_provider_id", subscription.customer)
        add("status", subscription.status.rawValue)
        add("start_at", subscription.startDate)
        add("trial_start", subscription.trialStart)
        add("trial_end", subscription.trialEnd)
        add("current_period_start", subscription.currentPeriodStart)
        add("current_period_end", subscription.currentPeriodEnd)
        add("cancel_at", subscription.cancelAt)
        add("cancel_at_period_end", subscription.cancelsAtPeriodEnd)
        add("canceled_at", subscription.canceledAt)
        add("ended_at", subscription.endedAt)
        add("currency", subscription.currency)
        add("collection_method", subscription.collectionMethod)
        add("default_payment_method_provider_id", subscription.defaultPaymentMethod)
        add("created_at", subscription.created)
        add(subscription.metadata)
        for item in subscription.items { add(item) }
    }

    private mutating func add(_ item: SubscriptionItemSnapshot) {
        let name = "items.\(item.id)"
        add("\(name).price_provider_id", item.price)
        add("\(name).product_provider_id", item.product)
        add("\(name).quantity", item.quantity)
        add("\(name).unit_amount", item.unitAmount)
        add("\(name).currency", item.currency)
        add("\(name).interval", item.interval)
        add("\(name).interval_count", item.intervalCount)
        add("\(name).is_metered", item.isMetered)
        add("\(name).current_period_start", item.currentPeriodStart)
        add("\(name).current_period_end", item.currentPeriodEnd)
    }

    mutating func add(_ product: ProductSnapshot) {
        add("name", product.name)
        add("description", product.details)
        add("active", product.isActive)
        add("default_price_provider_id", product.defaultPrice)
        add("unit_label", product.unitLabel)
        add("created_at", product.created)
        add(product.metadata)
    }

    mutating func add(_ price: PriceSnapshot) {
        add("product_provider_id", price.product)
        add("currency", price.currency)
        add("unit_amount", price.unitAmount)
        add("unit_amount_decimal", price.unitAmountDecimal)
        add("is_recurring", price.isRecurring)
        add("interval", price.interval)
        add("interval_count", price.intervalCount)
        add("is_metered", price.isMetered)
        add("is_tiered", price.isTiered)
        add("nickname", price.nickname)
        add("lookup_key", price.lookupKey)
        add("active", price.isActive)
        add("created_at", price.created)
        add(price.metadata)
    }

    mutating func add(_ invoice: InvoiceSnapshot) {
        add("customer_provider_id", invoice.customer)
        add("subscription_provider_id", invoice.subscription)
        add("number", invoice.number)
        add("status", invoice.status.rawValue)
        add("billing_reason", invoice.billingReason)
        add("currency", invoice.currency)
        add("subtotal", invoice.subtotal)
        add("total", invoice.total)
        add("amount_due", invoice.amountDue)
        add("amount_paid", invoice.amountPaid)
        add("amount_remaining", invoice.amountRemaining)
        add("attempt_count", invoice.attemptCount)
        add("attempted", invoice.isAttempted)
        add("period_start", invoice.periodStart)
        add("period_end", invoice.periodEnd)
        add("due_date", invoice.dueDate)
        add("finalized_at", invoice.finalizedAt)
        add("paid_at", invoice.paidAt)
        add("next_payment_attempt", invoice.nextPaymentAttempt)
        add("error_message", invoice.errorMessage)
        add("created_at", invoice.created)
    }

    mutating func add(_ session: CheckoutSessionSnapshot) {
        add("customer_provider_id", session.customer)
        add("subscription_provider_id", session.subscription)
        add("invoice_provider_id", session.invoice)
        add("mode", session.mode)
        add("status", session.status.rawValue)
        add("payment_status", session.paymentStatus)
        add("amount_total", session.amountTotal)
        add("currency", session.currency)
        add("client_reference_id", session.clientReference)
        add("expires_at", session.expiresAt)
        add("created_at", session.created)
        add(session.metadata)
    }

    mutating func add(_ method: PaymentMethodSnapshot) {
        add("customer_provider_id", method.customer)
        add("type", method.type)
        add("brand", method.brand)
        add("last4", method.last4)
        add("expiry_month", method.expiryMonth)
        add("expiry_year", method.expiryYear)
        add("created_at", method.created)
    }
}
