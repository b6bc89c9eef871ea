import Testing
import Timing

@testable import Reconciler

@Suite struct `The end of an outage` {
    private typealias Standing = CatchUpLinks.Standing

    private func ask(
        _ watch: inout OutageWatch,
        isDown: Bool,
        failed: UInt64,
        second: Int64,
        isOver expected: Bool,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let isOver = watch.isOver(Standing(isDown: isDown, failed: failed), now: at(second))
        #expect(isOver == expected, sourceLocation: sourceLocation)
    }

    private func at(_ second: Int64) -> Timestamp { Timestamp(milliseconds: second * 1_000) }

    @Test func `is noticed once, a moment after calls get through`() {
        var watch = OutageWatch(Standing(isDown: false, failed: 3), settleMilliseconds: 1_000)
        ask(&watch, isDown: false, failed: 3, second: 1, isOver: false)
        ask(&watch, isDown: true, failed: 11, second: 2, isOver: false)
        ask(&watch, isDown: true, failed: 12, second: 3_000, isOver: false)
        ask(&watch, isDown: false, failed: 12, second: 3_001, isOver: false)
        ask(&watch, isDown: false, failed: 12, second: 3_002, isOver: true)
        watch.looked(Standing(isDown: false, failed: 12))
        ask(&watch, isDown: false, failed: 12, second: 9_000, isOver: false)
    }

    @Test func `is not yet while it comes and goes`() {
        var watch = OutageWatch(Standing(isDown: true, failed: 0), settleMilliseconds: 1_000)
        ask(&watch, isDown: false, failed: 0, second: 1, isOver: false)
        ask(&watch, isDown: true, failed: 1, second: 2, isOver: false)
        ask(&watch, isDown: false, failed: 1, second: 3, isOver: false)
        ask(&watch, isDown: false, failed: 1, second: 4, isOver: true)
    }

    @Test func `is worth a look a minute at most where single calls fail`() {
        var watch = OutageWatch(Standing(isDown: false, failed: 0), settleMilliseconds: 1_000)
        var looks = 0
        for second in 0..<3_600 {
            // One call fails every two minutes.
            let standing = Standing(isDown: false, failed: UInt64(second / 120))
            if watch.isOver(standing, now: at(Int64(second))) {
                looks += 1
                watch.looked(standing)
            }
        }
        #expect(looks == 29)
    }
}
