import BillingModel
import CustomerStore
import Database
import JSON
import Lanes
import Providers

/// What an object that the provider showed is beside what is here.
struct ComparedItem: Sendable {
    enum Standing: Sendable, Hashable {
        /// Nothing is to be written.
        case equal
        /// Nothing that we keep differs, but its text or its freshness is to be written.
        case alike
        case differs([FieldDifference])
        /// Not here, or buried here by an event that nobody confirmed.
        case unknown
        /// A read confirmed that it is gone, and ids of its type are never used again.
        case buried
        /// No decoder can read it.
        case unusable(problem: String)
    }

    let key: ObjectKey
    let value: JSONValue
    /// Row of `objects`; nil when there is none.
    let number: Int64?
    let standing: Standing
}

/// Holds objects as the provider shows them against the visible state. Equal ones cost a digest and a look at their
/// row; only what differs is decoded.
struct ItemComparer: Sendable {
    let preparer: EventPreparer

    /// - Parameter hasLanes: whether any object was ever read or written outward.
    func compare(
        _ value: JSONValue,
        _ key: ObjectKey,
        hasLanes: Bool,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> ComparedItem {
        let object = try ObjectsTable.find(key, in: transaction)
        return ComparedItem(
            key: key,
            value: value,
            number: object?.number,
            standing: try standing(value, key, object, hasLanes: hasLanes, in: transaction)
        )
    }

    private func standing(
        _ value: JSONValue,
        _ key: ObjectKey,
        _ object: MirroredObject?,
        hasLanes: Bool,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> ComparedItem.Standing {
        if let object, object.state == .live {
            let digest = preparer.digest(of: value, type: key.type)
            if object.stateDigest == digest {
                let lane = hasLanes ? try LanesTable.find(object: object.number, in: transaction) : nil
                return ItemRule.isSettled(object, as: digest, lane) ? .equal : .alike
            }
        }
        let decoded = preparer.decode(value, type: key.type)
        if let problem = decoded.unusable { return .unusable(problem: problem.description) }
        guard let object else { return .unknown }
        guard object.state == .live else {
            let lane = try LanesTable.find(object: object.number, in: transaction)
            let isGone = lane?.state.life == .tombstone && !StripeDecoder.merchantChoosesID(of: key.type)
            return isGone ? .buried : .unknown
        }
        let json = try ObjectDocuments.json(objectNumber: object.number, in: transaction)
        let local = json.flatMap { preparer.decode(object: $0, type: key.type) }
        let differences = FieldDifference.between(local: local?.fields ?? [], remote: decoded.fields)
        return differences.isEmpty ? .alike : .differs(differences)
    }
}
