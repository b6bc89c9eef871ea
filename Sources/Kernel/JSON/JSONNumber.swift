/// A number by its value, however it was written: `1`, `1.0` and `10e-1` are one and the same.
///
/// Exact: nothing is rounded. An exponent beyond fifteen digits is not evaluated; such a number equals only
/// itself as written.
enum JSONNumber {
    /// An integer below 10^18 in magnitude; these are nearly all.
    case integer(Int64)
    /// ±digits × 10^exponent, with neither leading nor trailing zeros.
    case decimal(isNegative: Bool, digits: [UInt8], exponent: Int)
    case beyond(text: [UInt8])

    static let integerDigitsMax = 18

    /// `text` is one that the indexer has accepted as a number.
    init(_ text: UnsafeBufferPointer<UInt8>) {
        let zero = UInt8(ascii: "0")
        let isNegative = text[0] == UInt8(ascii: "-")
        var digits: [UInt8] = []
        var exponent = 0
        var isFraction = false
        var offset = isNegative ? 1 : 0
        scan: while offset < text.count {
            switch text[offset] {
            case UInt8(ascii: "."):
                isFraction = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                break scan
            case let digit:
                if isFraction { exponent -= 1 }
                if digit != zero || !digits.isEmpty { digits.append(digit) }
            }
            offset += 1
        }
        guard !digits.isEmpty else {
            self = .integer(0)
            return
        }
        if offset < text.count {
            guard let written = Self.exponent(text[(offset + 1)...]) else {
                self = .beyond(text: Array(text))
                return
            }
            exponent += written
        }
        while digits.last == zero {
            digits.removeLast()
            exponent += 1
        }
        guard exponent >= 0, digits.count + exponent <= Self.integerDigitsMax else {
            self = .decimal(isNegative: isNegative, digits: digits, exponent: exponent)
            return
        }
        var value = digits.reduce(into: Int64(0)) { $0 = $0 * 10 + Int64($1 - zero) }
        for _ in 0..<exponent { value *= 10 }
        self = .integer(isNegative ? -value : value)
    }

    private static func exponent(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
        let isNegative = text.first == UInt8(ascii: "-")
        let digits = text.drop {
            $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "0")
        }
        guard digits.count <= 15 else { return nil }
        let value = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        return isNegative ? -value : value
    }

    /// One text for each value: plain while 21 zeros or fewer have to be filled in, else digits and exponent.
    var canonicalText: [UInt8] {
        switch self {
        case .integer(let value):
            return Array(String(value).utf8)
        case .beyond(let text):
            return text
        case .decimal(let isNegative, let digits, let exponent):
            let zero = UInt8(ascii: "0")
            var text: [UInt8] = isNegative ? [UInt8(ascii: "-")] : []
            let whole = digits.count + exponent
            if exponent >= 0, exponent <= 21 {
                text += digits + [UInt8](repeating: zero, count: exponent)
            } else if exponent < 0, whole > 0 {
                text += digits[..<whole] + [UInt8(ascii: ".")] + digits[whole...]
            } else if exponent < 0, whole > -21 {
                text += [zero, UInt8(ascii: ".")] + [UInt8](repeating: zero, count: -whole) + digits
            } else {
                text += digits + [UInt8(ascii: "e")] + Array(String(exponent).utf8)
            }
            return text
        }
    }
}
