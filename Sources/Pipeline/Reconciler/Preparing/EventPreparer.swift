package import BillingModel
import CustomerStore
package import Database
package import Inbox
import JSON
import Outbox
import Providers
import Threading

/// Reads the body of a stored event: envelope, snapshot, and the digests that the fold compares.
///
/// Pure, and safe on any thread; the same body always gives the same result.
package final class EventPreparer: Sendable {
    /// Paths left out of comparisons, made once per object type.
    private let volatilePaths = Lock<[ObjectType: JSONPathSet]>([:])

    private let connections: [ConnectionID: Connection]

    /// - Parameter connections: whose events may be applied, and of which account and mode they must be. Events of
    ///   others are taken as they come.
    package init(connections: [Connection] = []) {
        self.connections = Dictionary(uniqueKeysWithValues: connections.map { ($0.id, $0) })
    }

    /// Throws `corrupt` when the stored body is damaged.
    /// The events in their order, each with its object's row as the store has it now.
    package func prepare(
        _ events: [LoadedEvent],
        in database: any DatabaseEngine
    ) throws(DatabaseError) -> [PreparedEvent] {
        let contents = try events.map { event throws(DatabaseError) in try content(of: event) }
        // Not before: what is read late is seldom changed until it is written.
        let foreseen = try database.read { transaction throws(DatabaseError) in
            try contents.map { content throws(DatabaseError) in
                try ForeseenObject(content, in: transaction)
            }
        }
        return events.indices.map {
            PreparedEvent(event: events[$0].event, content: contents[$0], foreseen: foreseen[$0])
        }
    }

    package func prepare(_ loaded: LoadedEvent) throws(DatabaseError) -> PreparedEvent {
        PreparedEvent(event: loaded.event, content: try content(of: loaded), foreseen: nil)
    }

    func content(of loaded: LoadedEvent) throws(DatabaseError) -> PreparedEvent.Content {
        content(of: loaded.event, try loaded.body())
    }

    /// Whether objects of the type hold something that comparisons leave out.
    func hasVolatilePaths(_ type: ObjectType) -> Bool {
        !StripeDecoder.volatilePaths(of: type).isEmpty
    }

    /// The snapshot that a body brings, decoded; nil when it brings none.
    func decode(body: [UInt8]) -> DecodedObject? {
        // A body was readable when it was stored; one that is not any more counts as swept.
        guard let document = try? JSONDocument.parse(body),
            case .event(let envelope) = StripeDecoder.envelope(document.root),
            let object = envelope.object, let type = envelope.objectType
        else { return nil }
        return StripeDecoder.decode(type: type.rawValue, object)
    }

    /// The same for an object's own JSON.
    func decode(object json: [UInt8], type: ObjectType) -> DecodedObject? {
        // It was read when it was stored; damaged, it counts as swept.
        guard let document = try? JSONDocument.parse(json) else { return nil }
        return StripeDecoder.decode(type: type.rawValue, document.root)
    }

    func decode(_ object: JSONValue, type: ObjectType) -> DecodedObject {
        StripeDecoder.decode(type: type.rawValue, object)
    }

    /// By which a state is compared with others of its object.
    func digest(of object: JSONValue, type: ObjectType) -> StateDigest {
        StateDigest(JSONDigest(of: object, ignoring: ignoredPaths(of: type)))
    }

    /// The state before and after a link, decoded: what is compared between two API versions.
    func decodeLink(body: [UInt8]) -> (from: DecodedObject?, to: DecodedObject)? {
        // As above: readable when it was stored.
        guard let document = try? JSONDocument.parse(body),
            case .event(let envelope) = StripeDecoder.envelope(document.root),
            let object = envelope.object, let type = envelope.objectType
        else { return nil }
        let to = StripeDecoder.decode(type: type.rawValue, object)
        guard let previous = envelope.previousAttributes else { return (nil, to) }
        let merged = object.merged(overlay: previous)
        // Two parsed texts merge into one; if not, the state before equals none, and the object is flagged.
        guard let before = try? JSONDocument.parse(merged) else { return (nil, to) }
        return (StripeDecoder.decode(type: type.rawValue, before.root), to)
    }

    private func content(of event: DueEvent, _ body: [UInt8]) -> PreparedEvent.Content {
        if let connection = connections[event.connection], connection.provider != StripeDecoder.provider {
            return .ignored(reason: "no_decoder_for_provider")
        }
        let document: JSONDocument
        do {
            document = try JSONDocument.parse(body)
        } catch {
            return .dead(reason: "unreadable body: \(error)")
        }
        switch StripeDecoder.envelope(document.root) {
        case .unreadable(let reason):
            return .dead(reason: reason)
        case .event(let envelope):
            if let reason = strangeness(envelope, to: event.connection) { return .ignored(reason: reason) }
            guard let type = envelope.objectType, let id = envelope.objectID else {
                return .ignored(reason: "no_object_with_an_id")
            }
            let key = ObjectKey(connection: event.connection, type: type, id: id)
            guard let object = envelope.object else { return .hint(key) }
            return change(of: key, object, envelope, event)
        }
    }

    /// Why the connection may not have the event. The listener sends each event to its owner; one that it ignored
    /// and that an operator replays comes here without having passed that.
    private func strangeness(_ event: ProviderEvent, to connection: ConnectionID) -> String? {
        guard let connection = connections[connection] else { return nil }
        if let isLive = event.isLive, isLive != connection.scope.mode.isLive { return "livemode_mismatch" }
        guard let account = event.account else { return nil }
        let isOwn = connection.account.map { $0.utf8.elementsEqual(account.utf8) } ?? false
        return isOwn ? nil : "account_not_configured"
    }

    private func change(
        of key: ObjectKey,
        _ object: JSONValue,
        _ envelope: ProviderEvent,
        _ event: DueEvent
    ) -> PreparedEvent.Content {
        let decoded = StripeDecoder.decode(type: key.type.rawValue, object)
        if let problem = decoded.unusable { return .dead(reason: problem.description) }
        guard let second = envelope.second else { return .dead(reason: "created should be an integer") }
        let facts = StripeDecoder.facts(ofEventType: envelope.type)
        let ignored = ignoredPaths(of: key.type)
        let tells = Self.tells(facts, hasPrevious: envelope.previousAttributes != nil)
        let from: StateDigest?
        let to: StateDigest
        if tells == .link, let previous = envelope.previousAttributes {
            let pair = JSONDigest.pair(of: object, overlay: previous, ignoring: ignored)
            from = StateDigest(pair.overlaid)
            to = StateDigest(pair.plain)
        } else {
            from = nil
            to = StateDigest(JSONDigest(of: object, ignoring: ignored))
        }
        return .change(
            ObjectChange(
                key: key,
                second: second,
                tells: tells,
                from: from,
                to: to,
                isTerminal: decoded.isTerminal,
                apiVersion: envelope.apiVersion,
                canLiveAgain: StripeDecoder.merchantChoosesID(of: key.type),
                decoded: decoded,
                note: facts.note,
                ownKey: envelope.requestIdempotencyKey.flatMap { IdempotencyKey($0) }
            )
        )
    }

    private static func tells(_ facts: EventFacts, hasPrevious: Bool) -> ObjectEvent.Tells {
        switch facts.deletion {
        case .removesObject: return .tombstone
        case .keepsObject: return .ending
        case .none: break
        }
        if hasPrevious { return .link }
        switch facts.birth {
        case .always: return .birth
        case .whenUnknown: return .arrival
        case .never: return .snapshot
        }
    }

    private func ignoredPaths(of type: ObjectType) -> JSONPathSet {
        volatilePaths.withLock { known in
            if let paths = known[type] { return paths }
            let paths = JSONPathSet(StripeDecoder.volatilePaths(of: type).map { $0.joined(separator: ".") })
            known[type] = paths
            return paths
        }
    }
}

extension StateDigest {
    init(_ digest: JSONDigest) {
        self.init(high: digest.high, low: digest.low)
    }
}
