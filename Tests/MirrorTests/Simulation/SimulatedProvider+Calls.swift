import Foundation
import HTTPClient
import Timing

/// The calls that the model knows, of customers, checkout sessions and events.
extension SimulatedProvider {
    // MARK: Calls with a key

    static func execute(
        _ path: String,
        _ form: [String: String],
        key: String,
        at time: Timestamp,
        _ state: inout State
    ) -> (Int, String, Event?) {
        let parts = path.split(separator: "/").map(String.init)
        if parts == ["v1", "customers"] {
            state.counter += 1
            let id = "cus_\(state.counter)"
            var customer = Customer(id: id, second: time.seconds)
            apply(form, to: &customer)
            if let mark = customer.metadata["gw_customer_id"] {
                state.ledger.createdWithMark[mark, default: 0] += 1
            }
            state.customers[id] = customer
            state.order.append(id)
            note(customer, &state)
            let event = record("customer.created", id, customer.json, key: key, at: time, &state)
            return (200, customer.json, event)
        }
        if parts.count == 3, parts[1] == "customers" {
            guard var customer = state.customers[parts[2]], !customer.isDeleted else {
                return (404, error("invalid_request_error", "resource_missing", parameter: "id"), nil)
            }
            apply(form, to: &customer)
            state.customers[customer.id] = customer
            note(customer, &state)
            let event = record("customer.updated", customer.id, customer.json, key: key, at: time, &state)
            return (200, customer.json, event)
        }
        if parts == ["v1", "checkout", "sessions"] {
            state.counter += 1
            let id = "cs_\(state.counter)"
            var marks = Customer(id: "", second: 0)
            apply(form, to: &marks)
            let session = Session(
                id: id,
                second: time.seconds,
                customer: form["customer"],
                metadata: marks.metadata
            )
            state.sessions[id] = session
            return (200, session.json, nil)
        }
        if parts.count == 5, parts[4] == "expire", var session = state.sessions[parts[3]] {
            guard session.status == "open" else {
                return (400, error("invalid_request_error", "session_not_open"), nil)
            }
            session.status = "expired"
            state.sessions[session.id] = session
            return (200, session.json, nil)
        }
        return (404, error("invalid_request_error", "resource_missing"), nil)
    }

    private static func apply(_ form: [String: String], to customer: inout Customer) {
        for (name, value) in form {
            if name.hasPrefix("metadata[") {
                let key = String(name.dropFirst("metadata[".count).dropLast())
                customer.metadata[key] = value.isEmpty ? nil : value
            } else {
                customer.fields[name] = value.isEmpty ? nil : value
            }
        }
    }

    private static func note(_ customer: Customer, _ state: inout State) {
        guard let value = customer.fields["email"], state.ledger.values[customer.id]?.last != value else {
            return
        }
        state.ledger.values[customer.id, default: []].append(value)
    }

    static func record(
        _ type: String,
        _ object: String,
        _ json: String,
        key: String?,
        at time: Timestamp,
        _ state: inout State
    ) -> Event {
        state.counter += 1
        let event = Event(
            id: "evt_\(state.counter)",
            type: type,
            second: time.seconds,
            object: object,
            objectJSON: json,
            key: key
        )
        state.events.append(event)
        return event
    }

    // MARK: Calls without

    static func unkeyed(
        _ method: HTTPClientMethod,
        _ path: String,
        _ query: [String: String],
        at time: Timestamp,
        _ state: inout State
    ) -> (status: Int, body: String, event: Event?) {
        let parts = path.split(separator: "/").map(String.init)
        let missing = (404, error("invalid_request_error", "resource_missing", parameter: "id"), Event?.none)
        if method == .delete, parts.count == 3, parts[1] == "customers" {
            guard let customer = state.customers[parts[2]], !customer.isDeleted else { return missing }
            state.customers[customer.id]?.isDeleted = true
            let event = record("customer.deleted", customer.id, customer.json, key: nil, at: time, &state)
            return (200, state.customers[customer.id]?.json ?? "", event)
        }
        if parts == ["v1", "customers"] {
            let found = state.order.reversed().compactMap { state.customers[$0] }.filter { customer in
                !customer.isDeleted && (query["email"] == nil || customer.fields["email"] == query["email"])
            }
            return (200, list(found.map { ($0.id, $0.json) }, query), nil)
        }
        if parts.count == 3, parts[1] == "customers" {
            guard let customer = state.customers[parts[2]] else { return missing }
            return (200, customer.json, nil)
        }
        if parts == ["v1", "checkout", "sessions"] {
            let found = state.sessions.values.filter { session in
                query["customer"] == nil || session.customer == query["customer"]
            }.sorted { $0.id > $1.id }
            return (200, list(found.map { ($0.id, $0.json) }, query), nil)
        }
        if parts.count == 4, parts[2] == "sessions" {
            guard let session = state.sessions[parts[3]] else { return missing }
            return (200, session.json, nil)
        }
        if parts == ["v1", "events"] {
            let from = query["created[gte]"].flatMap(Int64.init) ?? 0
            let found = state.events.reversed().filter { event in
                event.second >= from && (query["types[0]"] == nil || event.type == query["types[0]"])
            }
            return (200, list(found.map { ($0.id, json($0)) }, query), nil)
        }
        return missing
    }

    private static func json(_ event: Event) -> String {
        let key = event.key.map { "\"\($0)\"" } ?? "null"
        return #"{"id":"\#(event.id)","object":"event","type":"\#(event.type)","created":\#(event.second),"#
            + #""data":{"object":\#(event.objectJSON)},"request":{"id":"req_1","idempotency_key":\#(key)}}"#
    }

    private static func list(_ elements: [(id: String, json: String)], _ query: [String: String]) -> String {
        var rest = elements[...]
        if let cursor = query["starting_after"], let place = rest.firstIndex(where: { $0.id == cursor }) {
            rest = rest[(place + 1)...]
        }
        let page = rest.prefix(query["limit"].flatMap(Int.init) ?? 10)
        return #"{"object":"list","has_more":\#(rest.count > page.count),"data":["#
            + page.map(\.json).joined(separator: ",") + "]}"
    }

    static func error(_ type: String, _ code: String, parameter: String? = nil) -> String {
        let parameter = parameter.map { #","param":"\#($0)""# } ?? ""
        return #"{"error":{"type":"\#(type)","code":"\#(code)"\#(parameter),"message":"of the model"}}"#
    }

    static func form(_ text: String) -> [String: String] {
        var form: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            func decoded(_ part: Substring) -> String {
                part.replacingOccurrences(of: "+", with: " ").removingPercentEncoding ?? String(part)
            }
            form[decoded(parts[0])] = parts.count > 1 ? decoded(parts[1]) : ""
        }
        return form
    }
}
