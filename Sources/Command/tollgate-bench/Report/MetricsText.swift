/// Numbers from the server's `/metrics`, summed over labels.
struct MetricsText {
    private let lines: [Substring]

    /// An absent page has no numbers.
    init(_ text: String?) {
        lines = (text ?? "").split(separator: "\n")
    }

    /// The sum of all series of that name; nil when there is none.
    func sum(_ name: String) -> Double? {
        var total: Double?
        for line in lines where line.hasPrefix(name) {
            let rest = line.dropFirst(name.count)
            guard rest.first == " " || rest.first == "{" else { continue }
            guard let value = line.split(separator: " ").last.flatMap({ Double($0) }) else { continue }
            total = (total ?? 0) + value
        }
        return total
    }

    /// Commits and checkpoints since the server's start, during which it accepted `events`.
    func addCommits(to report: inout BenchReport, events: UInt64) {
        guard let commits = sum("tollgate_store_commits_total"), commits > 0 else { return }
        report.add(
            "events_per_commit",
            "events per commit (fdatasync)",
            Double(events) / commits,
            "",
            decimals: 1
        )
    }
}
