/// The keys seen so far in one document, to find one that stands twice in the same object.
///
/// Open addressing, one table for all objects: the hash covers the object's index too. It is seeded per
/// process, so that nobody outside can write keys that collide.
struct JSONKeyTable: ~Copyable {
    // A slot holds 32 bits of hash above the key's token index; index 0 is never a key, so 0 means free.
    private var slots: UnsafeMutablePointer<UInt64>
    private var mask: Int
    private var used = 0
    /// Slots looked at beyond the first, over all keys: what a test bounds instead of a time.
    private(set) var collisions = 0

    /// From the standard library's own per-process randomness.
    private static let seed: (UInt64, UInt64) = {
        var first = Hasher()
        first.combine(1)
        var second = Hasher()
        second.combine(2)
        return (
            UInt64(truncatingIfNeeded: first.finalize()),
            UInt64(truncatingIfNeeded: second.finalize()) | 1
        )
    }()

    private let seed = Self.seed

    init(slotsAtLeast wanted: Int) {
        var size = 64
        while size < wanted { size <<= 1 }
        mask = size - 1
        slots = .allocate(capacity: size)
        slots.update(repeating: 0, count: size)
    }

    deinit {
        slots.deallocate()
    }

    /// False when the key at `key` already stands in its object (its token's `next`).
    @inline(__always)
    mutating func insert(_ key: Int, in tokens: UnsafePointer<JSONToken>, over base: UnsafePointer<UInt8>)
        -> Bool
    {
        let token = tokens[key]
        if token.isFlagged { return insertEscaped(key, in: tokens, over: base) }
        let content = token.content
        let bytes = UnsafeBufferPointer(start: base + content.lowerBound, count: content.count)
        return insert(key, bytes, in: tokens, over: base)
    }

    @inline(never)
    private mutating func insertEscaped(
        _ key: Int,
        in tokens: UnsafePointer<JSONToken>,
        over base: UnsafePointer<UInt8>
    ) -> Bool {
        let decoded = JSONText.decoded(tokens[key], over: base)
        let hash = decoded.withUnsafeBufferPointer { self.hash($0, tokens[key].next) }
        return insert(key, hash, in: tokens) { other in
            JSONText.decoded(other, over: base) == decoded
        }
    }

    @inline(__always)
    private mutating func insert(
        _ key: Int,
        _ bytes: UnsafeBufferPointer<UInt8>,
        in tokens: UnsafePointer<JSONToken>,
        over base: UnsafePointer<UInt8>
    ) -> Bool {
        insert(key, hash(bytes, tokens[key].next), in: tokens) { other in
            if other.isFlagged { return JSONText.decoded(other, over: base).elementsEqual(bytes) }
            let content = other.content
            guard content.count == bytes.count else { return false }
            return UnsafeBufferPointer(start: base + content.lowerBound, count: content.count)
                .elementsEqual(bytes)
        }
    }

    @inline(__always)
    private mutating func insert(
        _ key: Int,
        _ hash: UInt64,
        in tokens: UnsafePointer<JSONToken>,
        isEqual: (JSONToken) -> Bool
    ) -> Bool {
        if used &* 2 > mask { grow() }
        let stamp = hash & 0xFFFF_FFFF_0000_0000
        var slot = Int(truncatingIfNeeded: hash &>> 32) & mask
        while slots[slot] != 0 {
            if (slots[slot] ^ stamp) &>> 32 == 0 {
                let other = tokens[Int(truncatingIfNeeded: slots[slot] & 0xFFFF_FFFF)]
                if other.next == tokens[key].next, isEqual(other) { return false }
            }
            slot = (slot &+ 1) & mask
            collisions &+= 1
        }
        slots[slot] = stamp | UInt64(truncatingIfNeeded: key)
        used &+= 1
        return true
    }

    @inline(never)
    private mutating func grow() {
        let old = slots
        let size = mask + 1
        slots = .allocate(capacity: size * 4)
        slots.update(repeating: 0, count: size * 4)
        mask = size * 4 - 1
        for entry in UnsafeBufferPointer(start: old, count: size) where entry != 0 {
            var slot = Int(truncatingIfNeeded: entry &>> 32) & mask
            while slots[slot] != 0 { slot = (slot &+ 1) & mask }
            slots[slot] = entry
        }
        old.deallocate()
    }

    /// Multiply and fold over words of eight bytes; the last word overlaps the one before it.
    @inline(__always)
    private func hash(_ bytes: UnsafeBufferPointer<UInt8>, _ object: UInt32) -> UInt64 {
        var state = seed.0 ^ (UInt64(object) &<< 32 | UInt64(truncatingIfNeeded: bytes.count))
        state = fold(state, seed.1)
        guard let start = bytes.baseAddress else { return state }
        let raw = UnsafeRawPointer(start)
        let count = bytes.count
        if count >= 8 {
            var offset = 0
            while offset &+ 8 < count {
                state = fold(state ^ raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self), seed.1)
                offset &+= 8
            }
            return fold(state ^ raw.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self), seed.1)
        }
        if count >= 4 {
            let low = UInt64(raw.loadUnaligned(as: UInt32.self))
            let top = UInt64(raw.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self))
            return fold(state ^ (low | top &<< 32), seed.1)
        }
        var tail: UInt64 = 0
        for offset in 0..<count { tail = tail &<< 8 | UInt64(bytes[offset]) }
        return fold(state ^ tail, seed.1)
    }

    @inline(__always)
    private func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
}
