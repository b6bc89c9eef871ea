import BillingModel
import Database

/// Objects in the order of their numbers, for a rebuild.
enum RebuildQuery {
    struct Candidate {
        let number: Int64
        let key: ObjectKey
        let secondMax: Int64
    }

    private static let live = Statement(
        "objects.live_in_range",
        """
        SELECT id, connection_id, object_type, provider_id, second_max
        FROM objects
        WHERE id > $1
            AND id <= $2
            AND state = 'live'
        ORDER BY id
        """
    )
    private static let last = Statement("objects.last_number", "SELECT MAX(id) FROM objects")

    /// Living objects with numbers in `range`, which the caller keeps short.
    static func live(
        _ range: ClosedRange<Int64>,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [Candidate] {
        try transaction.rows(live, [.integer(range.lowerBound - 1), .integer(range.upperBound)]) { row in
            Candidate(
                number: row.integer(0),
                key: ObjectKey(
                    connection: ConnectionID(rawValue: row.integer(1)),
                    type: ObjectType(rawValue: row.text(2)),
                    id: ProviderID(row.text(3))
                ),
                secondMax: row.integer(4)
            )
        }
    }

    /// The greatest number; 0 when there is no object.
    static func lastNumber(in transaction: any ReadTransaction) throws(DatabaseError) -> Int64 {
        try transaction.first(last, []) { $0.optionalInteger(0) ?? 0 } ?? 0
    }
}
