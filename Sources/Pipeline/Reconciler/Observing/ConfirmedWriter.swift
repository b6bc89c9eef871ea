import BillingModel
import CustomerStore
import Database
import JSON
import Lanes
import Timing

/// A state as a read showed it.
struct ConfirmedState {
    let json: [UInt8]
    let digest: StateDigest
    let apiVersion: String?
    let decoded: DecodedObject
}

extension EventPreparer {
    /// Digest and meaning of what a read showed, by the rules by which events are compared.
    func confirmed(_ object: JSONValue, type: ObjectType, apiVersion: String?) -> ConfirmedState {
        ConfirmedState(
            json: object.rawBytes,
            digest: digest(of: object, type: type),
            apiVersion: apiVersion,
            decoded: decode(object, type: type)
        )
    }
}

/// Writes a confirmed state as the visible one: the object's row, its JSON and its projections.
///
/// The log of events begins anew behind it: what the read contains is never folded again (provider_api 3.6).
struct ConfirmedWriter {
    let transaction: any WriteTransaction
    let update: StoreUpdate
    let now: Timestamp

    /// False when readers go on seeing a state that rests on an event received after the read began: it may be
    /// newer than what the read showed, so it stays, provisional until the next read.
    func show(_ state: ConfirmedState, of lane: Lane, _ key: ObjectKey) throws(DatabaseError) -> Bool {
        guard lane.lastRead != nil else { return false }
        guard var object = try ObjectsTable.find(key, in: transaction) else {
            try make(state, of: lane, key)
            return true
        }
        let showing = object.show(state, of: lane, now: now)
        try write(object, showing, state, of: lane, key)
        return showing.isOfRead
    }

    /// The first that is known of the object.
    func make(_ state: ConfirmedState, of lane: Lane, _ key: ObjectKey) throws(DatabaseError) {
        let row = row(key, state, second: lane.lastSecond ?? 0)
        let number = try ObjectsTable.insert(row, in: transaction)
        try attach(number, to: lane)
        try ObjectDocuments.keep(state.json, objectNumber: number, in: transaction)
        try bond(lane, to: key, number)
        try update.apply(objectNumber: number, key: key, object: state.decoded, at: row.secondMax)
    }

    /// `object` as `showing` left it.
    func write(
        _ object: MirroredObject,
        _ showing: Showing,
        _ state: ConfirmedState,
        of lane: Lane,
        _ key: ObjectKey
    ) throws(DatabaseError) {
        try attach(object.number, to: lane)
        switch showing {
        case .stays(let isNewlyDoubted):
            if isNewlyDoubted { try ObjectsTable.update(object, in: transaction) }
        case .shown(let isNews):
            if isNews { try ObjectDocuments.keep(state.json, objectNumber: object.number, in: transaction) }
            try ObjectsTable.update(object, in: transaction)
            try bond(lane, to: key, object.number)
            // Also when equal: what comparisons leave out, such as hosted addresses, is newest here.
            try update.apply(
                objectNumber: object.number,
                key: key,
                object: state.decoded,
                at: object.secondMax
            )
        }
    }

    /// The provider has deleted the object.
    func bury(_ lane: Lane, _ key: ObjectKey) throws(DatabaseError) {
        guard var object = try ObjectsTable.find(key, in: transaction) else { return }
        try attach(object.number, to: lane)
        let isNews = object.state != .tombstone
        object.state = .tombstone
        object.freshness = .confirmed
        object.certainty = .certain
        object.lastEvent = 0
        object.secondMax = max(object.secondMax, lane.lastSecond ?? object.secondMax)
        if isNews {
            object.version += 1
            object.updatedAt = now
        }
        try ObjectsTable.update(object, in: transaction)
        if isNews { try update.tombstone(objectNumber: object.number, key: key) }
    }

    /// A call of ours made, or found, the provider's customer of a local one: that needs no mark on it.
    private func bond(_ lane: Lane, to key: ObjectKey, _ number: Int64) throws(DatabaseError) {
        guard key.type == .customer, let local = lane.localNumber else { return }
        try update.bond(customer: local, to: key, objectNumber: number)
    }

    private func attach(_ number: Int64, to lane: Lane) throws(DatabaseError) {
        guard lane.objectNumber != number else { return }
        _ = try LanesTable.rename(
            lane,
            local: lane.localNumber,
            provider: lane.providerID,
            object: number,
            in: transaction
        )
    }

    private func row(_ key: ObjectKey, _ state: ConfirmedState, second: Int64) -> MirroredObject {
        MirroredObject(
            number: 0,
            key: key,
            state: .live,
            freshness: .confirmed,
            certainty: .certain,
            stateEvent: nil,
            stateDigest: state.digest,
            stateAPIVersion: state.apiVersion,
            lastEvent: 0,
            secondMax: second,
            version: 1,
            createdAt: now,
            updatedAt: now
        )
    }
}

extension Lane {
    /// The greatest second of events that may be contained in the last read (provider_api 3.6).
    var lastSecond: Int64? {
        lastRead?.date.map { $0.seconds + EventPlace.secondsAfterRead }
    }
}
