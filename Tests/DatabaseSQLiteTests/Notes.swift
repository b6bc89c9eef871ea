import Database
import DatabaseSQLite
import TestSupport

enum Notes {
    static let migrations = [
        Migration(
            number: 1,
            name: "notes",
            statements: ["CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT, bytes BLOB)"]
        )
    ]

    static let insert = Statement("notes.insert", "INSERT INTO notes (id, text, bytes) VALUES ($1, $2, $3)")
    static let all = Statement("notes.all", "SELECT id, text, bytes FROM notes ORDER BY id")
    static let swapped = Statement("notes.swapped", "SELECT $2, $1, $2")
}

extension TemporaryDatabase {
    func open() throws -> SQLiteDatabase {
        try open(migrations: Notes.migrations)
    }
}
