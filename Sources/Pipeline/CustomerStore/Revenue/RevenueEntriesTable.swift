import BillingModel
import Database
import Timing

/// One line of the revenue ledger.
struct RevenueEntry: Equatable {
    enum Kind: String {
        case invoice
        case charge
        case refund
        case dispute
    }

    var customer: ProviderID?
    /// Negative for refunds and lost disputes.
    var money: Money
    var occurredAt: Timestamp

    /// Names of the columns that differ.
    func differences(from other: RevenueEntry) -> [String] {
        (customer != other.customer ? ["provider_customer_id"] : [])
            + (money.currency != other.money.currency ? ["currency"] : [])
            + (money.amount != other.money.amount ? ["amount"] : [])
            + (occurredAt != other.occurredAt ? ["occurred_at"] : [])
    }
}

/// The ledger: one row per (connection, kind, provider reference), set and never incremented.
enum RevenueEntriesTable {
    static func entry(
        _ connection: ConnectionID,
        _ kind: RevenueEntry.Kind,
        _ reference: ProviderID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> RevenueEntry? {
        try transaction.first(
            select,
            [.integer(connection.rawValue), .text(kind.rawValue), .text(reference.rawValue)]
        ) { row in
            RevenueEntry(
                customer: row.optionalText(0).map { ProviderID($0) },
                money: Money(amount: row.integer(2), currency: row.text(1)),
                occurredAt: Timestamp(milliseconds: row.integer(3))
            )
        }
    }

    static func put(
        _ entry: RevenueEntry,
        _ connection: ConnectionID,
        _ kind: RevenueEntry.Kind,
        _ reference: ProviderID,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try transaction.execute(
            upsert,
            [
                .integer(connection.rawValue), .text(kind.rawValue), .text(reference.rawValue),
                .optional(entry.customer?.rawValue), .text(entry.money.currency),
                .integer(entry.money.amount),
                .integer(entry.occurredAt.milliseconds),
            ]
        )
    }

    static func remove(
        _ connection: ConnectionID,
        _ kind: RevenueEntry.Kind,
        _ reference: ProviderID,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try transaction.execute(
            delete,
            [.integer(connection.rawValue), .text(kind.rawValue), .text(reference.rawValue)]
        )
    }

    /// What all provider customers that a local customer is have brought.
    static func total(
        ofCustomer customer: Int64,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> MoneyByCurrency {
        var total = MoneyByCurrency()
        // Added here and not by SUM, which ends the whole batch when it overflows.
        try transaction.forEachRow(selectOfCustomer, [.integer(customer)]) { row in
            total.add(Money(amount: row.integer(1), currency: row.text(0)))
        }
        return total
    }

    private static let select = Statement(
        "revenue_entries.select",
        """
        SELECT provider_customer_id, currency, amount, occurred_at
        FROM revenue_entries
        WHERE connection_id = $1
            AND kind = $2
            AND provider_ref = $3
        """
    )

    private static let upsert = Statement(
        "revenue_entries.put",
        """
        INSERT INTO revenue_entries (
            connection_id, kind, provider_ref, provider_customer_id, currency, amount, occurred_at
        )
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (connection_id, kind, provider_ref) DO UPDATE
        SET
            provider_customer_id = excluded.provider_customer_id,
            currency = excluded.currency,
            amount = excluded.amount,
            occurred_at = excluded.occurred_at
        """
    )

    private static let delete = Statement(
        "revenue_entries.delete",
        """
        DELETE FROM revenue_entries
        WHERE connection_id = $1
            AND kind = $2
            AND provider_ref = $3
        """
    )

    private static let selectOfCustomer = Statement(
        "revenue_entries.of_customer",
        """
        SELECT r.currency, r.amount
        FROM customer_identities i
        JOIN revenue_entries r
            ON r.connection_id = i.connection_id
            AND r.provider_customer_id = i.provider_customer_id
        WHERE i.customer_id = $1
        """
    )
}
