import JSON

/// Rules as JSON: `{"faults":[{"match":{"method":"POST","path":"/v1/customers","probability":0.2},
/// "action":"lose_answer","times":10}]}`. Words that nobody knows are refused, so that a test never believes in a
/// fault that was not there.
package enum FaultScript {
    package struct Mistake: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    package static func parse(_ bytes: [UInt8]) throws(Mistake) -> [FaultRule] {
        let document: JSONDocument
        do {
            document = try JSONDocument.parse(bytes)
        } catch {
            throw Mistake(description: "the fault script is no JSON: \(error)")
        }
        return try rules(document.root)
    }

    static func rules(_ root: JSONValue) throws(Mistake) -> [FaultRule] {
        let list = root.kind == .array ? root : root["faults"]
        guard let list, list.kind == .array else {
            throw Mistake(description: "the fault script should be a list, or hold one under \"faults\"")
        }
        var rules: [FaultRule] = []
        for element in list.elements { rules.append(try rule(element)) }
        guard rules.count <= FaultEngine.rulesMax else {
            throw Mistake(description: "a fault script has at most \(FaultEngine.rulesMax) rules")
        }
        return rules
    }

    private static func rule(_ value: JSONValue) throws(Mistake) -> FaultRule {
        guard value.kind == .object, let word = value["action"]?.string else {
            throw Mistake(description: "each fault should be an object with an \"action\"")
        }
        let details = FaultDetails(value, action: word)
        var rule = FaultRule(try details.action())
        rule.name = details.text("name")
        rule.times = try details.count("times")
        if let match = value["match"] {
            details.use("match")
            try read(match, into: &rule)
        }
        try details.finish()
        return rule
    }

    private static func read(_ match: JSONValue, into rule: inout FaultRule) throws(Mistake) {
        guard match.kind == .object else { throw Mistake(description: "\"match\" should be an object") }
        for (key, value) in match.members {
            switch key {
            case "method": rule.method = try text(value, key)
            case "path": rule.pathPrefix = try text(value, key)
            case "event": rule.eventType = try text(value, key)
            case "nth": rule.nth = try count(value, key)
            case "every": rule.every = try count(value, key)
            case "probability": rule.probability = try number(value, key)
            case "from_s": rule.fromSeconds = try number(value, key)
            case "until_s": rule.untilSeconds = try number(value, key)
            default: throw Mistake(description: "\"match\" knows no \"\(key)\"")
            }
        }
        let isForWebhooks = rule.action.isForWebhooks
        if isForWebhooks, rule.method != nil || rule.pathPrefix != nil {
            throw Mistake(description: "a webhook is matched by \"event\", not by \"method\" or \"path\"")
        }
        if !isForWebhooks, rule.eventType != nil {
            throw Mistake(description: "\"event\" matches webhooks only")
        }
    }

    private static func text(_ value: JSONValue, _ key: String) throws(Mistake) -> String {
        guard let text = value.string else { throw Mistake(description: "\"\(key)\" should be a text") }
        return text
    }

    private static func count(_ value: JSONValue, _ key: String) throws(Mistake) -> Int {
        guard let count = value.integer, count > 0 else {
            throw Mistake(description: "\"\(key)\" should be a whole number from 1")
        }
        return Int(count)
    }

    private static func number(_ value: JSONValue, _ key: String) throws(Mistake) -> Double {
        guard let number = value.numberText.flatMap(Double.init), number >= 0 else {
            throw Mistake(description: "\"\(key)\" should be a number from 0")
        }
        return number
    }
}

/// The members of one fault beside its conditions.
final class FaultDetails {
    private let value: JSONValue
    private let word: String
    private var used: Set<String> = ["action"]

    init(_ value: JSONValue, action word: String) {
        self.value = value
        self.word = word
    }

    func use(_ name: String) { used.insert(name) }

    func text(_ name: String) -> String? {
        use(name)
        return value.member(name)?.string
    }

    func flag(_ name: String) -> Bool? {
        use(name)
        return value.member(name)?.boolean
    }

