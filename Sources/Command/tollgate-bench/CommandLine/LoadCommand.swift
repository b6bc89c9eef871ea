import Cryptography
import Glibc

/// `tollgate-bench load …`: the generator's own process. Reads jobs from standard input, one a line, and writes
/// a report for each to standard output.
enum LoadCommand {
    static func run(_ arguments: [String]) throws(BenchError) {
        var reader = OptionReader(arguments)
        let options = try LoadOptions(reading: &reader)
        try reader.finish()
        guard let secret = getenv(LoadOptions.secretVariable) else {
            throw BenchError("set \(LoadOptions.secretVariable) to the endpoint's secret")
        }
        let key = HMACKey(Array(String(cString: secret).utf8))
        let control = ControlInput(descriptor: 0)
        let generator = try LoadGenerator(options, key: key, control: control)
        while let line = control.nextLine() {
            // A pause that came after the job had ended by itself.
            if line == LoadJob.pauseLine { continue }
            guard let job = LoadJob(line: line) else { throw BenchError("not a job: \(line)") }
            let report = try generator.perform(job)
            let text = (report.lines + [LoadReport.endLine, ""]).joined(separator: "\n")
            guard Descriptor.writeAll(text, to: 1) else { return }
        }
    }
}
