/// When time changes an object by itself, in seconds.
struct ObjectDeadlines: Sendable {
    private struct Entry: Comparable, Sendable {
        let time: Int64
        let id: String

        static func < (left: Entry, right: Entry) -> Bool {
            (left.time, left.id) < (right.time, right.id)
        }
    }

    private var times: [String: Int64] = [:]
    /// Also entries whose object has another time by now; those are passed over.
    private var queue = MinHeap<Entry>()

    /// Nil takes the object out.
    mutating func set(_ id: String, _ time: Int64?) {
        guard times[id] != time else { return }
        times[id] = time
        if let time { queue.insert(Entry(time: time, id: id)) }
    }

    /// Takes the earliest out if it has come.
    mutating func takeDue(_ now: Int64) -> (id: String, time: Int64)? {
        while let first = queue.first, first.time <= now {
            _ = queue.removeFirst()
            guard times[first.id] == first.time else { continue }
            times[first.id] = nil
            return (first.id, first.time)
        }
        return nil
    }
}
