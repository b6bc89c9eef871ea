package import BillingModel

/// An object that an operation needs: by the provider's id, or by ours while the provider's is not known yet.
package enum ObjectReference: Sendable, Hashable {
    case provider(ProviderID)
    /// Our public id of an object whose creation is itself queued.
    case local(String)

    /// The provider's id; nil while there is none.
    package var providerID: ProviderID? {
        switch self {
        case .provider(let id): id
        case .local: nil
        }
    }

    package var localID: String? {
        switch self {
        case .provider: nil
        case .local(let id): id
        }
    }

    /// With what is known of our ids by now; unchanged if nothing is.
    package func bound(_ lookup: (String) -> ProviderID?) -> ObjectReference {
        guard let local = localID, let id = lookup(local) else { return self }
        return .provider(id)
    }

    /// The better name of one object: the provider's, if either has it.
    func merged(with later: ObjectReference) -> ObjectReference {
        later.providerID == nil ? self : later
    }
}
