/// Number of an operation: a tick of the store's logical clock, so that no later operation ever has the same,
/// whatever becomes of the row.
package struct OperationID: RawRepresentable, Sendable, Hashable, Comparable {
    package let rawValue: Int64

    package init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    package static func < (left: OperationID, right: OperationID) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// The provider's idempotency key of one operation: `tg_<key epoch>_<operation>`, and from the second generation
/// on `_<generation>` behind it. The epoch is `StoreIdentity.keyEpoch`, drawn anew for a copied file.
package struct IdempotencyKey: Sendable, Hashable {
    package let epoch: UInt64
    package let operation: OperationID
    /// Counts from one; a new one is a new request to the provider.
    package let generation: Int

    package init(epoch: UInt64, operation: OperationID, generation: Int) {
        precondition(generation >= 1, "generations count from one")
        self.epoch = epoch
        self.operation = operation
        self.generation = generation
    }

    package static let prefix = "tg_"

    /// Nil for any text that is not exactly a key of ours; whether the store made it, its epoch tells.
    package init?(_ text: String) {
        guard text.utf8.starts(with: Self.prefix.utf8), text.utf8.count <= 255 else { return nil }
        let parts = text.dropFirst(Self.prefix.count).split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 3, let epoch = UInt64(parts[0]),
            let operation = Int64(parts[1]), operation > 0
        else { return nil }
        var generation = 1
        if parts.count == 3 {
            guard let number = Int(parts[2]), number >= 2 else { return nil }
            generation = number
        }
        self.init(epoch: epoch, operation: OperationID(rawValue: operation), generation: generation)
        // A text such as "tg_+1_07" reads as numbers, but is not how a key is written.
        guard self.text == text else { return nil }
    }

    package var text: String {
        let base = "\(Self.prefix)\(epoch)_\(operation.rawValue)"
        return generation == 1 ? base : "\(base)_\(generation)"
    }
}
