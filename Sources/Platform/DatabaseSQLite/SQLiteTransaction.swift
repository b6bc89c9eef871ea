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
        let prepared = try connection.prepared(statement)
        let row = SQLiteRow(compiled: prepared.compiled)
        try prepared.with(values) { () throws(DatabaseError) in
            while true {
                let code = sqlite3_step(prepared.compiled)
                if code == SQLITE_DONE { return }
                guard code == SQLITE_ROW else { throw connection.error(code, statement: statement.name) }
                try body(row)
            }
        }
    }

    @discardableResult
    func execute(_ statement: Statement, _ values: [SQLValue]) throws(DatabaseError) -> Int {
        let prepared = try connection.prepared(statement)
        return try prepared.with(values) { () throws(DatabaseError) in
            while true {
                let code = sqlite3_step(prepared.compiled)
                if code == SQLITE_DONE { return connection.changes }
                guard code == SQLITE_ROW else { throw connection.error(code, statement: statement.name) }
            }
        }
    }

    /// What comes first is written without one: if it fails, the transaction begins anew. With a savepoint SQLite
    /// keeps each page as it was, in a list that every further statement's end walks.
    func savepoint<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        guard connection.totalChanges == changesBefore else { return try realSavepoint(body) }
        do {
            return try body()
        } catch {
            // When it cannot begin anew it is gone, which the statement or the commit that follows reports.
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
        // Beginning and ending a savepoint can only fail when the transaction is already gone; the statement
        // or the commit that follows reports that, so these results add nothing.
        _ = try? execute(Self.begin, [])
        do {
            let result = try body()
            _ = try? execute(Self.release, [])
            return result
        } catch {
            _ = try? execute(Self.undo, [])
            _ = try? execute(Self.release, [])
            throw error
        }
    }

    private static let begin = Statement("savepoint.begin", "SAVEPOINT part")
    private static let release = Statement("savepoint.release", "RELEASE part")
    private static let undo = Statement("savepoint.undo", "ROLLBACK TO part")
}
