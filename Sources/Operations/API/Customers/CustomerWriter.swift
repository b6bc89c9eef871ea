import BillingModel
import CustomerStore
import Database
import JSON
import Lanes
import Outbox
import Providers
import Timing

/// Makes and changes one customer, in the caller's transaction: the rows here, and the operations that carry it to
/// the provider.
///
/// While a provider's customer fills the contact columns, an edit stands in the outbox alone and is shown over them
/// (provider_api 3.3 R8); the columns are written only of a customer that no provider has.
struct CustomerWriter {
    let transaction: any WriteTransaction
    let scope: DataScope
    let surroundings: Surroundings
    let now: Timestamp

    // MARK: Making

    func create(
        _ input: CustomerInput,
        on connection: WritableConnection?
    ) throws(DatabaseError) -> Result<APIAnswer, Problem> {
        let externalID = input.externalID.folded(over: nil)
        let email = input.patch.email.foldedText(over: nil)
        if let externalID,
            let present = try LocalCustomersTable.get(externalID: externalID, in: scope, transaction)
        {
            guard !present.isArchived else { return .failure(.customerArchived) }
            return try fill(present, with: input.patch)
        }
        if let email {
            let sharing = try LocalCustomersTable.customers(withEmail: email, in: scope, transaction)
            // Catalogue R19, R20: made in advance without an id, and now met again or named.
            if let unclaimed = sharing.first(where: { $0.externalID == nil }) {
                if let externalID {
                    try LocalCustomersTable.setExternalID(externalID, of: unclaimed.number, in: transaction)
                    try LocalCustomersTable.touch(unclaimed.number, now: now, in: transaction)
                }
                return try fill(unclaimed, with: input.patch)
            }
            if let other = sharing.first { return .failure(emailTaken(by: other)) }
        }
        return try insert(input, externalID: externalID, on: connection)
    }

    private func insert(
        _ input: CustomerInput,
        externalID: String?,
        on connection: WritableConnection?
    ) throws(DatabaseError) -> Result<APIAnswer, Problem> {
        let fields = input.patch.folded(over: CustomerFields())
        guard fields.metadata.fits(marks: [ProviderMark.customer]) else { return .failure(Metadata.tooMany) }
        let number = try LocalCustomersTable.create(
            externalID: externalID,
            in: scope,
            now: now,
            transaction
        )
        let draft = CustomerDraft(localID: id(number), fields: fields)
        try keep(draft, of: number)
        var wakes: Set<ConnectionID> = []
        if let connection, connection.makesCustomersOnWrite {
            try CustomerEnsurer(transaction, now: now).make(draft, number, on: connection.connection.id)
            wakes.insert(connection.connection.id)
        }
        var answer = try shown(number, status: 201)
        answer.headers.append(("Location", "/v1/customers/\(id(number))"))
        answer.effects.wakes = wakes
        return .success(answer)
    }

    /// A customer that is there already takes only what it lacks (catalogue R14, R16).
    private func fill(
        _ present: LocalCustomer,
        with patch: CustomerPatch
    ) throws(DatabaseError) -> Result<APIAnswer, Problem> {
        guard let record = try StoreReader(transaction, scope: scope).customer(present.number) else {
            return .failure(.noSuchCustomer)
        }
        var blanks = CustomerPatch()
        if record.email == nil { blanks.email = patch.email }
        if record.name == nil { blanks.name = patch.name }
        if record.phone == nil { blanks.phone = patch.phone }
        if record.details == nil { blanks.details = patch.details }
        if record.language == nil { blanks.preferredLocales = patch.preferredLocales }
        for entry in patch.metadata.entries where record.metadata[entry.key] == nil {
            blanks.metadata.set(entry.key, to: entry.value)
        }
        return try change(present, record, blanks)
    }

    // MARK: Changing

