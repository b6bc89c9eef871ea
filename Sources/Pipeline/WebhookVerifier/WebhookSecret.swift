package import Cryptography

/// One signing secret of an endpoint, checked and turned into keys when the configuration is read.
package struct WebhookSecret: Sendable {
    package let text: RedactedText
    /// One for each of the profile's encodings that the text fits.
    let keys: [HMACKey]
    /// Said once at start; nil for a secret of good length.
    package let warning: String?

    package static let bytesRecommendedMin = 24

    package enum Problem: Error, Sendable, Hashable, CustomStringConvertible {
        case empty
        case wrongEncoding(wanted: String)

        package var description: String {
            switch self {
            case .empty: "the secret is empty"
            case .wrongEncoding(let wanted):
                "the secret is not what this profile's provider issues: expected \(wanted)"
            }
        }
    }

    /// Nothing is trimmed: providers sign with the text verbatim, so a line break from a file must be removed
    /// by whoever reads the file.
    package init(_ text: RedactedText, for profile: SignatureProfile) throws(Problem) {
        let plain = text.revealed()
        guard plain.utf8.contains(where: { $0 > UInt8(ascii: " ") }) else { throw .empty }
        let derived = profile.secretEncodings.compactMap { Self.derive(plain, as: $0) }
        guard !derived.isEmpty else {
            throw .wrongEncoding(wanted: profile.secretEncodings.map(\.wanted).joined(separator: ", or "))
        }
        let usable = derived.filter { !$0.isEmpty }
        guard !usable.isEmpty else { throw .empty }
        self.text = text
        keys = usable.map { HMACKey($0, algorithm: profile.hash) }
        warning =
            text.byteCount < Self.bytesRecommendedMin
            ? "the secret has \(text.byteCount) bytes; at least \(Self.bytesRecommendedMin) are recommended"
            : nil
    }

    private static func derive(_ text: String, as encoding: SecretEncoding) -> [UInt8]? {
        switch encoding {
        case .utf8: Array(text.utf8)
        case .hex: Hex.decode(text)
        case .base64: Base64.decode(text)
        case .whsec:
            Base64.decode(text.hasPrefix("whsec_") ? String(text.dropFirst(6)) : text, padding: .optional)
        }
    }
}

extension SecretEncoding {
    /// Continues "expected …".
    fileprivate var wanted: String {
        switch self {
        case .utf8: "any text"
        case .hex: "an even number of hex digits"
        case .base64: "base64 with padding"
        case .whsec: "base64, usually behind \"whsec_\""
        }
    }
}
