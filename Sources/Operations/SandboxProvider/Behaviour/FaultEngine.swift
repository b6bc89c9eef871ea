import Timing

/// The rules in force, and how often each was met.
struct FaultEngine: Sendable {
    private struct Active {
        let rule: FaultRule
        let since: Timestamp
        var met = 0
        var done = 0
        var second: Int64?
    }

    static let rulesMax = 1000
    private var rules: [Active] = []
    private let random: RandomSource

    init(random: RandomSource) {
        self.random = random
    }

    mutating func add(_ added: [FaultRule], now: Timestamp) {
        rules += added.map { Active(rule: $0, since: now) }
    }

    mutating func clear() { rules = [] }

    /// Name, action, how often met and how often done.
    var report: [(rule: FaultRule, met: Int, done: Int)] { rules.map { ($0.rule, $0.met, $0.done) } }

    /// The delay of all latency rules that apply, and the first other action.
    mutating func forCall(
        method: String,
        path: String,
        now: Timestamp
    ) -> (action: FaultAction?, latencyMilliseconds: Int) {
        var latency = 0
        var action: FaultAction?
        for index in rules.indices where !rules[index].rule.action.isForWebhooks {
            let rule = rules[index].rule
            if let wanted = rule.method, wanted != method { continue }
            if let prefix = rule.pathPrefix, !path.hasPrefix(prefix) { continue }
            if case .latency(let milliseconds, let jitter) = rule.action {
                guard Self.isDue(&rules[index], now, random) else { continue }
                latency += milliseconds + (jitter > 0 ? Int(random.below(UInt64(jitter) + 1)) : 0)
            } else if action == nil, Self.isDue(&rules[index], now, random) {
                action = rule.action
            }
        }
        return (action, latency)
    }

    /// All webhook actions that apply to an event once it is made.
    mutating func forWebhook(type: String, now: Timestamp) -> [FaultAction] {
        var actions: [FaultAction] = []
        for index in rules.indices where rules[index].rule.action.isForWebhooks {
            switch rules[index].rule.action {
            case .sameSecond, .loseEvent: continue
            default: break
            }
            guard Self.concerns(rules[index].rule, type), Self.isDue(&rules[index], now, random) else {
                continue
            }
            actions.append(rules[index].rule.action)
        }
        return actions
    }

    /// Whether no event is made of a change.
    mutating func losesEvent(type: String, now: Timestamp) -> Bool {
        for index in rules.indices {
            guard case .loseEvent = rules[index].rule.action, Self.concerns(rules[index].rule, type) else {
                continue
            }
            if Self.isDue(&rules[index], now, random) { return true }
        }
        return false
    }

    /// The second that an event bears.
    mutating func eventSecond(type: String, now: Timestamp) -> Int64 {
        for index in rules.indices {
            guard case .sameSecond = rules[index].rule.action, Self.concerns(rules[index].rule, type),
                Self.isDue(&rules[index], now, random)
            else { continue }
            let second = rules[index].second ?? now.seconds
            rules[index].second = second
            return second
        }
        return now.seconds
    }

    private static func concerns(_ rule: FaultRule, _ type: String) -> Bool {
        rule.eventType.map { SandboxEvent.matches(type, pattern: $0) } ?? true
    }

    private static func isDue(_ active: inout Active, _ now: Timestamp, _ random: RandomSource) -> Bool {
        let rule = active.rule
        let age = Double(now.milliseconds(since: active.since)) / 1000
        if let from = rule.fromSeconds, age < from { return false }
        if let until = rule.untilSeconds, age >= until { return false }
        if let times = rule.times, active.done >= times { return false }
        active.met += 1
        if let nth = rule.nth, active.met != nth { return false }
        if let every = rule.every, !active.met.isMultiple(of: every) { return false }
        if let probability = rule.probability {
            let draw = Double(random.next() >> 11) / Double(UInt64(1) << 53)
            if draw >= probability { return false }
        }
        active.done += 1
        return true
    }
}
