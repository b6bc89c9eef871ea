package import BillingModel

/// Changes of a customer: only what is set or cleared is sent.
///
/// A monoid that acts on customers: `b.folded(over: a.folded(over: x)) == a.merged(with: b).folded(over: x)`, so
/// that coalescing unsent patches never changes what the application sees.
package struct CustomerPatch: Sendable, Hashable {
    package var email = FieldChange<String>.keep
    package var name = FieldChange<String>.keep
    package var phone = FieldChange<String>.keep
    package var details = FieldChange<String>.keep
    package var address = AddressPatch()
    package var shipping = FieldChange<Shipping>.keep
    /// Clearing and the empty list are the same.
    package var preferredLocales = FieldChange<[String]>.keep
    /// Nil keeps; `TaxExempt.none` is how it is taken back.
    package var taxExempt: TaxExempt?
    package var defaultPaymentMethod = FieldChange<ProviderID>.keep
    package var metadata = MetadataPatch()

    package init() {}

    /// Nothing to send.
    package var isEmpty: Bool { self == CustomerPatch() }

    /// This patch and then `later` as one.
    package func merged(with later: CustomerPatch) -> CustomerPatch {
        var merged = CustomerPatch()
        merged.email = email.merged(with: later.email)
        merged.name = name.merged(with: later.name)
        merged.phone = phone.merged(with: later.phone)
        merged.details = details.merged(with: later.details)
        merged.address = address.merged(with: later.address)
        merged.shipping = shipping.merged(with: later.shipping)
        merged.preferredLocales = preferredLocales.merged(with: later.preferredLocales)
        merged.taxExempt = later.taxExempt ?? taxExempt
        merged.defaultPaymentMethod = defaultPaymentMethod.merged(with: later.defaultPaymentMethod)
        merged.metadata = metadata.merged(with: later.metadata)
        return merged
    }

    /// What the provider will hold once it has taken the patch.
    package func folded(over fields: CustomerFields) -> CustomerFields {
        var folded = fields
        folded.email = email.foldedText(over: fields.email)
        folded.name = name.foldedText(over: fields.name)
        folded.phone = phone.foldedText(over: fields.phone)
        folded.details = details.foldedText(over: fields.details)
        folded.address = address.folded(over: fields.address)
        folded.shipping = shipping.folded(over: fields.shipping)
        folded.preferredLocales = preferredLocales.folded(over: fields.preferredLocales) ?? []
        folded.taxExempt = taxExempt ?? fields.taxExempt
        folded.defaultPaymentMethod = defaultPaymentMethod.folded(over: fields.defaultPaymentMethod)
        folded.metadata = metadata.folded(over: fields.metadata)
        return folded
    }

    /// The same for the store's view of a customer, which knows fewer fields.
    package func folded(over snapshot: CustomerSnapshot) -> CustomerSnapshot {
        var folded = snapshot
        folded.email = email.foldedText(over: snapshot.email)
        folded.name = name.foldedText(over: snapshot.name)
        folded.phone = phone.foldedText(over: snapshot.phone)
        folded.details = details.foldedText(over: snapshot.details)
        if !preferredLocales.isKept { folded.language = preferredLocales.folded(over: nil)?.first }
        folded.defaultPaymentMethod = defaultPaymentMethod.folded(over: snapshot.defaultPaymentMethod)
        folded.metadata = metadata.folded(over: snapshot.metadata)
        return folded
    }
}
