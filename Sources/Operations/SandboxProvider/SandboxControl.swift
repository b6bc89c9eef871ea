import HTTPServer
import JSON
import Threading
import Timing

/// `/sandbox/…`: what a test asks and orders, beside the provider's own API. Asks for no key: loopback only.
struct SandboxControl {
    let core: SandboxCore

    func answer(_ call: SandboxCall, _ responder: HTTPResponder) {
        var response: HTTPResponse
        do throws(Refusal) {
            response = HTTPResponse(status: 200, body: try body(call))
        } catch {
            response = HTTPResponse(status: error.status, body: Self.json(["error": .text(error.message)]))
        }
        response.headers = [(name: "Content-Type", value: "application/json")]
        responder.respond(response)
    }

    private struct Refusal: Error {
        var status = 400
        let message: String
    }

    private static func json(_ object: WireObject) -> [UInt8] { object.json + [UInt8(ascii: "\n")] }

    private func body(_ call: SandboxCall) throws(Refusal) -> [UInt8] {
        let segments = call.segments
        switch (call.method, segments.count, segments[1]) {
        case ("GET", 2, "effects"):
            let object = query(call, "object")
            return core.state.withLock { $0.effects.json(object: object) }
        case ("DELETE", 2, "effects"):
            core.state.withLock { $0.effects.clear() }
            return Self.json(["cleared": true])
        case ("GET", 2, "faults"): return faults
        case ("POST", 2, "faults"):
            try setFaults(call)
            return faults
        case ("DELETE", 2, "faults"):
            core.state.withLock { $0.faults.clear() }
            return faults
        case ("GET", 2, "clock"): return clock
        case ("POST", 2, "clock"):
            try setClock(try document(call))
            return clock
        case ("GET", 2, "webhooks"): return webhooks
        case ("POST", 3, _):
            return try edit(segments[2], call)
        case ("DELETE", 3, _):
            return try remove(segments[2], call)
        default: throw Refusal(status: 404, message: "the sandbox has no \(call.method) \(call.path)")
        }
    }

    private func query(_ call: SandboxCall, _ name: String) -> String? {
        var branch = FormBranch()
        // A query that cannot be read names nothing.
        try? FormDecoder.decode(call.query, into: &branch)
        guard case .text(let text)? = branch[name] else { return nil }
        return text
    }

    private func document(_ call: SandboxCall) throws(Refusal) -> JSONValue {
        do {
            return try JSONDocument.parse(call.body).root
        } catch {
            throw Refusal(message: "the body should be JSON: \(error)")
        }
    }

    // MARK: Faults

    private var faults: [UInt8] {
        let report = core.state.withLock { $0.faults.report }
        let rows = report.map { rule, met, done in
            WireValue.object([
                "name": WireValue(rule.name), "action": .text("\(rule.action)".prefixWord),
                "met": .integer(Int64(met)),
                "done": .integer(Int64(done)),
            ])
        }
        return Self.json(["faults": .list(rows)])
    }

    private func setFaults(_ call: SandboxCall) throws(Refusal) {
        let rules: [FaultRule]
        do {
            rules = try FaultScript.parse(call.body)
        } catch {
            throw Refusal(message: "\(error)")
        }
        core.visit { state, now in state.faults.add(rules, now: now) }
    }

    // MARK: Clock and webhooks

    private var clock: [UInt8] {
        let now = core.clock.now()
        return Self.json([
            "now": .integer(now.seconds), "now_ms": .integer(now.milliseconds), "text": .text(now.rfc3339),
        ])
    }

    /// `{"advance_s": 3600}`, `{"advance_ms": 5}`, `{"stopped": true}`
    private func setClock(_ order: JSONValue) throws(Refusal) {
        for (key, value) in order.members {
            switch (key, value.integer, value.boolean) {
            case ("advance_s", let seconds?, _) where seconds >= 0 && seconds < 1_000_000_000:
                core.clock.advance(milliseconds: seconds * 1000)
            case ("advance_ms", let milliseconds?, _)
            where milliseconds >= 0 && milliseconds < 1_000_000_000_000:
                core.clock.advance(milliseconds: milliseconds)
            case ("stopped", _, true?): core.clock.stop()
            case ("stopped", _, false?): core.clock.run()
            default: throw Refusal(message: "the clock takes advance_s, advance_ms (forward) and stopped")
            }
        }
        core.passTime()
    }

    private var webhooks: [UInt8] {
        let statistics = core.webhooks?.statistics ?? WebhookStatistics()
        return Self.json([
            "attempts": .integer(Int64(statistics.attempts)),
            "delivered": .integer(Int64(statistics.delivered)),
            "failures": .integer(Int64(statistics.failures)), "given_up": .integer(Int64(statistics.givenUp)),
        ])
    }

    // MARK: The dashboard

    private func edit(_ id: String, _ call: SandboxCall) throws(Refusal) -> [UInt8] {
        guard case .object(let patch) = WireValue(try document(call)) else {
            throw Refusal(message: "the body should be an object of members to change")
        }
        guard let changed = core.edit(id, patch, telling: try telling(call)) else {
            throw Refusal(status: 404, message: "there is no \(id)")
        }
        return Self.json(changed)
    }

    private func remove(_ id: String, _ call: SandboxCall) throws(Refusal) -> [UInt8] {
        guard core.remove(id, telling: try telling(call)) else {
            throw Refusal(status: 404, message: "there is no \(id)")
        }
        return Self.json(["id": .text(id), "deleted": true])
    }

    /// `?tell=list`
    private func telling(_ call: SandboxCall) throws(Refusal) -> ChangeTelling {
        guard let word = query(call, "tell") else { return .webhook }
        guard let telling = ChangeTelling(rawValue: word) else {
            throw Refusal(message: "a change is told to webhook, list or nothing")
        }
        return telling
    }
}

extension String {
    /// `lose(…)` without what stands in it.
    fileprivate var prefixWord: String { String(prefix { $0 != "(" }) }
}
