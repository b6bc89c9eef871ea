import BillingModel
import Database

/// Rows of `reconciliation_segments`: how far each part of a run's present step is.
enum SegmentsTable {
    private static let insert = Statement(
        "reconciliation_segments.insert",
        """
        INSERT INTO reconciliation_segments
            (run_id, number, object_type, state, created_from, created_through, cursor_id, cursor_created, place,
             place_end, pages, objects)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """
    )
    private static let all = Statement(
        "reconciliation_segments.all",
        """
        SELECT number, state, created_from, created_through, cursor_id, cursor_created, place, place_end, pages,
               objects
        FROM reconciliation_segments
        WHERE run_id = $1
        ORDER BY number
        """
    )
    // The fence: a page that was asked for before another one of the segment was written is not written any more.
    private static let save = Statement(
        "reconciliation_segments.save",
        """
        UPDATE reconciliation_segments
        SET state = $4, created_from = $5, created_through = $6, cursor_id = $7, cursor_created = $8, place = $9,
            place_end = $10, pages = $11, objects = $12
        WHERE run_id = $1
          AND number = $2
          AND pages = $3
          AND state = 'open'
        """
    )
    private static let removeAll = Statement(
        "reconciliation_segments.remove_all",
        "DELETE FROM reconciliation_segments WHERE run_id = $1"
    )

    static func insert(
        _ segment: Segment,
        of run: RunID,
        _ type: ObjectType,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        let identity: [SQLValue] = [
            .integer(run.rawValue), .integer(segment.number), .text(type.rawValue),
        ]
        try transaction.execute(insert, identity + values(segment))
    }

    static func all(
        of run: RunID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [Segment] {
        try transaction.rows(all, [.integer(run.rawValue)]) { row in
            var segment = Segment(
                number: row.integer(0),
                range: CreationRange(from: row.optionalInteger(2), through: row.optionalInteger(3)),
                placeEnd: row.optionalInteger(7)
            )
            segment.isDone = row.text(1) == "done"
            segment.cursor = row.optionalText(4).map { ProviderID($0) }
            segment.cursorCreated = row.optionalInteger(5)
            segment.place = row.integer(6)
            segment.pages = row.integer(8)
            segment.objects = row.integer(9)
            return segment
        }
    }

    /// False when the row does not stand at `pages` any more: then undo what was done for it.
    static func save(
        _ segment: Segment,
        of run: RunID,
        from pages: Int64,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Bool {
        let identity: [SQLValue] = [
            .integer(run.rawValue), .integer(segment.number), .integer(pages),
        ]
        return try transaction.execute(save, identity + values(segment)) > 0
    }

    static func removeAll(of run: RunID, in transaction: any WriteTransaction) throws(DatabaseError) {
        try transaction.execute(removeAll, [.integer(run.rawValue)])
    }

    private static func values(_ segment: Segment) -> [SQLValue] {
        [
            .text(segment.isDone ? "done" : "open"), .optional(segment.range.from),
            .optional(segment.range.through), .optional(segment.cursor?.rawValue),
            .optional(segment.cursorCreated), .integer(segment.place), .optional(segment.placeEnd),
            .integer(segment.pages), .integer(segment.objects),
        ]
    }
}