    func update(
        _ number: Int64,
        with input: CustomerInput,
        if condition: VersionCondition
    ) throws(DatabaseError) -> Result<APIAnswer, Problem> {
        guard let local = try LocalCustomersTable.get(number, in: scope, transaction),
            let record = try StoreReader(transaction, scope: scope).customer(number)
        else { return .failure(.noSuchCustomer) }
        guard !local.isArchived else { return .failure(.customerArchived) }
        if let problem = condition.check(local.version) { return .failure(problem) }
        var patch = input.patch
        switch input.defaultPaymentMethod {
        case .keep: break
        case .clear: patch.defaultPaymentMethod = .clear
        case .set(let text):
            switch try paymentMethod(text, of: number) {
            case .success(let id): patch.defaultPaymentMethod = .set(id)
            case .failure(let problem): return .failure(problem)
            }
        }
        switch input.externalID {
        case .keep: break
        case .clear: if local.externalID != nil { return .failure(.externalIDImmutable) }
        case .set(let text):
            if let present = local.externalID {
                if !present.utf8.elementsEqual(text.utf8) { return .failure(.externalIDImmutable) }
            } else if try LocalCustomersTable.get(externalID: text, in: scope, transaction) != nil {
                return .failure(.externalIDTaken)
            } else {
                try LocalCustomersTable.setExternalID(text, of: number, in: transaction)
                try LocalCustomersTable.touch(number, now: now, in: transaction)
            }
        }
        return try change(local, record, patch)
    }

    private func change(
        _ local: LocalCustomer,
        _ record: CustomerRecord,
        _ asked: CustomerPatch
    ) throws(DatabaseError) -> Result<APIAnswer, Problem> {
        let links = try LocalCustomersTable.links(of: local.number, in: transaction)
        let draft = links.isEmpty ? self.draft(of: local, record) : nil
        let patch = asked.differing(from: record, draft?.fields)
        guard !patch.isEmpty else { return .success(try shown(local.number)) }
        if let email = patch.email.foldedText(over: nil) {
            let others = try LocalCustomersTable.customers(withEmail: email, in: scope, transaction)
            if let other = others.first(where: { $0.number != local.number }) {
                return .failure(emailTaken(by: other))
            }
        }
        guard patch.metadata.folded(over: record.metadata).fits(marks: [ProviderMark.customer]) else {
            return .failure(Metadata.tooMany)
        }
        let wakes: Set<ConnectionID>
        if let draft {
            let changed = draft.merged(with: patch)
            try keep(changed, of: local.number)
            wakes = try send(
                patch,
                of: local,
                draft: changed,
                providerIsMissing: record.sync.state == .missing
            )
        } else {
            try send(patch, of: local.number, to: links)
            wakes = Set(links.map(\.connection))
            if !patch.email.isKept {
                let email = patch.email.foldedText(over: record.email)
                try LocalCustomersTable.setEmailKey(email, of: local.number, in: transaction)
            }
        }
        try LocalCustomersTable.touch(local.number, now: now, in: transaction)
        var answer = try shown(local.number)
        answer.effects.wakes = wakes
        return .success(answer)
    }

    private func send(
        _ patch: CustomerPatch,
        of number: Int64,
        to links: [ProviderLink]
    ) throws(DatabaseError) {
        for link in links {
            // A customer that is deleted there meanwhile takes no change, and ours keeps none of it.
            _ = try OutboxTable.enqueue(
                NewOperation(.updateCustomer(.provider(link.provider), patch), .customer(number, link)),
                now: now,
                in: transaction
            )
        }
    }

