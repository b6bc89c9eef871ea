import BillingModel
import Database
import Lanes
import Providers
import Timing

/// A row of `outbox` as the statements of this room read it.
struct OutboxRow {
    static let columns = """
        outbox.id, outbox.connection_id, outbox.lane_id, outbox.kind, outbox.state, outbox.customer_id,
        outbox.content, outbox.idempotency_key, outbox.generation, outbox.request_method, outbox.request_path,
        outbox.request_body, outbox.request_api_version, outbox.request_account, outbox.attempts,
        outbox.key_attempts, outbox.wants_lookup, outbox.first_sent_at, outbox.created_at, outbox.deadline_at,
        outbox.alerted_at, outbox.first_attempt_at, outbox.overtaken_by
        """
    static let columnCount = 23

    let id: OperationID
    let connection: ConnectionID
    let lane: LaneID
    let kind: OperationKind
    let state: OperationState
    let customer: Int64?
    let content: [UInt8]
    let key: String?
    let generation: Int
    let request: FrozenRequest?
    let attempts: Int
    let attemptsOfKey: Int
    let wantsLookup: Bool
    let firstSentAt: Timestamp?
    let createdAt: Timestamp
    let deadline: Timestamp?
    let alertedAt: Timestamp?
    let firstAttemptAt: Timestamp?
    /// A newer operation of the object that was sent after this one had died.
    let overtakenBy: OperationID?

    init(_ row: any Row) {
        id = OperationID(rawValue: row.integer(0))
        connection = ConnectionID(rawValue: row.integer(1))
        lane = LaneID(rawValue: row.integer(2))
        guard let kind = OperationKind(rawValue: row.text(3)) else {
            preconditionFailure("an operation's kind is one of those that were ever enqueued")
        }
        self.kind = kind
        guard let state = OperationState(rawValue: row.text(4)) else {
            preconditionFailure("outbox_state_known holds")
        }
        self.state = state
        customer = row.optionalInteger(5)
        content = row.bytes(6)
        key = row.optionalText(7)
        generation = Int(row.integer(8))
        request =
            row.isNull(9)
            ? nil
            : FrozenRequest(
                method: row.text(9),
                path: row.text(10),
                body: row.bytes(11),
                apiVersion: row.optionalText(12),
                account: row.optionalText(13)
            )
        attempts = Int(row.integer(14))
        attemptsOfKey = Int(row.integer(15))
        wantsLookup = row.boolean(16)
        firstSentAt = row.optionalInteger(17).map(Timestamp.init(milliseconds:))
        createdAt = Timestamp(milliseconds: row.integer(18))
        deadline = row.optionalInteger(19).map(Timestamp.init(milliseconds:))
        alertedAt = row.optionalInteger(20).map(Timestamp.init(milliseconds:))
        firstAttemptAt = row.optionalInteger(21).map(Timestamp.init(milliseconds:))
        overtakenBy = row.optionalInteger(22).map(OperationID.init(rawValue:))
    }

    var sent: SentRequest? {
        guard let request, let key, let firstSentAt else { return nil }
        return SentRequest(
            request: request,
            key: key,
            firstSentAt: firstSentAt,
            attemptsOfKey: attemptsOfKey
        )
    }
}
