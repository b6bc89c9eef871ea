import CSQLite
import Database

/// A transaction on one connection; reading and writing forms share the code, the connection's role decides.
final class SQLiteTransaction: WriteTransaction {
    private let connection: SQLiteConnection
    /// Rows that the connection had changed when the transaction began.
    private var changesBefore: Int64

    /// Of the transaction that is open on `connection`, or the next one.
    init(_ connection: SQLiteConnection) {
        self.connection = connection
        changesBefore = connection.totalChanges
    }

    func begin() throws(DatabaseError) {
        try connection.run("BEGIN IMMEDIATE", named: "begin")
        changesBefore = connection.totalChanges
    }

    /// False once SQLite has ended the transaction by itself.
    var isOpen: Bool { connection.isInTransaction }

    func forEachRow(
        _ statement: Statement,
        _ values: [SQLValue],
        _ body: (any Row) throws(DatabaseError) -> Void
    ) throws(DatabaseError) {
        try step(statement, values, isOver: false, body)
    }

    func forFirstRow(
        _ statement: Statement,
        _ values: [SQLValue],
        _ body: (any Row) throws(DatabaseError) -> Void
    ) throws(DatabaseError) {
        try step(statement, values, isOver: true, body)
    }

    /// - Parameter isOver: after the first row.
    private func step(
        _ statement: Statement,
        _ values: [SQLValue],
        isOver: Bool,
        _ body: (any Row) throws(DatabaseError) -> Void
    ) throws(DatabaseError) {
        try requireOpen(statement)
        let prepared = try connection.prepared(statement)
        let row = SQLiteRow(compiled: prepared.compiled)
        try prepared.with(values, []) { () throws(DatabaseError) in
            repeat {
                let code = sqlite3_step(prepared.compiled)
                if code == SQLITE_DONE { return }
                guard code == SQLITE_ROW else { throw connection.error(code, statement: statement.name) }
                try body(row)
            } while !isOver
        }
    }

    @discardableResult
    func execute(_ statement: Statement, _ values: [SQLValue]) throws(DatabaseError) -> Int {
        try execute(statement, values, [])
    }

    @discardableResult
    func execute(
        _ statement: Statement,
        _ values: [SQLValue],
        _ more: ArraySlice<SQLValue>
    ) throws(DatabaseError) -> Int {
        try requireOpen(statement)
        let prepared = try connection.prepared(statement)
        return try prepared.with(values, more) { () throws(DatabaseError) in
            while true {
                let code = sqlite3_step(prepared.compiled)
                if code == SQLITE_DONE { return connection.changes }
                guard code == SQLITE_ROW else { throw connection.error(code, statement: statement.name) }
            }
        }
    }

    // Not by RETURNING: for that SQLite makes a table in memory each time.
    func insert(_ statement: Statement, _ values: [SQLValue]) throws(DatabaseError) -> Int64 {
        try execute(statement, values, [])
        return connection.lastInsertedNumber
    }

    /// What comes first is written without one: if it fails, the transaction begins anew. With a savepoint SQLite
    /// keeps each page as it was, in a list that every further statement's end walks.
    func savepoint<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        guard connection.totalChanges == changesBefore else { return try realSavepoint(body) }
        do {
            return try body()
        } catch {
            // When it cannot begin anew it is over, which the next statement tells, and the commit.
            if isOpen, connection.totalChanges != changesBefore { try? beginAnew() }
            throw error
        }
    }

    private func beginAnew() throws(DatabaseError) {
        try connection.run("ROLLBACK", named: "rollback")
        try begin()
    }

    private func realSavepoint<Result, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        mark(Self.begin)
        do {
            let result = try body()
            mark(Self.release)
            return result
        } catch {
            mark(Self.undo)
            mark(Self.release)
            throw error
        }
    }

    private func mark(_ statement: Statement) {
        // It fails only when the transaction is over, which the next statement tells, and the commit.
        _ = try? execute(statement, [])
    }

    // SQLite ends a transaction by itself on some failures. What followed would be a transaction of its own each,
    // committed unknown to anybody.
    private func requireOpen(_ statement: Statement) throws(DatabaseError) {
        guard isOpen else {
            throw DatabaseError(
                kind: .other,
                statement: statement.name,
                code: 0,
                message: "the transaction is over"
            )
        }
    }

    private static let begin = Statement("savepoint.begin", "SAVEPOINT part")
    private static let release = Statement("savepoint.release", "RELEASE part")
    private static let undo = Statement("savepoint.undo", "ROLLBACK TO part")
}
