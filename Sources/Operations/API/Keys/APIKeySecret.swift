package import BillingModel
package import Cryptography

/// The key itself: `sk_test_` or `sk_live_` and 256 random bits in 43 letters and digits. Shown once.
package struct APIKeySecret: Sendable {
    package let text: RedactedText
    package let prefix: String
    package let digest: [UInt8]

    private static let randomBytes = 32
    /// 62^43 > 2^256.
    private static let characterCount = 43
    static let textBytesMax = 8 + characterCount

    package static func fresh(mode: DataMode) -> APIKeySecret {
        APIKeySecret(mode: mode, random: SecretRandom.bytes(count: randomBytes))
    }

    init(mode: DataMode, random: [UInt8]) {
        precondition(random.count == Self.randomBytes, "a key holds 256 random bits")
        let lead = mode.isLive ? "sk_live_" : "sk_test_"
        let secret = base62(random, count: Self.characterCount)
        let text = lead + secret
        self.text = RedactedText(text)
        prefix = lead + secret.prefix(4)
        digest = Self.digest(of: text)
    }

    package static func digest(of text: String) -> [UInt8] {
        SHA256.digest(of: Array(text.utf8))
    }
}

private let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

/// The number that `bytes` are, written in base 62 with leading zeros.
private func base62(_ bytes: [UInt8], count: Int) -> String {
    var rest = bytes
    var digits: [UInt8] = []
    for _ in 0..<count {
        var remainder = 0
        for index in rest.indices {
            let value = remainder << 8 | Int(rest[index])
            rest[index] = UInt8(value / 62)
            remainder = value % 62
        }
        digits.append(alphabet[remainder])
    }
    return String(decoding: digits.reversed(), as: UTF8.self)
}
