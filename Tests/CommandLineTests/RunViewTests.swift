import JSON
import Testing
import Timing

@testable import tollgate

@Suite struct `How a run is told` {
    private func run(
        _ state: String,
        mode: String = "apply",
        counters: String = "",
        progress: String = "",
        times: String = ""
    ) throws -> RunView {
        let text = """
            {"id":"rec_1","state":"\(state)","mode":"\(mode)","reason":null,"notes":["One."],
             "counters":{"seen":4100,"equal":4000\(counters)},"findings":3,
             "progress":{"current_type":"customer","pages":41\(progress)}\(times)}
            """
        return RunView(json: try JSONDocument.parse(Array(text.utf8)).root)
    }

    private func speed(_ samples: (Int64, Int64)...) -> RunSpeed {
        var speed = RunSpeed()
        for (seconds, seen) in samples {
            speed.add(seen: seen, at: Timestamp(milliseconds: 1_750_000_000_000 + seconds * 1_000))
        }
        return speed
    }

    @Test func `the line tells pages, speed, differences, waits and the time left`() throws {
        let view = try run(
            "running",
            counters: #","repaired":3,"failed":1"#,
            progress: #","fraction_done":0.41,"rate_limit_waits":2,"waited_ms":4200"#
        )
        #expect(
            view.line(speed((0, 0), (10, 4_100)))
                == "customer  41 pages  4,100 objects  410/s  3 differ  1 failed  "
                + "2 rate-limit waits, 4.2 s waited  41 %  about 15 s left"
        )
        #expect(view.line(RunSpeed()).contains("41 %"))
        #expect(!view.line(RunSpeed()).contains("left"))
    }

    @Test func `a line of a run that has only begun, or is held, says no more than is known`() throws {
        #expect(try run("planned").line(RunSpeed()) == "planned  41 pages  4,100 objects  0 differ")
        #expect(try run("paused").line(speed((0, 1), (5, 1))).hasPrefix("paused"))
    }

    @Test(arguments: [
        ("completed", "apply", "", 0), ("completed", "apply", #","repaired":9,"tombstoned":1"#, 0),
        ("completed", "apply", #","raced":1"#, 1), ("completed", "apply", #","queued":1"#, 1),
        ("completed", "apply", #","missing":4"#, 0), ("completed", "dry_run", "", 0),
        ("completed", "dry_run", #","differing":1"#, 1), ("completed", "dry_run", #","tombstoned":1"#, 1),
        ("completed", "dry_run", #","queued":1"#, 1), ("incomplete", "apply", "", 2),
        ("failed", "dry_run", "", 2), ("cancelled", "apply", "", 2),
    ])
    func `the exit code is 0 clean, 1 differences left, 2 not done`(
        state: String,
        mode: String,
        counters: String,
        code: Int32
    ) throws {
        #expect(try run(state, mode: mode, counters: counters).exitCode == code)
    }

    @Test func `the summary tells what happened`() throws {
        let times = #","started_at":"2026-11-21T10:00:00Z","ended_at":"2026-11-21T10:00:10Z""#
        let view = try run("completed", counters: #","repaired":100"#, times: times)
        #expect(
            view.summary == [
                "rec_1 completed in 10 s: 4,100 objects, 41 pages, 410 objects/s", "One.",
                "4,000 equal, 100 made or repaired here",
            ]
        )
    }

    @Test func `speed is that of the last ten seconds`() {
        let slowed = speed((0, 0), (1, 1_000), (2, 2_000), (12, 2_100), (22, 2_200))
        #expect(slowed.objectsPerSecond == 10)
        #expect(speed((0, 5)).objectsPerSecond == nil)
        #expect(speed((0, 0), (2, 0)).secondsLeft(seen: 10, fractionDone: 0.5) == nil)
        #expect(speed((0, 0), (2, 20)).secondsLeft(seen: 20, fractionDone: 0.5) == 2)
        #expect(speed((0, 0), (2, 20)).secondsLeft(seen: 20, fractionDone: nil) == nil)
    }

    @Test(arguments: [
        (400, "0.4 s"), (9_999, "9.9 s"), (10_000, "10 s"), (119_000, "119 s"), (120_000, "2 min"),
        (7_199_000, "119 min"), (7_500_000, "2 h 5 min"),
    ])
    func `times are short`(milliseconds: Int64, text: String) {
        #expect(duration(milliseconds: milliseconds) == text)
    }

    @Test func `long values are cut in the table, and nothing in it can move the cursor`() throws {
        let text = #"""
            [{"object":"customer","id":"cus_1","field":"name","local":"\#(String(repeating: "x", count: 90))",
              "remote":"a\u001b[2Jb","action":"repaired"}]
            """#
        let findings = try JSONDocument.parse(Array(text.utf8)).root.elements.map { $0 }
        let lines = RunView.table(findings)
        #expect(lines.count == 2)
        #expect(lines[1].contains("xxx…"))
        #expect(!lines[1].contains("\u{1B}") && lines[1].count < 130)
        #expect(RunView.table([]) == [])
    }
}
