package import BillingModel

/// Changes of metadata, key by key; a key that is not named stays. Keys are compared byte by byte.
package struct MetadataPatch: Sendable, Hashable {
    package struct Entry: Sendable, Hashable {
        package let key: String
        /// Nil deletes the key.
        package let value: String?
    }

    /// One for each key, in the order of the keys' bytes.
    package private(set) var entries: [Entry] = []

    package init() {}

    /// Sets every key of `metadata`.
    package init(setting metadata: Metadata) {
        for entry in metadata.entries { set(entry.key, to: entry.value) }
    }

    package var isEmpty: Bool { entries.isEmpty }

    /// Nil and the empty text delete the key: for Stripe both are `metadata[key]=`.
    package mutating func set(_ key: String, to value: String?) {
        let entry = Entry(key: key, value: value.flatMap { $0.isEmpty ? nil : $0 })
        let place = entries.firstIndex { !$0.key.utf8.lexicographicallyPrecedes(key.utf8) } ?? entries.count
        if place < entries.count, entries[place].key.utf8.elementsEqual(key.utf8) {
            entries[place] = entry
        } else {
            entries.insert(entry, at: place)
        }
    }

    package func merged(with later: MetadataPatch) -> MetadataPatch {
        var merged = self
        for entry in later.entries { merged.set(entry.key, to: entry.value) }
        return merged
    }

    package func folded(over metadata: Metadata) -> Metadata {
        var result = MetadataPatch(setting: metadata)
        for entry in entries { result.set(entry.key, to: entry.value) }
        return Metadata(
            result.entries.compactMap { entry in
                entry.value.map { Metadata.Entry(key: entry.key, value: $0) }
            }
        )
    }
}
