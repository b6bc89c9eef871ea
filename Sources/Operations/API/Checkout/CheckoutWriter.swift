import BillingModel
import CustomerStore
import Database
import JSON
import Lanes
import Outbox
import Providers
import Timing

/// Queues what is asked of checkout sessions, in the caller's transaction.
struct CheckoutWriter {
    /// Without an end of its own a session is of no use to anybody after a day.
    private static let usefulSeconds: Int64 = 86_400

    let transaction: any WriteTransaction
    let scope: DataScope
    let surroundings: Surroundings
    let now: Timestamp

    /// A customer that the provider does not have yet is made there first: the session waits for it in the queue.
    func create(
        _ input: CheckoutSessionDraft,
        for customer: Int64?,
        on connection: ConnectionID
    ) throws(DatabaseError) -> Result<APIAnswer, Problem> {
        let number = try LocalNumber.draw(in: transaction)
        var draft = CheckoutSessionDraft(localID: id(.checkoutSession, number), mode: input.mode)
        draft.take(input)
        if let customer {
            guard let local = try LocalCustomersTable.get(customer, in: scope, transaction),
                let record = try StoreReader(transaction, scope: scope).customer(customer)
            else { return .failure(.noSuchCustomer) }
            guard !local.isArchived else { return .failure(.customerArchived) }
            let localID = id(.customer, customer)
            let provider = try CustomerEnsurer(transaction, now: now).ensure(
                local,
                record,
                localID: localID,
                on: connection
            )
            draft.customer = provider.map { .provider($0) } ?? .local(localID)
            if draft.clientReference == nil { draft.clientReference = local.externalID }
        }
        let outcome = try OutboxTable.enqueue(
            NewOperation(
                .createCheckoutSession(draft),
                .made(.checkoutSession, number, on: connection),
                customer: customer,
                deadline: draft.expiresAt ?? now.adding(seconds: Self.usefulSeconds)
            ),
            now: now,
            in: transaction
        )
        guard case .queued(let operation) = outcome else {
            preconditionFailure("a number that was just drawn has no operation to merge with")
        }
        var result = try Self.shown(number, scope, surroundings, in: transaction)
        guard case .success(var answer) = result else { return result }
        answer.effects.wakes = [connection]
        let (scope, surroundings) = (scope, surroundings)
        answer.effects.awaited = AwaitedOperation(operation: operation, connection: connection) {
            transaction throws(DatabaseError) in
            try Self.shown(number, scope, surroundings, in: transaction).map { shown in
                var made = shown
                if made.status == 200 { made.status = 201 }
                return made
            }
        }
        result = .success(answer)
        return result
    }

    func update(
        _ number: Int64,
        _ patch: MetadataPatch,
        ifMatch tags: [String]
    ) throws(DatabaseError) -> Result<APIAnswer, Problem> {
        guard let session = try StoreReader(transaction, scope: scope).checkoutSession(number) else {
            return .failure(.noSuchSession)
        }
        if let problem = try mismatch(session, tags) { return .failure(problem) }
        if session.status == .failed, session.sync.objectNumber == nil {
            return .failure(Problem(.checkoutAlreadyCompleted, "The provider never opened this session."))
        }
        let folded = patch.folded(over: session.metadata)
        guard folded.fits(marks: [ProviderMark.session, ProviderMark.operation]) else {
            return .failure(Metadata.tooMany)
        }
        guard folded != session.metadata else {
            return try Self.shown(number, scope, surroundings, in: transaction)
        }
        return try enqueue(session) { .updateCheckoutSession($0, patch) }
    }

    func expire(_ number: Int64) throws(DatabaseError) -> Result<APIAnswer, Problem> {
        guard let session = try StoreReader(transaction, scope: scope).checkoutSession(number) else {
            return .failure(.noSuchSession)
        }
        switch session.status {
        case .complete, .failed:
            return .failure(
                Problem(.checkoutAlreadyCompleted, "The session is \(session.status.rawValue); that stays.")
            )
        case .expired: return try Self.shown(number, scope, surroundings, in: transaction)
        case .pending, .open: return try enqueue(session) { .expireCheckoutSession($0) }
        }
    }

