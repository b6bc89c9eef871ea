import BillingModel
import Database
import Outbox
import Providers
import Timing

/// Brings a provider's customer to the local customer that it is.
struct CustomerProjection {
    let transaction: any WriteTransaction
    let epoch: StoreEpoch
    let now: Timestamp
    let differences: ProjectionDifferences?

    /// What became of the bond between the two.
    enum Outcome {
        case asBefore
        /// New: everything derived must be computed.
        case linked
        /// The provider's customer is another local one now; both have to be computed.
        case moved(from: Int64)
    }

    func apply(
        _ snapshot: CustomerSnapshot,
        number: Int64,
        key: ObjectKey,
        scope: DataScope,
        createdAt: Timestamp
    ) throws(DatabaseError) -> Outcome {
        let named = try namedCustomer(snapshot.metadata, scope)
        guard let present = try CustomersTable.linked(key.connection, key.id, in: transaction) else {
            try link(snapshot, named: named, number: number, key: key, scope: scope, createdAt: createdAt)
            return .linked
        }
        if let named, named != present.customer, present.isUnclaimed,
            try !CustomerIdentitiesTable.isTaken(named, on: key.connection, in: transaction)
        {
            // The application's customer was named only after an event had made one: it takes that one's place.
            try CustomerIdentitiesTable.update(
                present.identity,
                customer: named,
                object: number,
                state: .linked,
                in: transaction
            )
            differences?.note("customer_identities", ["customer_id"], key.id)
            try CustomersTable.archive(present.customer, mergedInto: named, now: now, in: transaction)
            try fill(named, with: snapshot, key: key)
            return .moved(from: present.customer)
        }
        try refresh(present, with: snapshot, number: number, key: key)
        return .asBefore
    }

    /// A call of ours made or found the provider's customer for that local one. What an event took for a customer of
    /// its own gives way; a bond that somebody claimed stays.
    func bond(_ local: Int64, number: Int64, key: ObjectKey) throws(DatabaseError) -> Outcome {
        let present = try CustomersTable.linked(key.connection, key.id, in: transaction)
        if let present, present.customer == local || !present.isUnclaimed { return .asBefore }
        guard try CustomersTable.isKnown(local, in: transaction),
            try !CustomerIdentitiesTable.isTaken(local, on: key.connection, in: transaction)
        else { return .asBefore }
        guard let present else {
            try CustomerIdentitiesTable.insert(
                key.connection,
                key.id,
                customer: local,
                object: number,
                state: .linked,
                in: transaction
            )
            return .linked
        }
        try CustomerIdentitiesTable.update(
            present.identity,
            customer: local,
            object: number,
            state: .linked,
            in: transaction
        )
        try CustomersTable.archive(present.customer, mergedInto: local, now: now, in: transaction)
        return .moved(from: present.customer)
    }

    /// The deletion was written before: an event is being replayed, or another one arrived late.
    func isGone(_ key: ObjectKey) throws(DatabaseError) -> Bool {
        try CustomersTable.linked(key.connection, key.id, in: transaction)?.isGone ?? false
    }

    /// The provider's customer is gone; ours stays, unlinked. `lastSnapshot` is what it says from then on.
    func tombstone(_ lastSnapshot: CustomerSnapshot?, number: Int64, key: ObjectKey) throws(DatabaseError) {
        guard let present = try CustomersTable.linked(key.connection, key.id, in: transaction) else { return }
        if present.isGone {
            guard var snapshot = lastSnapshot else { return }
            snapshot.isDelinquent = false
            try refreshContact(present, with: snapshot, key: key)
            return
        }
        try CustomerIdentitiesTable.update(
            present.identity,
            customer: present.customer,
            object: number,
            state: .missing,
            in: transaction
        )
        try CustomersTable.clearDelinquent(present.customer, now: now, in: transaction)
    }

    // An equal e-mail never links: anybody can type an address into a payment page.
    private func namedCustomer(_ metadata: Metadata, _ scope: DataScope) throws(DatabaseError) -> Int64? {
        guard let text = metadata[Metadata.customerKey],
            let id = PublicID(text, kind: .customer, epoch: epoch),
            try CustomersTable.exists(id.number, in: scope, transaction)
        else { return nil }
        return id.number
    }

