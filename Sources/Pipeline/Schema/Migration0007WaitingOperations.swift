import Database

/// Who must wait for whom, so that a look for work finds only what may be done.
enum Migration0007WaitingOperations {
    static let migration = Migration(
        number: 7,
        name: "waiting_operations",
        statements: [waitsFor]
    )

    // The operation that must end first: the one before it of its object, or the one that makes its customer.
    // NULL: it may go out when it is due. The claim itself decides; this only spares it the look at thousands
    // that wait.
    private static let waitsFor = """
        ALTER TABLE outbox ADD COLUMN waits_for BIGINT
            CONSTRAINT outbox_waits_only_open CHECK (waits_for IS NULL OR due_at IS NOT NULL);
        CREATE INDEX outbox_waiting ON outbox (waits_for) WHERE waits_for IS NOT NULL;
        CREATE INDEX outbox_ready ON outbox (connection_id, due_at, id)
            WHERE due_at IS NOT NULL AND waits_for IS NULL;
        DROP INDEX outbox_due;
        """
}
