import Testing

@testable import JSON

/// Cost is counted, not timed: bytes are never looked at twice by the scan, so what could grow is the index and
/// the search for duplicate keys.
@Suite struct JSONCostTests {
    private func index(_ text: String) -> (tokens: Int, collisions: Int, end: Int) {
        let bytes = Array(text.utf8)
        return bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return (0, 0, 0) }
            var indexer = JSONIndexer(base: base, count: buffer.count, limits: .standard)
            try? indexer.scan()  // A refusal is one of the outcomes whose cost is looked at.
            return (indexer.tokens.count, indexer.keys.collisions, indexer.position)
        }
    }

    @Test func `nested arrays cost one token each and nothing beyond the depth`() {
        for depth in [1, 8, 64] {
            let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            #expect(index(text).tokens == depth)
        }
        for depth in [65, 1_000, 1_000_000] {
            let cost = index(String(repeating: "[", count: depth))
            #expect(cost.tokens == 64)
            #expect(cost.end == 64)
        }
    }

    @Test func `many keys collide no more often than chance, in one object or in many`() {
        let inOne = "{" + (0..<20_000).map { "\"key_\($0)\":0" }.joined(separator: ",") + "}"
        let one = index(inOne)
        #expect(one.tokens == 40_001)
        // Two thirds full at most, and a sixth after each growth: by chance two thirds of a further slot for each key.
        #expect(one.collisions < 30_000)

        let inMany =
            "[" + Array(repeating: #"{"id":0,"object":0,"amount":0}"#, count: 5_000).joined(separator: ",")
            + "]"
        let many = index(inMany)
        #expect(many.tokens == 1 + 5_000 * 7)
        #expect(many.collisions < 22_500)
    }

    @Test func `a pair of wide objects merges and compares by one look-up for each key`() throws {
        // More than JSONOverlayMembers.linearMax members: quadratic work would be 4 * 10^8 comparisons here.
        let lower = "{" + (0..<20_000).map { "\"k\($0)\":0" }.joined(separator: ",") + "}"
        let upper = "{" + (10_000..<30_000).map { "\"k\($0)\":1" }.joined(separator: ",") + "}"
        let one = try JSONDocument.parse(Array(lower.utf8)).root
        let other = try JSONDocument.parse(Array(upper.utf8)).root
        let merged = try JSONDocument.parse(one.merged(overlay: other)).root
        #expect(merged.count == 30_000)
        #expect(JSONDigest.pair(of: one, overlay: other).overlaid == JSONDigest(of: merged))
    }
}
