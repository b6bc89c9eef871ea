import BillingModel
import JSON

/// Metadata as one column: a JSON object of texts; NULL when empty.
enum MetadataColumn {
    static func text(_ metadata: Metadata) -> String? {
        guard !metadata.isEmpty else { return nil }
        var writer = JSONWriter(capacity: 64)
        writer.beginObject()
        for entry in metadata.entries { writer.field(entry.key, entry.value) }
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    static func metadata(_ text: String?) -> Metadata {
        // Written by `text` alone, so it always parses; a damaged column reads as empty.
        guard let text, let document = try? JSONDocument.parse(Array(text.utf8)) else { return Metadata() }
        return Metadata(
            document.root.members.map { Metadata.Entry(key: $0.key, value: $0.value.string ?? "") }
        )
    }
}

/// Amounts by currency as one column: `{"eur":100,"usd":2900}`.
enum MoneyColumn {
    static func text(_ money: MoneyByCurrency) -> String {
        var writer = JSONWriter(capacity: 32)
        writer.beginObject()
        for amount in money.sorted { writer.field(amount.currency, amount.amount) }
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    static func money(_ text: String) -> MoneyByCurrency {
        // Written by `text` alone, so it always parses; a damaged column reads as nothing.
        guard let document = try? JSONDocument.parse(Array(text.utf8)) else { return MoneyByCurrency() }
        var money = MoneyByCurrency()
        for (currency, amount) in document.root.members {
            money.add(Money(amount: amount.integer ?? 0, currency: currency))
        }
        return money
    }
}