    func count(_ name: String) throws(FaultScript.Mistake) -> Int? {
        use(name)
        guard let number = value.member(name), !number.isNull else { return nil }
        guard let integer = number.integer, integer >= 0 else {
            throw FaultScript.Mistake(description: "\"\(name)\" of \(word) should be a whole number")
        }
        return Int(integer)
    }

    func finish() throws(FaultScript.Mistake) {
        for (key, _) in value.members where !used.contains(key) {
            throw FaultScript.Mistake(description: "\(word) knows no \"\(key)\"")
        }
    }

    func action() throws(FaultScript.Mistake) -> FaultAction {
        switch word {
        case "lose_request": return .loseRequest
        case "lose_answer": return .loseAnswer
        case "reset": return .reset
        case "hold": return .hold
        case "drip": return .drip(milliseconds: try count("ms") ?? 1000)
        case "reset_mid_body": return .resetMidBody
        case "short_body": return .shortBody
        case "truncated_chunks": return .truncatedChunks
        case "invalid_json":
            return .replaceBody(Array("{\"id\": \"cus_".utf8), contentType: "application/json")
        case "empty": return .replaceBody([], contentType: "application/json")
        case "html":
            let page = "<!doctype html><title>Maintenance</title><p>Back soon.</p>\n"
            return .replaceBody(Array(page.utf8), contentType: "text/html; charset=utf-8")
        case "huge_body": return .hugeBody(try count("bytes") ?? 50_000_000)
        case "wrong_id": return .wrongID
        case "interim": return .interim(try count("status") ?? 103)
        case "latency":
            return .latency(milliseconds: try count("ms") ?? 0, jitter: try count("jitter_ms") ?? 0)
        case "rate_limit": return rateLimit()
        case "redirect": return redirect()
        case "status": return try status()
        case "drop_webhook": return .dropWebhook
        case "duplicate_webhook": return .duplicateWebhook
        case "reorder_webhook": return .swapWebhook
        case "delay_webhook": return .delayWebhook(milliseconds: try count("ms") ?? 1000)
        case "same_second": return .sameSecond
        case "lose_event": return .loseEvent
        default: throw FaultScript.Mistake(description: "there is no action \"\(word)\"")
        }
    }

    /// With `reason` the header, with `lock_timeout` the other form of 429.
    private func rateLimit() -> FaultAction {
        if flag("lock_timeout") == true {
            let error = ProviderError(
                status: 429,
                code: "lock_timeout",
                "This object cannot be accessed right now because another request is using it."
            )
            return .refuse(error, stored: false)
        }
        var error = RateLimiter.refusal(reason: text("reason"))
        if let pause = text("retry_after") { error.headers.append((name: "Retry-After", value: pause)) }
        return .refuse(error, stored: false)
    }

    private func redirect() -> FaultAction {
        let place = text("location") ?? "http://127.0.0.1:1/elsewhere"
        let error = ProviderError(status: 302, "Moved.", headers: [(name: "Location", value: place)])
        return .refuse(error, stored: false)
    }

    /// `after: true` makes the change first; `stored: true` keeps the answer under the key.
    private func status() throws(FaultScript.Mistake) -> FaultAction {
        guard let status = try count("status"), (200...599).contains(status) else {
            throw FaultScript.Mistake(description: "\"status\" should be a number from 200 to 599")
        }
        var error = ProviderError(
            status: status,
            type: text("type") ?? Self.type(of: status),
            code: text("code"),
            text("message") ?? "A fault of the sandbox.",
            parameter: text("param")
        )
        use("headers")
        if let headers = value["headers"] {
            error.headers = headers.members.map { (name: $0.key, value: $0.value.string ?? "") }
        }
        let stored = flag("stored") ?? false
        return flag("after") == true ? .failAfterwards(error, stored: stored) : .refuse(error, stored: stored)
    }

    private static func type(of status: Int) -> String {
        switch status {
        case 402: "card_error"
        case 500...: "api_error"
        default: "invalid_request_error"
        }
    }
}
