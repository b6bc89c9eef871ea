/// The keys seen so far in one document, to find one that stands twice in the same object.
///
/// Open addressing, one table for all objects: the hash covers the object's index too.
struct JSONKeyTable: ~Copyable {
    // A slot holds 32 bits of hash above the key's token index; index 0 is never a key, so 0 means free.
    private var slots: UnsafeMutablePointer<UInt64>
    private var mask: Int
    private var used = 0
    /// Slots looked at beyond the first, over all keys: what a test bounds instead of a time.
    private(set) var collisions = 0

    private let hashing = JSONKeyHash.ofProcess

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

    /// False when the key at `key` already stands in its object (its token's `next`). Leaves the key's mark in its
    /// token.
    @inline(__always)
    mutating func insert(
        _ key: Int,
        in tokens: UnsafeMutablePointer<JSONToken>,
        over base: UnsafePointer<UInt8>
    ) -> Bool {
        if tokens[key].isFlagged {
            return JSONText.decoded(tokens[key], over: base).withUnsafeBufferPointer {
                insert(key, $0, in: tokens, over: base)
            }
        }
        let content = tokens[key].content
        let bytes = UnsafeBufferPointer(start: base + content.lowerBound, count: content.count)
        return insert(key, bytes, in: tokens, over: base)
    }

    @inline(__always)
    private mutating func insert(
        _ key: Int,
        _ bytes: UnsafeBufferPointer<UInt8>,
        in tokens: UnsafeMutablePointer<JSONToken>,
        over base: UnsafePointer<UInt8>
    ) -> Bool {
        let object = tokens[key].next
        let keyHash = hashing.hash(bytes)
        tokens[key].meta |= JSONToken.mark(ofHash: keyHash)
        let hash = hashing.hash(keyHash, inObject: object)
        // Two thirds full at most.
        if used &* 3 > mask &* 2 { grow() }
        let stamp = hash & 0xFFFF_FFFF_0000_0000
        var slot = Int(truncatingIfNeeded: hash &>> 32) & mask
        while slots[slot] != 0 {
            if (slots[slot] ^ stamp) &>> 32 == 0 {
                let other = Int(truncatingIfNeeded: slots[slot] & 0xFFFF_FFFF)
                let cursor = JSONCursor(base: base, tokens: tokens)
                if tokens[other].next == object, cursor.isKey(other, equalTo: bytes) { return false }
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
}
