package import BillingModel
package import Packing
package import Timing

/// A verified event on its way into the inbox.
package struct ReceivedEvent: Sendable {
    /// What becomes of it once stored.
    package enum Disposition: Sendable {
        case apply
        /// Kept and never applied, with the reason that is shown for it.
        case ignore(reason: String)
        /// Unreadable though rightly signed: kept for a person to look at.
        case deadLetter(reason: String)
    }

    package let replyToken: ReplyToken
    package let connection: ConnectionID
    package let endpoint: String
    /// The provider's id, or `sha256:` and the body's digest when it has none.
    package let eventID: String
    package let type: String
    package let apiVersion: String?
    /// When the provider says that it happened.
    package let occurredAt: Timestamp?
    package let receivedAt: Timestamp
    package let disposition: Disposition
    /// The bytes as they were signed; packed by the thread that received them.
    package let body: PackedBytes
    /// Where in the body the object's JSON stands; empty when it holds none.
    package let objectRange: Range<Int>
    /// Another event that tells the same: when it is known, this one counts as its duplicate.
    package let twinEventID: String?

    package init(
        replyToken: ReplyToken,
        connection: ConnectionID,
        endpoint: String,
        eventID: String,
        type: String,
        apiVersion: String?,
        occurredAt: Timestamp?,
        receivedAt: Timestamp,
        disposition: Disposition,
        body: [UInt8],
        objectRange: Range<Int>,
        twinEventID: String? = nil
    ) {
        self.replyToken = replyToken
        self.connection = connection
        self.endpoint = endpoint
        self.eventID = eventID
        self.type = type
        self.apiVersion = apiVersion
        self.occurredAt = occurredAt
        self.receivedAt = receivedAt
        self.disposition = disposition
        self.body = PackedBytes(packing: body)
        self.objectRange = objectRange
        self.twinEventID = twinEventID
    }
}

/// The inbox's word on one event, given after its commit is flushed.
package struct IntakeAnswer: Sendable {
    package enum Outcome: Sendable {
        case stored
        case duplicate
        /// Not stored: the provider shall send it again.
        case failed
    }

    package let replyToken: ReplyToken
    package let outcome: Outcome
}
