/// What the writing thread works on.
///
/// Sendable because it crosses to that thread once, before its start, and the flushing threads only sync the files.
struct SQLiteWriterFiles: @unchecked Sendable {
    let connection: SQLiteConnection
    /// A reader of the writing thread's own (`Checkpointer`).
    let pin: SQLiteConnection
    let database: CoalescingFile
    let wal: CoalescingFile
}
