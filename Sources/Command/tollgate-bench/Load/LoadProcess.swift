import Glibc

/// A load generator in its own process, told its jobs one after the other.
final class LoadProcess {
    let options: LoadOptions
    private let child: ChildProcess
    private let answers: ControlInput

    /// `secret` signs the events; it travels in the environment.
    init(_ options: LoadOptions, secret: String, keeper: ChildKeeper) throws(BenchError) {
        self.options = options
        child = try ChildProcess(
            Programs.own,
            ["load"] + options.arguments,
            environment: [LoadOptions.secretVariable: secret],
            streams: .pipes,
            keeper: keeper
        )
        answers = ControlInput(descriptor: child.output)
    }

    /// Runs a job to its end.
    func perform(_ job: LoadJob) throws(BenchError) -> LoadReport {
        try begin(job)
        return try finish()
    }

    func begin(_ job: LoadJob) throws(BenchError) {
        try say(job.line)
    }

    /// Ends a job that runs without limit; `finish` gives its report.
    func pause() throws(BenchError) {
        try say(LoadJob.pauseLine)
    }

    /// Waits that long for the report to be there.
    func hasReport(within milliseconds: Int32) -> Bool {
        var watched = pollfd(fd: child.output, events: Int16(POLLIN), revents: 0)
        return poll(&watched, 1, milliseconds) > 0
    }

    func finish() throws(BenchError) -> LoadReport {
        var lines: [String] = []
        while let line = answers.nextLine() {
            guard line == LoadReport.endLine else {
                lines.append(line)
                continue
            }
            guard let report = LoadReport(lines: lines) else { break }
            return report
        }
        throw BenchError("the load generator ended without a report")
    }

    /// Lets the process end.
    func stop() {
        child.closeInput()
        child.stop(signal: SIGTERM, patienceSeconds: 5)
    }

    private func say(_ line: String) throws(BenchError) {
        guard Descriptor.writeAll(line + "\n", to: child.input) else {
            throw BenchError("the load generator is gone")
        }
    }
}
