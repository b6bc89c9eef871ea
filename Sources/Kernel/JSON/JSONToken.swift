/// One entry of a document's index: 16 bytes, in the order of the text, a key directly before its value.
struct JSONToken: Sendable {
    /// First byte of the value; of a string, its opening quote.
    var start: UInt32
    /// One past the last byte.
    var end: UInt32
    /// A value: index of the first token behind it and all that it holds. A key: index of its object.
    /// A container that is still open: index of the container around it, `none` at the top.
    var next: UInt32
    /// Kind in the low three bits, then two flags, then the count of elements or members; of a key, its mark.
    var meta: UInt32

    static let none = UInt32.max
    static let kindMask: UInt32 = 0b111
    /// A string holds at least one escape; a number is an integer by its grammar; a boolean is true.
    static let flag: UInt32 = 1 << 3
    static let countShift: UInt32 = 5
    static let countStep: UInt32 = 1 << countShift

    static let null: UInt32 = 0
    static let boolean: UInt32 = 1
    static let number: UInt32 = 2
    static let string: UInt32 = 3
    static let array: UInt32 = 4
    static let object: UInt32 = 5

    /// The part of a key's hash that stands in its token. Two keys with different marks differ.
    @inline(__always)
    static func mark(ofHash hash: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: hash &>> 32) & ~(countStep &- 1)
    }

    @inline(__always)
    static func haveEqualMarks(_ meta: UInt32, _ other: UInt32) -> Bool {
        meta ^ other < countStep
    }

    var kind: UInt32 { meta & Self.kindMask }
    var isFlagged: Bool { meta & Self.flag != 0 }
    var count: Int { Int(meta >> Self.countShift) }
    /// Bytes between the quotes of a string, escapes as they stand.
    var content: Range<Int> { Int(start) + 1..<Int(end) - 1 }
}
