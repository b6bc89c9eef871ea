/// Reads one consistent state of the database. Never leaves the closure that receives it.
package protocol ReadTransaction: AnyObject {
    /// Calls `body` for each row, in the statement's order.
    func forEachRow(
        _ statement: Statement,
        _ values: [SQLValue],
        _ body: (any Row) throws(DatabaseError) -> Void
    ) throws(DatabaseError)

    /// Calls `body` for the first row, if there is one, and looks for no more.
    func forFirstRow(
        _ statement: Statement,
        _ values: [SQLValue],
        _ body: (any Row) throws(DatabaseError) -> Void
    ) throws(DatabaseError)
}

/// Reads and writes; what it wrote is committed or rolled back as a whole.
package protocol WriteTransaction: ReadTransaction {
    /// Runs a statement and returns how many rows it inserted, updated or deleted.
    @discardableResult
    func execute(_ statement: Statement, _ values: [SQLValue]) throws(DatabaseError) -> Int

    /// The same, where the last values stand in another array already.
    @discardableResult
    func execute(
        _ statement: Statement,
        _ values: [SQLValue],
        _ more: ArraySlice<SQLValue>
    ) throws(DatabaseError) -> Int

    /// Runs an INSERT of one row into a table with a number for its key, `id`, and returns the number that the row was
    /// given.
    func insert(_ statement: Statement, _ values: [SQLValue]) throws(DatabaseError) -> Int64

    /// Undoes what `body` wrote when it throws, and nothing else of this transaction; then throws on.
    func savepoint<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result
}

extension WriteTransaction {
    package func execute(
        _ statement: Statement,
        _ values: [SQLValue],
        _ more: ArraySlice<SQLValue>
    ) throws(DatabaseError) -> Int {
        try execute(statement, values + more)
    }
}

extension ReadTransaction {
    package func forFirstRow(
        _ statement: Statement,
        _ values: [SQLValue],
        _ body: (any Row) throws(DatabaseError) -> Void
    ) throws(DatabaseError) {
        var isFirst = true
        try forEachRow(statement, values) { row throws(DatabaseError) in
            if isFirst { try body(row) }
            isFirst = false
        }
    }

    package func rows<Element>(
        _ statement: Statement,
        _ values: [SQLValue] = [],
        _ decode: (any Row) -> Element
    ) throws(DatabaseError) -> [Element] {
        var elements: [Element] = []
        try forEachRow(statement, values) { row throws(DatabaseError) in elements.append(decode(row)) }
        return elements
    }

    /// The first row, or nil when there is none.
    package func first<Element>(
        _ statement: Statement,
        _ values: [SQLValue] = [],
        _ decode: (any Row) -> Element
    ) throws(DatabaseError) -> Element? {
        var element: Element?
        try forFirstRow(statement, values) { row throws(DatabaseError) in element = decode(row) }
        return element
    }
}
