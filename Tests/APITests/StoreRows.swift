import BillingModel
import CustomerStore
import Database
import Timing

/// Objects as the reconciler would have put them into the customer store, through the store's own update.
struct StoreRows {
    let harness: Harness

    private static let object = Statement(
        "test.object",
        """
        INSERT INTO objects
            (connection_id, object_type, provider_id, state, freshness, certainty, state_event_id, last_event_id,
             second_max, version, created_at, updated_at)
        VALUES ($1, $2, $3, 'live', 'chained', 'certain', NULL, 0, 0, 1, $4, $4)
        RETURNING id
        """
    )
    private static let document = Statement(
        "test.document",
        "INSERT INTO object_documents (object_id, document) VALUES ($1, $2)"
    )

    /// Puts the object in and returns its number. `json` is what the provider sent.
    @discardableResult
    func put(
        _ type: ObjectType,
        _ id: String,
        _ content: DecodedObject.Content,
        connection: Int64 = 1,
        json: String? = nil
    ) throws -> Int64 {
        let connections = Dictionary(uniqueKeysWithValues: Harness.connections.map { ($0.id, $0) })
        return try harness.write { transaction throws(DatabaseError) in
            let number =
                try transaction.first(
                    Self.object,
                    [
                        .integer(connection), .text(type.rawValue), .text(id),
                        .integer(Harness.now.milliseconds),
                    ]
                ) { $0.integer(0) } ?? 0
            if let json {
                try transaction.execute(Self.document, [.integer(number), .bytes(Array(json.utf8))])
            }
            let update = StoreUpdate(
                transaction: transaction,
                connections: connections,
                epoch: Harness.epoch,
                now: Harness.now
            )
            try update.apply(
                objectNumber: number,
                key: ObjectKey(
                    connection: ConnectionID(rawValue: connection),
                    type: type,
                    id: ProviderID(id)
                ),
                object: DecodedObject(content: content),
                at: 1_750_000_000
            )
            try update.finish()
            return number
        }
    }

    @discardableResult
    func customer(
        _ id: String,
        created: Int64 = 1_700_000_000,
        connection: Int64 = 1,
        json: String? = nil,
        _ change: (inout CustomerSnapshot) -> Void = { _ in }
    ) throws -> Int64 {
        var customer = CustomerSnapshot()
        customer.created = Timestamp(seconds: created)
        change(&customer)
        return try put(.customer, id, .customer(customer), connection: connection, json: json)
    }

    @discardableResult
    func subscription(
        _ id: String,
        of customer: String,
        created: Int64 = 1_700_000_000,
        connection: Int64 = 1,
        _ change: (inout SubscriptionSnapshot) -> Void = { _ in }
    ) throws -> Int64 {
        var subscription = SubscriptionSnapshot(status: .active)
        subscription.created = Timestamp(seconds: created)
        subscription.customer = ProviderID(customer)
        change(&subscription)
        return try put(.subscription, id, .subscription(subscription), connection: connection)
    }

    @discardableResult
    func invoice(
        _ id: String,
        of customer: String,
        subscription: String?,
        created: Int64 = 1_700_000_000,
        _ change: (inout InvoiceSnapshot) -> Void = { _ in }
    ) throws -> Int64 {
        var invoice = InvoiceSnapshot(status: .paid, currency: "usd")
        invoice.created = Timestamp(seconds: created)
        invoice.customer = ProviderID(customer)
        invoice.subscription = subscription.map { ProviderID($0) }
        invoice.amountPaid = 1700
        invoice.total = 1700
        change(&invoice)
        return try put(.invoice, id, .invoice(invoice))
    }

    /// One of everything around customer `cus_1`, as after a first payment.
    func signUp() throws {
        try put(
            .product,
            "prod_1",
            .product(with(ProductSnapshot()) { $0.name = "Pro" }),
            json: #"{"id":"prod_1"}"#
        )
        try put(
            .price,
            "price_1",
            .price(
                with(PriceSnapshot()) {
                    $0.product = ProviderID("prod_1")
                    $0.currency = "usd"
                    $0.unitAmount = 1700
                    $0.isRecurring = true
                    $0.interval = "month"
                }
            )
        )
        try customer("cus_1", json: #"{"id": "cus_1",  "exact": 1.50}"#) { customer in
            customer.email = "jo@example.com"
            customer.name = "Jo \"Doe\""
            customer.defaultPaymentMethod = ProviderID("pm_1")
            customer.metadata = Metadata([Metadata.Entry(key: "plan", value: "a/b")])
        }
        try put(
            .paymentMethod,
            "pm_1",
            .paymentMethod(
                with(PaymentMethodSnapshot()) {
                    $0.customer = ProviderID("cus_1")
                    $0.type = "card"
                    $0.last4 = "4242"
                }
            )
        )
        try subscription("sub_1", of: "cus_1") { subscription in
            subscription.currentPeriodEnd = Timestamp(seconds: 1_702_000_000)
            var item = SubscriptionItemSnapshot(id: ProviderID("si_1"))
            item.price = ProviderID("price_1")
            item.product = ProviderID("prod_1")
            item.quantity = 2
            item.unitAmount = 1700
            item.currency = "usd"
            subscription.items = [item]
        }
        try invoice("in_1", of: "cus_1", subscription: "sub_1") { $0.number = "A-1" }
        try put(
            .checkoutSession,
            "cs_1",
            .checkoutSession(
                with(CheckoutSessionSnapshot(status: .complete)) {
                    $0.customer = ProviderID("cus_1")
                    $0.subscription = ProviderID("sub_1")
                    $0.invoice = ProviderID("in_1")
                    $0.mode = "subscription"
                    $0.paymentStatus = "paid"
                }
            )
        )
    }
}

private func with<Value>(_ value: Value, _ change: (inout Value) -> Void) -> Value {
    var value = value
    change(&value)
    return value
}
