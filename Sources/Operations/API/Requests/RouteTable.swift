import Database
import HTTPServer
import Outbox
import Reconciler

/// What answers one method and pattern, and the scope that it wants.
struct Route: Sendable {
    typealias Handler = @Sendable (RequestContext, any ReadTransaction) throws -> RouteOutcome

    /// Also the label in metrics: a small, known set.
    let name: StaticString
    let scope: APIScope
    let handle: Handler
}

/// The whole API on one page.
enum RouteTable {
    static let router: Router<Route> = {
        var router = Router<Route>()
        func add(
            _ method: HTTPMethod,
            _ pattern: StaticString,
            _ scope: APIScope,
            _ handle: @escaping Route.Handler
        ) {
            router.add(method, pattern.description, Route(name: pattern, scope: scope, handle: handle))
        }
        add(.get, "/v1/customers", .read, ResourceRoutes<CustomerResource>.list)
        add(.get, "/v1/customers/{id}", .read, ResourceRoutes<CustomerResource>.get)
        add(.post, "/v1/customers", .write, CustomerRoutes.create)
        add(.patch, "/v1/customers/{id}", .write, CustomerRoutes.update)
        add(.put, "/v1/customers/{id}", .write, CustomerRoutes.update)
        add(.delete, "/v1/customers/{id}", .write, CustomerRoutes.delete)
        add(.get, "/v1/customers/{id}/subscriptions", .read, CustomerResource.subscriptions)
        add(.get, "/v1/subscriptions", .read, ResourceRoutes<SubscriptionResource>.list)
        add(.get, "/v1/subscriptions/{id}", .read, ResourceRoutes<SubscriptionResource>.get)
        add(.get, "/v1/products", .read, ResourceRoutes<ProductResource>.list)
        add(.get, "/v1/products/{id}", .read, ResourceRoutes<ProductResource>.get)
        add(.get, "/v1/prices", .read, ResourceRoutes<PriceResource>.list)
        add(.get, "/v1/prices/{id}", .read, ResourceRoutes<PriceResource>.get)
        add(.get, "/v1/invoices", .read, ResourceRoutes<InvoiceResource>.list)
        add(.get, "/v1/invoices/{id}", .read, ResourceRoutes<InvoiceResource>.get)
        add(.get, "/v1/checkout_sessions", .read, ResourceRoutes<CheckoutSessionResource>.list)
        add(.get, "/v1/checkout_sessions/{id}", .read, ResourceRoutes<CheckoutSessionResource>.get)
        add(.post, "/v1/checkout_sessions", .write, CheckoutRoutes.create)
        add(.patch, "/v1/checkout_sessions/{id}", .write, CheckoutRoutes.update)
        add(.post, "/v1/checkout_sessions/{id}/expire", .write, CheckoutRoutes.expire)
        add(.get, "/v1/payment_methods", .read, ResourceRoutes<PaymentMethodResource>.list)
        add(.get, "/v1/payment_methods/{id}", .read, ResourceRoutes<PaymentMethodResource>.get)

        add(.get, "/v1/webhook_events", .admin, WebhookEventRoutes.list)
        add(.get, "/v1/webhook_events/{id}", .admin, WebhookEventRoutes.get)
        add(
            .post,
            "/v1/webhook_events/{id}/replay",
            .admin,
            WebhookEventRoutes.acting("webhook_event.replay", WebhookEventRoutes.replay)
        )
        add(
            .post,
            "/v1/webhook_events/{id}/retry",
            .admin,
            WebhookEventRoutes.acting("webhook_event.retry", WebhookEventRoutes.retry)
        )
        add(
            .post,
            "/v1/webhook_events/{id}/discard",
            .admin,
            WebhookEventRoutes.acting("webhook_event.discard", WebhookEventRoutes.discard)
        )

        add(.get, "/v1/outbox", .admin, OutboxRoutes.list)
        add(.get, "/v1/outbox/{id}", .admin, OutboxRoutes.get)
        add(
            .post,
            "/v1/outbox/{id}/retry",
            .admin,
            OutboxRoutes.acting("outbox.retry") { id, now, transaction throws(DatabaseError) in
                try OutboxAdministration.retry(id, now: now, in: transaction)
            }
        )
        add(
            .post,
            "/v1/outbox/{id}/discard",
            .admin,
            OutboxRoutes.acting("outbox.discard") { id, now, transaction throws(DatabaseError) in
                try OutboxAdministration.discard(id, now: now, in: transaction)
            }
        )
        add(.get, "/v1/connections", .admin, ConnectionRoutes.list)
        add(.get, "/v1/connections/{name}", .admin, ConnectionRoutes.get)
        add(.post, "/v1/connections/{name}/pause", .admin, ConnectionRoutes.pause)
        add(.post, "/v1/connections/{name}/resume", .admin, ConnectionRoutes.resume)
        add(.get, "/v1/audit_log", .admin, AuditRoutes.list)
        add(.get, "/v1/reconciliations", .admin, ReconciliationRoutes.list)
        add(.post, "/v1/reconciliations", .admin, ReconciliationRoutes.start)
        add(.get, "/v1/reconciliations/{id}", .admin, ReconciliationRoutes.get)
        add(.get, "/v1/reconciliations/{id}/findings", .admin, FindingRoutes.list)
        add(
            .post,
            "/v1/reconciliations/{id}/pause",
            .admin,
            ReconciliationRoutes.acting("reconciliation.pause", wanted: [.paused], RunChanges.pause)
        )
        add(
            .post,
            "/v1/reconciliations/{id}/resume",
            .admin,
            ReconciliationRoutes.acting(
                "reconciliation.resume",
                wanted: [.planned, .running],
                RunChanges.resume
            )
        )
        add(
            .post,
            "/v1/reconciliations/{id}/cancel",
            .admin,
            ReconciliationRoutes.acting("reconciliation.cancel", wanted: [.cancelled], RunChanges.cancel)
        )
        add(.post, "/v1/rebuilds", .admin, RebuildRoutes.step)

        add(.get, "/v1/api_keys", .admin, APIKeyRoutes.list)
        add(.post, "/v1/api_keys", .admin, APIKeyRoutes.create)
        add(.get, "/v1/api_keys/{id}", .admin, APIKeyRoutes.get)
        add(.delete, "/v1/api_keys/{id}", .admin, APIKeyRoutes.revoke)
        return router
    }()
}
