package import BillingModel
package import Database
import Timing

/// One row per provider object, whatever its type.
package enum ObjectsTable {
    private static let columns = """
        id, state, freshness, certainty, state_event_id, state_digest, state_api_version, last_event_id,
        second_max, version, created_at, updated_at
        """
    private static let find = Statement(
        "objects.find",
        """
        SELECT \(columns)
        FROM objects
        WHERE connection_id = $1 AND object_type = $2 AND provider_id = $3
        """
    )
    private static let get = Statement(
        "objects.get",
        """
        SELECT \(columns)
        FROM objects
        WHERE id = $1
        """
    )
    private static let number = Statement(
        "objects.number",
        "SELECT id FROM objects WHERE connection_id = $1 AND object_type = $2 AND provider_id = $3"
    )
    private static let insert = Statement(
        "objects.insert",
        """
        INSERT INTO objects
            (connection_id, object_type, provider_id, state, freshness, certainty, state_event_id,
             state_digest, state_api_version, last_event_id, second_max, version, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        """
    )
    private static let update = Statement(
        "objects.update",
        """
        UPDATE objects
        SET state = $2, freshness = $3, certainty = $4, state_event_id = $5, state_digest = $6,
            state_api_version = $7, last_event_id = $8, second_max = $9, version = $10, updated_at = $11
        WHERE id = $1
        """
    )

    private static let updateForeseen = Statement(
        "objects.update_foreseen",
        """
        UPDATE objects
        SET state = $2, freshness = $3, certainty = $4, state_event_id = $5, state_digest = $6,
            state_api_version = $7, last_event_id = $8, second_max = $9, version = $10, updated_at = $11
        WHERE id = $1
          AND version = $12 AND last_event_id = $13 AND freshness = $14 AND certainty = $15
          AND state_event_id IS NOT DISTINCT FROM $16 AND state_digest IS NOT DISTINCT FROM $17
        """
    )

    package static func find(
        _ key: ObjectKey,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> MirroredObject? {
        let values: [SQLValue] = [
            .integer(key.connection.rawValue), .text(key.type.rawValue), .text(key.id.rawValue),
        ]
        return try transaction.first(find, values) { object($0, key) }
    }

    /// The row of an object whose number is known already; rows are never deleted nor given to another object.
    package static func get(
        _ number: Int64,
        of key: ObjectKey,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> MirroredObject? {
        try transaction.first(get, [.integer(number)]) { object($0, key) }
    }

    package static func number(
        of key: ObjectKey,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Int64? {
        let values: [SQLValue] = [
            .integer(key.connection.rawValue), .text(key.type.rawValue), .text(key.id.rawValue),
        ]
        return try transaction.first(number, values) { $0.integer(0) }
    }

    /// Makes the row and returns its number. `object.number` is ignored.
    package static func insert(
        _ object: MirroredObject,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Int64 {
        try transaction.insert(
            insert,
            [
                .integer(object.key.connection.rawValue), .text(object.key.type.rawValue),
                .text(object.key.id.rawValue), .text(object.state.rawValue), .text(object.freshness.rawValue),
                .text(object.certainty.rawValue), .optional(object.stateEvent),
                .optional(object.stateDigest), .optional(object.stateAPIVersion),
                .integer(object.lastEvent), .integer(object.secondMax), .integer(object.version),
                .integer(object.createdAt.milliseconds), .integer(object.updatedAt.milliseconds),
            ]
        )
    }

    package static func update(
        _ object: MirroredObject,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try transaction.execute(update, updated(object))
    }

    /// The same, if the row still is as it was when `foreseen` was read; false when it is not, and is left alone.
    /// Whatever changes a row changes one of what is compared.
    package static func update(
        _ object: MirroredObject,
        from foreseen: MirroredObject,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Bool {
        try transaction.execute(
            updateForeseen,
            updated(object),
            [
                .integer(foreseen.version), .integer(foreseen.lastEvent), .text(foreseen.freshness.rawValue),
                .text(foreseen.certainty.rawValue), .optional(foreseen.stateEvent),
                .optional(foreseen.stateDigest),
            ]
        ) == 1
    }

    private static func updated(_ object: MirroredObject) -> [SQLValue] {
        [
            .integer(object.number), .text(object.state.rawValue), .text(object.freshness.rawValue),
            .text(object.certainty.rawValue), .optional(object.stateEvent), .optional(object.stateDigest),
            .optional(object.stateAPIVersion), .integer(object.lastEvent), .integer(object.secondMax),
            .integer(object.version), .integer(object.updatedAt.milliseconds),
        ]
    }

    private static func object(_ row: any Row, _ key: ObjectKey) -> MirroredObject {
        guard let state = MirroredObject.State(rawValue: row.text(1)),
            let freshness = Freshness(rawValue: row.text(2)),
            let certainty = StateCertainty(rawValue: row.text(3))
        else { preconditionFailure("the named checks of table objects hold") }
        return MirroredObject(
            number: row.integer(0),
            key: key,
            state: state,
            freshness: freshness,
            certainty: certainty,
            stateEvent: row.optionalInteger(4),
            stateDigest: StateDigest(row.digest(5)),
            stateAPIVersion: row.optionalText(6),
            lastEvent: row.integer(7),
            secondMax: row.integer(8),
            version: row.integer(9),
            createdAt: Timestamp(milliseconds: row.integer(10)),
            updatedAt: Timestamp(milliseconds: row.integer(11))
        )
    }
}
