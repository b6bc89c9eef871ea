import BillingModel
import Timing

/// One subscription as its customer's derived fields see it.
struct CustomerSubscription: Equatable {
    let number: Int64
    let status: SubscriptionStatus
    let startDate: Timestamp?
    let createdAt: Timestamp
    let trialEnd: Timestamp?
    let product: ProviderID?
    let price: ProviderID?
    let renewalNumber: Int64

    /// When it started, as far as is told.
    var start: Timestamp { startDate ?? createdAt }
}

/// A customer's derived fields (catalogue R56 to R60): a pure function of the subscriptions, invoices and
/// ledger entries that are known, whatever the order in which they came.
struct CustomerFacts: Equatable {
    var status = CustomerStatus.notSubscribed
    var currentSubscription: Int64?
    var product: ProviderID?
    var price: ProviderID?
    var isTrial = false
    var trialEnd: Timestamp?
    var renewalNumber: Int64 = 0
    var subscriptionDate: Timestamp?
    var activationDate: Timestamp?
    var delinquencyDate: Timestamp?
    var lifetimeRevenue = MoneyByCurrency()

    /// Names of the columns that differ.
    func differences(from other: CustomerFacts) -> [String] {
        var names: [String] = []
        if status != other.status { names.append("status") }
        if currentSubscription != other.currentSubscription { names.append("current_subscription_id") }
        if product != other.product { names.append("provider_product_id") }
        if price != other.price { names.append("provider_price_id") }
        if isTrial != other.isTrial { names.append("is_trial") }
        if trialEnd != other.trialEnd { names.append("trial_end") }
        if renewalNumber != other.renewalNumber { names.append("renewal_number") }
        if subscriptionDate != other.subscriptionDate { names.append("subscription_date") }
        if activationDate != other.activationDate { names.append("activation_date") }
        if delinquencyDate != other.delinquencyDate { names.append("delinquency_date") }
        if lifetimeRevenue != other.lifetimeRevenue { names.append("lifetime_revenue") }
        return names
    }

    /// Takes what the subscriptions say. `providerID` is asked only to choose between two that rank, start
    /// and were made alike.
    mutating func take<Failure: Error>(
        _ subscriptions: [CustomerSubscription],
        providerID: (Int64) throws(Failure) -> ProviderID?
    ) throws(Failure) {
        let current = try Self.ranking(subscriptions, providerID: providerID)
        status = current?.status.customerStatus ?? .notSubscribed
        currentSubscription = current?.number
        product = current?.product
        price = current?.price
        renewalNumber = current?.renewalNumber ?? 0
        let trials = subscriptions.filter { $0.status == .inTrial }
        isTrial = !trials.isEmpty
        // The provider keeps trial_end after the trial: the status decides, not the date.
        trialEnd = trials.compactMap(\.trialEnd).max()
        let started = subscriptions.filter(\.status.hasStarted).map(\.start)
        subscriptionDate = started.max()
        activationDate = started.min()
    }

    private static func ranking<Failure: Error>(
        _ subscriptions: [CustomerSubscription],
        providerID: (Int64) throws(Failure) -> ProviderID?
    ) throws(Failure) -> CustomerSubscription? {
        var best: CustomerSubscription?
        for candidate in subscriptions {
            guard let present = best else {
                best = candidate
                continue
            }
            let left = (candidate.status.customerStatus.rank, candidate.start, candidate.createdAt)
            let right = (present.status.customerStatus.rank, present.start, present.createdAt)
            if left > right {
                best = candidate
            } else if left == right {
                let candidateID = try providerID(candidate.number)?.rawValue ?? ""
                let presentID = try providerID(present.number)?.rawValue ?? ""
                if presentID.utf8.lexicographicallyPrecedes(candidateID.utf8) { best = candidate }
            }
        }
        return best
    }
}
