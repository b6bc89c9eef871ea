// Purpose:  the embedded engine: one SQLite file in WAL mode, one writing thread, pooled readers.
// Owns:     the database file, its -wal and -shm, and `<file>.lock`.
// May import: CSQLite, Database, Threading, Timing.
// Never:    a table's name beyond schema_migrations; a business word.
// Start reading at: SQLiteDatabase.swift, then SQLiteWriter.swift.
