package import Timing

/// `req_` and 22 letters and digits: ten of the time, twelve of chance. Sorts by time, names a request in logs.
package struct RequestIDs: Sendable {
    private let random: RandomSource

    package init(random: RandomSource) {
        self.random = random
    }

    func next(now: Timestamp) -> String {
        var bytes = Array("req_".utf8)
        append(UInt64(bitPattern: now.milliseconds), count: 10, to: &bytes)
        append(random.next(), count: 12, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func append(_ value: UInt64, count: Int, to bytes: inout [UInt8]) {
        for position in (0..<count).reversed() {
            bytes.append(alphabet[Int(value >> (5 * UInt64(position)) & 31)])
        }
    }
}

// Crockford's base 32, in lower case.
private let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
