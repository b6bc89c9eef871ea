import BillingModel
import CustomerStore
import Database
import Inbox

/// Compares states that were told in different API versions: by what they decode to instead of by their text
/// (provider_api 3.5, "Comparing states").
///
/// Within one object each decoded state gets a digest of its own, so that equal ones meet. A state whose text was
/// swept equals nothing, and so leads to a flag, never to a wrong certainty. A type without a decoder has nothing
/// to compare but its text.
final class VersionBridge {
    private let preparer: EventPreparer
    private let transaction: any ReadTransaction
    private let stored: MirroredObject?
    private var known: [DecodedObject: StateDigest] = [:]
    private var strangers: UInt64 = 0

    /// `stored` is the object as the transaction found it.
    init(preparer: EventPreparer, stored: MirroredObject?, in transaction: any ReadTransaction) {
        self.preparer = preparer
        self.stored = stored
        self.transaction = transaction
    }

    /// Digests of both ends of an event's link, by what they decode to; nil for a type without a decoder.
    func ends(of event: Int64) throws(DatabaseError) -> (from: StateDigest, to: StateDigest)? {
        guard let body = try InboxAdministration.body(of: event, in: transaction),
            let (from, to) = preparer.decodeLink(body: body)
        else { return (stranger(), stranger()) }
        guard to.content != .unmodelled else { return nil }
        return (from.map(digest) ?? stranger(), digest(of: to))
    }

    /// Digest of a state that is not told by the events at hand; nil for a type without a decoder.
    func digest(of state: ObjectEvent.Folded) throws(DatabaseError) -> StateDigest? {
        let decoded: DecodedObject?
        if let event = state.event, let body = try InboxAdministration.body(of: event, in: transaction) {
            decoded = preparer.decode(body: body)
        } else if let stored, stored.stateDigest == state.digest {
            // Its body was swept while it was visible: then its text is kept.
            decoded = try ObjectDocuments.json(objectNumber: stored.number, in: transaction)
                .flatMap { preparer.decode(object: $0, type: stored.key.type) }
        } else {
            decoded = nil
        }
        guard let decoded else { return stranger() }
        return decoded.content == .unmodelled ? nil : digest(of: decoded)
    }

    /// A digest that no other state has.
    func stranger() -> StateDigest {
        strangers += 1
        return StateDigest(high: .max, low: strangers)
    }

    private func digest(of decoded: DecodedObject) -> StateDigest {
        if let digest = known[decoded] { return digest }
        let digest = StateDigest(high: 0, low: UInt64(known.count + 1))
        known[decoded] = digest
        return digest
    }
}
