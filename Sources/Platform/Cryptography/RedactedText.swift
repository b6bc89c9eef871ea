/// A secret that cannot be printed by accident: every description of it, dumps included, is `<redacted>`.
package struct RedactedText: Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    static let mask = "<redacted>"

    private let text: String

    package init(_ text: String) {
        self.text = text
    }

    /// The secret itself. Call where it is used, never where something is logged.
    package func revealed() -> String {
        text
    }

    package var isEmpty: Bool { text.isEmpty }
    /// Length in UTF-8; long enough to be told, unlike the text.
    package var byteCount: Int { text.utf8.count }

    package var description: String { Self.mask }
    package var debugDescription: String { Self.mask }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
