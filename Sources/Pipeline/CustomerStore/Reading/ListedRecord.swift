import BillingModel
import Database
import Timing

/// A row that a list shows.
protocol ListedRecord: Sendable {
    var number: Int64 { get }
    var createdAt: Timestamp { get }
}

extension ListedRecord {
    var pagePosition: PagePosition { PagePosition(createdAt: createdAt, number: number) }
}

extension CustomerRecord: ListedRecord {}
extension SubscriptionRecord: ListedRecord {}
extension ProductRecord: ListedRecord {}
extension PriceRecord: ListedRecord {}
extension InvoiceRecord: ListedRecord {}
extension CheckoutSessionRecord: ListedRecord {}
extension PaymentMethodRecord: ListedRecord {}
extension ChargeRecord: ListedRecord {}
extension RefundRecord: ListedRecord {}
extension DisputeRecord: ListedRecord {}

extension StoreReader {
    func one<Element>(
        _ statement: Statement,
        _ number: Int64,
        _ decode: (any Row) -> Element
    ) throws(DatabaseError) -> Element? {
        try transaction.first(
            statement,
            [.integer(number), .text(scope.site), .text(scope.mode.rawValue)],
            decode
        )
    }

    func one<Element>(
        _ query: ProjectionQuery<Element>,
        _ number: Int64
    ) throws(DatabaseError) -> Element? {
        try one(query.get, number, query.decode)
    }

    /// A list, or, when a provider id is asked for, the few objects of that id; `matches` is then what
    /// `filterValue` is in a list.
    func find<Element: ListedRecord>(
        _ query: ProjectionQuery<Element>,
        _ filter: ObjectFilter,
        _ filterValue: SQLValue,
        _ page: PageRequest,
        matches: (Element) -> Bool
    ) throws(DatabaseError) -> Page<Element> {
        guard let id = filter.providerID else { return try list(query, filter, filterValue, page) }
        var elements: [Element] = []
        for number in try ScopeQuery.objects(id, query.type, scope, in: transaction) {
            if let element = try one(query, number) { elements.append(element) }
        }
        elements.removeAll {
            !matches($0) || !isWithin($0.pagePosition, filter.createdAfter, filter.createdBefore, page)
        }
        return Page(elements, limit: page.limit, isMerged: true, position: \.pagePosition)
    }

    func isWithin(
        _ position: PagePosition,
        _ createdAfter: Timestamp?,
        _ createdBefore: Timestamp?,
        _ page: PageRequest
    ) -> Bool {
        if let createdAfter, position.createdAt <= createdAfter { return false }
        if let createdBefore, position.createdAt >= createdBefore { return false }
        guard let after = page.after else { return true }
        return (position.createdAt, position.number) < (after.createdAt, after.number)
    }
}
