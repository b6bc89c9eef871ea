/// Digits 0-9, A-Z, a-z: their byte order is their numeric order, as in Stripe's ids.
package enum Base62 {
    private static let digits: StaticString = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

    /// Fills `text` with the lowest digits of `value`, the most significant first, padded with zeros.
    package static func write(_ value: UInt64, to text: UnsafeMutableRawBufferPointer) {
        var rest = value
        var position = text.count
        while position > 0 {
            position -= 1
            text[position] = digits.utf8Start[Int(rest % 62)]
            rest /= 62
        }
    }

    package static func text(_ value: UInt64, count: Int) -> String {
        String(unsafeUninitializedCapacity: count) { buffer in
            write(
                value,
                to: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count])
            )
            return count
        }
    }
}
