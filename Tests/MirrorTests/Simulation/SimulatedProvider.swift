import Foundation
import HTTPClient
import Threading
import Timing

/// A Stripe-like provider in memory: keys with stored answers, a limiter, faults, and a ledger of what had effect.
///
/// `answer` is the model: synchronous, at a time that the caller names. As an `HTTPTransport` it answers at once.
final class SimulatedProvider: HTTPTransport {
    /// Chances in a thousand calls.
    struct Faults: Sendable {
        /// Executed, and the answer does not arrive.
        var answerLost = 0
        /// The request does not arrive, and nobody knows.
        var requestLost = 0
        /// 500 before anything was executed; not stored.
        var plainServerError = 0
        /// 500 that is stored under the key, without effect.
        var storedServerError = 0
        /// 409: the key is in use.
        var keyInUse = 0
        /// 429 that has nothing to do with the rate.
        var lockTimeout = 0
        /// 200 with a page of HTML, executed.
        var html = 0

        static let none = Faults()
    }

    struct Event: Sendable {
        let id: String
        let type: String
        let second: Int64
        let object: String
        let objectJSON: String
        let key: String?
    }

    struct Answer: Sendable {
        let outcome: Result<HTTPClientResponse, HTTPClientFailure>
        let milliseconds: Int64
        /// What the call changed, for webhooks.
        let events: [Event]
    }

    struct Customer: Sendable {
        let id: String
        let second: Int64
        var fields: [String: String] = [:]
        var metadata: [String: String] = [:]
        var isDeleted = false

        var json: String {
            if isDeleted { return #"{"id":"\#(id)","object":"customer","deleted":true}"# }
            func text(_ name: String) -> String { fields[name].map { "\"\($0)\"" } ?? "null" }
            let marks = metadata.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\"\($0.value)\"" }
            return #"{"id":"\#(id)","object":"customer","created":\#(second),"livemode":false,"#
                + #""email":\#(text("email")),"name":\#(text("name")),"#
                + #""metadata":{\#(marks.joined(separator: ","))}}"#
        }
    }

    struct Session: Sendable {
        let id: String
        let second: Int64
        let customer: String?
        let metadata: [String: String]
        var status = "open"

