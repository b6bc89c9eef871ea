package import BillingModel
package import Inbox
package import JSON
import Providers
package import Timing

/// Reads events as the provider's list shows them into what the inbox takes, by the same rules as those of webhooks.
package struct ListedEventReader: Sendable {
    /// Stands where a webhook's row names its endpoint; no endpoint can have this name.
    package static let endpoint = "/v1/events"

    private let connection: Connection
    private let directory: ConnectionDirectory

    package init(connection: Connection, directory: ConnectionDirectory) {
        self.connection = connection
        self.directory = directory
    }

    /// - Parameter element: of a list; its bytes are kept as they stand there.
    package func event(_ element: JSONValue, token: ReplyToken, now: Timestamp) -> ReceivedEvent {
        let bytes = Array(element.rawBytes)
        do {
            let document = try JSONDocument.parse(bytes)
            switch StripeDecoder.envelope(document.root) {
            case .event(let event):
                return ReceivedEvent(
                    event,
                    document,
                    arrivedAt: connection,
                    by: Self.endpoint,
                    directory: directory,
                    token: token,
                    now: now
                )
            case .unreadable(let reason): return unreadable(bytes, reason, token, now)
            }
        } catch {
            return unreadable(bytes, error.description, token, now)
        }
    }

    private func unreadable(
        _ bytes: [UInt8],
        _ reason: String,
        _ token: ReplyToken,
        _ now: Timestamp
    ) -> ReceivedEvent {
        ReceivedEvent(
            replyToken: token,
            connection: connection.id,
            endpoint: Self.endpoint,
            eventID: EventIntake.digestID(of: bytes),
            type: "unreadable",
            apiVersion: nil,
            occurredAt: nil,
            receivedAt: now,
            disposition: .deadLetter(reason: "unreadable event in the list: " + reason),
            body: bytes,
            objectRange: 0..<0
        )
    }
}
