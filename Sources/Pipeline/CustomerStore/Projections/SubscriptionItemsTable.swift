import BillingModel
import Database
import Timing

/// Rows of `subscription_items`. An item keeps its row as long as the provider keeps its id.
enum SubscriptionItemsTable {
    static let name = "subscription_items"

    // In the order of `values`.
    private static let names = [
        "provider_item_id", "provider_price_id", "provider_product_id", "quantity", "unit_amount", "currency",
        "billing_interval", "interval_count", "is_metered", "current_period_start", "current_period_end",
    ]

    /// The rows of a subscription: position, then the values.
    static func stored(
        ofSubscription subscription: Int64,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [[SQLValue]] {
        let texts: Set<Int> = [1, 2, 3, 6, 7]
        return try transaction.rows(select, [.integer(subscription)]) { row in
            (0...names.count).map { column in
                if row.isNull(column) { return .null }
                return texts.contains(column) ? .text(row.text(column)) : .integer(row.integer(column))
            }
        }
    }

    /// For each row that is not as `items` say: the columns that differ, none for a row that is missing or too much.
    static func changes(
        _ stored: [[SQLValue]],
        _ items: [SubscriptionItemSnapshot],
        _ isComplete: Bool
    ) -> [[String]] {
        var left = stored
        var changes: [[String]] = []
        for (position, item) in items.enumerated() {
            let wanted = [.integer(Int64(position))] + values(item)
            guard let index = left.firstIndex(where: { $0[1] == wanted[1] }) else {
                changes.append([])
                continue
            }
            let present = left.remove(at: index)
            let changed = zip(["position"] + names, zip(present, wanted)).compactMap {
                $1.0 == $1.1 ? nil : $0
            }
            if !changed.isEmpty { changes.append(changed) }
        }
        return changes + (isComplete ? left.map { _ in [] } : [])
    }

    /// Tells whether two lists of items say the same. FNV-1a over the values, each with its length before it:
    /// the same in every process, unlike `Hasher`.
    static func digest(_ items: [SubscriptionItemSnapshot]) -> Int64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ number: Int64) {
            var rest = UInt64(bitPattern: number)
            for _ in 0..<8 {
                hash = (hash ^ (rest & 0xFF)) &* 0x100_0000_01B3
                rest >>= 8
            }
        }
        for item in items {
            for value in values(item) {
                switch value {
                case .null:
                    add(-1)
                case .integer(let number):
                    add(8)
                    add(number)
                case .text(let text):
                    add(Int64(text.utf8.count))
                    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
                case .bytes(let bytes):
                    add(Int64(bytes.count))
                    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
                case .digest(let high, let low):
                    add(16)
                    add(Int64(bitPattern: high))
                    add(Int64(bitPattern: low))
                }
            }
        }
        return Int64(bitPattern: hash)
    }

    /// Makes the rows of a subscription say `items`. When the provider cut its list short, rows of items that
    /// it did not name stay.
    static func replace(
        _ items: [SubscriptionItemSnapshot],
        ofSubscription subscription: Int64,
        isComplete: Bool,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        var numbers: [ProviderID: Int64] = [:]
        try transaction.forEachRow(ids, [.integer(subscription)]) { row in
            numbers[ProviderID(row.text(1))] = row.integer(0)
        }
        for (position, item) in items.enumerated() {
            let values = values(item)
            if let number = numbers.removeValue(forKey: item.id) {
                try transaction.execute(update, [.integer(number), .integer(Int64(position))] + values)
            } else {
                try transaction.execute(insert, [.integer(subscription), .integer(Int64(position))] + values)
            }
        }
        guard isComplete else { return }
        for number in numbers.values { try transaction.execute(delete, [.integer(number)]) }
    }

    static func removeAll(
        ofSubscription subscription: Int64,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try transaction.execute(deleteAll, [.integer(subscription)])
    }

    private static func values(_ item: SubscriptionItemSnapshot) -> [SQLValue] {
        [
            .text(item.id.rawValue),
            .optional(item.price?.rawValue),
            .optional(item.product?.rawValue),
            .optional(item.quantity),
            .optional(item.unitAmount),
            .optional(item.currency),
            .optional(item.interval),
            .optional(item.intervalCount),
            .boolean(item.isMetered),
            .optional(item.currentPeriodStart?.milliseconds),
            .optional(item.currentPeriodEnd?.milliseconds),
        ]
    }

    private static let select = Statement(
        "subscription_items.select",
        """
        SELECT
            position, provider_item_id, provider_price_id, provider_product_id, quantity, unit_amount,
            currency, billing_interval, interval_count, is_metered, current_period_start,
            current_period_end
        FROM subscription_items
        WHERE subscription_id = $1
        ORDER BY position
        """
    )

    private static let ids = Statement(
        "subscription_items.ids",
        """
        SELECT id, provider_item_id
        FROM subscription_items
        WHERE subscription_id = $1
        """
    )

    private static let insert = Statement(
        "subscription_items.insert",
        """
        INSERT INTO subscription_items (
            subscription_id, position, provider_item_id, provider_price_id, provider_product_id, quantity,
            unit_amount, currency, billing_interval, interval_count, is_metered, current_period_start,
            current_period_end
        )
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        """
    )

    private static let update = Statement(
        "subscription_items.update",
        """
        UPDATE subscription_items
        SET
            position = $2, provider_item_id = $3, provider_price_id = $4, provider_product_id = $5,
            quantity = $6, unit_amount = $7, currency = $8, billing_interval = $9, interval_count = $10,
            is_metered = $11, current_period_start = $12, current_period_end = $13
        WHERE id = $1
        """
    )

    private static let delete = Statement(
        "subscription_items.delete",
        """
        DELETE FROM subscription_items
        WHERE id = $1
        """
    )

    private static let deleteAll = Statement(
        "subscription_items.delete_all",
        """
        DELETE FROM subscription_items
        WHERE subscription_id = $1
        """
    )
}
