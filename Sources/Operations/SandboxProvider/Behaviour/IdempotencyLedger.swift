import Timing

/// Answers by idempotency key, kept for a day; facts in `reference/provider_api.md` 1.5.
struct IdempotencyLedger: Sendable {
    static let windowMilliseconds: Int64 = 24 * 3600 * 1000
    static let keyCharactersMax = 255
    /// Beyond it the oldest is forgotten before its day is over: memory, a kilobyte each.
    static let keysMax = 500_000

    enum Beginning {
        case fresh
        case replay(SandboxAnswer)
        /// Another request with the key has not been answered yet.
        case inUse
        /// The key came with another request before.
        case changed
    }

    private enum Progress {
        case running
        case answered(SandboxAnswer)
    }

    private struct Entry {
        let fingerprint: UInt64
        let since: Timestamp
        var progress = Progress.running
    }

    private var entries: [String: Entry] = [:]
    /// Keys in order of arrival, for forgetting.
    private var arrivals: [(key: String, since: Timestamp)] = []
    private var forgotten = 0

    var count: Int { entries.count }

    mutating func begin(_ key: String, fingerprint: UInt64, now: Timestamp) -> Beginning {
        forget(now)
        guard let entry = entries[key] else {
            entries[key] = Entry(fingerprint: fingerprint, since: now)
            arrivals.append((key, now))
            return .fresh
        }
        guard entry.fingerprint == fingerprint else { return .changed }
        switch entry.progress {
        case .running: return .inUse
        case .answered(let answer): return .replay(answer)
        }
    }

    /// Keeps the answer, to be replayed.
    mutating func answered(_ key: String, _ answer: SandboxAnswer) {
        entries[key]?.progress = .answered(answer)
    }

    /// Nothing was executed: the key is as if it had never come.
    mutating func release(_ key: String) {
        entries[key] = nil
    }

    private mutating func forget(_ now: Timestamp) {
        while forgotten < arrivals.count,
            now.milliseconds(since: arrivals[forgotten].since) >= Self.windowMilliseconds
                || arrivals.count - forgotten > Self.keysMax
        {
            let (key, since) = arrivals[forgotten]
            if entries[key]?.since == since { entries[key] = nil }
            forgotten += 1
        }
        if forgotten > 10_000 {
            arrivals.removeFirst(forgotten)
            forgotten = 0
        }
    }

    /// FNV-1a over method, path and parameters, whatever their order.
    static func fingerprint(_ call: SandboxCall) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ bytes: some Sequence<UInt8>) {
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            hash = (hash ^ 0xFF) &* 0x100_0000_01B3
        }
        add(call.method.utf8)
        add(call.path.utf8)
        let ampersand = UInt8(ascii: "&")
        let parts = (call.body.split(separator: ampersand) + call.query.split(separator: ampersand))
        for part in parts.sorted(by: { $0.lexicographicallyPrecedes($1) }) { add(part) }
        return hash
    }
}
