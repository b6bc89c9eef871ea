import BillingModel

/// Customers as parameters of `POST /v1/customers` and `POST /v1/customers/{id}`.
enum StripeCustomerForm {
    static func form(creating draft: CustomerDraft) throws(ProviderCallError) -> StripeFormBuilder {
        guard !draft.localID.isEmpty else { throw ProviderCallError(.missing, ProviderMark.customer) }
        let fields = draft.fields
        var form = StripeFormBuilder()
        form.add("email", text: fields.email)
        form.add("name", text: fields.name)
        form.add("phone", text: fields.phone)
        form.add("description", text: fields.details)
        if let address = fields.address { form.add("address", self.address(address)) }
        if let shipping = fields.shipping {
            form.add("shipping", try self.shipping(shipping, clearing: false))
        }
        if !fields.preferredLocales.isEmpty {
            form.add("preferred_locales", .list(fields.preferredLocales.map { .text($0) }))
        }
        form.add("tax_exempt", fields.taxExempt.map { .text($0.rawValue) })
        // A method belongs to one customer, so a new customer has none yet.
        guard fields.defaultPaymentMethod == nil else {
            throw ProviderCallError(.conflicting, "invoice_settings[default_payment_method]")
        }
        let marks = [(key: ProviderMark.customer, value: draft.localID)]
        form.add("metadata", try StripeMetadataForm.form(setting: fields.metadata, marks: marks))
        return form
    }

    static func form(updating patch: CustomerPatch) throws(ProviderCallError) -> StripeFormBuilder {
        guard !patch.isEmpty else { throw ProviderCallError(.empty, "customer") }
        var form = StripeFormBuilder()
        form.add("email", change: patch.email)
        form.add("name", change: patch.name)
        form.add("phone", change: patch.phone)
        form.add("description", change: patch.details)
        if patch.address.clearsAll {
            form.add("address", .clear)
        } else {
            var address = StripeFormBuilder()
            for part in AddressPart.allCases { address.add(part.rawValue, change: patch.address[part]) }
            form.add("address", address)
        }
        switch patch.shipping {
        case .keep: break
        case .set(let shipping): form.add("shipping", try self.shipping(shipping, clearing: true))
        case .clear: form.add("shipping", .clear)
        }
        switch patch.preferredLocales {
        case .keep: break
        case .set(let locales): form.add("preferred_locales", .list(locales.map { .text($0) }))
        case .clear: form.add("preferred_locales", .clear)
        }
        form.add("tax_exempt", patch.taxExempt.map { .text($0.rawValue) })
        if !patch.defaultPaymentMethod.isKept {
            var settings = StripeFormBuilder()
            let method = patch.defaultPaymentMethod.folded(over: nil)
            settings.add("default_payment_method", change: FieldChange.text(method?.rawValue))
            form.add("invoice_settings", settings)
        }
        form.add("metadata", try StripeMetadataForm.form(changing: patch.metadata))
        return form
    }

    private static func address(_ address: PostalAddress) -> StripeFormBuilder {
        var form = StripeFormBuilder()
        for part in AddressPart.allCases { form.add(part.rawValue, text: address[part]) }
        return form
    }

    // Stripe merges what it is sent into what it has, so replacing means clearing the parts that are not there.
    private static func shipping(
        _ shipping: Shipping,
        clearing: Bool
    ) throws(ProviderCallError) -> StripeFormBuilder {
        guard !shipping.name.isEmpty else { throw ProviderCallError(.missing, "shipping[name]") }
        guard !shipping.address.isEmpty else { throw ProviderCallError(.missing, "shipping[address]") }
        var form = StripeFormBuilder()
        form.add("name", text: shipping.name)
        if clearing {
            form.add("phone", change: FieldChange.text(shipping.phone))
            var parts = StripeFormBuilder()
            for part in AddressPart.allCases {
                parts.add(part.rawValue, change: FieldChange.text(shipping.address[part]))
            }
            form.add("address", parts)
        } else {
            form.add("phone", text: shipping.phone)
            form.add("address", address(shipping.address))
        }
        return form
    }
}
