import Glibc

/// Borrowed access to a document for one walk, without bounds checks on every byte: the indexer has already
/// proved that each token lies within the bytes.
struct JSONCursor {
    let base: UnsafePointer<UInt8>
    let tokens: UnsafePointer<JSONToken>

    func text(_ index: Int) -> String {
        let token = tokens[index]
        if token.isFlagged { return String(decoding: JSONText.decoded(token, over: base), as: UTF8.self) }
        return String(decoding: content(token), as: UTF8.self)
    }

    @inline(__always)
    func content(_ token: JSONToken) -> UnsafeBufferPointer<UInt8> {
        let content = token.content
        return UnsafeBufferPointer(start: base + content.lowerBound, count: content.count)
    }

    /// The bytes of any token as they stand, a string with its quotes.
    @inline(__always)
    func raw(_ index: Int) -> UnsafeBufferPointer<UInt8> {
        let token = tokens[index]
        return UnsafeBufferPointer(start: base + Int(token.start), count: Int(token.end &- token.start))
    }

    /// Lends the bytes of a key or another string with escapes resolved.
    @inline(__always)
    func withText<Value>(_ index: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Value) -> Value {
        let token = tokens[index]
        if token.isFlagged { return JSONText.decoded(token, over: base).withUnsafeBufferPointer { body($0) } }
        return body(content(token))
    }

    /// Index of the value that `object` holds under `key`; nil if there is none or it is no object.
    func member(of object: Int, _ key: UnsafeBufferPointer<UInt8>) -> Int? {
        guard tokens[object].kind == JSONToken.object else { return nil }
        let mark = JSONToken.mark(ofHash: JSONKeyHash.ofProcess.hash(key))
        let end = Int(tokens[object].next)
        var index = object &+ 1
        while index < end {
            if JSONToken.haveEqualMarks(tokens[index].meta, mark), isKey(index, equalTo: key) {
                return index &+ 1
            }
            index = Int(tokens[index &+ 1].next)
        }
        return nil
    }

    /// Whether the key at `index` is the one at `otherIndex` of `other`, which may be another document.
    @inline(__always)
    func isKey(_ index: Int, equalTo otherIndex: Int, of other: JSONCursor) -> Bool {
        JSONToken.haveEqualMarks(tokens[index].meta, other.tokens[otherIndex].meta)
            && other.withText(otherIndex) { isKey(index, equalTo: $0) }
    }

    /// Bytes are compared as bytes, never as `String`, whose `==` is canonical equivalence.
    @inline(__always)
    func isKey(_ index: Int, equalTo key: UnsafeBufferPointer<UInt8>) -> Bool {
        let token = tokens[index]
        if token.isFlagged { return JSONText.decoded(token, over: base).elementsEqual(key) }
        let content = content(token)
        guard content.count == key.count else { return false }
        guard let left = content.baseAddress, let right = key.baseAddress else { return true }
        return memcmp(left, right, content.count) == 0
    }
}

extension JSONDocument {
    @inline(__always)
    func withCursor<Value>(_ body: (JSONCursor) -> Value) -> Value {
        bytes.withUnsafeBufferPointer { bytes in
            tokens.withUnsafeBufferPointer { tokens in
                guard let base = bytes.baseAddress, let index = tokens.baseAddress else {
                    preconditionFailure("a parsed document has at least one byte and one token")
                }
                return body(JSONCursor(base: base, tokens: index))
            }
        }
    }
}
