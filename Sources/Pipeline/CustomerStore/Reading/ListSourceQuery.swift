import BillingModel
import Database
import Timing

/// A list to read: in which connection, and of which other object.
struct ListSource {
    let connection: ConnectionID
    let key: ProviderID?
}

extension StoreReader {
    func list<Element: ListedRecord>(
        _ query: ProjectionQuery<Element>,
        _ filter: ObjectFilter,
        _ filterValue: SQLValue,
        _ page: PageRequest
    ) throws(DatabaseError) -> Page<Element> {
        var statement = query.newest
        var sources: [ListSource] = []
        if let customer = filter.customer {
            guard let narrowed = query.narrowed[.customer] else { return Page(elements: [], next: nil) }
            statement = narrowed
            sources = try ScopeQuery.identities(ofCustomer: customer, scope, in: transaction)
        } else if let subscription = filter.subscription {
            guard let narrowed = query.narrowed[.subscription] else { return Page(elements: [], next: nil) }
            statement = narrowed
            sources = try ScopeQuery.object(subscription, .subscription, scope, in: transaction)
        } else if let product = filter.product {
            guard let narrowed = query.narrowed[.product] else { return Page(elements: [], next: nil) }
            statement = narrowed
            sources = try ScopeQuery.object(product, .product, scope, in: transaction)
        } else {
            sources = try ScopeQuery.connections(scope, in: transaction)
        }
        var elements: [Element] = []
        for source in sources {
            var values: [SQLValue] = [
                .integer(source.connection.rawValue), .text(scope.site), .text(scope.mode.rawValue),
                .integer(filter.createdAfter?.milliseconds ?? Int64.min),
                .integer(filter.createdBefore?.milliseconds ?? Int64.max),
                .integer(page.after?.createdAt.milliseconds ?? Int64.max),
                .integer(page.after?.number ?? Int64.max), .integer(Int64(page.limit) + 1),
            ]
            if query.hasFilter { values.append(filterValue) }
            if let key = source.key { values.append(.text(key.rawValue)) }
            elements += try transaction.rows(statement, values, query.decode)
        }
        return Page(elements, limit: page.limit, isMerged: sources.count > 1, position: \.pagePosition)
    }
}

extension Page {
    /// From up to one element too many per source.
    init(
        _ elements: [Element],
        limit: Int,
        isMerged: Bool,
        position: (Element) -> PagePosition
    ) {
        var elements = elements
        if isMerged {
            elements.sort { left, right in
                let (left, right) = (position(left), position(right))
                return (left.createdAt, left.number) > (right.createdAt, right.number)
            }
        }
        let isLast = elements.count <= limit
        let shown = Array(elements.prefix(limit))
        self.init(elements: shown, next: isLast ? nil : shown.last.map(position))
    }
}

/// What a scope consists of.
enum ScopeQuery {
    static func connections(
        _ scope: DataScope,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [ListSource] {
        try transaction.rows(selectConnections, [.text(scope.site), .text(scope.mode.rawValue)]) { row in
            ListSource(connection: ConnectionID(rawValue: row.integer(0)), key: nil)
        }
    }

    static func identities(
        ofCustomer customer: Int64,
        _ scope: DataScope,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [ListSource] {
        try transaction.rows(
            selectIdentities,
            [.integer(customer), .text(scope.site), .text(scope.mode.rawValue)]
        ) { row in
            ListSource(connection: ConnectionID(rawValue: row.integer(0)), key: ProviderID(row.text(1)))
        }
    }

    static func object(
        _ number: Int64,
        _ type: ObjectType,
        _ scope: DataScope,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [ListSource] {
        try transaction.rows(
            selectObject,
            [.integer(number), .text(scope.site), .text(scope.mode.rawValue), .text(type.rawValue)]
        ) { row in
            ListSource(connection: ConnectionID(rawValue: row.integer(0)), key: ProviderID(row.text(1)))
        }
    }

    /// Numbers of the objects of that provider id, one per connection of the scope at most.
    static func objects(
        _ id: ProviderID,
        _ type: ObjectType,
        _ scope: DataScope,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [Int64] {
        try transaction.rows(
            selectObjects,
            [.text(scope.site), .text(scope.mode.rawValue), .text(type.rawValue), .text(id.rawValue)]
        ) { $0.integer(0) }
    }

    private static let selectConnections = Statement(
        "connections.of_scope",
        """
        SELECT id
        FROM connections
        WHERE site = $1
            AND mode = $2
        """
    )

    private static let selectIdentities = Statement(
        "customer_identities.in_scope",
        """
        SELECT i.connection_id, i.provider_customer_id
        FROM customer_identities i
        JOIN connections n ON n.id = i.connection_id
        WHERE i.customer_id = $1
            AND n.site = $2
            AND n.mode = $3
        """
    )

    private static let selectObject = Statement(
        "objects.in_scope",
        """
        SELECT o.connection_id, o.provider_id
        FROM objects o
        JOIN connections n ON n.id = o.connection_id
        WHERE o.id = $1
            AND n.site = $2
            AND n.mode = $3
            AND o.object_type = $4
        """
    )

    private static let selectObjects = Statement(
        "objects.by_provider_id_in_scope",
        """
        SELECT o.id
        FROM connections n
        JOIN objects o ON o.connection_id = n.id
        WHERE n.site = $1
            AND n.mode = $2
            AND o.object_type = $3
            AND o.provider_id = $4
        ORDER BY o.id
        """
    )
}
