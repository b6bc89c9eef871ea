package import Database

/// Bytes as they are stored: packed where that makes them smaller, else as they are.
///
/// Three columns beside each other hold them: the bytes, `packing` and `unpacked_bytes`; the last two are NULL where
/// the bytes are as they are.
package struct PackedBytes: Sendable, Hashable {
    private let stored: [UInt8]
    private let packing: Int64?
    /// Of the original, in bytes.
    package let count: Int

    /// A body of 3 KB takes 2 µs.
    package init(packing original: [UInt8]) {
        count = original.count
        if let packed = LZ4Block.pack(original, with: .first) {
            stored = packed
            packing = Packing.firstDictionary.rawValue
        } else {
            stored = original
            packing = nil
        }
    }

    /// What the three columns hold.
    ///
    /// - Parameter packing: the column's number; an unknown one unpacks to an error.
    package init(stored: [UInt8], packing: Int64?, unpackedCount: Int64?) {
        self.stored = stored
        self.packing = packing
        count = unpackedCount.flatMap { Int(exactly: $0) } ?? stored.count
    }

    /// In memory and in the store.
    package var storedCount: Int { stored.count }

    /// The original. Throws `corrupt` when what was stored cannot have come from it.
    package func unpacked() throws(DatabaseError) -> [UInt8] {
        guard let packing else { return stored }
        if packing == Packing.firstDictionary.rawValue,
            let original = LZ4Block.unpack(stored, to: count, with: .first)
        {
            return original
        }
        throw DatabaseError(
            kind: .corrupt,
            statement: "unpack",
            code: 0,
            message: "\(stored.count) stored bytes are not \(count) packed ones of packing \(packing)"
        )
    }

    /// For the columns bytes, `packing` and `unpacked_bytes`, in that order.
    package var values: [SQLValue] {
        [.bytes(stored), .optional(packing), packing == nil ? .null : .integer(Int64(count))]
    }
}

extension Row {
    /// The bytes of three columns from `column` on.
    package func packed(_ column: Int) -> PackedBytes {
        PackedBytes(
            stored: bytes(column),
            packing: optionalInteger(column + 1),
            unpackedCount: optionalInteger(column + 2)
        )
    }
}
