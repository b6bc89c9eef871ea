import Database

/// What goes out to the provider: the queue of operations, the lanes of objects that were ever read or written
/// outward, and the logical clock by which reads are told apart. Times are milliseconds since 1970 UTC.
enum Migration0004Outbox {
    static let migration = Migration(
        number: 4,
        name: "outbox",
        statements: [logicalClock, laneObjects, outbox, connectionLanes]
    )

    // Ticks order reads and writes of one store; also operation ids are ticks. Never set back: a number that was
    // given away once is never given again, whatever became of the row that bore it.
    private static let logicalClock = """
        CREATE TABLE logical_clock (
            id INTEGER PRIMARY KEY,
            tick BIGINT NOT NULL,
            CONSTRAINT logical_clock_one_row CHECK (id = 1)
        );
        INSERT INTO logical_clock (id, tick)
        VALUES (1, 0);
        """

    // One row per object that was ever read or written outward: what a read confirmed, whether another one is
    // owed (dirty > clean), and the one call in flight. local_id names what we made (customers.id, or the number
    // that an object made here is shown under); provider_id is NULL until the provider has it. The JSON of the
    // confirmed state stands in object_documents. read_date: the provider's clock at the last applied read;
    // read_inbox_id: newest event that was stored before that read began. The flight_ columns are a lease:
    // flight_start is the tick drawn before the call, and the fence by which the call's end is told from a late one;
    // flight_dirty and flight_inbox_id are what dirty and the inbox stood at then.
    private static let laneObjects = """
        CREATE TABLE lane_objects (
            id INTEGER PRIMARY KEY,
            connection_id BIGINT NOT NULL,
            object_type TEXT NOT NULL,
            local_id BIGINT,
            provider_id TEXT,
            object_id BIGINT,
            state TEXT NOT NULL DEFAULT 'unknown',
            remote_digest BLOB,
            observed_end BIGINT NOT NULL DEFAULT 0,
            dirty BIGINT NOT NULL DEFAULT 0,
            clean BIGINT NOT NULL DEFAULT 0,
            missing_reads BIGINT NOT NULL DEFAULT 0,
            read_due_at BIGINT,
            read_failures BIGINT NOT NULL DEFAULT 0,
            read_date BIGINT,
            read_inbox_id BIGINT,
            flight TEXT,
            flight_operation_id BIGINT,
            flight_owner BIGINT,
            flight_until BIGINT,
            flight_start BIGINT,
            flight_dirty BIGINT,
            flight_inbox_id BIGINT,
            CONSTRAINT lane_objects_state_known CHECK (\(oneOf("state", "unknown", "live", "tombstone"))),
            CONSTRAINT lane_objects_flight_known CHECK (\(oneOf("flight", "read", "write"))),
            CONSTRAINT lane_objects_named CHECK (local_id IS NOT NULL OR provider_id IS NOT NULL),
            CONSTRAINT lane_objects_clean_behind_dirty CHECK (clean <= dirty),
            CONSTRAINT lane_objects_lease_iff_in_flight
                CHECK ((flight IS NULL) = (flight_owner IS NULL)
                    AND (flight IS NULL) = (flight_until IS NULL)
                    AND (flight IS NULL) = (flight_start IS NULL)),
            CONSTRAINT lane_objects_operation_iff_writing
                CHECK ((flight_operation_id IS NOT NULL) = (flight IS NOT NULL AND flight = 'write'))
        );
        CREATE UNIQUE INDEX lane_objects_by_provider_id ON lane_objects (connection_id, object_type, provider_id)
            WHERE provider_id IS NOT NULL;
        CREATE UNIQUE INDEX lane_objects_by_local_id ON lane_objects (local_id, object_type, connection_id)
            WHERE local_id IS NOT NULL;
        CREATE INDEX lane_objects_by_object ON lane_objects (object_id) WHERE object_id IS NOT NULL;
        CREATE INDEX lane_objects_reads_due ON lane_objects (connection_id, read_due_at, id)
            WHERE read_due_at IS NOT NULL;
        CREATE INDEX lane_objects_in_flight ON lane_objects (flight_owner) WHERE flight IS NOT NULL;
        """

