import BillingModel
import CustomerStore
import Database
import Lanes
import Outbox
import Providers
import Timing

/// Deletes a customer softly (catalogue R40): archived here at once, and what it pays for is ended at the provider,
/// retried until that is done.
struct CustomerRemover {
    let transaction: any WriteTransaction
    let scope: DataScope
    let surroundings: Surroundings
    let now: Timestamp

    func remove(
        _ number: Int64,
        providerCustomer fate: ProviderCustomerFate,
        if condition: VersionCondition
    ) throws(DatabaseError) -> Result<APIAnswer, Problem> {
        guard let local = try LocalCustomersTable.get(number, in: scope, transaction), !local.isArchived
        else {
            return .failure(.noSuchCustomer)
        }
        if let problem = condition.check(local.version) { return .failure(problem) }
        var wakes: Set<ConnectionID> = []
        let links = try LocalCustomersTable.links(of: number, in: transaction)
        for subscription in try LocalCustomersTable.subscriptions(of: number, in: transaction) {
            let reference = ObjectReference.provider(subscription.provider)
            try end(
                .cancelSubscription(reference, SubscriptionCancellation()),
                .object(subscription, .subscription)
            )
            wakes.insert(subscription.connection)
        }
        for session in try LocalCustomersTable.openSessions(of: number, in: transaction) {
            try end(.expireCheckoutSession(.provider(session.provider)), .object(session, .checkoutSession))
            wakes.insert(session.connection)
        }
        try endWaiting(number)
        if fate == .delete {
            for link in links {
                try end(.deleteCustomer(.provider(link.provider)), .customer(number, link))
                wakes.insert(link.connection)
            }
        }
        if links.isEmpty { wakes.formUnion(try withdraw(number, local, fate)) }
        try LocalCustomersTable.archive(number, now: now, in: transaction)
        var answer = APIAnswer(status: 204, contentType: "application/json", body: [])
        answer.effects.wakes = wakes
        return .success(answer)
    }

    /// Sessions that were never opened, because they wait for the customer or for the provider.
    private func endWaiting(_ number: Int64) throws(DatabaseError) {
        var filter = StoredOperationFilter()
        filter.customer = number
        filter.kind = .createCheckoutSession
        filter.state = .queued
        let waiting = try OutboxAdministration.list(filter, before: nil, limit: 1_000, in: transaction)
        for operation in waiting {
            guard let session = operation.localNumber else { continue }
            try end(
                .expireCheckoutSession(.local(id(.checkoutSession, session))),
                .made(.checkoutSession, session, on: operation.connection)
            )
        }
    }

    /// The provider may never have heard of it: then nothing need be told. If it may have, `keep` leaves it there.
    private func withdraw(
        _ number: Int64,
        _ local: LocalCustomer,
        _ fate: ProviderCustomerFate
    ) throws(DatabaseError) -> Set<ConnectionID> {
        var wakes: Set<ConnectionID> = []
        for writable in surroundings.writable(in: scope) {
            let connection = writable.connection.id
            let pending = try PendingOperationsQuery.operations(
                ofLocal: number,
                .customer,
                in: transaction
            ).filter { $0.connection == connection }
            let isUntold = pending.allSatisfy { $0.state == .queued }
            guard !pending.isEmpty, isUntold || fate == .delete else { continue }
            try end(
                .deleteCustomer(.local(id(.customer, number))),
                .customer(number, on: connection, provider: nil)
            )
            wakes.insert(connection)
        }
        return wakes
    }

    private func end(_ operation: ProviderOperation, _ target: LaneTarget) throws(DatabaseError) {
        _ = try OutboxTable.enqueue(NewOperation(operation, target), now: now, in: transaction)
    }

    private func id(_ kind: PublicKind, _ number: Int64) -> String {
        PublicID(kind, number).text(epoch: surroundings.epoch)
    }
}

extension LaneTarget {
    static func object(_ link: ProviderLink, _ type: ObjectType) -> LaneTarget {
        .object(ObjectKey(connection: link.connection, type: type, id: link.provider), object: link.object)
    }
}
