import Mirror
import Testing

struct LanePauseTests {
    private static func at(_ milliseconds: Int64) -> Instant {
        Instant(nanoseconds: 1).adding(milliseconds: milliseconds)
    }

    @Test func `a refused key allows one call a minute and tells once`() {
        var pause = LanePause(probeMilliseconds: 60_000)
        #expect(pause.permission(now: Self.at(0)) == .calls)
        let isNew1 = pause.refused(.credential, isProbe: false, now: Self.at(0))
        #expect(isNew1)
        var probes: [Int64] = []
        for millisecond in stride(from: Int64(0), to: 3_600_000, by: 1_000) {
            guard pause.permission(now: Self.at(millisecond)) == .probe else { continue }
            probes.append(millisecond)
            pause.probeBegan()
            #expect(pause.permission(now: Self.at(millisecond)) == .waitForProbe)
            let isNew2 = pause.refused(.credential, isProbe: true, now: Self.at(millisecond))
            #expect(!isNew2)
        }
        #expect(probes.count == 59)
        #expect(zip(probes, probes.dropFirst()).allSatisfy { $1 - $0 >= 60_000 })
    }

    @Test func `a probe that is let in ends the pause`() {
        var pause = LanePause(probeMilliseconds: 60_000)
        _ = pause.refused(.trust, isProbe: false, now: Self.at(0))
        pause.probeBegan()
        let isOver3 = pause.letIn(isProbe: true)
        #expect(isOver3)
        #expect(pause.cause == nil)
        #expect(pause.permission(now: Self.at(0)) == .calls)
        let isOver4 = pause.letIn(isProbe: false)
        #expect(!isOver4)
    }

    @Test func `answers to calls from before the pause neither end nor prolong it`() {
        var pause = LanePause(probeMilliseconds: 60_000)
        _ = pause.refused(.credential, isProbe: false, now: Self.at(0))
        let isOver5 = pause.letIn(isProbe: false)
        #expect(!isOver5)
        let isNew6 = pause.refused(.credential, isProbe: false, now: Self.at(50_000))
        #expect(!isNew6)
        #expect(pause.permission(now: Self.at(60_000)) == .probe)
    }

    @Test func `another cause is told anew`() {
        var pause = LanePause(probeMilliseconds: 60_000)
        let isNew7 = pause.refused(.trust, isProbe: false, now: Self.at(0))
        #expect(isNew7)
        pause.probeBegan()
        let isNew8 = pause.refused(.credential, isProbe: true, now: Self.at(60_000))
        #expect(isNew8)
        #expect(pause.cause == .credential)
    }

    @Test func `a probe without an answer is tried again a minute later`() {
        var pause = LanePause(probeMilliseconds: 60_000)
        _ = pause.refused(.credential, isProbe: false, now: Self.at(0))
        pause.probeBegan()
        pause.probeAbandoned(now: Self.at(60_000))
        #expect(pause.permission(now: Self.at(60_001)) == .none(until: Self.at(120_000)))
    }
}