    private func link(
        _ snapshot: CustomerSnapshot,
        named: Int64?,
        number: Int64,
        key: ObjectKey,
        scope: DataScope,
        createdAt: Timestamp
    ) throws(DatabaseError) {
        var state = CustomerIdentitiesTable.State.linked
        var customer: Int64?
        if let named {
            if try CustomerIdentitiesTable.isTaken(named, on: key.connection, in: transaction) {
                state = .conflict
            } else {
                customer = named
            }
        }
        differences?.noteRow("customer_identities", key.id)
        let local: Int64
        if let customer {
            local = customer
        } else {
            local = try CustomersTable.create(in: scope, createdAt: createdAt, now: now, transaction)
        }
        try CustomerIdentitiesTable.insert(
            key.connection,
            key.id,
            customer: local,
            object: number,
            state: state,
            in: transaction
        )
        try fill(local, with: snapshot, key: key)
    }

    private func fill(_ customer: Int64, with snapshot: CustomerSnapshot, key: ObjectKey)
        throws(DatabaseError)
    {
        let owner = try CustomersTable.contactConnection(of: customer, in: transaction)
        if let owner, owner < key.connection { return }
        let contact = try contact(of: customer, snapshot, key.connection)
        try CustomersTable.setContact(contact, of: customer, from: key.connection, now: now, in: transaction)
        try CustomersTable.setEmailKey(contact, of: customer, in: transaction)
    }

    private func refresh(
        _ present: LinkedCustomer,
        with snapshot: CustomerSnapshot,
        number: Int64,
        key: ObjectKey
    ) throws(DatabaseError) {
        if present.isGone || present.object != number {
            differences?.note(
                "customer_identities",
                (present.isGone ? ["state"] : []) + (present.object != number ? ["object_id"] : []),
                key.id
            )
            try CustomerIdentitiesTable.update(
                present.identity,
                customer: present.customer,
                object: number,
                state: .linked,
                in: transaction
            )
        }
        try refreshContact(present, with: snapshot, key: key)
    }

    private func refreshContact(
        _ present: LinkedCustomer,
        with snapshot: CustomerSnapshot,
        key: ObjectKey
    ) throws(DatabaseError) {
        // With several connections the lowest one fills the contact columns, whatever arrives last.
        if let owner = present.contactConnection, owner < key.connection { return }
        var contact = CustomerContact(snapshot)
        guard contact != present.contact || present.contactConnection != key.connection else { return }
        if contact.emailKey != present.contact.emailKey {
            contact = try self.contact(of: present.customer, snapshot, key.connection)
            guard contact != present.contact || present.contactConnection != key.connection else { return }
        }
        differences?.note(
            "customers",
            (present.contactConnection != key.connection ? ["contact_connection_id"] : [])
                + contact.differences(from: present.contact),
            key.id
        )
        try CustomersTable.setContact(
            contact,
            of: present.customer,
            from: key.connection,
            now: now,
            in: transaction
        )
        if contact.emailKey != present.contact.emailKey {
            try CustomersTable.setEmailKey(contact, of: present.customer, in: transaction)
        }
    }

    /// What the provider says, to be found by the address that readers are shown: an edit of it that is still owed
    /// stands over the provider's (provider_api 3.3 R8).
    private func contact(
        of customer: Int64,
        _ snapshot: CustomerSnapshot,
        _ connection: ConnectionID
    ) throws(DatabaseError) -> CustomerContact {
        var email = snapshot.email
        for owed in try PendingOperationsQuery.operations(ofLocal: customer, .customer, in: transaction)
        where owed.connection == connection && owed.state.isShown {
            switch owed.operation {
            case .createCustomer(let draft): email = draft.fields.asPatch.email.foldedText(over: email)
            case .updateCustomer(_, let patch): email = patch.email.foldedText(over: email)
            case .deleteCustomer, .createCheckoutSession, .updateCheckoutSession, .expireCheckoutSession,
                .cancelSubscription, nil:
                break
            }
        }
        return CustomerContact(snapshot).found(by: email.flatMap(EmailKey.make))
    }
}
