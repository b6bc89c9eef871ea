import Database

/// Finds by index what is in doubt and not read, and what the provider has not done yet; counts what a list has shown.
enum Migration0012OwedWork {
    static let migration = Migration(number: 12, name: "owed_work", statements: [unread, owed, objects])

    // Where nothing is read but what runs ask for: only a read can tell what the object is like, and none is owed.
    private static let unread = """
        CREATE INDEX lane_objects_unread ON lane_objects (connection_id)
            WHERE dirty > clean AND owed_since IS NULL
        """

    private static let owed = """
        CREATE INDEX outbox_owed ON outbox (connection_id, id)
            WHERE state = 'queued' OR state = 'sent' OR state = 'dead'
        """

    // Objects that a segment's pages have shown: pages are not always of a hundred.
    private static let objects = """
        ALTER TABLE reconciliation_segments ADD COLUMN objects BIGINT NOT NULL DEFAULT 0;
        UPDATE reconciliation_segments SET objects = 100 * pages;
        """
}
