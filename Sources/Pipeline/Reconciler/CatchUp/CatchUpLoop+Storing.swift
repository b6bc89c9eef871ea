import BillingModel
import Database
import Inbox
import JSON
import Telemetry
import Threading
import Timing

/// What a page leaves behind: events in the inbox, and the run of a gap.
extension CatchUpLoop {
    /// How many of the page's events were new. All are stored, and flushed, when it returns.
    func take(_ elements: [JSONValue]) throws(Interruption) -> Int {
        let now = clock.now()
        let high = Self.replyHigh(connection.id)
        var events = elements.indices.map { index in
            links.read(
                elements[index],
                ReplyToken(high: high, low: UInt64(index), endpoint: Self.replyEndpoint),
                now
            )
        }
        let ids = events.map(\.eventID)
        let connection = connection.id
        let unknown = Set(
            try reading { transaction throws(DatabaseError) in
                try KnownEventsQuery.unknown(ids, of: connection, in: transaction)
            }
        )
        // Oldest first, as they happened.
        events = events.filter { unknown.contains($0.eventID) }.reversed()
        statistics.known.add(UInt64(elements.count - events.count))
        let found = try store(events)
        statistics.found.add(UInt64(found))
        return found
    }

    /// How many were stored; the others were brought by a webhook meanwhile.
    private func store(_ events: [ReceivedEvent]) throws(Interruption) -> Int {
        var owed = events
        var stored = 0
        var attempt = 0
        let backoff = rules.backoff
        while !owed.isEmpty {
            attempt += 1
            var waiting: Set<UInt64> = []
            // What the queue has no room for waits with the next try: webhooks come first.
            for event in owed where links.offer(event) { waiting.insert(event.replyToken.low) }
            while !waiting.isEmpty {
                for answer in answers.takeAll() where waiting.remove(answer.replyToken.low) != nil {
                    switch answer.outcome {
                    case .stored:
                        stored += 1
                        owed.removeAll { $0.replyToken.low == answer.replyToken.low }
                    case .duplicate: owed.removeAll { $0.replyToken.low == answer.replyToken.low }
                    case .failed: break
                    }
                }
                if !waiting.isEmpty { try rest(milliseconds: 1_000) }
            }
            if !owed.isEmpty {
                try wait(milliseconds: backoff.delayMilliseconds(afterAttempt: attempt, random: random))
            }
        }
        return stored
    }

    // MARK: Gap

    /// A gap's run is planned as soon as no other one is in its way.
    func startRunIfOwed() throws(Interruption) {
        let connection = connection.id
        let now = clock.now()
        let isOwed = try reading { transaction throws(DatabaseError) in
            let gap = try CatchUpPositionsTable.position(of: connection, in: transaction)?.gap
            return gap != nil && gap?.run == nil
        }
        guard isOwed else { return }
        let start = try writing { transaction throws(DatabaseError) in
            try Self.startRun(connection, now: now, in: transaction)
        }
        guard case .started(let run)? = start else { return }
        links.wakeRuns()
        log.emit(
            .info,
            "a run was started for missed events",
            [.text("connection", self.connection.name), .integer("run", run.id.rawValue)]
        )
    }

    /// The run and the word of it in one commit, so that a gap has one run.
    private static func startRun(
        _ connection: ConnectionID,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> RunsTable.Start? {
        guard var position = try CatchUpPositionsTable.position(of: connection, in: transaction),
            position.gap?.run == nil
        else { return nil }
        let order = RunOrder(connection: connection, scope: .all, mode: .apply, trigger: .gap)
        let start = try RunsTable.start(order, now: now, in: transaction)
        guard case .started(let run) = start else { return start }
        position.gap?.run = run.id.rawValue
        try CatchUpPositionsTable.save(position, of: connection, in: transaction)
        return start
    }
}
