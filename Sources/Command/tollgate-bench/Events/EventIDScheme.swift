/// How the 24 characters after `evt_` are drawn. Every scheme gives each sequence number its own id.
package enum EventIDScheme: String, Sendable, CaseIterable {
    /// `1`, the second in base 62, an account's mark, the sequence number: strictly increasing.
    case ordered
    /// As `ordered`, but the tail is scrambled, so that ids are in order by the second only, as Stripe's own are.
    case stripe
    /// No order at all, as with UUIDs.
    case random

    package static let characterCount = 24

    /// `account` tells apart runs on one database; only its lowest 62^9 values differ.
    package func write(
        sequence: UInt64,
        second: Int64,
        account: UInt64,
        to text: UnsafeMutableRawBufferPointer
    ) {
        precondition(text.count == Self.characterCount, "an event id has 24 characters after its prefix")
        switch self {
        case .ordered, .stripe:
            text[0] = UInt8(ascii: "1")
            Base62.write(UInt64(max(second, 0)), to: UnsafeMutableRawBufferPointer(rebasing: text[1..<7]))
            Base62.write(account, to: UnsafeMutableRawBufferPointer(rebasing: text[7..<16]))
            let tail = self == .ordered ? sequence : Self.scrambled(sequence)
            Base62.write(tail, to: UnsafeMutableRawBufferPointer(rebasing: text[16..<24]))
        case .random:
            // Both halves are one-to-one in the sequence number, and 62^12 exceeds 2^64, so none repeats.
            Base62.write(
                Self.mixed(sequence ^ account),
                to: UnsafeMutableRawBufferPointer(rebasing: text[0..<12])
            )
            Base62.write(
                Self.mixed(Self.mixed(sequence) &+ account),
                to: UnsafeMutableRawBufferPointer(rebasing: text[12..<24])
            )
        }
    }

    package func text(sequence: UInt64, second: Int64, account: UInt64) -> String {
        "evt_"
            + String(unsafeUninitializedCapacity: Self.characterCount) { buffer in
                let text = UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[..<Self.characterCount]
                )
                write(sequence: sequence, second: second, account: account, to: text)
                return Self.characterCount
            }
    }

    /// One-to-one on 47 bits, which eight digits of base 62 can hold (62^8 is above 2^47).
    private static func scrambled(_ sequence: UInt64) -> UInt64 {
        let mask: UInt64 = (1 << 47) - 1
        var value = sequence & mask
        // Odd factors and shifts to the right are invertible on a power of two.
        value = (value &* 0x9E37_79B9_7F4B) & mask
        value ^= value >> 23
        value = (value &* 0xBF58_476D_1CE5) & mask
        value ^= value >> 24
        return value
    }

    /// The finaliser of SplitMix64 (Steele, Lea and Flood 2014): one-to-one on 64 bits.
    private static func mixed(_ value: UInt64) -> UInt64 {
        var mixed = value &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
