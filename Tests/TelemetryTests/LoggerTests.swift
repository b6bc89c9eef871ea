import Foundation
import JSON
import Telemetry
import Testing
import Threading
import Timing

/// A logger that writes into a pipe, and what came out of it.
private struct LogPipe {
    let pipe = Pipe()

    func logger(level: LogLevel = .debug, clock: WallClock = .fixed) -> Logger {
        Logger(descriptor: pipe.fileHandleForWriting.fileDescriptor, level: level, clock: clock)
    }

    /// Call once, after the last line.
    func lines() throws -> [String] {
        try pipe.fileHandleForWriting.close()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        return text.split(separator: "\n").map(String.init)
    }
}

extension WallClock {
    fileprivate static let fixed = WallClock { Timestamp(milliseconds: 1_750_000_000_123) }
}

@Suite struct LoggerTests {
    private let pipe = LogPipe()

    @Test func `a line is one JSON object with time, level, message and fields`() throws {
        pipe.logger().emit(
            .info,
            "webhook applied",
            [.eventID("whe_1"), .integer("attempt", 2), .boolean("first", false)]
        )
        let expected =
            #"{"time":"2025-06-15T15:06:40.123Z","level":"info","message":"webhook applied","#
            + #""event_id":"whe_1","attempt":2,"first":false}"#
        #expect(try pipe.lines() == [expected])
    }

    @Test func `what is below the level is left out`() throws {
        let log = pipe.logger(level: .warning)
        log.emit(.info, "quiet")
        log.emitLimited(.debug, "quiet")
        log.emit(.warning, "loud")
        log.emit(.error, "louder")
        #expect(try pipe.lines().map { $0.contains("loud") } == [true, true])
    }

    @Test func `a repeated refusal is written five times a second and the rest is counted`() throws {
        let now = Lock(Timestamp(milliseconds: 1_000))
        let log = pipe.logger(clock: WallClock { now.withLock { $0 } })
        for _ in 0..<12 { log.emitLimited(.warning, "request refused", [.endpoint("stripe")]) }
        log.emitLimited(.warning, "another message")
        now.withLock { $0 = Timestamp(milliseconds: 2_000) }
        log.emitLimited(.warning, "request refused")
        log.emitLimited(.warning, "request refused")
        let lines = try pipe.lines()
        #expect(lines.count == 8)
        #expect(lines[6].contains(#""suppressed":7"#))
        #expect(!lines[7].contains("suppressed"))
    }

    @Test func `what was held back is told by a flush, once`() throws {
        let log = pipe.logger()
        for _ in 0..<9 { log.emitLimited(.warning, "request refused") }
        log.flushSuppressed()
        log.flushSuppressed()
        let lines = try pipe.lines()
        #expect(lines.count == 6)
        #expect(lines[5].contains(#""suppressed":4"#))
    }

    @Test func `a line never grows over what a pipe takes whole, and stays JSON`() throws {
        let log = pipe.logger()
        let control = String(repeating: "\u{1}", count: 400)
        log.emit(.info, "long", (0..<40).map { _ in .text("field", control) })
        let lines = try pipe.lines()
        #expect(lines.count == 1)
        #expect(lines[0].utf8.count < Logger.lineBytesMax)
        #expect(lines[0].hasSuffix(#""truncated":true}"#))
    }

    @Test func `lines of many threads do not mix`() throws {
        let log = pipe.logger()
        let threads = (0..<4).map { thread in
            WorkerThread.start(name: "log") {
                for number in 0..<50 {
                    log.emit(.info, "counting", [.integer("thread", thread), .integer("number", number)])
                }
            }
        }
        for thread in threads { thread.join() }
        let lines = try pipe.lines()
        #expect(lines.count == 200)
        for line in lines { _ = try JSONDocument.parse(Array(line.utf8)) }
        #expect(Set(lines).count == 200)
    }

    @Test func `a closed descriptor costs lines, not the process`() {
        let log = Logger(descriptor: -1, level: .info, clock: .fixed)
        log.emit(.info, "lost")
        #expect(log.linesDropped == 1)
    }
}

@Suite struct LogRedactorTests {
    @Test(arguments: [
        ("no customer for jo@example.com here", "no customer for <email> here"),
        ("mailto:jo.doe+x@example.co.uk", "mailto:<email>"),
        ("email=jo%40example.com&x=1", "<email>"),
        ("jö@exämple.de", "<email>"),
        ("jo@", "jo@"),
        ("2 @ 3", "2 @ 3"),
        ("a@b@c", "<email>@c"),
        ("key sk_test_abcDEF123 end", "key <secret> end"),
        ("sk_live_1", "<secret>"),
        ("rk_live_1,", "<secret>,"),
        ("(whsec_a+b/c=)", "(<secret>)"),
        ("xwhsec_abc", "x<secret>"),
        ("pi_1_secret_abc", "pi_1<secret>"),
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer <secret>"),
        ("bearer: abc", "bearer: <secret>"),
        ("Basic dXNlcjpwYXNz", "Basic <secret>"),
        ("task_7 disk_full risk_level", "task_7 disk_full risk_level"),
        ("whe_00000000010abcde evt_1 cus_9", "whe_00000000010abcde evt_1 cus_9"),
        ("", ""),
    ])
    func `secrets and addresses are blanked, words are not`(text: String, expected: String) {
        #expect(LogRedactor.redacted(text) == expected)
    }

    @Test func `a long text is cut between characters`() {
        let cut = LogRedactor.redacted(String(repeating: "é", count: 300))
        #expect(cut == String(repeating: "é", count: 128) + "…")
        let odd = LogRedactor.redacted("a" + String(repeating: "é", count: 300))
        #expect(odd == "a" + String(repeating: "é", count: 127) + "…")
    }

    @Test func `an address across the cut leaves nothing of itself`() {
        for prefix in 230..<260 {
            let text = String(repeating: ".", count: prefix - 1) + " canary@example.com tail"
            #expect(!LogRedactor.redacted(text).contains("canary"))
        }
    }

    @Test func `a hostile text takes linear time`() {
        // Quadratic work would be minutes here; the test then hangs instead of failing by a clock.
        let text = String(repeating: "a@", count: 200_000)
        #expect(LogRedactor.redacted(text).utf8.count <= LogRedactor.textBytesMax + 3)
    }
}
