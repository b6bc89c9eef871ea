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
            var failed = 0
            // What the queue has no room for waits with the next try: webhooks come first.
            for event in owed where links.offer(event) { waiting.insert(event.replyToken.low) }
            while !waiting.isEmpty {
                for answer in answers.takeAll() where waiting.remove(answer.replyToken.low) != nil {
                    switch answer.outcome {
                    case .stored:
                        stored += 1
                        owed.removeAll { $0.replyToken.low == answer.replyToken.low }
                    case .duplicate: owed.removeAll { $0.replyToken.low == answer.replyToken.low }
                    case .failed: failed += 1
                    }
                }
                if !waiting.isEmpty { try rest(milliseconds: 1_000) }
            }
            if failed > 0 { tellFailed(failed, attempt: attempt) }
            if !owed.isEmpty {
                try wait(milliseconds: backoff.delayMilliseconds(afterAttempt: attempt, random: random))
            }
        }
        return stored
    }

    /// They are offered again, for as long as it takes: what is not stored is lost.
    private func tellFailed(_ count: Int, attempt: Int) {
        log.emitLimited(
            .warning,
            "events from the provider's list could not be stored, and are offered again",
            [
                .text("connection", connection.name), .count(count), .integer("attempt", attempt),
                .reason("the commit of the inbox failed"),
            ]
        )
    }

    // MARK: Gap

    /// A gap's run is planned as soon as no other one is in its way; with `mayRepeat` also another one after one that
    /// failed or was incomplete. What a person cancelled stays so.
    func startRunIfOwed(mayRepeat: Bool) throws(Interruption) {
        let id = connection.id
        let now = clock.now()
        let repeatable = mayRepeat ? now.adding(milliseconds: -rules.runPauseMilliseconds) : nil
        let isOwed = try reading { transaction throws(DatabaseError) in
            let gap = try CatchUpPositionsTable.position(of: id, in: transaction)?.gap
            return try Self.debt(gap, of: id, after: repeatable, in: transaction) != nil
        }
        guard isOwed else { return }
        let outcome = try writing { transaction throws(DatabaseError) in
            try Self.startRun(id, after: repeatable, now: now, in: transaction)
        }
        guard let outcome else { return }
        switch outcome {
        case .started(let run, let debt):
            runInTheWay.withLock { $0 = nil }
            links.wakeRuns()
            tellStarted(run, debt)
        case .inTheWay(let other): tellInTheWay(other)
        case .covered(let run):
            runInTheWay.withLock { $0 = nil }
            log.emit(
                .info,
                "missed events need no run of their own: a later one compared everything",
                [.text("connection", connection.name), .integer("run", run.rawValue)]
            )
        }
    }

    private func tellStarted(_ run: RunRecord, _ debt: Debt) {
        let name = LogField.text("connection", connection.name)
        let number = LogField.integer("run", run.id.rawValue)
        switch debt {
        case .first: log.emit(.info, "a run was started for missed events", [name, number])
        case .covered: break
        case .after(let ended):
            log.emit(
                .warning,
                "another run was started for missed events: the last one did not compare everything",
                [
                    name, number, .integer("last_run", ended.id.rawValue),
                    .text("last_state", ended.state.rawValue),
                ]
            )
        }
    }

    private func tellInTheWay(_ other: RunRecord) {
        let isTold = runInTheWay.withLock { told in
            defer { told = other.id }
            return told == other.id
        }
        guard !isTold else { return }
        log.emitLimited(
            .warning,
            "the run for missed events waits until another one is over",
            [
                .text("connection", connection.name), .integer("run", other.id.rawValue),
                .text("state", other.state.rawValue),
            ]
        )
    }

    /// Why a gap wants a run.
    private enum Debt: Sendable {
        case first
        /// This one is over, and did not compare everything.
        case after(RunRecord)
        /// None any more: this one, begun since the gap was found, compared and mended everything.
        case covered(RunID)
    }

    /// What became of a debt.
    private enum Payment: Sendable {
        case started(RunRecord, Debt)
        case inTheWay(RunRecord)
        case covered(RunID)
    }

    /// Nil when nothing is owed: no gap, or a run of it that goes on, was completed or was cancelled, or ended after
    /// `repeatable`.
    private static func debt(
        _ gap: CatchUpPosition.Gap?,
        of connection: ConnectionID,
        after repeatable: Timestamp?,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Debt? {
        guard let gap else { return nil }
        var debt = Debt.first
        if let id = gap.run {
            guard let repeatable, let run = try RunsTable.find(RunID(rawValue: id), in: transaction),
                let ended = run.endedAt, ended <= repeatable
            else { return nil }
            switch run.state {
            case .failed, .incomplete: debt = .after(run)
            case .planned, .running, .paused, .completed, .cancelled: return nil
            }
        }
        let covering = try RunsTable.mendedAll(since: gap.to, on: connection, in: transaction)
        return covering.map { .covered($0) } ?? debt
    }

    /// The run and the word of it in one commit, so that a gap has one run at a time.
    private static func startRun(
        _ connection: ConnectionID,
        after repeatable: Timestamp?,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Payment? {
        guard var position = try CatchUpPositionsTable.position(of: connection, in: transaction),
            let debt = try debt(position.gap, of: connection, after: repeatable, in: transaction)
        else { return nil }
        let payment: Payment
        switch debt {
        case .covered(let run):
            position.gap?.run = run.rawValue
            payment = .covered(run)
        case .first, .after:
            let order = RunOrder(connection: connection, scope: .all, mode: .apply, trigger: .gap)
            switch try RunsTable.start(order, now: now, in: transaction) {
            case .alreadyRunning(let other): return .inTheWay(other)
            case .started(let run):
                position.gap?.run = run.id.rawValue
                payment = .started(run, debt)
            }
        }
        try CatchUpPositionsTable.save(position, of: connection, in: transaction)
        return payment
    }
}
