import BillingModel
import Providers

/// A customer that was to be made, against one that is there.
extension CustomerFields {
    /// Everything that is set here. What is not stays as it is at the provider.
    var patch: CustomerPatch {
        var patch = CustomerPatch()
        patch.email = email.map { .set($0) } ?? .keep
        patch.name = name.map { .set($0) } ?? .keep
        patch.phone = phone.map { .set($0) } ?? .keep
        patch.details = details.map { .set($0) } ?? .keep
        for part in AddressPart.allCases {
            if let text = address?[part] { patch.address[part] = .set(text) }
        }
        patch.shipping = shipping.map { .set($0) } ?? .keep
        patch.preferredLocales = preferredLocales.isEmpty ? .keep : .set(preferredLocales)
        patch.taxExempt = taxExempt
        patch.defaultPaymentMethod = defaultPaymentMethod.map { .set($0) } ?? .keep
        for entry in metadata.entries where !ProviderMark.all.contains(entry.key) {
            patch.metadata.set(entry.key, to: entry.value)
        }
        return patch
    }

    /// Sending these to a customer that has `found` would change nothing.
    func isContained(in found: CustomerFields) -> Bool {
        var found = found
        // The provider may have kept another spelling than we sent.
        if let email, found.email?.lowercased() == email.lowercased() { found.email = email }
        found.taxExempt = found.taxExempt ?? TaxExempt.none
        return patch.folded(over: found) == found
    }
}
