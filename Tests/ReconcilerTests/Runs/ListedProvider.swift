import BillingModel
import JSON
import Providers
import Threading
import Timing

/// A provider in memory that answers pages as Stripe's lists do: newest first, by cursor, with dead cursors.
final class ListedProvider: Sendable {
    struct Object {
        let type: String
        let id: String
        let created: Int64
        /// Further members of its JSON, beginning with a comma.
        var members: String
        /// A customer that was deleted leaves its id behind.
        var isDeleted = false
        /// Lists leave out what stands on a test clock.
        var isListed = true
        /// Objects of a list inside it, of which it shows the first ten.
        var rows: [String] = []

        var json: String {
            if isDeleted { return #"{"id":"\#(id)","object":"\#(type)","deleted":true}"# }
            let inner =
                rows.isEmpty
                ? ""
                : #","\#(type == "invoice" ? "lines" : "items")":{"object":"list","data":[\#(rows.prefix(10).joined(separator: ","))],"has_more":\#(rows.count > 10)}"#
            return #"{"id":"\#(id)","object":"\#(type)","created":\#(created)\#(inner)\#(members)}"#
        }
    }

    private struct State {
        var objects: [String: Object] = [:]
        var asked: [ProviderRead] = []
        var fault: @Sendable (Int, ProviderRead) -> PageAnswer? = { _, _ in nil }
        var holds = 0
        var held: [@Sendable () -> Void] = []
    }

    private let state = Lock(State())
    private let clock: WallClock

    init(clock: WallClock) {
        self.clock = clock
    }

    // MARK: What it has

    func put(_ type: String, _ id: String, created: Int64, _ members: String) {
        state.withLock { $0.objects[id] = Object(type: type, id: id, created: created, members: members) }
    }

    func change(_ id: String, _ change: (inout Object) -> Void) {
        state.withLock { state in
            guard var object = state.objects[id] else { return }
            change(&object)
            state.objects[id] = object
        }
    }

    func remove(_ id: String) {
        state.withLock { $0.objects[id] = nil }
    }

    func json(_ id: String) -> String? { state.withLock { $0.objects[id]?.json } }

    var asked: [ProviderRead] { state.withLock { $0.asked } }

    func forgetAsked() { state.withLock { $0.asked = [] } }

    /// What is answered instead, by the number of the question (from one) and the question.
    func answer(_ fault: @escaping @Sendable (Int, ProviderRead) -> PageAnswer?) {
        state.withLock { $0.fault = fault }
    }

    /// So many answers wait until `release`.
    func hold(_ count: Int = .max) { state.withLock { $0.holds = count } }

    func release() {
        let held = state.withLock { state in
            state.holds = 0
            defer { state.held = [] }
            return state.held
        }
        for answer in held { answer() }
    }

    // MARK: Answers

    var fetch: @Sendable (ConnectionID, ProviderRead, @escaping @Sendable (PageAnswer) -> Void) -> Void {
        { [self] _, read, done in
            let (number, fault) = state.withLock { state in
                state.asked.append(read)
                return (state.asked.count, state.fault)
            }
            // It may ask and change this provider itself.
            let answer = fault(number, read)
            // As the provider is now, whenever the answer arrives.
            let given = answer ?? self.answer(to: read)
            let isHeld = state.withLock { state in
                guard state.holds > 0 else { return false }
                state.holds -= 1
                state.held.append { done(given) }
                return true
            }
            if !isHeld { done(given) }
        }
    }

    private func answer(to read: ProviderRead) -> PageAnswer {
        switch read {
        case .object(let type, let id):
            return object(type, id)
        case .list(let type, let from, let through, let page):
            return list(page) {
                $0.type == type.rawValue && $0.isListed && $0.created >= from ?? .min
                    && $0.created <= through ?? .max
            }
        case .listOfCustomer(let type, let customer, let page):
            return list(page) {
                $0.type == type.rawValue && $0.members.contains(#""customer":"\#(customer)""#)
            }
        case .invoiceLines(let id, let page), .subscriptionItems(let id, let page):
            return rows(id, page)
        case .customersByEmail, .checkoutSessions, .events:
            return .refused(.ours(code: "unexpected", message: "runs do not ask that"))
        }
    }

    private var date: Timestamp? { clock.now() }

    private func object(_ type: ObjectType, _ id: ProviderID) -> PageAnswer {
        guard let object = state.withLock({ $0.objects[id.rawValue] }), object.type == type.rawValue else {
            return .missing(.ours(code: "resource_missing", message: "none"))
        }
        // A mistake in a test's own text must not look like an object that is gone.
        guard let document = try? JSONDocument.parse(Array(object.json.utf8)) else {
            preconditionFailure("\(object.json) is no JSON")
        }
        return .object(document.root, date: date)
    }

    private func list(_ request: PageRequest, _ isIn: (Object) -> Bool) -> PageAnswer {
        let all = state.withLock { state in
            state.objects.values.filter { !$0.isDeleted }
        }
        let objects = all.filter(isIn).sorted { ($0.created, $0.id) > ($1.created, $1.id) }
        var rest = objects[...]
        if case .after(let cursor) = request.place {
            guard let place = objects.firstIndex(where: { $0.id == cursor.rawValue }) else {
                return .cursorGone(.ours(code: "resource_missing", message: "no such cursor"))
            }
            rest = objects[(place + 1)...]
        }
        return page(rest.prefix(request.count).map(\.json), hasMore: rest.count > request.count)
    }

    private func rows(_ id: ProviderID, _ request: PageRequest) -> PageAnswer {
        guard let object = state.withLock({ $0.objects[id.rawValue] }) else {
            return .refused(.ours(code: "resource_missing", message: "none"))
        }
        var rest = object.rows[...]
        if case .after(let cursor) = request.place {
            guard let place = rest.firstIndex(where: { $0.contains(#""id":"\#(cursor)""#) }) else {
                return .cursorGone(.ours(code: "resource_missing", message: "no such cursor"))
            }
            rest = rest[(place + 1)...]
        }
        return page(Array(rest.prefix(request.count)), hasMore: rest.count > request.count)
    }

    private func page(_ elements: [String], hasMore: Bool) -> PageAnswer {
        Self.page(elements, hasMore: hasMore, date: date)
    }

    static func page(_ elements: [String], hasMore: Bool, date: Timestamp? = nil) -> PageAnswer {
        let text = #"{"object":"list","data":[\#(elements.joined(separator: ","))],"has_more":\#(hasMore)}"#
        // Text of our own making: the else refuses, and the run fails.
        guard let document = try? JSONDocument.parse(Array(text.utf8)),
            let page = StripeAnswers.page(document)
        else { return .refused(.ours(code: "test", message: "the test's list is none")) }
        return .page(page, date: date)
    }
}