    private func enqueue(
        _ session: CheckoutSessionRecord,
        _ operation: (ObjectReference) -> ProviderOperation
    ) throws(DatabaseError) -> Result<APIAnswer, Problem> {
        guard let connection = session.sync.connection else {
            preconditionFailure("a session that is shown is of a connection")
        }
        let (reference, target): (ObjectReference, LaneTarget)
        if let provider = session.sync.providerID {
            let key = ObjectKey(connection: connection, type: .checkoutSession, id: provider)
            reference = .provider(provider)
            target = .object(key, object: session.sync.objectNumber)
        } else {
            reference = .local(id(.checkoutSession, session.publicNumber))
            target = .made(.checkoutSession, session.publicNumber, on: connection)
        }
        let outcome = try OutboxTable.enqueue(
            NewOperation(operation(reference), target),
            now: now,
            in: transaction
        )
        var result: Result<APIAnswer, Problem>
        switch outcome {
        case .queued, .merged:
            result = try Self.shown(session.publicNumber, scope, surroundings, in: transaction)
        case .cancelled:
            // It was never opened, and now it never will be: there is nothing left to be shown later.
            var ended = session
            ended.status = .expired
            ended.sync = SyncRecord(state: .notMirrored)
            result = .success(try Self.answer(ended, scope, surroundings, in: transaction))
        case .needsMaking, .isDeleted: return .failure(.noSuchSession)
        }
        if case .success(var answer) = result {
            answer.effects.wakes = [connection]
            result = .success(answer)
        }
        return result
    }

    /// By the whole entity tag: a session that was made here has no version of its own until the provider has it.
    private func mismatch(_ session: CheckoutSessionRecord, _ tags: [String]) throws(DatabaseError)
        -> Problem?
    {
        let wanted = tags.flatMap { $0.split(separator: ",") }.map { String($0).trimmingBlanks() }
        guard !wanted.isEmpty, !wanted.contains("*") else { return nil }
        let present = try Self.answer(session, scope, surroundings, in: transaction).header("ETag") ?? ""
        guard !wanted.contains(present) else { return nil }
        return Problem(.versionMismatch, "The session has changed; read it again and decide anew.")
    }

    // MARK: What is shown

    private static func shown(
        _ number: Int64,
        _ scope: DataScope,
        _ surroundings: Surroundings,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Result<APIAnswer, Problem> {
        guard let session = try StoreReader(transaction, scope: scope).checkoutSession(number) else {
            return .failure(.noSuchSession)
        }
        if session.status == .failed, session.sync.objectNumber == nil {
            return .failure(
                Problem(
                    .providerError,
                    "The provider did not open the session: \(session.sync.lastError ?? "no reason known")."
                )
            )
        }
        return .success(try answer(session, scope, surroundings, in: transaction))
    }

    /// 202 while the provider has not answered.
    private static func answer(
        _ session: CheckoutSessionRecord,
        _ scope: DataScope,
        _ surroundings: Surroundings,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> APIAnswer {
        var writer = JSONWriter(capacity: 1024)
        let renderer = ObjectRenderer(scope, transaction, surroundings)
        try CheckoutSessionResource.write(session, expanding: .none, to: &writer, with: renderer)
        var answer = APIAnswer.json(writer.bytes, status: session.status == .pending ? 202 : 200)
        let id = PublicID(.checkoutSession, session.publicNumber).text(epoch: surroundings.epoch)
        answer.headers = [
            ("ETag", EntityTag(version: session.version, body: writer.bytes).text),
            ("Cache-Control", "private, no-cache"), ("Location", "/v1/checkout_sessions/\(id)"),
        ]
        answer.effects.target = id
        return answer
    }

    private func id(_ kind: PublicKind, _ number: Int64) -> String {
        PublicID(kind, number).text(epoch: surroundings.epoch)
    }
}

extension CheckoutSessionDraft {
    /// Everything but the id and the mode, which a draft is made with.
    fileprivate mutating func take(_ other: CheckoutSessionDraft) {
        lineItems = other.lineItems
        customerEmail = other.customerEmail
        clientReference = other.clientReference
        successURL = other.successURL
        cancelURL = other.cancelURL
        currency = other.currency
        allowsPromotionCodes = other.allowsPromotionCodes
        billingAddress = other.billingAddress
        collectsPhoneNumber = other.collectsPhoneNumber
        paymentMethodCollection = other.paymentMethodCollection
        trial = other.trial
        locale = other.locale
        expiresAt = other.expiresAt
        metadata = other.metadata
        subscriptionMetadata = other.subscriptionMetadata
    }
}
