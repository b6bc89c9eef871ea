package import Database

/// Facts the store keeps of itself.
package enum StoreMetaTable {
    private static let get = Statement(
        "store_meta.get",
        "SELECT value FROM store_meta WHERE key = $1"
    )
    private static let put = Statement(
        "store_meta.put",
        """
        INSERT INTO store_meta (key, value)
        VALUES ($1, $2)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value
        """
    )

    package static func value(
        of key: String,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> String? {
        try transaction.first(get, [.text(key)]) { $0.text(0) }
    }

    package static func set(
        _ key: String,
        to value: String,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try transaction.execute(put, [.text(key), .text(value)])
    }
}
