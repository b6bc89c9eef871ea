import BillingModel
import Database

/// Rows as the pipeline would have written them, put in directly.
enum Rows {
    private static let connection = Statement(
        "test.connection",
        "INSERT INTO connections (id, name, site, mode, provider) VALUES ($1, $2, $3, $4, $5)"
    )

    static func insertConnections(_ connections: [Connection], in harness: Harness) throws {
        try harness.write { transaction throws(DatabaseError) in
            for entry in connections {
                try transaction.execute(
                    connection,
                    [
                        .integer(entry.id.rawValue), .text(entry.name), .text(entry.scope.site),
                        .text(entry.scope.mode.rawValue), .text(entry.provider),
                    ]
                )
            }
        }
    }

    private static let event = Statement(
        "test.event",
        """
        INSERT INTO inbox
            (id, connection_id, endpoint, event_id, event_type, api_version, occurred_at, received_at, state,
             attempts, due_at, settled_at, reason)
        VALUES ($1, $2, $3, $4, $5, '2026-06-24.dahlia', 1749999999000, $6, $7, 1, $8, $9, $10)
        """
    )
    private static let eventBody = Statement(
        "test.event_body",
        "INSERT INTO inbox_bodies (id, body, object_offset, object_length) VALUES ($1, $2, $3, $4)"
    )

    static func insertEvent(
        _ id: Int64,
        connection: Int64 = 1,
        eventID: String? = nil,
        type: String = "customer.created",
        state: String = "applied",
        reason: String? = nil,
        body: String? = #"{"id":"evt","data":{"object":{"id":"cus_1"}}}"#,
        in harness: Harness
    ) throws {
        let isPending = ["received", "leased", "waiting"].contains(state)
        try harness.write { transaction throws(DatabaseError) in
            try transaction.execute(
                event,
                [
                    .integer(id), .integer(connection), .text("stripe"), .text(eventID ?? "evt_\(id)"),
                    .text(type), .integer(1_750_000_000_000 + id), .text(state),
                    isPending ? .integer(0) : .null, isPending ? .null : .integer(1_750_000_001_000),
                    .optional(reason),
                ]
            )
            guard let body else { return }
            try transaction.execute(
                eventBody,
                [.integer(id), .bytes(Array(body.utf8)), .integer(0), .integer(0)]
            )
        }
    }
}
