import Database

/// Why a read of an object is owed and since when, and when an operation was acknowledged.
enum Migration0010ConfirmedReads {
    static let migration = Migration(
        number: 10,
        name: "confirmed_reads",
        statements: [readReason, acknowledgedAt]
    )

    // read_reason: the weightiest of those for which dirty > clean. owed_since: when the first of them came.
    private static let readReason = """
        ALTER TABLE lane_objects ADD COLUMN read_reason TEXT;
        ALTER TABLE lane_objects ADD COLUMN owed_since BIGINT;
        UPDATE lane_objects
        SET read_reason = 'lost', owed_since = read_due_at
        WHERE dirty > clean;
        CREATE INDEX lane_objects_owed ON lane_objects (connection_id, read_reason, owed_since)
            WHERE owed_since IS NOT NULL;
        """

    // Only of acknowledged ones: where nothing is read, an event of a later second ends the patch.
    private static let acknowledgedAt = """
        ALTER TABLE outbox ADD COLUMN acknowledged_at BIGINT;
        """
}
