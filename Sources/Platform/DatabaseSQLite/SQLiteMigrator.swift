import Database
import Timing

/// Brings a file to the newest schema: each migration in one transaction with its mark.
struct SQLiteMigrator {
    private let connection: SQLiteConnection

    init(_ connection: SQLiteConnection) {
        self.connection = connection
    }

    func run(_ migrations: [Migration], now: Timestamp) throws(DatabaseError) {
        try connection.run(
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                number INTEGER PRIMARY KEY,
                name TEXT NOT NULL,
                applied_at BIGINT NOT NULL
            )
            """,
            named: "migrations.table"
        )
        let transaction = SQLiteTransaction(connection)
        try connection.run("BEGIN", named: "migrations.read")
        let done = try transaction.rows(Self.applied) { $0.integer(0) }
        try connection.run("COMMIT", named: "migrations.read")
        if let newest = done.max(), newest > migrations.count {
            throw DatabaseError(
                kind: .other,
                statement: "migrate",
                code: 0,
                message:
                    "the file has schema \(newest), this tollgate knows \(migrations.count): use a newer tollgate"
            )
        }
        for (index, migration) in migrations.enumerated() {
            precondition(migration.number == index + 1, "migrations are numbered without gaps")
            guard !done.contains(Int64(migration.number)) else { continue }
            try apply(migration, transaction, now: now)
        }
    }

    private func apply(
        _ migration: Migration,
        _ transaction: SQLiteTransaction,
        now: Timestamp
    ) throws(DatabaseError) {
        try transaction.begin()
        do {
            for sql in migration.statements {
                try connection.run(sql, named: "migration \(migration.number) \(migration.name)")
            }
            try transaction.execute(
                Self.mark,
                [.integer(Int64(migration.number)), .text(migration.name), .integer(now.milliseconds)]
            )
            try connection.run("COMMIT", named: "migrate.commit")
        } catch {
            // The first error is the one worth reporting.
            try? connection.run("ROLLBACK")
            throw error
        }
    }

    private static let applied = Statement("migrations.applied", "SELECT number FROM schema_migrations")
    private static let mark = Statement(
        "migrations.mark",
        "INSERT INTO schema_migrations (number, name, applied_at) VALUES ($1, $2, $3)"
    )
}
