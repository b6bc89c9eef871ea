import BillingModel

/// Metadata keys that we set on what we create, so that it is found when the answer to its creation was lost.
package enum ProviderMark {
    /// On a customer: our public id. The same key by which the store links a customer that a webhook tells of,
    /// so a webhook that overtakes the answer links rightly.
    package static let customer = Metadata.customerKey
    /// On a checkout session: our public id.
    package static let session = "gw_session_id"
    /// On a checkout session: the operation, under a name that no other store and no copy of this one uses.
    package static let operation = "gw_op"

    /// Names that no caller may write.
    package static let all: Set<String> = [customer, session, operation]
}
