/// A document that passed every rule of RFC 8259 and ours: valid UTF-8 without byte order mark, limited depth,
/// no key twice in one object (compared after unescaping), no lone surrogate, nothing behind the value.
///
/// Owns its bytes and an index over them; values are decoded when asked for. Immutable, so any thread may read.
package final class JSONDocument: Sendable {
    package let bytes: [UInt8]
    let tokens: [JSONToken]

    private init(bytes: [UInt8], tokens: [JSONToken]) {
        self.bytes = bytes
        self.tokens = tokens
    }

    package var root: JSONValue { JSONValue(document: self, index: 0) }

    /// Checks and indexes `bytes` in one pass, in time linear in their count.
    package static func parse(
        _ bytes: [UInt8],
        limits: JSONLimits = .standard
    ) throws(JSONError) -> JSONDocument {
        let outcome = bytes.withUnsafeBytes { tokens(of: $0, limits: limits) }
        return JSONDocument(bytes: bytes, tokens: try outcome.get())
    }

    /// The same for borrowed memory; copies it once, and only if it is accepted.
    package static func parse(
        _ bytes: UnsafeRawBufferPointer,
        limits: JSONLimits = .standard
    ) throws(JSONError) -> JSONDocument {
        let tokens = try tokens(of: bytes, limits: limits).get()
        return JSONDocument(bytes: [UInt8](bytes), tokens: tokens)
    }

    private static func tokens(
        of bytes: UnsafeRawBufferPointer,
        limits: JSONLimits
    ) -> Result<[JSONToken], JSONError> {
        guard bytes.count <= limits.bytesMax else {
            return .failure(JSONError(reason: .tooManyBytes, offset: limits.bytesMax))
        }
        guard let base = bytes.baseAddress, !bytes.isEmpty else {
            return .failure(JSONError(reason: .unexpectedEnd, offset: 0))
        }
        var indexer = JSONIndexer(
            base: base.assumingMemoryBound(to: UInt8.self),
            count: bytes.count,
            limits: limits
        )
        do throws(JSONError) {
            try indexer.scan()
            return .success(indexer.tokens)
        } catch {
            return .failure(error)
        }
    }
}
