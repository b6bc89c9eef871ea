import BillingModel
import JSON

/// Metadata as one column: a JSON object of texts; NULL when empty.
enum MetadataColumn {
    static func text(_ metadata: Metadata) -> String? {
        guard !metadata.isEmpty else { return nil }
        // A text's length takes four bytes there, and two quotes with a colon or a comma here; escapes are seldom.
        var writer = JSONWriter(capacity: metadata.bytesMax + 2)
        writer.beginObject()
        metadata.forEach { writer.field($0, $1) }
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    static func metadata(_ text: String?) -> Metadata {
        // Written by `text` alone, so it always parses; a damaged column reads as empty.
        guard let text, let document = try? JSONDocument.parse(Array(text.utf8)) else { return Metadata() }
        var builder = Metadata.Builder(count: document.root.count, bytes: text.utf8.count)
        document.root.forEachMember { key, value in value.withUTF8 { builder.add(key: key, value: $0) } }
        return Metadata(builder)
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
