import Testing

@testable import tollgate_bench

@Suite struct ReconcileDemandsTests {
    private let demands = ReconcileDemands()

    private func complaints(_ customers: Int, _ bytes: UInt64, _ ratio: Double?) -> [String] {
        demands.complaints(
            of: .init("the second run", customers: customers, residentBytesMax: bytes, ratio: ratio)
        )
    }

    @Test func `a run within its memory and at four fifths of the bare loop is good`() {
        #expect(complaints(1_000_000, 200_000_000, 0.80) == [])
        #expect(complaints(1_000_000, 49_000_000, nil) == [])
    }

    @Test func `a run that takes too much, or is too slow, is told with both figures`() {
        #expect(
            complaints(100_000, 200_100_000, 0.7949) == [
                "the second run took 200.1 MB of memory, 200.0 are allowed",
                "the second run reached 0.79 of the bare paging loop, not 0.80",
            ]
        )
    }

    @Test func `of a small account nothing is demanded`() {
        #expect(complaints(99_999, 900_000_000, 0.1) == [])
    }
}
