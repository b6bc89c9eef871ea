package import Reconciler

/// When the gateway orders a run by itself.
package struct ReconcileSchedule: Sendable, Hashable {
    package let scope: RunScope
    package let mode: RunMode
    /// From the order of one run to that of the next.
    package let everyHours: Int
    /// The next one is up to so much later.
    package let jitterMinutes: Int

    package init(scope: RunScope, mode: RunMode, everyHours: Int, jitterMinutes: Int) {
        precondition(scope != .customer, "a schedule names no customer")
        precondition(everyHours >= 1 && jitterMinutes >= 0, "hours from one, minutes from zero")
        self.scope = scope
        self.mode = mode
        self.everyHours = everyHours
        self.jitterMinutes = jitterMinutes
    }
}

extension ConnectionConfiguration {
    /// When runs are ordered, for `tollgate check`.
    package var scheduleWords: String {
        guard let reconcile, api?.key != nil else { return "when asked" }
        let words = "\(reconcile.scope.rawValue) every \(reconcile.everyHours) h"
        return reconcile.mode == .dryRun ? words + ", dry run" : words
    }
}

/// The scopes that name no customer, as the configuration writes them.
enum ScheduledScope: String, CaseIterable {
    case all
    case customers
    case subscriptions
    case checkoutSessions = "checkout_sessions"
    case invoices
    case products
    case prices
    case paymentMethods = "payment_methods"

    var runScope: RunScope {
        switch self {
        case .all: .all
        case .customers: .customers
        case .subscriptions: .subscriptions
        case .checkoutSessions: .checkoutSessions
        case .invoices: .invoices
        case .products: .products
        case .prices: .prices
        case .paymentMethods: .paymentMethods
        }
    }
}
