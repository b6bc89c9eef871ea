import BillingModel

/// What a good answer looks like.
package struct AnswerExpectation: Sendable, Hashable {
    package enum Body: Sendable, Hashable {
        /// The object, or its deleted form where it can be deleted. Nil id: any, as after a creation.
        case object(type: String, id: String?)
        case list
    }

    package let body: Body

    package init(_ body: Body) {
        self.body = body
    }

    /// The request names one object by its id.
    var namesObject: Bool {
        switch body {
        case .object(_, let id): id != nil
        case .list: false
        }
    }
}

extension ProviderOperation {
    /// What a good answer to the operation is; to a deletion it is the deleted form.
    package var expectation: AnswerExpectation {
        AnswerExpectation(.object(type: objectType.rawValue, id: target?.providerID?.rawValue))
    }
}

extension ProviderRead {
    package var expectation: AnswerExpectation {
        switch self {
        case .object(let type, let id):
            AnswerExpectation(.object(type: type.rawValue, id: id.rawValue))
        case .customersByEmail, .checkoutSessions, .events, .list, .listOfCustomer, .invoiceLines,
            .subscriptionItems:
            AnswerExpectation(.list)
        }
    }
}
