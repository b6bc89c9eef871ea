import BillingModel
import Database

/// How one table of projections is read: one row, or a list, newest first, within one connection at a time.
///
/// Parameters of `get`: $1 the row, $2 site, $3 mode. Of the lists: $1 connection, $2 site, $3 mode, $4 created after,
/// $5 created before, $6 and $7 the row to start behind (created_at, id), $8 limit, then $9 a filter if `hasFilter`,
/// then the other object's provider id.
struct ProjectionQuery<Record: Sendable>: Sendable {
    let type: ObjectType
    let get: Statement
    let newest: Statement
    /// By the provider id of another object, where an index serves it or the list is short.
    let narrowed: [Narrowing: Statement]
    let hasFilter: Bool
    let decode: @Sendable (any Row) -> Record

    /// - Parameters:
    ///   - row: the table's name in what follows; `k` is the identity of its customer, `o` the object.
    ///   - columns: between those that every row begins with (id, version, created_at, updated_at) and those of
    ///     `RowCursor.sync`.
    ///   - filter: what $9 must equal, if it is not NULL; nil for no filter.
    ///   - narrowed: the columns that hold the other objects' provider ids.
    init(
        _ type: ObjectType,
        of table: String,
        as row: String,
        columns: String,
        links: [RowLink],
        filter: String?,
        narrowed columnsOf: [Narrowing: String],
        decode: @escaping @Sendable (any Row) -> Record
    ) {
        self.type = type
        self.decode = decode
        hasFilter = filter != nil
        let select = """
            SELECT
                \(row).id, \(row).version, \(row).created_at, \(row).updated_at,
                \(columns),
                o.provider_id, o.connection_id, n.provider, o.state, o.freshness, o.updated_at
            FROM \(table) \(row)
            JOIN objects o ON o.id = \(row).id
            JOIN connections n ON n.id = \(row).connection_id
            \(links.map { $0.join(row) }.joined(separator: "\n"))
            """
        get = Statement(
            "\(table).get",
            select + """

                WHERE \(row).id = $1
                    AND n.site = $2
                    AND n.mode = $3
                """
        )
        let conditions = """

            WHERE \(row).connection_id = $1
                AND n.site = $2
                AND n.mode = $3
                AND o.state = 'live'
                AND \(row).created_at > $4
                AND \(row).created_at < $5
                AND (\(row).created_at, \(row).id) < ($6, $7)
                \(filter.map { "AND ($9 IS NULL OR \($0) = $9)" } ?? "")
            """
        let order = """

            ORDER BY \(row).created_at DESC, \(row).id DESC
            LIMIT $8
            """
        newest = Statement("\(table).list", select + conditions + order)
        let key = filter == nil ? "$9" : "$10"
        var narrowed: [Narrowing: Statement] = [:]
        for (narrowing, column) in columnsOf {
            narrowed[narrowing] = Statement(
                "\(table).list_of_\(narrowing.rawValue)",
                select + conditions + " AND \(row).\(column) = \(key)" + order
            )
        }
        self.narrowed = narrowed
    }
}

/// The other object that a list is of.
enum Narrowing: String, Hashable {
    case customer
    case subscription
    case product
}

/// What a row of projections names by its provider id.
enum RowLink {
    /// Its customer's identity, as `k`.
    case customer
    /// An object of that type, whose provider id stands in the column.
    case object(String, as: String, namedBy: String)

    fileprivate func join(_ row: String) -> String {
        switch self {
        case .customer:
            """
            LEFT JOIN customer_identities k
                ON k.connection_id = \(row).connection_id
                AND k.provider_customer_id = \(row).provider_customer_id
            """
        case .object(let type, let name, let column):
            """
            LEFT JOIN objects \(name)
                ON \(name).connection_id = \(row).connection_id
                AND \(name).object_type = '\(type)'
                AND \(name).provider_id = \(row).\(column)
            """
        }
    }
}
