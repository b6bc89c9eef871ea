import BillingModel
import Timing

/// What a charge, its refunds and its disputes add to the revenue; a pure function of what is known of them.
struct ChargeRevenue: Equatable {
    var charge: RevenueEntry?
    var refund: RevenueEntry?
    var disputes: [(id: ProviderID, entry: RevenueEntry?)]

    /// `charge` is nil while only refunds or disputes of it have arrived. `paysInvoice`: something known says
    /// that the charge pays an invoice, whose own entry then counts the money.
    init(
        charge: PaymentsQuery.Charge?,
        paysInvoice: Bool,
        refunds: [PaymentsQuery.Refund],
        disputes: [PaymentsQuery.Dispute]
    ) {
        if let charge, charge.isSucceeded, !paysInvoice, charge.invoice == nil, charge.captured != 0 {
            self.charge = RevenueEntry(
                customer: charge.customer,
                money: Money(amount: charge.captured, currency: charge.currency),
                occurredAt: charge.createdAt
            )
        }
        refund = Self.refund(charge, refunds)
        self.disputes = disputes.map { dispute in
            let entry = RevenueEntry(
                customer: charge?.customer,
                money: Money(amount: -dispute.amount, currency: dispute.currency),
                occurredAt: dispute.createdAt
            )
            return (dispute.id, dispute.isLost ? entry : nil)
        }
    }

    // The charge's own count may be older than a refund's failure, and newer than the refunds that are known:
    // so the larger of what it says without the known failures, and what the living refunds say.
    private static func refund(
        _ charge: PaymentsQuery.Charge?,
        _ refunds: [PaymentsQuery.Refund]
    ) -> RevenueEntry? {
        guard let currency = charge?.currency ?? refunds.first?.currency else { return nil }
        var live: Int64 = 0
        var failed: Int64 = 0
        for refund in refunds {
            // Amounts are bounded by the decoder; a wrap would need nine thousand refunds of that bound.
            if refund.isLive { live &+= refund.amount } else { failed &+= refund.amount }
        }
        var amount = max((charge?.refunded ?? 0) &- failed, live, 0)
        if let charge, charge.captured > 0 { amount = min(amount, charge.captured) }
        guard amount > 0 else { return nil }
        return RevenueEntry(
            customer: charge?.customer,
            money: Money(amount: -amount, currency: currency),
            occurredAt: refunds.map(\.createdAt).min() ?? charge?.createdAt ?? Timestamp(milliseconds: 0)
        )
    }

    static func == (left: ChargeRevenue, right: ChargeRevenue) -> Bool {
        left.charge == right.charge && left.refund == right.refund
            && left.disputes.elementsEqual(right.disputes) { $0.id == $1.id && $0.entry == $1.entry }
    }
}
