import Lanes
import Testing

@Suite struct LaneStateTests {
    private func digest(_ number: UInt64) -> RemoteDigest { RemoteDigest(high: 0, low: number) }

    private func read(
        _ state: inout LaneState,
        _ sight: Sight,
        _ start: Int64,
        _ end: Int64,
        canLiveAgain: Bool = false
    ) -> Observation {
        state.observe(
            sight,
            start: Tick(rawValue: start),
            end: Tick(rawValue: end),
            canLiveAgain: canLiveAgain
        )
    }

    @Test func `a read that began after the last one had ended is applied`() {
        var state = LaneState.unread
        #expect(read(&state, .present(digest(1)), 1, 2) == .applied)
        #expect(read(&state, .present(digest(2)), 3, 4) == .applied)
        #expect(state.remote == digest(2))
        #expect(!state.needsRead)
    }

    @Test func `of overlapping reads that differ neither is believed over the other`() {
        var state = LaneState.unread
        #expect(read(&state, .present(digest(1)), 2, 4) == .applied)
        #expect(read(&state, .present(digest(2)), 3, 5) == .overlapped)
        #expect(state.remote == digest(1))
        #expect(state.needsRead)
    }

    @Test func `an overlapping read that agrees confirms`() {
        var state = LaneState.unread
        _ = read(&state, .present(digest(1)), 2, 4)
        let observation = read(&state, .present(digest(1)), 3, 5)
        #expect(observation == .equal)
        #expect(observation.isConfirmed)
        #expect(!state.needsRead)
    }

    @Test func `what is asked while a read is under way is not answered by it`() {
        var state = LaneState.unread
        state.markDirty()
        let answering = state.dirty
        state.markDirty()
        _ = read(&state, .present(digest(1)), 1, 2)
        state.finishRead(answering: answering)
        #expect(state.needsRead)
        state.finishRead(answering: state.dirty)
        #expect(!state.needsRead)
    }

    @Test func `a deleted object stays deleted whatever is read`() {
        var state = LaneState.unread
        _ = read(&state, .present(digest(1)), 1, 2)
        #expect(read(&state, .deleted, 3, 4) == .applied)
        #expect(read(&state, .present(digest(1)), 5, 6) == .afterDeath)
        #expect(state.life == .tombstone)
        #expect(state.remote == nil)
    }

    @Test func `an id that the merchant may use again lives again with a later read`() {
        var state = LaneState.unread
        _ = read(&state, .deleted, 1, 3, canLiveAgain: true)
        #expect(read(&state, .present(digest(1)), 2, 4, canLiveAgain: true) == .afterDeath)
        #expect(read(&state, .present(digest(1)), 5, 6, canLiveAgain: true) == .applied)
        #expect(state.life == .live)
    }

    @Test func `an object that is not found is gone only when a second read does not find it either`() {
        var state = LaneState.unread
        _ = read(&state, .present(digest(1)), 1, 2)
        #expect(read(&state, .missing, 3, 4) == .overlapped)
        #expect(state.life == .live)
        #expect(state.needsRead)
        _ = read(&state, .present(digest(1)), 5, 6)
        _ = read(&state, .missing, 7, 8)
        #expect(state.life == .live)
        #expect(read(&state, .missing, 9, 10) == .applied)
        #expect(state.life == .tombstone)
    }

    @Test(arguments: [(1, false, OwnAnswer.isRead), (2, false, .isStale), (1, true, .isStale)])
    func `only the first answer of a key is a read`(attempts: Int, isReplayed: Bool, use: OwnAnswer) {
        #expect(OwnAnswer(attemptsOfKey: attempts, isReplayed: isReplayed) == use)
    }
}
