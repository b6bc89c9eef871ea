/// Two independent 64-bit hashes, run side by side over the same words by multiplying and folding.
struct JSONDigestLanes {
    var first: UInt64
    var second: UInt64

    // Digits of the fractional part of pi (first lane) and of e (second), made odd.
    private static let firstFactor: UInt64 = 0x243F_6A88_85A3_08D3
    private static let secondFactor: UInt64 = 0xB7E1_5162_8AED_2A6B
    private static let firstStart: UInt64 = 0x1319_8A2E_0370_7344
    private static let secondStart: UInt64 = 0xBF71_5880_9CF4_F3C7

    /// Kinds start apart, so that a text, a key and a number of the same bytes never agree.
    enum Tag: UInt64 {
        case null = 1
        case no, yes, integer, decimal, string, key, array, object
    }

    @inline(__always)
    init(_ tag: Tag, _ detail: UInt64 = 0) {
        first = Self.firstStart ^ tag.rawValue &<< 56
        second = Self.secondStart ^ tag.rawValue &<< 56
        mix(detail)
    }

    @inline(__always)
    mutating func mix(_ word: UInt64) { mix(word, word) }

    @inline(__always)
    mutating func mix(_ other: JSONDigestLanes) { mix(other.first, other.second) }

    @inline(__always)
    func mixed(_ other: JSONDigestLanes) -> JSONDigestLanes {
        var lanes = self
        lanes.mix(other)
        return lanes
    }

    @inline(__always)
    private mutating func mix(_ left: UInt64, _ right: UInt64) {
        let one = (first ^ left).multipliedFullWidth(by: Self.firstFactor)
        let two = (second ^ right).multipliedFullWidth(by: Self.secondFactor)
        first = (one.high ^ one.low) &+ Self.firstStart
        second = (two.high ^ two.low) &+ Self.secondStart
    }

    /// Adds without regard to order.
    @inline(__always)
    mutating func add(_ other: JSONDigestLanes) {
        first &+= other.first
        second &+= other.second
    }

    /// Bytes whose count was the tag's detail.
    @inline(__always)
    mutating func mix(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let start = bytes.baseAddress else { return }
        let raw = UnsafeRawPointer(start)
        let count = bytes.count
        if count >= 8 {
            var offset = 0
            while offset &+ 8 < count {
                mix(raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian)
                offset &+= 8
            }
            // The last word overlaps the one before it.
            mix(raw.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self).littleEndian)
        } else if count >= 4 {
            let low = UInt64(raw.loadUnaligned(as: UInt32.self).littleEndian)
            let top = UInt64(raw.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self).littleEndian)
            mix(low | top &<< 32)
        } else {
            var tail: UInt64 = 0
            for offset in 0..<count { tail = tail &<< 8 | UInt64(bytes[offset]) }
            mix(tail)
        }
    }
}
