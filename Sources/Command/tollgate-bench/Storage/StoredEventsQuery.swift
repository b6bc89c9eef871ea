import Packing

/// Questions to the server's file about what it stored, asked beside it or after it ended.
struct StoredEventsQuery {
    /// Answers of `consistency`; all but the first two are zero in a sound store without work left.
    struct Consistency: Equatable {
        var events: Int64 = 0
        var objects: Int64 = 0
        var notApplied: Int64 = 0
        /// Applied, but not in the log of any object.
        var appliedWithoutTrace: Int64 = 0
        var tracesWithoutEvent: Int64 = 0
        /// Objects whose list of events is not one list from the first to the last.
        var brokenLists: Int64 = 0
        /// Objects that show another state than their last event left.
        var otherStateThanLogged: Int64 = 0
        /// Subscriptions whose revision is not the number of their events: one was lost or applied twice, or the
        /// end is wrong.
        var wrongRevisions: Int64 = 0
        /// Subscriptions whose history was not found to be without gap.
        var flagged: Int64 = 0

        var isSound: Bool {
            var rest = self
            rest.events = 0
            rest.objects = 0
            return rest == Consistency()
        }
    }

    let file: SQLiteFile

    func eventCount() throws(BenchError) -> Int64 {
        try file.integer("SELECT COUNT(*) FROM inbox") ?? 0
    }

    func newestNumber() throws(BenchError) -> Int64 {
        try file.integer("SELECT COALESCE(MAX(id), 0) FROM inbox") ?? 0
    }

    func unappliedCount() throws(BenchError) -> Int64 {
        try file.integer("SELECT COUNT(*) FROM inbox WHERE due_at IS NOT NULL") ?? 0
    }

    /// In milliseconds since 1970, of the event that waits longest to be applied; nil when none waits.
    func oldestUnappliedReceivedAt() throws(BenchError) -> Int64? {
        try file.integer(
            """
            SELECT received_at
            FROM inbox
            WHERE due_at IS NOT NULL
            ORDER BY due_at, id
            LIMIT 1
            """
        )
    }

    func hasEvent(_ eventID: String) throws(BenchError) -> Bool {
        try file.integer(
            """
            SELECT id
            FROM inbox
            WHERE connection_id IN (SELECT id FROM connections) AND event_id = ?1
            """,
            [.text(eventID)]
        ) != nil
    }

    func isApplied(_ eventID: String) throws(BenchError) -> Bool {
        try file.integer(
            """
            SELECT 1
            FROM inbox
            WHERE connection_id IN (SELECT id FROM connections) AND event_id = ?1 AND state = 'applied'
            """,
            [.text(eventID)]
        ) != nil
    }

    /// SQLite's own check of the file; "ok" when it finds nothing.
    func integrity() throws(BenchError) -> String {
        var lines: [String] = []
        try file.each("PRAGMA integrity_check") { lines.append($0.text(0)) }
        return lines.joined(separator: "; ")
    }

    func consistency() throws(BenchError) -> Consistency {
        var found = Consistency()
        found.events = try eventCount()
        found.objects = try count("SELECT COUNT(*) FROM objects")
        found.notApplied = try count("SELECT COUNT(*) FROM inbox WHERE state <> 'applied'")
        found.appliedWithoutTrace = try count(
            """
            SELECT COUNT(*)
            FROM inbox
            LEFT JOIN object_events ON object_events.id = inbox.id
            WHERE inbox.state = 'applied' AND object_events.id IS NULL
            """
        )
        found.tracesWithoutEvent = try count(
            """
            SELECT COUNT(*)
            FROM object_events
            LEFT JOIN inbox ON inbox.id = object_events.id
            WHERE inbox.id IS NULL
            """
        )
        // One first and one last event for each object, and none that two others follow: then it is one list.
        found.brokenLists = try count(
            """
            SELECT abs(COUNT(*) - COUNT(previous_id) - (SELECT COUNT(*) FROM objects))
                + COUNT(previous_id) - COUNT(DISTINCT previous_id)
            FROM object_events
            """
        )
        found.otherStateThanLogged = try count(
            """
            SELECT COUNT(*)
            FROM objects
            LEFT JOIN object_events AS newest
                ON newest.id = objects.last_event_id AND newest.object_id = objects.id
            LEFT JOIN object_events AS telling
                ON telling.id = objects.state_event_id AND telling.object_id = objects.id
            WHERE newest.id IS NULL
                OR telling.to_digest IS NOT objects.state_digest
            """
        )
        found.wrongRevisions = try wrongRevisions()
        found.flagged = try count(
            """
            SELECT COUNT(*)
            FROM objects
            WHERE object_type = 'subscription' AND (certainty <> 'certain' OR freshness <> 'chained')
            """
        )
        return found
    }

    /// Of all subscriptions, what the visible JSON says beside how many events told of it.
    private func wrongRevisions() throws(BenchError) -> Int64 {
        var wrong: Int64 = 0
        try file.each(
            """
            SELECT counted.event_count, inbox_bodies.packing, inbox_bodies.unpacked_bytes, inbox_bodies.body
            FROM objects
            LEFT JOIN (SELECT object_id, COUNT(*) AS event_count FROM object_events GROUP BY object_id) AS counted
                ON counted.object_id = objects.id
            LEFT JOIN inbox_bodies ON inbox_bodies.id = objects.state_event_id
            WHERE objects.object_type = 'subscription'
            """
        ) { row in
            let body = PackedBytes(
                stored: row.bytes(3),
                packing: row.optionalInteger(1),
                unpackedCount: row.optionalInteger(2)
            )
            // A body that cannot be unpacked shows no revision, and so counts as wrong.
            let revision = (try? body.unpacked()).flatMap(Self.revision)
            if revision == nil || revision != row.optionalInteger(0) { wrong += 1 }
        }
        return wrong
    }

    /// The ten digits behind `"revision":"`.
    private static func revision(in body: [UInt8]) -> Int64? {
        let mark = Array(#""revision":""#.utf8)
        guard
            let start = body.indices.first(where: { body[$0...].starts(with: mark) }),
            let digits = String(validating: body[(start + mark.count)...].prefix(10), as: UTF8.self)
        else { return nil }
        return Int64(digits)
    }

    private func count(_ statement: String) throws(BenchError) -> Int64 {
        try file.integer(statement) ?? 0
    }
}
