import Database
import Schema

/// Rows for the inbox written without any of our rooms: for the raw cost of SQLite, and to fill a table beforehand.
struct RawInsertTable {
    private static let insertEvent = """
        INSERT INTO inbox
            (id, connection_id, endpoint, event_id, event_type, api_version, occurred_at, received_at,
             state, due_at, settled_at, reason)
        VALUES (?1, ?2, 'stripe', ?3, 'customer.subscription.created', '2026-06-24.dahlia', ?4, ?5,
             ?6, ?7, ?8, NULL)
        ON CONFLICT (connection_id, event_id) DO NOTHING
        """
    private static let insertBody = """
        INSERT INTO inbox_bodies (id, body, object_offset, object_length)
        VALUES (?1, ?2, 100, 100)
        """
    private static let newestEvent = "SELECT COALESCE(MAX(id), 0) FROM inbox"
    private static let firstConnection = "SELECT MIN(id) FROM connections"

    private let file: SQLiteFile
    private let connection: Int64
    private var newest: Int64

    /// Makes the tables of the first migration in an empty file, with the settings of our own writer.
    static func create(in file: SQLiteFile) throws(BenchError) {
        try file.run(
            """
            PRAGMA page_size = 4096;
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            PRAGMA wal_autocheckpoint = 384;
            PRAGMA cache_size = -16384;
            """
        )
        for migration in Schema.migrations.prefix(1) {
            for statement in migration.statements { try file.run(statement) }
        }
    }

    /// Settings for filling a file that nobody needs to survive a power cut.
    static func hurry(_ file: SQLiteFile) throws(BenchError) {
        try file.run(
            "PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 10000; PRAGMA cache_size = -262144;"
        )
    }

    static func settle(_ file: SQLiteFile) throws(BenchError) {
        try file.run("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA synchronous = FULL;")
    }

    init(_ file: SQLiteFile) throws(BenchError) {
        self.file = file
        connection = try file.integer(Self.firstConnection) ?? 1
        newest = try file.integer(Self.newestEvent) ?? 0
    }

    /// One transaction. `isApplied` rows stand as settled ones, else as received ones.
    mutating func insert(
        eventIDs: [String],
        body: UnsafeRawBufferPointer,
        isApplied: Bool,
        milliseconds now: Int64
    ) throws(BenchError) {
        try file.run("BEGIN IMMEDIATE")
        for eventID in eventIDs {
            newest += 1
            try file.each(
                Self.insertEvent,
                [
                    .integer(newest), .integer(connection), .text(eventID), .integer(now / 1000 * 1000),
                    .integer(now), .text(isApplied ? "applied" : "received"),
                    isApplied ? .null : .integer(0), isApplied ? .integer(now) : .null,
                ]
            ) { _ in }
            try file.each(Self.insertBody, [.integer(newest), .bytes(body)]) { _ in }
        }
        try file.run("COMMIT")
    }
}
