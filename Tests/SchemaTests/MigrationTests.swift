import Database
import DatabaseSQLite
import Schema
import TestSupport
import Testing

@Suite struct MigrationTests {
    @Test func `every prefix of the migrations grows into the newest schema`() throws {
        for count in 0...Schema.migrations.count {
            let file = try TemporaryDatabase()
            try file.open(migrations: Array(Schema.migrations.prefix(count))).stop()
            let database = try file.open(migrations: Schema.migrations)
            let tables = try database.read { transaction throws(DatabaseError) in
                try transaction.rows(Self.tables) { $0.text(0) }
            }
            #expect(tables.contains("inbox") && tables.contains("objects") && tables.contains("customers"))
            database.stop()
        }
    }

    @Test func `migrations are numbered without gaps`() {
        #expect(Schema.migrations.map(\.number) == Array(1...Schema.migrations.count))
    }

    private static let tables = Statement(
        "test.tables",
        "SELECT name FROM sqlite_schema WHERE type = 'table'"
    )
}
