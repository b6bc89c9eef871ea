import BillingModel
import CustomerStore
import Database
import JSON

/// A kind of object that can be listed, got, and expanded inside of others.
///
/// Everything happens inside one read transaction, so an answer shows one state of the store.
protocol Resource {
    associatedtype Record: Sendable
    associatedtype Filter: Sendable

    static var kind: PublicKind { get }
    /// The code of a 404.
    static var missing: ProblemCode { get }
    /// Paths that `expand` may name; in the order in which they are listed to the caller.
    static var expandable: [String] { get }

    /// Takes the filters that the list knows; nil when nothing can match, such as for an unknown customer.
    static func filter(_ query: inout QueryParameters, _ finder: ObjectFinder) throws -> Filter?
    static func filter(providerID: ProviderID) -> Filter

    static func find(_ number: Int64, in reader: StoreReader) throws(DatabaseError) -> Record?
    static func find(externalID: String, in reader: StoreReader) throws(DatabaseError) -> Record?
    static func page(
        _ filter: Filter,
        _ page: PageRequest,
        in reader: StoreReader
    ) throws(DatabaseError) -> Page<Record>

    /// What became of an object that is not found; nil when nothing is known of it.
    static func fate(_ number: Int64, in reader: StoreReader) throws(DatabaseError) -> String?

    static func version(of record: Record) -> Int64
    /// Deleted here: shown only to who asks for archived ones, in the scope admin.
    static func isArchived(_ record: Record) -> Bool
    static func write(
        _ record: Record,
        expanding expansion: Expansion,
        to writer: inout JSONWriter,
        with renderer: ObjectRenderer
    ) throws(DatabaseError)
}

extension Resource {
    static var missing: ProblemCode { .notFound }

    static func isArchived(_ record: Record) -> Bool { false }

    static func find(externalID: String, in reader: StoreReader) throws(DatabaseError) -> Record? { nil }

    static func fate(_ number: Int64, in reader: StoreReader) throws(DatabaseError) -> String? { nil }
}

/// Objects by what the caller calls them: our id, the provider's, for customers also the application's.
struct ObjectFinder {
    let reader: StoreReader
    let epoch: StoreEpoch

    func find<R: Resource>(_ resource: R.Type, _ text: String) throws -> R.Record? {
        if let id = PublicID(text, kind: R.kind, epoch: epoch) {
            return try R.find(id.number, in: reader)
        }
        let filter = R.filter(providerID: ProviderID(text))
        let found = try R.page(filter, PageRequest(limit: 2), in: reader).elements
        guard found.count < 2 else {
            throw Problem(
                .ambiguousProviderID,
                "Several connections of this site have an object of this id; use our id."
            )
        }
        return try found.first ?? R.find(externalID: text, in: reader)
    }

    /// The answer for what `find` has not found.
    func absence<R: Resource>(_ resource: R.Type, _ text: String) throws -> Problem {
        let number = PublicID(text, kind: R.kind, epoch: epoch)?.number
        let fate = try number.flatMap { try R.fate($0, in: reader) }
        return Problem(R.missing, fate ?? "There is no such object in this site and mode.")
    }
}
