import BillingModel
import CustomerStore
import Database
import Inbox

/// Compares states that were told in different API versions: by what they decode to instead of by their text
/// (provider_api 3.5, "Comparing states").
///
/// Within one fold each decoded state gets a digest of its own, so that equal ones meet. A state whose body was
/// swept equals nothing, and so leads to a flag, never to a wrong certainty.
final class VersionBridge {
    private let preparer: EventPreparer
    private let transaction: any ReadTransaction
    private var known: [DecodedObject: StateDigest] = [:]
    private var strangers: UInt64 = 0

    init(preparer: EventPreparer, in transaction: any ReadTransaction) {
        self.preparer = preparer
        self.transaction = transaction
    }

    /// Digests of both ends of an event's link, by what they decode to.
    func ends(of event: Int64) throws(DatabaseError) -> (from: StateDigest, to: StateDigest) {
        guard let body = try InboxAdministration.body(of: event, in: transaction),
            let (from, to) = preparer.decodeLink(body: body)
        else { return (stranger(), stranger()) }
        return (from.map(digest) ?? stranger(), digest(of: to))
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
