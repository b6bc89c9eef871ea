import BillingModel
import CustomerStore
import Database
import Providers

/// Making, changing and ending checkout sessions. What a provider must say (the page's address) is waited for at
/// most ten seconds; then the answer is 202, and the session is `pending` until it is `open`.
enum CheckoutRoutes {
    static func create(_ context: RequestContext, _ transaction: any ReadTransaction) throws -> RouteOutcome {
        try context.query.refuseRest()
        let scope = try context.dataScope()
        let reader = StoreReader(transaction, scope: scope)
        let finder = ObjectFinder(reader: reader, epoch: context.surroundings.epoch)
        let errors = FieldErrors()
        let body = try context.requiredBody(errors)
        let input = try CheckoutInput(body, now: context.now) { text in
            try finder.find(PriceResource.self, text)
        }
        var customer: CustomerRecord?
        if let text = input.customer {
            customer = try finder.find(CustomerResource.self, text)
            if customer == nil { errors.add("/customer_id", "customer_not_found") }
            if customer?.archivedAt != nil { errors.add("/customer_id", "customer_archived") }
        }
        let connection = connection(for: customer, input, scope, context.surroundings, errors)
        if connection == nil, errors.list.isEmpty {
            errors.add(
                "/connection",
                "billing_not_integrated",
                "This site and mode has no connection with an API key."
            )
        }
        try errors.check()
        guard let connection else { throw Problem(.internalError, "A session needs a connection.") }
        let (surroundings, now, number) = (context.surroundings, context.now, customer?.number)
        return .write(
            PendingWrite(act: "checkout_session.create", target: "", scope: scope) {
                transaction throws(DatabaseError) in
                try CheckoutWriter(
                    transaction: transaction,
                    scope: scope,
                    surroundings: surroundings,
                    now: now
                )
                .create(input.draft, for: number, on: connection.connection.id)
            }
        )
    }

    /// The named one; else the one where the customer is; else the only one.
    private static func connection(
        for customer: CustomerRecord?,
        _ input: CheckoutInput,
        _ scope: DataScope,
        _ surroundings: Surroundings,
        _ errors: FieldErrors
    ) -> WritableConnection? {
        if input.connection == nil, let home = customer?.sync.connection,
            let writable = surroundings.writable(in: scope).first(where: { $0.connection.id == home })
        {
            return writable
        }
        return surroundings.connection(named: input.connection, in: scope, errors)
    }

    /// Metadata is all that changes of a session.
    static func update(_ context: RequestContext, _ transaction: any ReadTransaction) throws -> RouteOutcome {
        try context.query.refuseRest()
        let scope = try context.dataScope()
        let session = try session(context, scope, in: transaction)
        let errors = FieldErrors()
        var body = try context.requiredBody(errors)
        let patch = body.metadata()
        body.refuseOthers(readOnly: readOnly)
        try errors.check()
        let (surroundings, now, tags) = (context.surroundings, context.now, context.call.ifMatch)
        return .write(
            PendingWrite(
                act: "checkout_session.update",
                target: context.id(.checkoutSession, session.publicNumber),
                scope: scope
            ) { transaction throws(DatabaseError) in
                try CheckoutWriter(
                    transaction: transaction,
                    scope: scope,
                    surroundings: surroundings,
                    now: now
                )
                .update(session.publicNumber, patch, ifMatch: tags)
            }
        )
    }

    static func expire(_ context: RequestContext, _ transaction: any ReadTransaction) throws -> RouteOutcome {
        try context.query.refuseRest()
        try context.requireNoBody()
        let scope = try context.dataScope()
        let session = try session(context, scope, in: transaction)
        let (surroundings, now) = (context.surroundings, context.now)
        return .write(
            PendingWrite(
                act: "checkout_session.expire",
                target: context.id(.checkoutSession, session.publicNumber),
                scope: scope
            ) { transaction throws(DatabaseError) in
                try CheckoutWriter(
                    transaction: transaction,
                    scope: scope,
                    surroundings: surroundings,
                    now: now
                ).expire(session.publicNumber)
            }
        )
    }

    private static let readOnly: Set<String> = [
        "object", "id", "live_mode", "customer_id", "subscription_id", "invoice_id", "mode", "status",
        "payment_status", "amount_total", "currency", "url", "client_reference_id", "expires_at", "sync",
        "created_at", "updated_at", "version", "line_items", "success_url", "cancel_url",
    ]

    private static func session(
        _ context: RequestContext,
        _ scope: DataScope,
        in transaction: any ReadTransaction
    ) throws -> CheckoutSessionRecord {
        let finder = ObjectFinder(
            reader: StoreReader(transaction, scope: scope),
            epoch: context.surroundings.epoch
        )
        guard let session = try finder.find(CheckoutSessionResource.self, context.captures[0]) else {
            throw try finder.absence(CheckoutSessionResource.self, context.captures[0])
        }
        return session
    }
}

extension Problem {
    static var noSuchSession: Problem {
        Problem(.notFound, "There is no such checkout session in this site and mode.")
    }
}
