import BillingModel
import Testing

@Suite struct MetadataTests {
    private func metadata(_ entries: [(String, String)]) -> Metadata {
        Metadata(entries.map { Metadata.Entry(key: $0.0, value: $0.1) })
    }

    @Test func `entries come in the order of their keys' bytes, whatever order they were given in`() {
        let sorted = [
            ("", "empty"), ("B", "2"), ("a", ""), ("a b", "x"), ("ab", "y"), ("\u{E9}", "\u{1F600}"),
        ]
        for entries in [
            sorted, sorted.reversed(), [sorted[2], sorted[0], sorted[5], sorted[1], sorted[4], sorted[3]],
        ] {
            let metadata = metadata(entries)
            #expect(metadata.entries.map(\.key) == sorted.map(\.0))
            #expect(metadata.entries.map(\.value) == sorted.map(\.1))
            #expect(metadata == self.metadata(sorted))
        }
    }

    @Test func `a value is found by its key, and only by the same bytes`() {
        let metadata = metadata([("plan", "pro"), ("\u{E9}", "one character"), ("e\u{301}", "two")])
        #expect(metadata["plan"] == "pro")
        #expect(metadata["pla"] == nil && metadata["plans"] == nil && metadata[""] == nil)
        #expect(metadata["\u{E9}"] == "one character")
        #expect(metadata["e\u{301}"] == "two")
    }

    @Test func `none is empty, and a key without a value is not`() {
        #expect(Metadata().isEmpty && metadata([]).isEmpty)
        #expect(Metadata().entries.isEmpty)
        #expect(!metadata([("", "")]).isEmpty)
        #expect(metadata([("", "")]).entries.count == 1)
    }

    @Test func `what differs in a key or a value differs`() {
        let one = metadata([("a", "bc"), ("d", "")])
        #expect(one != metadata([("a", "bc")]))
        #expect(one != metadata([("ab", "c"), ("d", "")]))
        #expect(one != metadata([("a", "bd"), ("d", "")]))
    }
}
