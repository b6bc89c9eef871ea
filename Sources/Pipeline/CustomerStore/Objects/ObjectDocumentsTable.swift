package import Database

/// The provider's JSON of an object's visible state, exactly as it was sent.
///
/// It is not copied while the event that brought it still has its body: the row names the event, and the body
/// is sliced. Retention copies it here before it sweeps that body.
package enum ObjectDocuments {
    private static let fromBody = Statement(
        "object_documents.from_body",
        """
        SELECT substr(inbox_bodies.body, inbox_bodies.object_offset + 1, inbox_bodies.object_length)
        FROM objects
        JOIN inbox_bodies ON inbox_bodies.id = objects.state_event_id
        WHERE objects.id = $1 AND inbox_bodies.object_length > 0
        """
    )
    private static let kept = Statement(
        "object_documents.get",
        "SELECT document FROM object_documents WHERE object_id = $1"
    )

    private static let keep = Statement(
        "object_documents.keep",
        """
        INSERT INTO object_documents (object_id, document)
        VALUES ($1, $2)
        ON CONFLICT (object_id) DO UPDATE SET document = excluded.document
        """
    )

    /// Stores what a read showed: the row names no event then.
    package static func keep(
        _ json: [UInt8],
        objectNumber: Int64,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try transaction.execute(keep, [.integer(objectNumber), .bytes(json)])
    }

    /// Nil for an unknown object, a tombstone that never had a state, and an erased one.
    package static func json(
        objectNumber: Int64,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [UInt8]? {
        if let sliced = try transaction.first(fromBody, [.integer(objectNumber)], { $0.bytes(0) }) {
            return sliced
        }
        return try transaction.first(kept, [.integer(objectNumber)]) { $0.bytes(0) }
    }
}
