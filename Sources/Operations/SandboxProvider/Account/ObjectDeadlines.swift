/// When time changes an object by itself, in seconds.
struct ObjectDeadlines: Sendable {
    private var times: [String: Int64] = [:]
    /// Not later than the earliest.
    private var earliest = Int64.max

    /// Nil takes the object out.
    mutating func set(_ id: String, _ time: Int64?) {
        times[id] = time
        if let time { earliest = min(earliest, time) }
    }

    /// Takes the earliest out if it has come.
    mutating func takeDue(_ now: Int64) -> (id: String, time: Int64)? {
        guard earliest <= now else { return nil }
        guard let first = times.min(by: { ($0.value, $0.key) < ($1.value, $1.key) }) else {
            earliest = .max
            return nil
        }
        earliest = first.value
        guard first.value <= now else { return nil }
        times[first.key] = nil
        return (first.key, first.value)
    }
}
