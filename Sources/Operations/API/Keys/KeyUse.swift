import Threading
import Timing

/// Writes a key's last use at most once a minute, so that reading does not become writing.
final class KeyUse: Sendable {
    private static let intervalMilliseconds: Int64 = 60_000

    private let noted = Lock<[Int64: Timestamp]>([:])

    func isWorthWriting(_ key: APIKey, now: Timestamp) -> Bool {
        noted.withLock { noted in
            if let last = noted[key.number] ?? key.lastUsedAt,
                abs(now.milliseconds(since: last)) < Self.intervalMilliseconds
            {
                return false
            }
            noted[key.number] = now
            return true
        }
    }
}
