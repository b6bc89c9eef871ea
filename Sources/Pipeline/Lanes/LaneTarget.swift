package import BillingModel

/// By which names an object is to be found, or its lane made.
package struct LaneTarget: Sendable, Hashable {
    package let connection: ConnectionID
    package let type: ObjectType
    package let localNumber: Int64?
    package let providerID: ProviderID?
    /// Row of `objects`, when the caller knows it.
    package let objectNumber: Int64?

    private init(
        _ connection: ConnectionID,
        _ type: ObjectType,
        local: Int64?,
        provider: ProviderID?,
        object: Int64?
    ) {
        self.connection = connection
        self.type = type
        localNumber = local
        providerID = provider
        objectNumber = object
    }

    /// A local customer. `provider` and `object` are those of its living customer there, nil when it has none
    /// (`CustomerRecord.sync` says).
    package static func customer(
        _ number: Int64,
        on connection: ConnectionID,
        provider: ProviderID?,
        object: Int64? = nil
    ) -> LaneTarget {
        LaneTarget(connection, .customer, local: number, provider: provider, object: object)
    }

    /// An object made here (`LocalNumber`), whether the provider has it by now or not.
    package static func made(_ type: ObjectType, _ number: Int64, on connection: ConnectionID) -> LaneTarget {
        precondition(LocalNumber.isMade(number), "objects made here have numbers of their own")
        return LaneTarget(connection, type, local: number, provider: nil, object: nil)
    }

    /// An object that the provider has, and that is no customer.
    package static func object(_ key: ObjectKey, object: Int64? = nil) -> LaneTarget {
        LaneTarget(key.connection, key.type, local: nil, provider: key.id, object: object)
    }
}
