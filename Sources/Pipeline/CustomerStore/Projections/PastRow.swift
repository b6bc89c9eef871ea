import BillingModel
import Database

/// What a typed row said before it was changed or removed, in the order of its table's columns.
///
/// Of a changed row only what differs is kept beside what it says now: most of a row stays as it is.
struct PastRow {
    private let values: [SQLValue]
    private var differing: [(position: Int, value: SQLValue)] = []

    init(_ values: [SQLValue]) {
        self.values = values
    }

    mutating func differs(at position: Int, being value: SQLValue) {
        differing.append((position, value))
    }

    subscript(position: Int) -> SQLValue {
        differing.first { $0.position == position }?.value ?? values[position]
    }

    func providerID(_ column: Int) -> ProviderID? {
        self[column].textValue.map { ProviderID($0) }
    }
}
