/// One numbered step of the schema. Append-only: a released one is never edited.
package struct Migration: Sendable {
    /// Counts from one without gaps.
    package let number: Int
    package let name: String
    /// Statements run in order, in one transaction with the mark that the migration is done.
    package let statements: [String]

    package init(number: Int, name: String, statements: [String]) {
        precondition(number >= 1, "migrations count from one")
        self.number = number
        self.name = name
        self.statements = statements
    }
}
