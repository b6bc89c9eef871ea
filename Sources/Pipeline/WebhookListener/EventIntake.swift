import BillingModel
import Cryptography
import HTTPServer
import Inbox
import JSON
import Providers
import Timing
import WebhookVerifier

/// Reads a verified body's marks and decides what becomes of it (table in DESIGN section 4).
struct EventIntake {
    let endpoint: WebhookEndpoint
    let directory: ConnectionDirectory
    let now: Timestamp

    func read(
        _ body: UnsafeRawBufferPointer,
        headers: borrowing HTTPRequestHead,
        token: ReplyToken
    ) -> ReceivedEvent {
        guard endpoint.connection.provider == StripeDecoder.provider else {
            return foreign(body, headers, token)
        }
        do {
            let document = try JSONDocument.parse(body)
            switch StripeDecoder.envelope(document.root) {
            case .event(let event): return received(event, document, token)
            case .unreadable(let reason):
                return dead(reason: reason, bytes: document.bytes, token)
            }
        } catch {
            return dead(reason: error.description, bytes: Array(body), token)
        }
    }

    /// An event of a provider whose objects we cannot decode: kept, with the marks that its profile can read.
    /// A body with several events is kept as one, under the digest of its bytes.
    private func foreign(
        _ body: UnsafeRawBufferPointer,
        _ headers: borrowing HTTPRequestHead,
        _ token: ReplyToken
    ) -> ReceivedEvent {
        let bytes = Array(body)
        do {
            let outlines = try EventReader(endpoint.profile).read(headers: headers, body: body)
            let only = outlines.count == 1 ? outlines[0] : nil
            return ReceivedEvent(
                replyToken: token,
                connection: endpoint.connection.id,
                endpoint: endpoint.name,
                eventID: only?.id ?? Self.digestID(of: bytes),
                type: only?.type ?? "batch",
                apiVersion: nil,
                occurredAt: only?.occurredAt,
                receivedAt: now,
                disposition: .ignore(reason: "no_decoder_for_provider"),
                body: bytes,
                objectRange: 0..<0
            )
        } catch {
            return dead(reason: error.description, bytes: bytes, token)
        }
    }

    private func received(_ event: ProviderEvent, _ document: JSONDocument, _ token: ReplyToken)
        -> ReceivedEvent
    {
        ReceivedEvent(
            event,
            document,
            arrivedAt: endpoint.connection,
            by: endpoint.name,
            directory: directory,
            token: token,
            now: now
        )
    }

    private func dead(reason: String, bytes: [UInt8], _ token: ReplyToken) -> ReceivedEvent {
        ReceivedEvent(
            replyToken: token,
            connection: endpoint.connection.id,
            endpoint: endpoint.name,
            eventID: Self.digestID(of: bytes),
            type: "unreadable",
            apiVersion: nil,
            occurredAt: nil,
            receivedAt: now,
            disposition: .deadLetter(reason: "unreadable body: " + reason),
            body: bytes,
            objectRange: 0..<0
        )
    }

    /// Stands for the id of an event that has none: the same bytes are the same event.
    static func digestID(of bytes: [UInt8]) -> String {
        "sha256:" + SHA256.hex(of: bytes)
    }
}

extension ReceivedEvent {
    /// A readable event, sent to the connection that it belongs to.
    init(
        _ event: ProviderEvent,
        _ document: JSONDocument,
        arrivedAt arrival: Connection,
        by endpoint: String,
        directory: ConnectionDirectory,
        token: ReplyToken,
        now: Timestamp
    ) {
        var connection = arrival.id
        let disposition: Disposition
        switch directory.route(isLive: event.isLive, account: event.account, arrivedAt: arrival) {
        case .ignore(let reason):
            disposition = .ignore(reason: reason)
        case .apply(let owner):
            connection = owner
            disposition = event.objectID == nil ? .ignore(reason: "no_object_with_an_id") : .apply
        }
        self.init(
            replyToken: token,
            connection: connection,
            endpoint: endpoint,
            eventID: event.id ?? EventIntake.digestID(of: document.bytes),
            type: event.type,
            apiVersion: event.apiVersion,
            occurredAt: event.second.flatMap(Timestamp.init(seconds:)),
            receivedAt: now,
            disposition: disposition,
            body: document.bytes,
            objectRange: event.object?.byteRange ?? 0..<0,
            twinEventID: event.thin?.snapshotEvent
        )
    }
}
