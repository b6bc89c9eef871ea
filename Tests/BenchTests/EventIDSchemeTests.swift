import Testing

@testable import tollgate_bench

@Suite struct EventIDSchemeTests {
    @Test func `base 62 counts in the order of bytes`() {
        #expect(Base62.text(0, count: 3) == "000")
        #expect(Base62.text(9, count: 1) == "9")
        #expect(Base62.text(10, count: 1) == "A")
        #expect(Base62.text(61, count: 2) == "0z")
        #expect(Base62.text(62, count: 2) == "10")
        #expect(Base62.text(62 * 62 * 62 - 1, count: 3) == "zzz")
    }

    @Test(arguments: EventIDScheme.allCases)
    func `no two sequence numbers share an id`(scheme: EventIDScheme) {
        var seen: Set<String> = []
        for sequence in 0..<20_000 as Range<UInt64> {
            let id = scheme.text(sequence: sequence, second: 1_784_106_305, account: 1)
            #expect(id.utf8.count == 28)
            #expect(seen.insert(id).inserted, "repeated at \(sequence): \(id)")
        }
    }

    @Test func `ordered ids grow with the sequence and with time`() {
        var last = ""
        for sequence in 0..<5_000 as Range<UInt64> {
            let id = EventIDScheme.ordered.text(
                sequence: sequence,
                second: 1_784_106_305 + Int64(sequence / 1000),
                account: 1
            )
            #expect(Array(last.utf8).lexicographicallyPrecedes(Array(id.utf8)))
            last = id
        }
    }

    @Test func `ids like Stripe's are in order by the second only`() {
        let ids = (0..<100).map { sequence in
            EventIDScheme.stripe.text(sequence: sequence, second: 1_784_106_305, account: 1)
        }
        #expect(ids.sorted() != ids)
        let later = EventIDScheme.stripe.text(sequence: 0, second: 1_784_106_306, account: 1)
        #expect(ids.allSatisfy { $0 < later })
    }

    @Test func `random ids spread over the whole range`() {
        let leading = (0..<1_000).map { sequence in
            Array(EventIDScheme.random.text(sequence: sequence, second: 0, account: 1).utf8)[6]
        }
        #expect(Set(leading).count > 50)
    }

    @Test(arguments: EventIDScheme.allCases)
    func `two accounts never share an id`(scheme: EventIDScheme) {
        let first = Set((0..<2_000).map { scheme.text(sequence: $0, second: 5, account: 1) })
        let second = Set((0..<2_000).map { scheme.text(sequence: $0, second: 5, account: 2) })
        #expect(first.isDisjoint(with: second))
    }
}
