package import BillingModel
package import Database
package import JSON
package import Lanes
package import Outbox
package import Timing

/// What an answer showed of its object.
package enum SeenObject: Sendable {
    /// As the provider has it, or its mark of deletion (`"deleted": true`).
    case present(JSONDocument)
    /// The provider knows no such object.
    case missing
}

/// An operation that the provider says it has done.
package struct RecordedWrite: Sendable {
    package let operation: ClaimedOperation
    /// What was sent, this attempt counted.
    package let sent: SentRequest
    /// The id of the answer's object.
    package let object: ProviderID?
    package let seen: SeenObject
    /// The stored answer of an earlier execution: it acknowledges, and is never the present state.
    package let isReplayed: Bool
    /// The provider's clock.
    package let date: Timestamp?
}

/// Makes what calls showed the confirmed state, settles what it confirms, and ends the flight, all in the caller's
/// transaction. Who builds the gateway says who does it: the store's visible state follows from it.
package struct AnswerRecorder: Sendable {
    /// - Parameters: the read, what it showed, the provider's clock, now, the transaction.
    package typealias ReadEnded =
        @Sendable (
            ClaimedRead, SeenObject, Timestamp?, Timestamp, any WriteTransaction
        ) throws(DatabaseError) -> Void
    /// - Parameters: the operation with its answer, now, the transaction.
    package typealias WriteAnswered =
        @Sendable (
            RecordedWrite, Timestamp, any WriteTransaction
        ) throws(DatabaseError) -> Void

    package let readEnded: ReadEnded
    package let writeAnswered: WriteAnswered

    package init(readEnded: @escaping ReadEnded, writeAnswered: @escaping WriteAnswered) {
        self.readEnded = readEnded
        self.writeAnswered = writeAnswered
    }
}
