package import BillingModel
package import Database
import Timing

/// Rows of `lane_objects`. One exists only for an object that was ever read or written outward, so that nobody
/// else pays for lanes.
package enum LanesTable {
    static let columns = """
        id, connection_id, object_type, local_id, provider_id, object_id, state, remote_digest, observed_end,
        dirty, clean, missing_reads, read_due_at, read_failures, read_date, read_inbox_id, flight,
        flight_operation_id, flight_owner, flight_until, flight_start, flight_dirty, flight_inbox_id,
        read_reason, owed_since
        """
    private static let get = Statement(
        "lane_objects.get",
        """
        SELECT \(columns)
        FROM lane_objects
        WHERE id = $1
        """
    )
    private static let byObject = Statement(
        "lane_objects.by_object",
        """
        SELECT \(columns)
        FROM lane_objects
        WHERE object_id = $1
        """
    )
    private static let byProvider = Statement(
        "lane_objects.by_provider_id",
        """
        SELECT \(columns)
        FROM lane_objects
        WHERE connection_id = $1 AND object_type = $2 AND provider_id = $3
        """
    )
    private static let byLocal = Statement(
        "lane_objects.by_local_id",
        """
        SELECT \(columns)
        FROM lane_objects
        WHERE local_id = $1 AND object_type = $2 AND connection_id = $3
        """
    )
    private static let insert = Statement(
        "lane_objects.insert",
        """
        INSERT INTO lane_objects (connection_id, object_type, local_id, provider_id, object_id)
        VALUES ($1, $2, $3, $4, $5)
        RETURNING \(columns)
        """
    )
    private static let setNames = Statement(
        "lane_objects.set_names",
        """
        UPDATE lane_objects
        SET local_id = $2, provider_id = $3, object_id = $4
        WHERE id = $1
        """
    )
    private static let save = Statement(
        "lane_objects.save",
        """
        UPDATE lane_objects
        SET state = $2, remote_digest = $3, observed_end = $4, dirty = $5, clean = $6, missing_reads = $7,
            read_due_at = $8, read_failures = $9, read_date = $10, read_inbox_id = $11,
            read_reason = $12, owed_since = $13
        WHERE id = $1
        """
    )
    private static let delete = Statement(
        "lane_objects.delete",
        "DELETE FROM lane_objects WHERE id = $1"
    )
    private static let any = Statement(
        "lane_objects.any",
        "SELECT 1 FROM lane_objects LIMIT 1"
    )

    package static func get(
        _ id: LaneID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Lane? {
        try transaction.first(get, [.integer(id.rawValue)], lane)
    }

    /// The lane of a row of `objects`; nil for nearly all of them.
    package static func find(
        object: Int64,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Lane? {
        try transaction.first(byObject, [.integer(object)], lane)
    }

    package static func find(
        _ key: ObjectKey,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Lane? {
        try transaction.first(
            byProvider,
            [.integer(key.connection.rawValue), .text(key.type.rawValue), .text(key.id.rawValue)],
            lane
        )
    }

    /// - Parameter local: `customers.id`, or the number of an object made here.
    package static func find(
        local: Int64,
        _ type: ObjectType,
        on connection: ConnectionID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Lane? {
        try transaction.first(
            byLocal,
            [.integer(local), .text(type.rawValue), .integer(connection.rawValue)],
            lane
        )
    }

    /// Whether there is any lane at all: asked once per batch, so that a store that only listens pays nothing.
    package static func hasAny(in transaction: any ReadTransaction) throws(DatabaseError) -> Bool {
        try transaction.first(any) { _ in true } ?? false
    }

    /// The target's lane, made if need be. A lane that only one of the names leads to gets the other one too.
    package static func findOrMake(
        _ target: LaneTarget,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Lane {
        if let local = target.localNumber,
            let found = try find(local: local, target.type, on: target.connection, in: transaction)
        {
            guard let provider = target.providerID, provider != found.providerID else { return found }
            if found.providerID == nil {
                return try rename(
                    found,
                    local: local,
                    provider: provider,
                    object: target.objectNumber,
                    in: transaction
                )
            }
            // The local customer is another one of the provider's now: the old lane keeps only that one's name.
            _ = try rename(
                found,
                local: nil,
                provider: found.providerID,
                object: found.objectNumber,
                in: transaction
            )
        }
        if let provider = target.providerID,
            let found = try find(
                ObjectKey(connection: target.connection, type: target.type, id: provider),
                in: transaction
            )
        {
            let (local, object) = (target.localNumber ?? found.localNumber, target.objectNumber)
            if local == found.localNumber, object == nil || object == found.objectNumber { return found }
            return try rename(
                found,
                local: local,
                provider: provider,
                object: object ?? found.objectNumber,
                in: transaction
            )
        }
        let made = try transaction.first(
            insert,
            [
                .integer(target.connection.rawValue), .text(target.type.rawValue),
                .optional(target.localNumber), .optional(target.providerID?.rawValue),
                .optional(target.objectNumber),
            ],
            lane
        )
        guard let made else { preconditionFailure("INSERT … RETURNING gives the row it made") }
        return made
    }

    /// Sets the names of a lane; the state stays. Taking a name from another lane is the caller's to rule out.
    package static func rename(
        _ lane: Lane,
        local: Int64?,
        provider: ProviderID?,
        object: Int64?,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Lane {
        try transaction.execute(
            setNames,
            [
                .integer(lane.id.rawValue), .optional(local), .optional(provider?.rawValue),
                .optional(object),
            ]
        )
        return Lane(
            id: lane.id,
            connection: lane.connection,
            type: lane.type,
            localNumber: local,
            providerID: provider,
            objectNumber: object,
            state: lane.state,
            reads: lane.reads,
            lastRead: lane.lastRead,
            flight: lane.flight
        )
    }

    /// Writes state, read plan and last read; names and flight have statements of their own.
    package static func save(_ lane: Lane, in transaction: any WriteTransaction) throws(DatabaseError) {
        try transaction.execute(
            save,
            [
                .integer(lane.id.rawValue), .text(lane.state.life.rawValue),
                .optional(lane.state.remote?.bytes), .integer(lane.state.observedEnd.rawValue),
                .integer(lane.state.dirty), .integer(lane.state.clean), .integer(lane.state.missingReads),
                .optional(lane.reads.dueAt?.milliseconds), .integer(Int64(lane.reads.failures)),
                .optional(lane.lastRead?.date?.milliseconds), .optional(lane.lastRead?.inboxID),
                .optional(lane.reads.reason?.rawValue), .optional(lane.reads.owedSince?.milliseconds),
            ]
        )
    }

    /// Only for a lane whose names and whose operations another one has taken over.
    package static func remove(_ id: LaneID, in transaction: any WriteTransaction) throws(DatabaseError) {
        try transaction.execute(delete, [.integer(id.rawValue)])
    }

    static func lane(_ row: any Row) -> Lane {
        guard let life = LaneState.Life(rawValue: row.text(6)) else {
            preconditionFailure("lane_objects_state_known holds")
        }
        let id = LaneID(rawValue: row.integer(0))
        return Lane(
            id: id,
            connection: ConnectionID(rawValue: row.integer(1)),
            type: ObjectType(rawValue: row.text(2)),
            localNumber: row.optionalInteger(3),
            providerID: row.optionalText(4).map { ProviderID($0) },
            objectNumber: row.optionalInteger(5),
            state: LaneState(
                life: life,
                remote: RemoteDigest(row.optionalBytes(7)),
                observedEnd: Tick(rawValue: row.integer(8)),
                dirty: row.integer(9),
                clean: row.integer(10),
                missingReads: row.integer(11)
            ),
            reads: LaneReadPlan(
                dueAt: row.optionalInteger(12).map(Timestamp.init(milliseconds:)),
                failures: Int(row.integer(13)),
                reason: row.optionalText(23).flatMap(ReadReason.init(rawValue:)),
                owedSince: row.optionalInteger(24).map(Timestamp.init(milliseconds:))
            ),
            lastRead: row.optionalInteger(15).map { inboxID in
                LastRead(date: row.optionalInteger(14).map(Timestamp.init(milliseconds:)), inboxID: inboxID)
            },
            flight: flight(of: id, row)
        )
    }

    private static func flight(of lane: LaneID, _ row: any Row) -> LaneFlight? {
        guard !row.isNull(16) else { return nil }
        let purpose: LaneFlight.Purpose =
            row.text(16) == "read" ? .read : .write(operation: row.integer(17))
        return LaneFlight(
            lane: lane,
            purpose: purpose,
            owner: LeaseOwner(rawValue: row.integer(18)),
            until: Timestamp(milliseconds: row.integer(19)),
            start: Tick(rawValue: row.integer(20)),
            answering: row.integer(21),
            inboxID: row.integer(22)
        )
    }
}

extension RemoteDigest {
    init?(_ bytes: [UInt8]?) {
        guard let bytes, bytes.count == 16 else { return nil }
        self.init(
            high: bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) },
            low: bytes[8...].reduce(0) { $0 << 8 | UInt64($1) }
        )
    }

    var bytes: [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: high >> (56 - 8 * $0)) }
            + (0..<8).map { UInt8(truncatingIfNeeded: low >> (56 - 8 * $0)) }
    }
}
