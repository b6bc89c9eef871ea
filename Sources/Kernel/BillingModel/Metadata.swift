/// The merchant's own keys and values on an object, in the order of the keys' bytes. Compared byte by byte.
///
/// Kept in one piece of memory: an object may carry fifty of them, most are stored without anybody looking at one.
package struct Metadata: Sendable, Hashable {
    package struct Entry: Sendable, Hashable {
        package let key: String
        package let value: String

        package init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    /// Takes entries in any order.
    package struct Builder {
        fileprivate var texts: [UInt8] = []
        fileprivate var starts: [Int] = []

        /// - Parameter bytes: of keys and values together, about.
        package init(count: Int, bytes: Int = 0) {
            texts.reserveCapacity(bytes + count * 2 * Metadata.lengthSize)
            starts.reserveCapacity(count)
        }

        package mutating func add(key: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>) {
            starts.append(texts.count)
            append(key)
            append(value)
        }

        private mutating func append(_ text: UnsafeBufferPointer<UInt8>) {
            withUnsafeBytes(of: UInt32(text.count)) { texts.append(contentsOf: $0) }
            texts.append(contentsOf: text)
        }
    }

    /// For each entry its key and its value, each as its length in bytes and then these.
    private let texts: [UInt8]
    private static let lengthSize = MemoryLayout<UInt32>.size

    package init(_ entries: [Entry] = []) {
        var builder = Builder(count: entries.count)
        for entry in entries {
            var (key, value) = (entry.key, entry.value)
            key.withUTF8 { key in value.withUTF8 { builder.add(key: key, value: $0) } }
        }
        self.init(builder)
    }

    package init(_ builder: Builder) {
        let texts = builder.texts
        self.texts = texts.withUnsafeBytes { bytes in
            func key(_ start: Int) -> UnsafeBufferPointer<UInt8> { Self.text(bytes, at: start) }
            func precedes(_ left: Int, _ right: Int) -> Bool {
                key(left).lexicographicallyPrecedes(key(right))
            }
            let starts = builder.starts
            let isSorted = zip(starts, starts.dropFirst()).allSatisfy { !precedes($1, $0) }
            guard !isSorted else { return texts }
            var sorted: [UInt8] = []
            sorted.reserveCapacity(texts.count)
            for start in starts.sorted(by: precedes) {
                let entry = bytes[start..<Self.end(bytes, start)]
                sorted.append(contentsOf: UnsafeRawBufferPointer(rebasing: entry))
            }
            return sorted
        }
    }

    package var entries: [Entry] {
        var entries: [Entry] = []
        forEach { key, value in
            let key = String(decoding: key, as: UTF8.self)
            entries.append(Entry(key: key, value: String(decoding: value, as: UTF8.self)))
        }
        return entries
    }

    package subscript(key: String) -> String? {
        var key = key
        var found: String?
        key.withUTF8 { wanted in
            forEach { key, value in
                if found == nil, key.count == wanted.count, key.elementsEqual(wanted) {
                    found = String(decoding: value, as: UTF8.self)
                }
            }
        }
        return found
    }

    package var isEmpty: Bool { texts.isEmpty }

    /// At least as many bytes as keys and values have together.
    package var bytesMax: Int { texts.count }

    /// Lends the UTF-8 of each key and its value.
    package func forEach(_ body: (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>) -> Void) {
        texts.withUnsafeBytes { bytes in
            var start = 0
            while start < bytes.count {
                let key = Self.text(bytes, at: start)
                let value = Self.text(bytes, at: start + Self.lengthSize + key.count)
                body(key, value)
                start += 2 * Self.lengthSize + key.count + value.count
            }
        }
    }

    private static func text(_ bytes: UnsafeRawBufferPointer, at start: Int) -> UnsafeBufferPointer<UInt8> {
        let count = Int(bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self))
        let first = start + lengthSize
        return UnsafeRawBufferPointer(rebasing: bytes[first..<first + count]).bindMemory(to: UInt8.self)
    }

    /// Of the entry that starts there.
    private static func end(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int {
        let value = start + lengthSize + text(bytes, at: start).count
        return value + lengthSize + text(bytes, at: value).count
    }

    /// Names the local customer that a provider customer belongs to; set by our own calls, trusted because
    /// only holders of the merchant's key can write it.
    package static let customerKey = "gw_customer_id"
}
