import JSON

/// What became of the deliveries of a replay.
struct ReplayTally: Sendable {
    private(set) var answersByStatus: [Int: Int] = [:]
    /// Answers that said whether the event was new.
    private(set) var received = 0
    private(set) var duplicates = 0
    /// Deliveries without an answer, by reason.
    private(set) var unanswered: [String: Int] = [:]
    /// What the first refusal of each status said.
    private(set) var firstRefusal: [Int: String] = [:]
    private var nanoseconds: [UInt64] = []

    var attempts: Int { answers + unanswered.values.reduce(0, +) }
    var answers: Int { answersByStatus.values.reduce(0, +) }
    /// True when there was an answer to everything, and every one was 2xx.
    var isAllAccepted: Bool {
        unanswered.isEmpty && answersByStatus.keys.allSatisfy { (200..<300).contains($0) }
    }

    mutating func add(_ answer: WebhookAnswer, nanoseconds elapsed: UInt64) {
        answersByStatus[answer.status, default: 0] += 1
        nanoseconds.append(elapsed)
        // Other receivers may answer with anything; then only the status counts.
        let root = try? JSONDocument.parse(answer.body).root
        if (200..<300).contains(answer.status) {
            switch root?["duplicate"]?.boolean {
            case true?: duplicates += 1
            case false?: received += 1
            case nil: break
            }
        } else if firstRefusal[answer.status] == nil {
            let words = [root?["code"]?.string, root?["detail"]?.string ?? root?["title"]?.string]
            let text = words.compactMap { $0 }.joined(separator: ": ")
            if !text.isEmpty { firstRefusal[answer.status] = printable(String(text.prefix(200))) }
        }
    }

    mutating func addUnanswered(_ reason: String) {
        unanswered[reason, default: 0] += 1
    }

    mutating func merge(_ other: ReplayTally) {
        answersByStatus.merge(other.answersByStatus, uniquingKeysWith: +)
        unanswered.merge(other.unanswered, uniquingKeysWith: +)
        firstRefusal.merge(other.firstRefusal) { first, _ in first }
        received += other.received
        duplicates += other.duplicates
        nanoseconds += other.nanoseconds
    }

    /// For people; `planned` deliveries, `elapsed` nanoseconds from the first to the last.
    func summary(planned: Int, connections: Int, elapsed: UInt64) -> [String] {
        let seconds = Double(elapsed) / 1e9
        let rate = seconds > 0 ? Int(Double(answers) / seconds) : 0
        let over = connections == 1 ? "1 connection" : "\(connections) connections"
        var lines = [
            "delivered   \(answers) of \(planned) in \(decimals(seconds, 1)) s (\(rate) a second) over \(over)"
        ]
        for (status, count) in answersByStatus.sorted(by: { $0.key < $1.key }) {
            var line = "status \(status)  \(count)"
            if (200..<300).contains(status), received + duplicates > 0 {
                line += "   received \(received), duplicate \(duplicates)"
            }
            if let refusal = firstRefusal[status] { line += "   \(refusal)" }
            lines.append(line)
        }
        for (reason, count) in unanswered.sorted(by: { $0.key < $1.key }) {
            lines.append("no answer   \(count)   \(reason)")
        }
        if attempts < planned { lines.append("not sent    \(planned - attempts)") }
        if !nanoseconds.isEmpty {
            let sorted = nanoseconds.sorted()
            func milliseconds(_ share: Double) -> String {
                decimals(Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]) / 1e6, 2)
            }
            let words =
                "p50 \(milliseconds(0.5)) ms, p90 \(milliseconds(0.9)) ms, p99 \(milliseconds(0.99)) ms"
            lines.append("latency     \(words), max \(milliseconds(1)) ms")
        }
        return lines
    }

    /// `1.05` for (1.049, 2).
    private func decimals(_ number: Double, _ count: Int) -> String {
        let scale = (0..<count).reduce(1) { scale, _ in scale * 10 }
        let scaled = Int((number * Double(scale)).rounded())
        let fraction = String(scaled % scale)
        return "\(scaled / scale)." + String(repeating: "0", count: count - fraction.count) + fraction
    }
}
