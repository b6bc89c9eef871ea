import BillingModel
import JSON
import Outbox
import Providers

/// Finds out at the provider whether an operation was carried out, or whether its customer is there already.
///
/// A pure machine: `next` says what to ask, `answered` takes the answer. First the provider's events are searched
/// for the operation's key, as far as `eventPagesMax` reaches; then the thing itself is looked at. Lists, never
/// the search: it lags by minutes (provider_api 1.8).
struct Lookup: Sendable {
    /// What the operation is known by.
    struct Question: Sendable {
        /// Bound as far as possible.
        let operation: ProviderOperation
        /// The key under which it was sent last; nil when nothing was ever sent.
        let key: IdempotencyKey?
        /// Unix second of the first attempt, by our clock; nil when nothing was ever sent.
        let sentSecond: Int64?
    }

    enum Next: Sendable, Equatable {
        case ask(ProviderRead)
        case concluded(Conclusion)
    }

    enum Conclusion: Sendable, Equatable {
        /// It was carried out, or what it asks for is so already. The id is of the object it made or changed.
        case done(ProviderID?)
        /// The customer that it was to make is there, and lacks something of it.
        case found(ProviderID, CustomerPatch)
        /// It has no effect at the provider: it may be sent, with a new key if one was used.
        case notDone
        /// Several objects bear our mark; a person decides which one it is.
        case severalMatch(Int)
        /// Its object was deleted, so there is nothing to be changed any more.
        case gone
        /// The object is in a state from which the operation can never be done.
        case impossible
    }

    // A thousand events are some minutes of a large account. Beyond it, looking at the thing has to do.
    private static let eventPagesMax = 5
    // Two thousand customers of one address are none that we made.
    private static let listPagesMax = 20
    // Provider and we read different clocks.
    private static let skewSeconds: Int64 = 300

    /// A customer that bears our mark.
    private struct Match: Sendable {
        let id: ProviderID
        let fields: CustomerFields
    }

    private enum Stage: Sendable {
        case events(PageRequest, page: Int)
        case customers(email: String, otherSpellings: [String], PageRequest, page: Int, matches: [Match])
        case sessions(PageRequest, page: Int, matches: [ProviderID])
        case object
        case concluded(Conclusion)
    }

    let question: Question
    private var stage: Stage

    init(_ question: Question) {
        self.question = question
        stage = .concluded(.notDone)
        if question.sentSecond != nil, !Self.eventTypes(of: question.operation).isEmpty {
            stage = .events(PageRequest(), page: 1)
        } else {
            stage = Self.look(question)
        }
    }

    var next: Next {
        switch stage {
        case .events(let page, _):
            .ask(
                .events(
                    createdFrom: question.sentSecond.map { $0 - Self.skewSeconds },
                    types: Self.eventTypes(of: question.operation),
                    page: page
                )
            )
        case .customers(let email, _, let page, _, _): .ask(.customersByEmail(email, page: page))
        case .sessions(let page, _, _):
            .ask(
                .checkoutSessions(
                    customer: sessionCustomer,
                    createdFrom: question.sentSecond.map { $0 - Self.skewSeconds },
                    page: page
                )
            )
        case .object:
            target.map { .ask(.object(question.operation.objectType, $0)) } ?? .concluded(.notDone)
        case .concluded(let conclusion): .concluded(conclusion)
        }
    }

    // MARK: Answers

    mutating func answered(_ page: ProviderPage) {
        switch stage {
        case .events(_, let number):
            for element in page.elements where bearsOurKey(element) {
                let object = element["data"]?["object"]
                stage = .concluded(.done(object?["id"]?.string.map { ProviderID($0) }))
                return
            }
            if page.hasMore, let last = page.lastID, number < Self.eventPagesMax {
                stage = .events(PageRequest(.after(last)), page: number + 1)
            } else {
                stage = Self.look(question)
            }
        case .customers(let email, let spellings, _, let number, var matches):
            for element in page.elements where bearsCustomerMark(element) {
                guard let id = element["id"]?.string.map({ ProviderID($0) }) else { continue }
                guard !matches.contains(where: { $0.id == id }) else { continue }
                matches.append(Match(id: id, fields: StripeDecoder.customerFields(element)))
            }
            if page.hasMore, let last = page.lastID, number < Self.listPagesMax {
                let following = PageRequest(.after(last))
                stage = .customers(
                    email: email,
                    otherSpellings: spellings,
                    following,
                    page: number + 1,
                    matches: matches
                )
            } else if let other = spellings.first {
                stage = .customers(
                    email: other,
                    otherSpellings: Array(spellings.dropFirst()),
                    PageRequest(),
                    page: 1,
                    matches: matches
                )
            } else {
                stage = .concluded(conclusion(matches))
            }
        case .sessions(_, let number, var matches):
            for element in page.elements
            where element["metadata"]?.member(ProviderMark.operation)?.string == question.key?.operationMark {
                if let id = element["id"]?.string { matches.append(ProviderID(id)) }
            }
            if page.hasMore, let last = page.lastID, number < Self.listPagesMax {
                stage = .sessions(PageRequest(.after(last)), page: number + 1, matches: matches)
            } else {
                stage = .concluded(Self.conclusion(matches))
            }
        case .object, .concluded:
            preconditionFailure("a page answers a question for a list")
        }
    }

