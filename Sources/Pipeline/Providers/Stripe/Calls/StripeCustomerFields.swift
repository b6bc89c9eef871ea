import BillingModel
package import JSON

extension StripeDecoder {
    /// The fields of a customer that we may write, from Stripe's JSON; of an unexpected type counts as absent.
    package static func customerFields(_ customer: JSONValue) -> CustomerFields {
        let reader = FieldReader(customer, problems: ProblemList())
        var fields = CustomerFields()
        fields.email = notEmpty(reader.text("email"))
        fields.name = notEmpty(reader.text("name"))
        fields.phone = notEmpty(reader.text("phone"))
        fields.details = notEmpty(reader.text("description"))
        fields.address = reader.object("address").flatMap(address)
        fields.shipping = reader.object("shipping").map { shipping in
            Shipping(
                name: shipping.text("name") ?? "",
                phone: notEmpty(shipping.text("phone")),
                address: shipping.object("address").flatMap(address) ?? PostalAddress()
            )
        }
        if let locales = customer["preferred_locales"], locales.kind == .array {
            fields.preferredLocales = locales.elements.compactMap(\.string)
        }
        fields.taxExempt = reader.text("tax_exempt").flatMap(TaxExempt.init(rawValue:))
        fields.defaultPaymentMethod = reader.object("invoice_settings")?.reference("default_payment_method")
        fields.metadata = reader.metadata()
        return fields
    }

    private static func address(_ reader: FieldReader) -> PostalAddress? {
        var address = PostalAddress()
        address.line1 = notEmpty(reader.text("line1"))
        address.line2 = notEmpty(reader.text("line2"))
        address.city = notEmpty(reader.text("city"))
        address.state = notEmpty(reader.text("state"))
        address.postalCode = notEmpty(reader.text("postal_code"))
        address.country = notEmpty(reader.text("country"))
        return address.isEmpty ? nil : address
    }

    private static func notEmpty(_ text: String?) -> String? {
        text.flatMap { $0.isEmpty ? nil : $0 }
    }
}
