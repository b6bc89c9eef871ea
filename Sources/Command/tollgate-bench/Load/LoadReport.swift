/// What a load generator saw during one job; travels as lines of a name and numbers.
package struct LoadReport: Sendable, Equatable {
    package var elapsedNanoseconds: UInt64 = 0
    package var sent: UInt64 = 0
    /// Answered 2xx and not called a duplicate.
    package var accepted: UInt64 = 0
    /// Answered 2xx as known already.
    package var duplicates: UInt64 = 0
    /// Answers by HTTP status.
    package var statuses: [Int: UInt64] = [:]
    /// Connections that broke while a request was under way.
    package var broken: UInt64 = 0
    /// Requests sent again, after a broken connection or a 5xx.
    package var resent: UInt64 = 0
    /// Scheduled within the job's time and never sent, because no connection was free.
    package var behind: UInt64 = 0
    /// Requests without an answer when the job gave up.
    package var unanswered: UInt64 = 0
    /// Accepted in each full second.
    package var perSecond: [UInt64] = []
    package var latencyP50: UInt64 = 0
    package var latencyP90: UInt64 = 0
    package var latencyP99: UInt64 = 0
    package var latencyP999: UInt64 = 0
    package var latencyMax: UInt64 = 0
    /// The generator's own user and system time.
    package var cpuMicroseconds: UInt64 = 0
    package var requestBytes: UInt64 = 0
    package var bodyBytes: UInt64 = 0

    package init() {}

    package static let endLine = "end"

    private static var numbers: [(name: String, path: WritableKeyPath<LoadReport, UInt64>)] {
        [
            ("elapsed_ns", \.elapsedNanoseconds), ("sent", \.sent), ("accepted", \.accepted),
            ("duplicates", \.duplicates), ("broken", \.broken), ("resent", \.resent), ("behind", \.behind),
            ("unanswered", \.unanswered), ("p50_ns", \.latencyP50), ("p90_ns", \.latencyP90),
            ("p99_ns", \.latencyP99), ("p999_ns", \.latencyP999), ("max_ns", \.latencyMax),
            ("cpu_us", \.cpuMicroseconds), ("request_bytes", \.requestBytes), ("body_bytes", \.bodyBytes),
        ]
    }

    package var lines: [String] {
        var lines = Self.numbers.map { "\($0.name) \(self[keyPath: $0.path])" }
        lines += statuses.sorted { $0.key < $1.key }.map { "status \($0.key) \($0.value)" }
        lines.append((["per_second"] + perSecond.map { String($0) }).joined(separator: " "))
        return lines
    }

    /// Nil when a line is not one of ours.
    package init?(lines: [String]) {
        for line in lines {
            let words = line.split(separator: " ")
            let values = words.dropFirst().compactMap { UInt64($0) }
            guard let name = words.first, values.count == words.count - 1 else { return nil }
            if name == "per_second" {
                perSecond = values
            } else if name == "status", values.count == 2 {
                statuses[Int(values[0])] = values[1]
            } else if let number = Self.numbers.first(where: { $0.name == name }), values.count == 1 {
                self[keyPath: number.path] = values[0]
            } else {
                return nil
            }
        }
    }

    package var seconds: Double { Double(elapsedNanoseconds) / 1e9 }
    package var acceptedPerSecond: Double { seconds > 0 ? Double(accepted) / seconds : 0 }
    package var cpuMicrosecondsPerEvent: Double { sent > 0 ? Double(cpuMicroseconds) / Double(sent) : 0 }
}
