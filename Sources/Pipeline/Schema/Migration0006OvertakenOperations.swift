import Database

/// What an old dead letter must not undo.
enum Migration0006OvertakenOperations {
    static let migration = Migration(
        number: 6,
        name: "overtaken_operations",
        statements: [overtakenBy]
    )

    // Set on a dead operation when a newer one of the same object is sent: the number of the first such one. Sent
    // after it, the old one would put back what the newer one changed.
    private static let overtakenBy = "ALTER TABLE outbox ADD COLUMN overtaken_by BIGINT"
}
