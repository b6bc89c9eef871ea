import BillingModel
import CustomerStore
import Database
import Reconciler
import Timing

/// What `POST /v1/reconciliations` asks for, read from its body.
struct ReconciliationInput {
    private static let customerIDLengthMax = 200

    let order: RunOrder
    let connection: Connection

    /// Throws the problem that says all that is wrong at once.
    init(_ context: RequestContext, _ transaction: any ReadTransaction) throws {
        let errors = FieldErrors()
        var body = try context.requiredBody(errors)
        let customerText = body.text("customer_id", max: Self.customerIDLengthMax)
        let scope: RunScope? = body.word("scope", required: customerText == nil)
        let mode: RunMode = body.word("mode") ?? .apply
        let createdSince = body.time("created_since")
        let name = body.text("connection", max: 100)
        body.refuseOthers()
        if let scope, (scope == .customer) != (customerText != nil) {
            let detail = "Goes with scope customer, and only with it."
            errors.add("/customer_id", customerText == nil ? "required" : "not_allowed", detail)
        }
        if let createdSince {
            if customerText != nil {
                errors.add("/created_since", "not_allowed", "One customer is compared whole.")
            } else if createdSince > context.now {
                errors.add("/created_since", "out_of_range", "A time that has been.")
            }
        }
        let connection = Self.connection(named: name, context, errors)
        var customer: ProviderID?
        if let customerText, let connection {
            customer = try Self.customer(customerText, on: connection, context, errors, transaction)
        }
        try errors.check()
        guard let connection, scope != nil || customer != nil else {
            preconditionFailure("a missing connection or scope is an error that was checked")
        }
        self.connection = connection
        order = RunOrder(
            connection: connection.id,
            scope: scope ?? .customer,
            mode: mode,
            customerID: customer,
            createdSince: createdSince,
            trigger: .request
        )
    }

    /// The one that is named, else the only one that there is.
    private static func connection(
        named name: String?,
        _ context: RequestContext,
        _ errors: FieldErrors
    ) -> Connection? {
        let visible = context.visibleConnections()
        let candidates = context.surroundings.writable.map(\.connection).filter { connection in
            visible?.contains(connection.id) ?? true
        }
        if let name {
            if let named = candidates.first(where: { $0.name == name }) { return named }
            errors.add(
                "/connection",
                "unknown_connection",
                "No connection that you may see has this name and an API key."
            )
        } else if candidates.isEmpty {
            errors.add("/connection", "unknown_connection", "There is no connection with an API key.")
        } else if candidates.count > 1 {
            let names = candidates.map(\.name).joined(separator: ", ")
            errors.add("/connection", "required", "There are several: \(names).")
        }
        return name == nil && candidates.count == 1 ? candidates[0] : nil
    }

    /// The provider's id of a customer that is named by ours, the application's or the provider's. One that we do not
    /// know is the provider's: then the provider is asked for it.
    private static func customer(
        _ text: String,
        on connection: Connection,
        _ context: RequestContext,
        _ errors: FieldErrors,
        _ transaction: any ReadTransaction
    ) throws -> ProviderID? {
        let reader = StoreReader(transaction, scope: connection.scope)
        let finder = ObjectFinder(reader: reader, epoch: context.surroundings.epoch)
        guard let found = try finder.find(CustomerResource.self, text) else {
            if PublicID.isOfOurs(text) {
                errors.add("/customer_id", "unknown_customer")
                return nil
            }
            return ProviderID(text)
        }
        let links = try LocalCustomersTable.links(of: found.number, in: transaction)
        if let link = links.first(where: { $0.connection == connection.id }) { return link.provider }
        errors.add("/customer_id", "not_mirrored", "The provider does not have this customer yet.")
        return nil
    }
}

extension PublicID {
    /// Has the form of an id that we give customers, whatever the store.
    fileprivate static func isOfOurs(_ text: String) -> Bool {
        text.utf8.count == length && text.hasPrefix("\(PublicKind.customer.rawValue)_")
    }
}
