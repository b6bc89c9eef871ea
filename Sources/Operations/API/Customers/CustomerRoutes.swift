import BillingModel
import CustomerStore
import Database

/// `POST`, `PATCH`, `PUT` and `DELETE` of customers. The change and what is owed to the provider for it are one commit.
enum CustomerRoutes {
    /// Idempotent by external id: 201 for a new customer, 200 for one that is there (catalogue R14).
    static func create(_ context: RequestContext, _ transaction: any ReadTransaction) throws -> RouteOutcome {
        try context.query.refuseRest()
        let scope = try context.dataScope()
        let errors = FieldErrors()
        let input = CustomerInput(try context.requiredBody(errors), isNew: true)
        let connection = context.surroundings.connection(named: input.connection, in: scope, errors)
        try errors.check()
        let (surroundings, now) = (context.surroundings, context.now)
        return .write(
            PendingWrite(act: "customer.create", target: "", scope: scope) {
                transaction throws(DatabaseError) in
                try CustomerWriter(
                    transaction: transaction,
                    scope: scope,
                    surroundings: surroundings,
                    now: now
                ).create(input, on: connection)
            }
        )
    }

    static func update(_ context: RequestContext, _ transaction: any ReadTransaction) throws -> RouteOutcome {
        try context.query.refuseRest()
        let scope = try context.dataScope()
        let customer = try customer(context, scope, in: transaction)
        let errors = FieldErrors()
        let input = CustomerInput(try context.requiredBody(errors), isNew: false)
        try errors.check()
        let (surroundings, now) = (context.surroundings, context.now)
        let condition = VersionCondition(context.call)
        return .write(
            PendingWrite(act: "customer.update", target: context.id(.customer, customer.number), scope: scope)
            {
                transaction throws(DatabaseError) in
                try CustomerWriter(
                    transaction: transaction,
                    scope: scope,
                    surroundings: surroundings,
                    now: now
                )
                .update(customer.number, with: input, if: condition)
            }
        )
    }

    /// Archives the customer and ends what it pays for; `provider_customer=delete` also deletes it there.
    static func delete(_ context: RequestContext, _ transaction: any ReadTransaction) throws -> RouteOutcome {
        var query = context.query
        let fate = try query.takeWord("provider_customer", ProviderCustomerFate.self) ?? .keep
        try query.refuseRest()
        try context.requireNoBody()
        let scope = try context.dataScope()
        let customer = try customer(context, scope, in: transaction)
        let (surroundings, now) = (context.surroundings, context.now)
        let condition = VersionCondition(context.call)
        return .write(
            PendingWrite(act: "customer.delete", target: context.id(.customer, customer.number), scope: scope)
            {
                transaction throws(DatabaseError) in
                try CustomerRemover(
                    transaction: transaction,
                    scope: scope,
                    surroundings: surroundings,
                    now: now
                )
                .remove(customer.number, providerCustomer: fate, if: condition)
            }
        )
    }

    private static func customer(
        _ context: RequestContext,
        _ scope: DataScope,
        in transaction: any ReadTransaction
    ) throws -> CustomerRecord {
        let finder = ObjectFinder(
            reader: StoreReader(transaction, scope: scope),
            epoch: context.surroundings.epoch
        )
        guard let customer = try finder.find(CustomerResource.self, context.captures[0]) else {
            throw Problem.noSuchCustomer
        }
        return customer
    }
}

/// What becomes of the provider's customer when ours is deleted (catalogue C8).
enum ProviderCustomerFate: String, CaseIterable, Sendable {
    case keep
    case delete
}

extension Problem {
    static var noSuchCustomer: Problem {
        Problem(.customerNotFound, "There is no such customer in this site and mode.")
    }
}

extension RequestContext {
    func id(_ kind: PublicKind, _ number: Int64) -> String {
        PublicID(kind, number).text(epoch: surroundings.epoch)
    }
}
