import BillingModel
import Testing

@testable import Reconciler

@Suite struct FirstCopyEstimateTests {
    private func segment(
        _ number: Int64,
        _ from: Int64?,
        _ through: Int64?,
        at: Int64?,
        pages: Int64
    ) -> Segment {
        var segment = Segment(number: number, range: CreationRange(from: from, through: through))
        segment.cursorCreated = at
        segment.cursor = at.map { ProviderID("cus_\($0)") }
        segment.pages = pages
        segment.objects = 100 * pages
        return segment
    }

    @Test func `before the first page nothing can be guessed`() {
        #expect(FirstCopyEstimate.left([segment(0, nil, nil, at: nil, pages: 0)], oldest: 0) == nil)
    }

    @Test func `what is left is as dense as what was read`() {
        // 1,000 objects in 1,000 seconds, and 3,000 seconds to go.
        #expect(FirstCopyEstimate.left([segment(0, 0, 3_999, at: 3_000, pages: 10)], oldest: 0) == 3_000)
    }

    @Test func `a part that is read to its end leaves nothing, however early it could have begun`() {
        var done = segment(0, 0, 3_999, at: 3_000, pages: 10)
        done.isDone = true
        #expect(FirstCopyEstimate.left([done], oldest: 0) == 0)
        // And its empty years do not thin out what the others have before them.
        let other = segment(1, 5_000, 6_999, at: 6_000, pages: 10)
        #expect(FirstCopyEstimate.left([done, other], oldest: 0) == 1_000)
    }

    @Test func `small pages make no list long`() throws {
        var part = Segment(number: 0, range: CreationRange(from: 0, through: 3_999))
        part = part.advanced(
            past: PageEnd(lastID: ProviderID("cus_1"), lastCreated: 3_500, hasMore: true, count: 5)
        )
        part = part.advanced(
            past: PageEnd(lastID: ProviderID("cus_2"), lastCreated: 3_000, hasMore: true, count: 5)
        )
        #expect(FirstCopyEstimate.left([part], oldest: 0) == 30)
        // Begun again at that second, it is measured anew.
        part = part.withoutCursor()
        part = part.advanced(
            past: PageEnd(lastID: ProviderID("cus_3"), lastCreated: 2_901, hasMore: true, count: 100)
        )
        #expect(FirstCopyEstimate.left([part], oldest: 0) == 2_901)
    }

    @Test func `each part is as dense as itself`() {
        let thin = segment(0, 100_000, 1_000_000, at: 200_000, pages: 1)
        let dense = segment(1, 0, 9_999, at: 9_000, pages: 10)
        #expect(FirstCopyEstimate.left([thin, dense], oldest: 0) == 9_012)
    }

    @Test func `a few objects that stand alone do not make a part thin`() {
        #expect(FirstCopyEstimate.beginning(of: []) == nil)
        #expect(FirstCopyEstimate.beginning(of: [7]) == 7)
        #expect(FirstCopyEstimate.beginning(of: [1_000_000] + (0..<99).map { 5_099 - $0 }) == 5_099)
        #expect(FirstCopyEstimate.beginning(of: (0..<100).map { 5_099 - $0 }) == 5_098)
    }
}
