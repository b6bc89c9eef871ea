package import BillingModel

/// The fields of a customer that we may write at a provider.
package struct CustomerFields: Sendable, Hashable {
    package var email: String?
    package var name: String?
    package var phone: String?
    package var details: String?
    package var address: PostalAddress?
    package var shipping: Shipping?
    /// Languages in order of preference, as the provider writes them (`en-GB`).
    package var preferredLocales: [String] = []
    /// Nil counts as `none`.
    package var taxExempt: TaxExempt?
    package var defaultPaymentMethod: ProviderID?
    package var metadata = Metadata()

    package init() {}
}

package enum TaxExempt: String, Sendable, Hashable, CaseIterable {
    case none
    case exempt
    case reverse
}

/// A customer to be created.
package struct CustomerDraft: Sendable, Hashable {
    /// Our public id, sent as metadata `Metadata.customerKey`: how the customer is found again when the answer
    /// to its creation was lost.
    package let localID: String
    package var fields: CustomerFields

    package init(localID: String, fields: CustomerFields = CustomerFields()) {
        self.localID = localID
        self.fields = fields
    }

    /// The customer as it is to be created when `patch` was queued before the creation was sent.
    package func merged(with patch: CustomerPatch) -> CustomerDraft {
        CustomerDraft(localID: localID, fields: patch.folded(over: fields))
    }
}
