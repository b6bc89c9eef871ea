import BillingModel

/// One part of a run's work. Steps are done one after another, in the order of `plan`.
enum RunStep: Sendable, Hashable {
    /// All objects of the type, page by page.
    case list(ObjectType)
    /// Objects of the type that are here and that no list showed, one by one (R6).
    case questions(ObjectType)
    /// The one customer of scope `customer`.
    case customer
    /// What is listed of the one customer.
    case customerList(ObjectType)
    /// What is here of the one customer and was in no list.
    case customerQuestions(ObjectType)
    /// The payment methods of each customer that is here.
    case methods
    /// What the provider still lacks.
    case outward

    /// The kind of object that the step is about.
    var type: ObjectType {
        switch self {
        case .list(let type), .questions(let type), .customerList(let type), .customerQuestions(let type):
            type
        case .customer, .outward: .customer
        case .methods: .paymentMethod
        }
    }

    /// Depends on nothing but the scope: what a run has stored of its way is the number of its step. So a new step of
    /// a scope comes last.
    static func plan(_ scope: RunScope) -> [RunStep] {
        func whole(_ type: ObjectType) -> [RunStep] { [.list(type), .questions(type)] }
        let methods: [RunStep] = [.methods, .questions(.paymentMethod)]
        switch scope {
        case .customers: return whole(.customer) + [.outward]
        case .subscriptions: return whole(.subscription) + [.outward]
        case .checkoutSessions: return whole(.checkoutSession) + [.outward]
        case .invoices: return whole(.invoice)
        case .products: return whole(.product)
        case .prices: return whole(.price)
        case .paymentMethods: return methods
        case .customer:
            let below: [ObjectType] = [.subscription, .invoice, .checkoutSession, .paymentMethod]
            return [.customer] + below.flatMap { [.customerList($0), .customerQuestions($0)] } + [.outward]
        case .all:
            let types: [ObjectType] = [
                .product, .price, .customer, .subscription, .invoice, .checkoutSession,
            ]
            return types.flatMap(whole) + methods + [.outward]
        }
    }
}
