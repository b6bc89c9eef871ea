/// Hashes the keys of documents. Seeded per process, so that nobody outside can write keys that collide.
struct JSONKeyHash: Sendable {
    private let start: UInt64
    private let factor: UInt64

    /// From the standard library's own per-process randomness.
    static let ofProcess = {
        var first = Hasher()
        first.combine(1)
        var second = Hasher()
        second.combine(2)
        return JSONKeyHash(
            start: UInt64(truncatingIfNeeded: first.finalize()),
            factor: UInt64(truncatingIfNeeded: second.finalize()) | 1
        )
    }()

    /// Of a key's bytes with escapes resolved, the same in every object and every document.
    ///
    /// Multiplies and folds words of eight bytes; the last word overlaps the one before it.
    @inline(__always)
    func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
        let count = bytes.count
        var state = fold(start ^ UInt64(truncatingIfNeeded: count))
        guard let base = bytes.baseAddress else { return state }
        let raw = UnsafeRawPointer(base)
        if count >= 8 {
            var offset = 0
            while offset &+ 8 < count {
                state = fold(state ^ raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                offset &+= 8
            }
            return fold(state ^ raw.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self))
        }
        if count >= 4 {
            let low = UInt64(raw.loadUnaligned(as: UInt32.self))
            let top = UInt64(raw.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self))
            return fold(state ^ (low | top &<< 32))
        }
        var tail: UInt64 = 0
        for offset in 0..<count { tail = tail &<< 8 | UInt64(bytes[offset]) }
        return fold(state ^ tail)
    }

    // Objects stand at places that follow one another: spread over all bits before they are folded in.
    private static let spread: UInt64 = 0x9E37_79B9_7F4A_7C15

    /// The hash of a key as a member of one object among all of its document.
    @inline(__always)
    func hash(_ key: UInt64, inObject object: UInt32) -> UInt64 {
        fold(key ^ UInt64(object) &* Self.spread)
    }

    @inline(__always)
    private func fold(_ state: UInt64) -> UInt64 {
        let product = state.multipliedFullWidth(by: factor)
        return product.high ^ product.low
    }
}
