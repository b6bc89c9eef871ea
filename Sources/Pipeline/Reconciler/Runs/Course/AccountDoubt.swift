import BillingModel
import Database
import Timing

/// Whether the provider's account is the one that is mirrored here at all. A key of another account lists none of our
/// objects and finds none of them: a run that believed it would bury everything.
enum AccountDoubt {
    /// So few may well have been deleted, all of them.
    static let objectsMin = 20

    /// How many objects of the type are here, if none of them was in the provider's list and they are too many for
    /// that; nil when there is no doubt. Looks at hardly any row where there is none.
    static func arises(
        over type: ObjectType,
        of run: RunID,
        on connection: ConnectionID,
        among unmet: UnmetObjects,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Int? {
        let last = try RunObjectsQuery.lastNumber(in: transaction) / SeenObjectsTable.chunkSize
        var count = 0
        for chunk in 0...last {
            let objects = try RunObjectsQuery.chunk(chunk, type, on: connection, in: transaction)
            let met = try SeenObjectsTable.bits(ofChunk: chunk, by: run, in: transaction)
            let isKnown = objects.contains { object in
                unmet.wasHere(object) && met.holds(object.number % SeenObjectsTable.chunkSize)
            }
            if isKnown { return nil }
            count += try unmet.among(objects, met: met, in: transaction).count
        }
        return count >= objectsMin ? count : nil
    }

    /// Other customers of ours that tell the account by being known there, when the provider knows nothing of one that
    /// it is asked for by name; none where so few are here that all may well have been deleted.
    static func witnesses(
        beside customer: ProviderID,
        on connection: ConnectionID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [ProviderID] {
        let others = try RunObjectsQuery.customers(
            except: customer,
            on: connection,
            limit: objectsMin - 1,
            in: transaction
        )
        return others.count + 1 == objectsMin ? others : []
    }
}
