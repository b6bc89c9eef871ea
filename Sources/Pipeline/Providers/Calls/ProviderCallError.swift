/// Why no request can be made of an operation or a read. Holds no value of the caller's.
package struct ProviderCallError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Reason: String, Sendable, Hashable, CaseIterable {
        /// Our id is not bound to one of the provider's yet.
        case unbound
        /// The provider has no such call for objects of this type.
        case unsupported
        /// An id that cannot stand in a path, such as `..`.
        case invalidID = "invalid_id"
        case missing
        case tooLong = "too_long"
        case tooMany = "too_many"
        case outOfRange = "out_of_range"
        /// Brackets in a metadata key make the form ambiguous.
        case brackets
        /// The name is one that we set ourselves.
        case reserved
        /// Given together with something that excludes it.
        case conflicting
        case empty
    }

    package let reason: Reason
    /// Where, in the provider's names: `"metadata"`, `"line_items[0]"`.
    package let field: String

    package init(_ reason: Reason, _ field: String) {
        self.reason = reason
        self.field = field
    }

    package var description: String { "\(field): \(reason.rawValue)" }
}
