import BillingModel
import Timing

/// A checkout session as parameters of `POST /v1/checkout/sessions`.
enum StripeCheckoutForm {
    static func form(
        creating draft: CheckoutSessionDraft,
        operationID: String
    ) throws(ProviderCallError) -> StripeFormBuilder {
        try check(draft, operationID)
        var form = StripeFormBuilder()
        form.add("mode", .text(draft.mode.rawValue))
        if let customer = draft.customer {
            guard let id = customer.providerID else { throw ProviderCallError(.unbound, "customer") }
            form.add("customer", text: id.rawValue)
        }
        form.add("customer_email", text: draft.customerEmail)
        form.add("client_reference_id", text: draft.clientReference)
        form.add("success_url", text: draft.successURL)
        form.add("cancel_url", text: draft.cancelURL)
        form.add("currency", text: draft.currency)
        if !draft.lineItems.isEmpty {
            form.add("line_items", .list(draft.lineItems.map { lineItem($0).form }))
        }
        form.add("allow_promotion_codes", draft.allowsPromotionCodes.map { .boolean($0) })
        form.add("billing_address_collection", text: draft.billingAddress?.rawValue)
        if let collects = draft.collectsPhoneNumber {
            form.add("phone_number_collection", .map([StripeForm.Member("enabled", .boolean(collects))]))
        }
        form.add("payment_method_collection", text: draft.paymentMethodCollection?.rawValue)
        form.add("subscription_data", try subscription(draft))
        form.add("locale", text: draft.locale)
        form.add("expires_at", draft.expiresAt.map { .integer($0.seconds) })
        let marks = [
            (key: ProviderMark.session, value: draft.localID),
            (key: ProviderMark.operation, value: operationID),
        ]
        form.add("metadata", try StripeMetadataForm.form(setting: draft.metadata, marks: marks))
        return form
    }

    private static func check(
        _ draft: CheckoutSessionDraft,
        _ operationID: String
    ) throws(ProviderCallError) {
        guard !draft.localID.isEmpty else { throw ProviderCallError(.missing, ProviderMark.session) }
        guard !operationID.isEmpty else { throw ProviderCallError(.missing, ProviderMark.operation) }
        switch draft.mode {
        case .setup:
            guard draft.lineItems.isEmpty else { throw ProviderCallError(.conflicting, "line_items") }
        case .payment, .subscription:
            guard !draft.lineItems.isEmpty else { throw ProviderCallError(.missing, "line_items") }
        }
        guard draft.lineItems.count <= CallLimits.lineItemsMax else {
            throw ProviderCallError(.tooMany, "line_items")
        }
        for item in draft.lineItems where (item.quantity ?? 1) < 1 {
            throw ProviderCallError(.outOfRange, "line_items[quantity]")
        }
        if draft.customer != nil, draft.customerEmail != nil {
            throw ProviderCallError(.conflicting, "customer_email")
        }
        if (draft.clientReference?.unicodeScalars.count ?? 0) > CallLimits.clientReferenceLengthMax {
            throw ProviderCallError(.tooLong, "client_reference_id")
        }
        guard draft.mode == .subscription || (draft.trial == nil && draft.subscriptionMetadata.isEmpty) else {
            throw ProviderCallError(.conflicting, "subscription_data")
        }
        if case .days(let days) = draft.trial, !(1...CallLimits.trialDaysMax).contains(days) {
            throw ProviderCallError(.outOfRange, "subscription_data[trial_period_days]")
        }
    }

    private static func lineItem(_ item: CheckoutSessionDraft.LineItem) -> StripeFormBuilder {
        var form = StripeFormBuilder()
        switch item.price {
        case .existing(let id): form.add("price", text: id.rawValue)
        case .inline(let price):
            var data = StripeFormBuilder()
            data.add("currency", text: price.unit.currency)
            switch price.product {
            case .existing(let id): data.add("product", text: id.rawValue)
            case .named(let name): data.add("product_data", .map([StripeForm.Member("name", .text(name))]))
            }
            data.add("unit_amount", .integer(price.unit.amount))
            if let recurrence = price.recurrence {
                var recurring = StripeFormBuilder()
                recurring.add("interval", text: recurrence.interval)
                recurring.add("interval_count", .integer(recurrence.count))
                data.add("recurring", recurring)
            }
            form.add("price_data", data)
        }
        form.add("quantity", item.quantity.map { .integer($0) })
        return form
    }

    private static func subscription(
        _ draft: CheckoutSessionDraft
    ) throws(ProviderCallError) -> StripeFormBuilder {
        var form = StripeFormBuilder()
        switch draft.trial {
        case nil: break
        case .days(let days): form.add("trial_period_days", .integer(days))
        case .until(let end): form.add("trial_end", .integer(end.seconds))
        }
        let field = "subscription_data[metadata]"
        form.add("metadata", try StripeMetadataForm.form(setting: draft.subscriptionMetadata, field: field))
        return form
    }
}
