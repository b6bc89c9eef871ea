package import BillingModel
import Database

/// A column that did not say what its object says, or a row that was missing.
package struct ProjectionDifference: Sendable, Hashable {
    package let table: String
    /// The column; nil where the whole row was missing, or stood without a reason.
    package let field: String?
    /// Rows in which it differed.
    package var rows: Int
    /// The provider's id of one such object; nil where the row is a local customer's.
    package let example: ProviderID?
}

/// Gathers what a `StoreUpdate` finds to differ while it writes; only a rebuild wants to know.
final class ProjectionDifferences {
    private struct Place: Hashable {
        let table: String
        let field: String?
    }

    private var found: [Place: (rows: Int, example: ProviderID?)] = [:]

    /// Rows that differed in at least one column.
    private(set) var rows = 0

    /// Sorted by table and column.
    var list: [ProjectionDifference] {
        found.map { place, count in
            ProjectionDifference(
                table: place.table,
                field: place.field,
                rows: count.rows,
                example: count.example
            )
        }.sorted { ($0.table, $0.field ?? "") < ($1.table, $1.field ?? "") }
    }

    /// One row of `table` differed in `fields`.
    func note(_ table: String, _ fields: [String], _ example: ProviderID?) {
        guard !fields.isEmpty else { return }
        rows += 1
        for field in fields { add(Place(table: table, field: field), example) }
    }

    /// One row of `table` was missing, or stood there without a reason.
    func noteRow(_ table: String, _ example: ProviderID?) {
        rows += 1
        add(Place(table: table, field: nil), example)
    }

    private func add(_ place: Place, _ example: ProviderID?) {
        let before = found[place]
        found[place] = ((before?.rows ?? 0) + 1, before?.example ?? example)
    }
}

extension ProjectionTable {
    /// Names of the columns whose values differ; both lists in the order of `select`, without the version.
    func changedColumns(from old: PastRow, to new: [SQLValue]) -> [String] {
        zip(columns, new).enumerated().compactMap { position, column in
            old[position] == column.1 ? nil : column.0
        }
    }

    /// Names of the values, as `select` lists them behind the version. Read off its text: a list of its own would be
    /// one more that has to be kept equal.
    var columns: [String] {
        let words = select.sql.split { $0 == " " || $0 == "\n" || $0 == "," }.map(String.init)
        guard let end = words.firstIndex(of: "FROM") else { return [] }
        return Array(words[..<end].dropFirst(2))
    }
}
