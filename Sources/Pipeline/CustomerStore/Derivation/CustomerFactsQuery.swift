import BillingModel
import Database
import Timing

/// Reads what a customer's derived fields are made of, and writes them.
enum CustomerFactsQuery {
    static func present(
        _ customer: Int64,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> CustomerFacts? {
        try transaction.first(selectPresent, [.integer(customer)]) { row in
            var facts = CustomerFacts()
            facts.status = CustomerStatus(rawValue: row.text(0)) ?? .notSubscribed
            facts.currentSubscription = row.optionalInteger(1)
            facts.product = row.optionalText(2).map { ProviderID($0) }
            facts.price = row.optionalText(3).map { ProviderID($0) }
            facts.isTrial = row.boolean(4)
            facts.trialEnd = row.optionalInteger(5).map(Timestamp.init(milliseconds:))
            facts.renewalNumber = row.integer(6)
            facts.subscriptionDate = row.optionalInteger(7).map(Timestamp.init(milliseconds:))
            facts.activationDate = row.optionalInteger(8).map(Timestamp.init(milliseconds:))
            facts.delinquencyDate = row.optionalInteger(9).map(Timestamp.init(milliseconds:))
            facts.lifetimeRevenue = MoneyColumn.money(row.text(10))
            return facts
        }
    }

    static func subscriptions(
        ofCustomer customer: Int64,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [CustomerSubscription] {
        try transaction.rows(selectSubscriptions, [.integer(customer)]) { row in
            CustomerSubscription(
                number: row.integer(0),
                status: SubscriptionStatus(rawValue: row.text(1)) ?? .expired,
                startDate: row.optionalInteger(2).map(Timestamp.init(milliseconds:)),
                createdAt: Timestamp(milliseconds: row.integer(3)),
                trialEnd: row.optionalInteger(4).map(Timestamp.init(milliseconds:)),
                product: row.optionalText(5).map { ProviderID($0) },
                price: row.optionalText(6).map { ProviderID($0) },
                renewalNumber: row.integer(7)
            )
        }
    }

    /// Since when something is asked for in vain; nil when nothing is.
    static func delinquencyDate(
        ofCustomer customer: Int64,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Timestamp? {
        let earliest = try transaction.first(selectDelinquency, [.integer(customer)]) {
            $0.optionalInteger(0)
        }
        return (earliest ?? nil).map(Timestamp.init(milliseconds:))
    }

    static func providerID(
        ofObject number: Int64,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> ProviderID? {
        try transaction.first(selectProviderID, [.integer(number)]) { ProviderID($0.text(0)) }
    }

    static func write(
        _ facts: CustomerFacts,
        of customer: Int64,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try transaction.execute(
            update,
            [
                .integer(customer), .text(facts.status.rawValue), .optional(facts.currentSubscription),
                .optional(facts.product?.rawValue), .optional(facts.price?.rawValue), .boolean(facts.isTrial),
                .optional(facts.trialEnd?.milliseconds), .integer(facts.renewalNumber),
                .optional(facts.subscriptionDate?.milliseconds),
                .optional(facts.activationDate?.milliseconds),
                .optional(facts.delinquencyDate?.milliseconds),
                .text(MoneyColumn.text(facts.lifetimeRevenue)),
                .integer(now.milliseconds),
            ]
        )
    }

    private static let selectPresent = Statement(
        "customers.facts",
        """
        SELECT
            status, current_subscription_id, provider_product_id, provider_price_id, is_trial, trial_end,
            renewal_number, subscription_date, activation_date, delinquency_date, lifetime_revenue
        FROM customers
        WHERE id = $1
        """
    )

    private static let selectSubscriptions = Statement(
        "subscriptions.of_customer_for_facts",
        """
        SELECT
            s.id, s.status, s.start_date, s.created_at, s.trial_end, s.provider_product_id,
            s.provider_price_id, s.renewal_number
        FROM customer_identities i
        JOIN subscriptions s
            ON s.connection_id = i.connection_id
            AND s.provider_customer_id = i.provider_customer_id
        WHERE i.customer_id = $1
        """
    )

    private static let selectDelinquency = Statement(
        "invoices.delinquency_of_customer",
        """
        SELECT MIN(v.created_at)
        FROM customer_identities i
        JOIN invoices v
            ON v.connection_id = i.connection_id
            AND v.provider_customer_id = i.provider_customer_id
        WHERE i.customer_id = $1
            AND v.status = 'open'
            AND v.attempt_count > 0
            AND v.amount_remaining > 0
        """
    )

    private static let selectProviderID = Statement(
        "objects.provider_id",
        """
        SELECT provider_id
        FROM objects
        WHERE id = $1
        """
    )

    private static let update = Statement(
        "customers.set_facts",
        """
        UPDATE customers
        SET
            status = $2, current_subscription_id = $3, provider_product_id = $4, provider_price_id = $5,
            is_trial = $6, trial_end = $7, renewal_number = $8, subscription_date = $9,
            activation_date = $10, delinquency_date = $11, lifetime_revenue = $12, updated_at = $13,
            version = version + 1
        WHERE id = $1
        """
    )
}
