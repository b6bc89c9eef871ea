import Glibc

/// The bare loop as a child process.
enum BareProcess {
    static func run(port: UInt16, inFlight: Int, count: Int, run: UInt64, keeper: ChildKeeper)
        throws(BenchError) -> BareReport
    {
        let words = [
            "bare", "--port", "\(port)", "--in-flight", "\(inFlight)", "--count", "\(count)", "--run",
            "\(run)",
        ]
        return try Self.run(words, keeper: keeper)
    }

    /// This program again with these words, which make it tell one report.
    static func run(_ words: [String], keeper: ChildKeeper) throws(BenchError) -> BareReport {
        let child = try ChildProcess(Programs.own, words, streams: .pipes, keeper: keeper)
        defer { child.stop(signal: SIGTERM, patienceSeconds: 5) }
        let answers = ControlInput(descriptor: child.output)
        var lines: [String] = []
        while let line = answers.nextLine() {
            guard line == BareReport.endLine else {
                lines.append(line)
                continue
            }
            guard let report = BareReport(lines: lines) else { break }
            guard report.failed == 0 else {
                throw BenchError("\(report.failed) of the bare loop's calls were not answered with 200")
            }
            return report
        }
        throw BenchError("the bare loop ended without a report")
    }
}
