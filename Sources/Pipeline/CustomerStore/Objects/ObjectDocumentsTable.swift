package import Database
import Packing

/// The provider's JSON of an object's visible state, exactly as it was sent.
///
/// It is not copied while the event that brought it still has its body: the row names the event, and the body
/// is sliced. Retention copies it here before it sweeps that body.
package enum ObjectDocuments {
    private static let fromBody = Statement(
        "object_documents.from_body",
        """
        SELECT inbox_bodies.object_offset, inbox_bodies.object_length,
            inbox_bodies.body, inbox_bodies.packing, inbox_bodies.unpacked_bytes
        FROM objects
        JOIN inbox_bodies ON inbox_bodies.id = objects.state_event_id
        WHERE objects.id = $1 AND inbox_bodies.object_length > 0
        """
    )
    private static let kept = Statement(
        "object_documents.get",
        "SELECT document, packing, unpacked_bytes FROM object_documents WHERE object_id = $1"
    )

    private static let keep = Statement(
        "object_documents.keep",
        """
        INSERT INTO object_documents (object_id, document, packing, unpacked_bytes)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (object_id) DO UPDATE SET document = excluded.document, packing = excluded.packing,
            unpacked_bytes = excluded.unpacked_bytes
        """
    )

    /// Stores what a read showed: the row names no event then.
    package static func keep(
        _ json: [UInt8],
        objectNumber: Int64,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try transaction.execute(keep, [.integer(objectNumber)] + PackedBytes(packing: json).values)
    }

    /// Nil for an unknown object, a tombstone that never had a state, and an erased one.
    package static func json(
        objectNumber: Int64,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [UInt8]? {
        let body = try transaction.first(fromBody, [.integer(objectNumber)]) { row in
            (offset: Int(row.integer(0)), length: Int(row.integer(1)), bytes: row.packed(2))
        }
        guard let body else {
            return try transaction.first(kept, [.integer(objectNumber)], { $0.packed(0) })?.unpacked()
        }
        return Array(try body.bytes.unpacked().dropFirst(body.offset).prefix(body.length))
    }
}