    /// No provider has it yet: what is queued to make it takes the change in, or a creation is queued now.
    private func send(
        _ patch: CustomerPatch,
        of local: LocalCustomer,
        draft: CustomerDraft,
        providerIsMissing: Bool
    ) throws(DatabaseError) -> Set<ConnectionID> {
        let candidates = surroundings.writable(in: scope)
        for candidate in candidates {
            let connection = candidate.connection.id
            let outcome = try OutboxTable.enqueue(
                NewOperation(
                    .updateCustomer(.local(draft.localID), patch),
                    .customer(local.number, on: connection, provider: nil)
                ),
                now: now,
                in: transaction
            )
            switch outcome {
            case .queued, .merged: return [connection]
            case .cancelled, .needsMaking, .isDeleted: continue
            }
        }
        // What was deleted at the provider is made anew only by a billing call (catalogue 3.5).
        guard local.isOurs, !providerIsMissing, let only = candidates.first, candidates.count == 1,
            only.makesCustomersOnWrite
        else { return [] }
        try CustomerEnsurer(transaction, now: now).make(draft, local.number, on: only.connection.id)
        return [only.connection.id]
    }

    // MARK: What is kept and shown

    private func keep(_ draft: CustomerDraft, of number: Int64) throws(DatabaseError) {
        var contact = LocalContact()
        contact.email = draft.fields.email
        contact.name = draft.fields.name
        contact.phone = draft.fields.phone
        contact.details = draft.fields.details
        contact.language = draft.fields.preferredLocales.first
        contact.metadata = draft.fields.metadata
        try LocalCustomersTable.setContact(
            contact,
            draft: ProviderOperation.createCustomer(draft).json(),
            of: number,
            in: transaction
        )
    }

    private func draft(of local: LocalCustomer, _ record: CustomerRecord) -> CustomerDraft {
        CustomerDraft.kept(local, record, localID: id(local.number))
    }

    private func paymentMethod(
        _ text: String,
        of customer: Int64
    ) throws(DatabaseError) -> Result<ProviderID, Problem> {
        let reader = StoreReader(transaction, scope: scope)
        var filter = ObjectFilter()
        filter.customer = customer
        let own = try reader.paymentMethods(filter, PageRequest(limit: 100)).elements
        let found = own.first { method in
            id(.paymentMethod, method.number) == text || method.sync.providerID == ProviderID(text)
        }
        if let id = found?.sync.providerID { return .success(id) }
        return .failure(
            Problem(
                .validationFailed,
                "The default payment method must be one of the customer's own.",
                errors: [
                    Problem.FieldError(
                        pointer: "/default_payment_method_id",
                        code: "payment_method_not_owned"
                    )
                ]
            )
        )
    }

    private func shown(_ number: Int64, status: Int = 200) throws(DatabaseError) -> APIAnswer {
        let renderer = ObjectRenderer(scope, transaction, surroundings)
        guard let record = try renderer.reader.customer(number) else {
            preconditionFailure("a customer that was just written is there")
        }
        var writer = JSONWriter(capacity: 1024)
        try CustomerResource.write(record, expanding: .none, to: &writer, with: renderer)
        var answer = APIAnswer.json(writer.bytes, status: status)
        answer.headers = [
            ("ETag", EntityTag(version: record.version, body: writer.bytes).text),
            ("Cache-Control", "private, no-cache"),
        ]
        answer.effects.target = id(number)
        return answer
    }

    private func id(_ number: Int64) -> String { id(.customer, number) }

    private func id(_ kind: PublicKind, _ number: Int64) -> String {
        PublicID(kind, number).text(epoch: surroundings.epoch)
    }

    private func emailTaken(by other: LocalCustomer) -> Problem {
        Problem(
            .customerEmailTaken,
            "Customer \(id(other.number)) of this site has this address.",
            errors: [Problem.FieldError(pointer: "/email", code: "taken")]
        )
    }
}

extension Problem {
    static var customerArchived: Problem {
        Problem(.customerArchived, "This customer was deleted; its external id stays its own.")
    }

    static var externalIDImmutable: Problem {
        Problem(
            .externalIDImmutable,
            "The customer has an external id, and that never changes.",
            errors: [FieldError(pointer: "/external_id", code: "immutable")]
        )
    }

    static var externalIDTaken: Problem {
        Problem(
            .externalIDTaken,
            "Another customer of this site has this external id.",
            errors: [FieldError(pointer: "/external_id", code: "taken")]
        )
    }
}
