import Database

/// The inbox, the mirrored objects, and the log of what each event did to its object.
enum Migration0001Spine {
    static let migration = Migration(
        number: 1,
        name: "spine",
        statements: [storeMeta, connections, inbox, inboxBodies, objects, objectEvents, objectDocuments]
    )

    private static let storeMeta = """
        CREATE TABLE store_meta (
            key TEXT NOT NULL PRIMARY KEY,
            value TEXT NOT NULL
        )
        """

    // A provider account as configured. Rows are never deleted, so that old data keeps its meaning.
    private static let connections = """
        CREATE TABLE connections (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            site TEXT NOT NULL,
            mode TEXT NOT NULL,
            provider TEXT NOT NULL,
            account TEXT,
            CONSTRAINT connections_mode_known CHECK (\(oneOf("mode", "test", "live")))
        )
        """

    // Narrow on purpose: settling rewrites the row's page, so the body lives in a table of its own.
    private static let inbox = """
        CREATE TABLE inbox (
            id INTEGER PRIMARY KEY,
            connection_id BIGINT NOT NULL,
            endpoint TEXT NOT NULL,
            event_id TEXT NOT NULL,
            event_type TEXT NOT NULL,
            api_version TEXT,
            occurred_at BIGINT,
            received_at BIGINT NOT NULL,
            state TEXT NOT NULL,
            attempts BIGINT NOT NULL DEFAULT 0,
            due_at BIGINT,
            settled_at BIGINT,
            reason TEXT,
            CONSTRAINT inbox_state_known
                CHECK (\(oneOf("state", "received", "leased", "waiting", "applied", "ignored", "dead"))),
            CONSTRAINT inbox_due_iff_pending
                CHECK ((due_at IS NOT NULL) = (\(oneOf("state", "received", "leased", "waiting"))))
        );
        CREATE UNIQUE INDEX inbox_by_event ON inbox (connection_id, event_id);
        CREATE INDEX inbox_due_by_arrival ON inbox (due_at, id) WHERE due_at IS NOT NULL;
        CREATE INDEX inbox_dead_letters ON inbox (id) WHERE state = 'dead';
        """

    // The bytes as they were signed, and where the object stands in them (offset and length; 0 and 0: nowhere).
    private static let inboxBodies = """
        CREATE TABLE inbox_bodies (
            id INTEGER PRIMARY KEY,
            body BLOB NOT NULL,
            object_offset BIGINT NOT NULL,
            object_length BIGINT NOT NULL
        )
        """

    // One row per provider object: which stored event's snapshot is its visible state, and how sure that is.
    private static let objects = """
        CREATE TABLE objects (
            id INTEGER PRIMARY KEY,
            connection_id BIGINT NOT NULL,
            object_type TEXT NOT NULL,
            provider_id TEXT NOT NULL,
            state TEXT NOT NULL,
            freshness TEXT NOT NULL,
            certainty TEXT NOT NULL,
            state_event_id BIGINT,
            state_digest BLOB,
            state_api_version TEXT,
            last_event_id BIGINT NOT NULL,
            second_max BIGINT NOT NULL,
            version BIGINT NOT NULL,
            created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL,
            CONSTRAINT objects_state_known CHECK (\(oneOf("state", "live", "tombstone"))),
            CONSTRAINT objects_freshness_known CHECK (\(oneOf("freshness", "confirmed", "chained", "provisional"))),
            CONSTRAINT objects_certainty_known CHECK (\(oneOf("certainty", "certain", "gap", "guess")))
        );
        CREATE UNIQUE INDEX objects_by_provider_id ON objects (connection_id, object_type, provider_id);
        """

    // What each applied event told of its object, as a list from newest to oldest arrival (previous_id).
    // The before_ columns hold the fold of all that arrived before, so that a late event refolds only from where
    // it belongs, also when retention has swept what was before. A list instead of an index: an index entry would
    // be one more random page per event. before_api_version is NULL when it is that of the event.
    private static let objectEvents = """
        CREATE TABLE object_events (
            id INTEGER PRIMARY KEY,
            object_id BIGINT NOT NULL,
            previous_id BIGINT,
            second BIGINT NOT NULL,
            prior_second_max BIGINT NOT NULL,
            tells TEXT NOT NULL,
            from_digest BLOB,
            to_digest BLOB,
            is_terminal BIGINT NOT NULL,
            api_version TEXT,
            before_state TEXT NOT NULL,
            before_certainty TEXT NOT NULL,
            before_event_id BIGINT,
            before_digest BLOB,
            before_api_version TEXT,
            CONSTRAINT object_events_tells_known
                CHECK (\(oneOf("tells", "birth", "arrival", "link", "snapshot", "ending", "tombstone", "hint"))),
            CONSTRAINT object_events_before_state_known CHECK (\(oneOf("before_state", "absent", "live", "tombstone"))),
            CONSTRAINT object_events_before_certainty_known
                CHECK (\(oneOf("before_certainty", "certain", "gap", "guess")))
        )
        """

    // The visible state's JSON once the body that held it was swept.
    private static let objectDocuments = """
        CREATE TABLE object_documents (
            object_id INTEGER PRIMARY KEY,
            document BLOB NOT NULL
        )
        """
}