        var json: String {
            let marks = metadata.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\"\($0.value)\"" }
            let customer = customer.map { "\"\($0)\"" } ?? "null"
            return
                #"{"id":"\#(id)","object":"checkout.session","created":\#(second),"customer":\#(customer),"#
                + #""mode":"payment","payment_status":"unpaid","status":"\#(status)","#
                + #""metadata":{\#(marks.joined(separator: ","))}}"#
        }
    }

    struct Ledger: Sendable {
        var calls = 0
        /// Times and answers of everything that reached the provider or found it gone.
        var callTimes: [Int64] = []
        var rateLimited = 0
        /// How often a key had an effect.
        var effects: [String: Int] = [:]
        /// Every key that was ever sent, also in vain.
        var keys: Set<String> = []
        /// Values of `email` in the order in which each customer got them.
        var values: [String: [String]] = [:]
        var createdWithMark: [String: Int] = [:]
        var refusedKeys = 0
        var callsAfterKeyExpiry = 0
    }

    struct Stored: Sendable {
        let fingerprint: String
        let status: Int
        let body: String
        let at: Int64
    }

    struct State: Sendable {
        var customers: [String: Customer] = [:]
        var sessions: [String: Session] = [:]
        var order: [String] = []
        var keys: [String: Stored] = [:]
        var events: [Event] = []
        var ledger = Ledger()
        var faults = Faults.none
        var outages: [Range<Int64>] = []
        var limitPerSecond: Int?
        var recent: [Int64] = []
        var apiKey = "sk_test_right"
        var counter = 0
        var latency: ClosedRange<Int64> = 20...120
        /// Every call ends so, if set.
        var failure: HTTPClientFailure?
        /// Asked first; nil behaves as usual.
        var scripted: [@Sendable (HTTPClientRequest) -> HTTPClientResponse?] = []
    }

    private let state = Lock(State())
    private let random: RandomSource
    private let clock: WallClock
    // Stripe keeps keys for a day at least; then the same key is a new request.
    private static let keyMilliseconds: Int64 = 24 * 3_600_000

    init(random: RandomSource, clock: WallClock = .system) {
        self.random = random
        self.clock = clock
    }

    func send(_ request: HTTPClientRequest) async throws(HTTPClientFailure) -> HTTPClientResponse {
        try answer(request, at: clock.now()).outcome.get()
    }

    // MARK: Told by the test

    func set(_ faults: Faults) { state.withLock { $0.faults = faults } }
    func set(outages: [Range<Int64>]) { state.withLock { $0.outages = outages } }
    func set(limitPerSecond limit: Int?) { state.withLock { $0.limitPerSecond = limit } }
    func set(apiKey: String) { state.withLock { $0.apiKey = apiKey } }
    func set(failure: HTTPClientFailure?) { state.withLock { $0.failure = failure } }
    func set(latency: ClosedRange<Int64>) { state.withLock { $0.latency = latency } }

    /// Asked first, in order; one that gives an answer stays.
    func script(_ answer: @escaping @Sendable (HTTPClientRequest) -> HTTPClientResponse?) {
        state.withLock { $0.scripted.append(answer) }
    }

    func unscript() { state.withLock { $0.scripted = [] } }

    var ledger: Ledger { state.withLock { $0.ledger } }
    var customers: [String: Customer] { state.withLock { $0.customers } }
    var sessions: [String: Session] { state.withLock { $0.sessions } }

    /// A customer that is there already.
    func addCustomer(_ id: String, fields: [String: String], metadata: [String: String] = [:]) {
        state.withLock { state in
            state.customers[id] = Customer(id: id, second: 1_700_000_000, fields: fields, metadata: metadata)
            state.order.append(id)
        }
    }

    /// Somebody edits the customer in the provider's dashboard.
    func edit(_ id: String, name: String, at time: Timestamp) -> Event? {
        state.withLock { state in
            guard var customer = state.customers[id], !customer.isDeleted else { return nil }
            customer.fields["name"] = name
            state.customers[id] = customer
            return Self.record("customer.updated", id, customer.json, key: nil, at: time, &state)
        }
    }

    func delete(_ id: String, at time: Timestamp) -> Event? {
        state.withLock { state in
            guard let customer = state.customers[id], !customer.isDeleted else { return nil }
            state.customers[id]?.isDeleted = true
            return Self.record("customer.deleted", id, customer.json, key: nil, at: time, &state)
        }
    }

    // MARK: The model

    func answer(_ request: HTTPClientRequest, at time: Timestamp) -> Answer {
        let (random, now) = (random, time.milliseconds)
        return state.withLock { state in
            let latency =
                state.latency.lowerBound
                + Int64(random.below(UInt64(state.latency.upperBound - state.latency.lowerBound) + 1))
            func chance(_ perMille: Int) -> Bool { perMille > 0 && random.below(1_000) < UInt64(perMille) }
            func lost(_ kind: HTTPClientFailure.Kind, _ name: String, events: [Event] = []) -> Answer {
                let failure = HTTPClientFailure(
                    kind: kind,
                    name: name,
                    text: "of the model",
                    mayHaveBeenSent: kind == .ambiguous
                )
                return Answer(outcome: .failure(failure), milliseconds: latency, events: events)
            }
            func respond(
                _ status: Int,
                _ body: String,
                _ headers: [(name: String, value: String)] = [],
                events: [Event] = []
            ) -> Answer {
                let response = HTTPClientResponse(
                    status: status,
                    headers: [("request-id", "req_\(state.ledger.calls)")] + headers,
                    body: Array(body.utf8)
                )
                return Answer(outcome: .success(response), milliseconds: latency, events: events)
            }

            state.ledger.calls += 1
            state.ledger.callTimes.append(now)
            if state.outages.contains(where: { $0.contains(now) }) {
                return lost(.notSent, "CURLE_COULDNT_CONNECT")
            }
            if let failure = state.failure {
                return Answer(outcome: .failure(failure), milliseconds: latency, events: [])
            }
            for script in state.scripted {
                guard let response = script(request) else { continue }
                return Answer(outcome: .success(response), milliseconds: latency, events: [])
            }
            if chance(state.faults.requestLost) { return lost(.ambiguous, "CURLE_RECV_ERROR") }
            if let limit = state.limitPerSecond {
                state.recent = state.recent.suffix(limit + 1).filter { $0 > now - 1_000 }
                if state.recent.count >= limit {
                    state.ledger.rateLimited += 1
                    return respond(
                        429,
                        Self.error("invalid_request_error", "rate_limit"),
                        [("stripe-rate-limited-reason", "global-rate")]
                    )
                }
                state.recent.append(now)
            }
            func header(_ name: String) -> String? {
                request.headers.first { $0.name.lowercased() == name }?.value
            }
            guard header("authorization") == "Bearer \(state.apiKey)" else {
                return respond(401, Self.error("invalid_request_error", "api_key_invalid"))
            }
            let url = request.url.split(separator: "?", maxSplits: 1).map(String.init)
            let path = String(url[0].drop { $0 != "/" }.dropFirst(2).drop { $0 != "/" })
            let query = url.count > 1 ? Self.form(url[1]) : [:]
            guard request.method == .post else {
                let (status, body, event) = Self.unkeyed(request.method, path, query, at: time, &state)
                return respond(status, body, events: event.map { [$0] } ?? [])
            }
            guard let key = header("idempotency-key") else {
                return respond(400, Self.error("invalid_request_error", "no_key_in_a_test"))
            }
            state.ledger.keys.insert(key)
            if chance(state.faults.lockTimeout) {
                return respond(429, Self.error("invalid_request_error", "lock_timeout"))
            }
            if chance(state.faults.keyInUse) {
                return respond(409, Self.error("idempotency_error", "idempotency_key_in_use"))
            }
            if chance(state.faults.plainServerError) {
                return respond(503, Self.error("api_error", "overloaded"))
            }
            let fingerprint = path + "\n" + String(decoding: request.body ?? [], as: UTF8.self)
            if let stored = state.keys[key] {
                if now - stored.at < Self.keyMilliseconds {
                    guard stored.fingerprint == fingerprint else {
                        state.ledger.refusedKeys += 1
                        return respond(400, Self.error("idempotency_error", "key_reused"))
                    }
                    if chance(state.faults.answerLost) { return lost(.ambiguous, "CURLE_OPERATION_TIMEDOUT") }
                    return respond(stored.status, stored.body, [("idempotent-replayed", "true")])
                }
                state.ledger.callsAfterKeyExpiry += 1
            }
            if chance(state.faults.storedServerError) {
                let body = Self.error("api_error", "internal")
                state.keys[key] = Stored(fingerprint: fingerprint, status: 500, body: body, at: now)
                return respond(500, body)
            }
            let form = Self.form(String(decoding: request.body ?? [], as: UTF8.self))
            let (status, body, event) = Self.execute(path, form, key: key, at: time, &state)
            // What fails validation is not stored (provider_api 1.5).
            if status < 400 {
                state.ledger.effects[key, default: 0] += 1
                state.keys[key] = Stored(fingerprint: fingerprint, status: status, body: body, at: now)
            }
            let events = event.map { [$0] } ?? []
            if chance(state.faults.answerLost) {
                return lost(.ambiguous, "CURLE_OPERATION_TIMEDOUT", events: events)
            }
            if chance(state.faults.html) { return respond(200, "<html>It works!</html>", events: events) }
            return respond(status, body, events: events)
        }
    }
}