    // content: the operation as JSON, until it is done; then it is gone, because it names people. customer_id:
    // the local customer without whose provider id the request cannot be made. The request_ columns are frozen
    // when the first byte is about to be sent, and go when the operation is done or gets a new key; the key
    // stays, because events name it. first_sent_at is of the
    // present key, first_attempt_at of the operation. key_attempts counts the attempts under this key that may have reached the
    // provider. wants_lookup: read what became of it before anything is sent again.
    private static let outbox = """
        CREATE TABLE outbox (
            id INTEGER PRIMARY KEY,
            connection_id BIGINT NOT NULL,
            lane_id BIGINT NOT NULL,
            kind TEXT NOT NULL,
            state TEXT NOT NULL,
            customer_id BIGINT,
            content BLOB,
            idempotency_key TEXT,
            generation BIGINT NOT NULL DEFAULT 1,
            request_method TEXT,
            request_path TEXT,
            request_body BLOB,
            request_api_version TEXT,
            request_account TEXT,
            attempts BIGINT NOT NULL DEFAULT 0,
            key_attempts BIGINT NOT NULL DEFAULT 0,
            wants_lookup BIGINT NOT NULL DEFAULT 0,
            due_at BIGINT,
            deadline_at BIGINT,
            first_attempt_at BIGINT,
            first_sent_at BIGINT,
            acknowledged_tick BIGINT,
            outcome TEXT,
            message TEXT,
            alerted_at BIGINT,
            created_at BIGINT NOT NULL,
            settled_at BIGINT,
            CONSTRAINT outbox_state_known CHECK (\(oneOf("state", "queued", "sent", "acknowledged", "done", "dead"))),
            CONSTRAINT outbox_due_iff_open CHECK ((due_at IS NOT NULL) = (\(oneOf("state", "queued", "sent")))),
            CONSTRAINT outbox_settled_iff_ended CHECK ((settled_at IS NOT NULL) = (\(oneOf("state", "done", "dead")))),
            CONSTRAINT outbox_content_until_done CHECK ((content IS NULL) = (state = 'done')),
            CONSTRAINT outbox_frozen_when_sent
                CHECK (state <> 'sent' OR (idempotency_key IS NOT NULL AND request_method IS NOT NULL
                    AND request_path IS NOT NULL AND request_body IS NOT NULL AND first_sent_at IS NOT NULL)),
            CONSTRAINT outbox_not_frozen_when_queued CHECK (state <> 'queued' OR request_method IS NULL),
            CONSTRAINT outbox_acknowledged_at_a_tick
                CHECK (state <> 'acknowledged' OR acknowledged_tick IS NOT NULL)
        );
        CREATE INDEX outbox_due ON outbox (connection_id, due_at, id) WHERE due_at IS NOT NULL;
        CREATE INDEX outbox_of_lane ON outbox (lane_id, id) WHERE state <> 'done';
        CREATE INDEX outbox_of_customer ON outbox (customer_id)
            WHERE customer_id IS NOT NULL AND state <> 'done';
        CREATE INDEX outbox_done_by_time ON outbox (settled_at) WHERE state = 'done';
        CREATE INDEX outbox_dead_letters ON outbox (id) WHERE state = 'dead';
        """

    // Why a connection's queue stands still, each reason with its time, and what is worth keeping of the breaker
    // over a restart. No row: nothing was ever wrong. probe_at: when one call may try whether a reason that is
    // not the operator's has gone.
    private static let connectionLanes = """
        CREATE TABLE connection_lanes (
            connection_id INTEGER PRIMARY KEY,
            operator_paused_at BIGINT,
            operator_message TEXT,
            credentials_paused_at BIGINT,
            credentials_message TEXT,
            trust_paused_at BIGINT,
            trust_message TEXT,
            probe_at BIGINT,
            breaker TEXT NOT NULL DEFAULT 'closed',
            breaker_since BIGINT,
            rate_per_s BIGINT,
            CONSTRAINT connection_lanes_breaker_known CHECK (\(oneOf("breaker", "closed", "open", "half_open")))
        )
        """
}
