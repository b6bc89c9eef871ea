package import Database

/// The two numbers by which a store knows itself.
///
/// `idEpoch` is drawn when the store is made and never again: public ids hold it, and a restored backup must
/// still know the ids that applications have kept. `keyEpoch` is drawn anew when the file is found at another
/// device or inode, so that a copy never sends an idempotency key that the original may send too.
package struct StoreIdentity: Sendable, Equatable {
    package let idEpoch: UInt64
    package let keyEpoch: UInt64

    /// - Parameters:
    ///   - file: device and inode of the database file; nil for an engine without one.
    ///   - draw: gives a fresh random number.
    package static func establish(
        file: (device: Int64, inode: Int64)?,
        draw: () -> UInt64,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> StoreIdentity {
        let place = file.map { "\($0.device):\($0.inode)" } ?? "-"
        let idEpoch = try number("id_epoch", in: transaction)
        let keyEpoch = try number("key_epoch", in: transaction)
        let isSamePlace = try StoreMetaTable.value(of: "file", in: transaction) == place
        if let idEpoch, let keyEpoch, isSamePlace {
            return StoreIdentity(idEpoch: idEpoch, keyEpoch: keyEpoch)
        }
        let identity = StoreIdentity(idEpoch: idEpoch ?? draw(), keyEpoch: draw())
        try StoreMetaTable.set("id_epoch", to: String(identity.idEpoch), in: transaction)
        try StoreMetaTable.set("key_epoch", to: String(identity.keyEpoch), in: transaction)
        try StoreMetaTable.set("file", to: place, in: transaction)
        return identity
    }

    private static func number(
        _ key: String,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> UInt64? {
        try StoreMetaTable.value(of: key, in: transaction).flatMap(UInt64.init)
    }
}
