/// The merchant's own keys and values on an object, in the order of the keys' bytes.
package struct Metadata: Sendable, Hashable {
    package struct Entry: Sendable, Hashable {
        package let key: String
        package let value: String

        package init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    package let entries: [Entry]

    package init(_ entries: [Entry] = []) {
        self.entries =
            entries.count < 2
            ? entries : entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }

    package subscript(key: String) -> String? {
        entries.first { $0.key == key }?.value
    }

    package var isEmpty: Bool { entries.isEmpty }

    /// Names the local customer that a provider customer belongs to; set by our own calls, trusted because
    /// only holders of the merchant's key can write it.
    package static let customerKey = "gw_customer_id"
}
