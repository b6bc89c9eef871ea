import JSON
package import Providers

/// The stored form of operations.
package enum OperationContent {
    /// Nil for a content that this program cannot read, such as one that a newer program wrote.
    package static func operation(_ content: [UInt8]) -> ProviderOperation? {
        // Here and below, what is wrong with it helps nobody: the row stays, and is told as unreadable.
        guard let document = try? JSONDocument.parse(content) else { return nil }
        return try? ProviderOperation(json: document.root)
    }
}
