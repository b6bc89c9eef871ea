/// A key and its hash; safe to share, unlike the context that each thread makes of it.
///
/// Describes itself as `<redacted>`.
package struct HMACKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package let algorithm: HashAlgorithm
    let bytes: [UInt8]

    /// Any length is taken, as RFC 2104 §3 does; whoever reads secrets refuses empty ones.
    package init(_ bytes: [UInt8], algorithm: HashAlgorithm = .sha256) {
        self.bytes = bytes
        self.algorithm = algorithm
    }

    package var description: String { RedactedText.mask }
    package var debugDescription: String { RedactedText.mask }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
