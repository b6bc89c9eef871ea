import JSON
import Testing

@testable import tollgate_bench

@Suite struct TextFormTests {
    @Test(arguments: [
        LoadJob.seed, .run(seconds: 2.5, ratePerSecond: nil, countMax: nil),
        .run(seconds: nil, ratePerSecond: 2000, countMax: 7),
    ])
    func `a job survives its line`(job: LoadJob) {
        #expect(LoadJob(line: job.line) == job)
    }

    @Test func `a report survives its lines`() {
        var report = LoadReport()
        report.elapsedNanoseconds = 2_000_000_000
        report.accepted = 90
        report.statuses = [200: 90, 503: 2]
        report.perSecond = [40, 50]
        report.latencyP99 = 123
        #expect(LoadReport(lines: report.lines) == report)
        #expect(report.acceptedPerSecond == 45)
        #expect(LoadReport(lines: ["nonsense"]) == nil)
    }

    @Test func `numbers are rounded and grouped`() {
        #expect(NumberText.fixed(1234.565, decimals: 1) == "1234.6")
        #expect(NumberText.fixed(0.05, decimals: 2) == "0.05")
        #expect(NumberText.fixed(-2.5, decimals: 0) == "-3")
        #expect(NumberText.grouped(1_234_567, decimals: 0) == "1,234,567")
        #expect(NumberText.grouped(-123_456.7, decimals: 1) == "-123,456.7")
        #expect(NumberText.grouped(999, decimals: 0) == "999")
    }

    @Test func `a report is JSON by section and key`() throws {
        var report = BenchReport()
        report.begin("intake", "Measured")
        report.add("rate", "rate", 1234.5, "/s", decimals: 1)
        report.add("absent", "absent", nil, "/s")
        report.add("ids", "ids", "ordered")
        let root = try JSONDocument.parse(report.json).root
        #expect(root["intake"]?["rate"]?.numberText == "1234.5")
        #expect(root["intake"]?["ids"]?.string == "ordered")
        #expect(root["intake"]?["absent"] == nil)
        #expect(report.table.contains("1,234.5 /s"))
    }

    @Test func `unknown options and wrong values are refused`() throws {
        var reader = OptionReader(["--seconds", "5", "--rate=max", "--nginx", "--what"])
        #expect(try reader.seconds("seconds", default: 60) == 5)
        #expect(try reader.rate("rate", default: 3) == nil)
        let isNginx = reader.flag("nginx")
        #expect(isNginx)
        #expect(throws: BenchError.self) { try reader.finish() }
        var wrong = OptionReader(["--connections", "none", "--ids", "odd", "--json"])
        #expect(throws: BenchError.self) { try wrong.integer("connections", default: 1, in: 1...9) }
        #expect(throws: BenchError.self) { try wrong.scheme() }
        #expect(throws: BenchError.self) { try wrong.text("json") }
    }

    @Test func `metrics are summed over labels`() {
        let metrics = MetricsText(
            "# TYPE a_total counter\na_total{x=\"1\"} 2\na_total{x=\"2\"} 3\na_total_more 9\n"
        )
        #expect(metrics.sum("a_total") == 5)
        #expect(metrics.sum("b_total") == nil)
    }
}