    /// The object as it is now; nil when the provider knows none of that id.
    mutating func answered(object: JSONValue?) {
        guard case .object = stage else { preconditionFailure("an object answers a question for one") }
        guard let object, object["deleted"]?.boolean != true else {
            stage = .concluded(question.operation.isSatisfiedByMissing ? .done(target) : .gone)
            return
        }
        let decoded = StripeDecoder.decode(type: question.operation.objectType.rawValue, object)
        stage = .concluded(conclusion(decoded.content, object))
    }

    /// The events may not be read: what can be looked at itself is. False when they were not asked for.
    mutating func skipEvents() -> Bool {
        guard case .events = stage else { return false }
        stage = Self.look(question)
        return true
    }

    // MARK: What is looked at

    private static func look(_ question: Question) -> Stage {
        switch question.operation {
        case .createCustomer(let draft):
            guard let email = draft.fields.email, !email.isEmpty else { return .concluded(.notDone) }
            // The filter is exact; the provider may have kept another spelling than we sent.
            let lowered = email.lowercased()
            let others = lowered.utf8.elementsEqual(email.utf8) ? [] : [lowered]
            return .customers(email: email, otherSpellings: others, PageRequest(), page: 1, matches: [])
        case .createCheckoutSession:
            return question.sentSecond == nil
                ? .concluded(.notDone) : .sessions(PageRequest(), page: 1, matches: [])
        case .updateCustomer, .updateCheckoutSession, .expireCheckoutSession: return .object
        // Doing these twice does what doing them once does.
        case .deleteCustomer, .cancelSubscription: return .concluded(.notDone)
        }
    }

    /// No event tells that a session was made or its metadata changed, and deletions carry no key.
    private static func eventTypes(of operation: ProviderOperation) -> [String] {
        switch operation {
        case .createCustomer: ["customer.created"]
        case .updateCustomer: ["customer.updated"]
        case .deleteCustomer, .createCheckoutSession, .updateCheckoutSession, .expireCheckoutSession,
            .cancelSubscription:
            []
        }
    }

    private var target: ProviderID? { question.operation.target?.providerID }

    private var sessionCustomer: ProviderID? {
        guard case .createCheckoutSession(let draft) = question.operation else { return nil }
        return draft.customer?.providerID
    }

    /// Whichever generation of the key was carried out.
    private func bearsOurKey(_ event: JSONValue) -> Bool {
        guard let ours = question.key,
            let key = event["request"]?["idempotency_key"]?.string.flatMap({ IdempotencyKey($0) })
        else { return false }
        return key.epoch == ours.epoch && key.operation == ours.operation
    }

    private func bearsCustomerMark(_ customer: JSONValue) -> Bool {
        guard case .createCustomer(let draft) = question.operation,
            let mark = customer["metadata"]?.member(ProviderMark.customer)?.string
        else { return false }
        return mark.utf8.elementsEqual(draft.localID.utf8)
    }

    /// Nothing was sent: whoever made the customer may not have known of an edit that joined the creation.
    private func conclusion(_ matches: [Match]) -> Conclusion {
        if let match = matches.first, matches.count == 1, question.sentSecond == nil,
            case .createCustomer(let draft) = question.operation, !draft.fields.isContained(in: match.fields)
        {
            return .found(match.id, draft.fields.patch)
        }
        return Self.conclusion(matches.map(\.id))
    }

    private static func conclusion(_ matches: [ProviderID]) -> Conclusion {
        switch matches.count {
        case 0: .notDone
        case 1: .done(matches[0])
        default: .severalMatch(matches.count)
        }
    }

    private func conclusion(_ content: DecodedObject.Content, _ object: JSONValue) -> Conclusion {
        switch (question.operation, content) {
        case (.updateCustomer(_, let patch), .customer):
            let fields = StripeDecoder.customerFields(object)
            return patch.folded(over: fields) == fields ? .done(target) : .notDone
        case (.updateCheckoutSession(_, let patch), .checkoutSession(let session)):
            return patch.folded(over: session.metadata) == session.metadata ? .done(target) : .notDone
        case (.expireCheckoutSession, .checkoutSession(let session)):
            switch session.status {
            case .open: return .notDone
            case .expired: return .done(target)
            case .complete: return .impossible
            }
        default: return .notDone
        }
    }
}

extension IdempotencyKey {
    /// The mark that a checkout session bears: the operation's name without the generation of its key.
    var operationMark: String {
        IdempotencyKey(epoch: epoch, operation: operation, generation: 1).text
    }
}
