import BillingModel
import Database
import DatabaseSQLite
import Foundation
import Inbox
import Schema
import TestSupport
import Threading
import Timing

/// An inbox on a file of its own, with nobody behind it, and all answers that it gave.
final class IntakeHarness: Sendable {
    struct Stored: Sendable, Equatable {
        let id: Int64
        let eventID: String
        let state: String
    }

    let file: TemporaryDatabase
    let database: SQLiteDatabase
    let faults: FaultyDatabase
    let intake: InboxIntake
    private let answers: Lock<[UInt64: [String]]>
    private let nextToken = Lock<UInt64>(0)

    /// - Parameter whileOpen: a participant behind the intake, called in each transaction with work.
    init(
        file: TemporaryDatabase? = nil,
        limits: InboxIntake.Limits = InboxIntake.Limits(),
        starts: Bool = true,
        onAnswers: (@Sendable (SQLiteDatabase, [IntakeAnswer]) -> Void)? = nil,
        whileOpen: (@Sendable (any WriteTransaction) -> Void)? = nil
    ) throws {
        let file = try file ?? TemporaryDatabase()
        self.file = file
        let database = try file.open(migrations: Schema.migrations)
        let faults = FaultyDatabase(database)
        let answers = Lock<[UInt64: [String]]>([:])
        self.database = database
        self.faults = faults
        self.answers = answers
        intake = InboxIntake(
            limits: limits,
            wake: { database.wakeWriter() },
            isSameData: { $0 == $1 },
            answer: { given in
                onAnswers?(database, given)
                answers.withLock { answers in
                    for answer in given {
                        answers[answer.replyToken.low, default: []].append("\(answer.outcome)")
                    }
                }
            },
            didStore: {}
        )
        faults.join(intake)
        if let whileOpen { database.join(Watcher(whileOpen)) }
        if starts { try database.start() }
    }

    /// Looks at every transaction, and never has work of its own.
    private final class Watcher: CommitParticipant {
        private let look: @Sendable (any WriteTransaction) -> Void
        init(_ look: @escaping @Sendable (any WriteTransaction) -> Void) { self.look = look }
        func contribute(_ transaction: any WriteTransaction) throws(DatabaseError) -> Int {
            look(transaction)
            return 0
        }
        func settle(_ outcome: CommitOutcome) {}
    }

    func event(
        _ id: String,
        body: String = "{}",
        apiVersion: String? = "v1",
        connection: Int64 = 1,
        disposition: ReceivedEvent.Disposition = .apply,
        twin: String? = nil
    ) -> ReceivedEvent {
        let token = nextToken.withLock { next in
            next += 1
            return next
        }
        return ReceivedEvent(
            replyToken: ReplyToken(high: 0, low: token, endpoint: 0),
            connection: ConnectionID(rawValue: connection),
            endpoint: "test",
            eventID: id,
            type: "customer.updated",
            apiVersion: apiVersion,
            occurredAt: nil,
            receivedAt: Timestamp(milliseconds: 1_800_000_000_000),
            disposition: disposition,
            body: Array(body.utf8),
            objectRange: 0..<0,
            twinEventID: twin
        )
    }

    /// Offers the events and waits until each was answered; the answers in order.
    func offer(_ events: [ReceivedEvent]) -> [String] {
        for event in events where !intake.offer(event) {
            answers.withLock { $0[event.replyToken.low] = ["shed"] }
        }
        return wait(for: events)
    }

    func wait(for events: [ReceivedEvent]) -> [String] {
        while true {
            let given = answers.withLock { answers in events.map { answers[$0.replyToken.low] } }
            if given.allSatisfy({ $0 != nil }) { return given.map { $0?.joined(separator: ",") ?? "" } }
            usleep(500)
        }
    }

    var answerCount: Int { answers.withLock { $0.count } }

    func stored() throws -> [Stored] {
        try database.read { transaction throws(DatabaseError) in
            try transaction.rows(Self.all) {
                Stored(id: $0.integer(0), eventID: $0.text(1), state: $0.text(2))
            }
        }
    }

    static let all = Statement("test.all", "SELECT id, event_id, state FROM inbox ORDER BY id")
    static let bodies = Statement("test.bodies", "SELECT COUNT(*) FROM inbox_bodies")
}
