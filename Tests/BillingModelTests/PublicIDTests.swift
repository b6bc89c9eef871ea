import BillingModel
import Testing

struct PublicIDTests {
    private let epoch = StoreEpoch(truncating: 0x2A5F_00D1)

    @Test(arguments: PublicKind.allCases)
    func `an id reads back as what it was made of`(kind: PublicKind) {
        for number in [0, 1, 31, 32, 20_000, PublicID.numberMax] {
            let text = PublicID(kind, number).text(epoch: epoch)
            #expect(text.utf8.count == PublicID.length)
            #expect(text.hasPrefix(kind.rawValue + "_"))
            #expect(PublicID(text, kind: kind, epoch: epoch) == PublicID(kind, number))
        }
    }

    @Test func `ids of one kind sort as their numbers do`() {
        let numbers: [Int64] = [0, 1, 9, 10, 31, 32, 33, 1023, 1024, 99_999, 1 << 40, PublicID.numberMax]
        let texts = numbers.map { PublicID(.customer, $0).text(epoch: epoch) }
        #expect(texts == texts.sorted())
    }

    @Test func `an id of another store, kind, length or alphabet is refused`() {
        let text = PublicID(.customer, 7).text(epoch: epoch)
        #expect(PublicID(text, kind: .customer, epoch: StoreEpoch(truncating: 5)) == nil)
        #expect(PublicID(text, kind: .product, epoch: epoch) == nil)
        #expect(PublicID(text + "0", kind: .customer, epoch: epoch) == nil)
        #expect(PublicID(String(text.dropLast()), kind: .customer, epoch: epoch) == nil)
        #expect(PublicID(text.uppercased(), kind: .customer, epoch: epoch) == nil)
        #expect(PublicID("cst_000000000u000000", kind: .customer, epoch: epoch) == nil)
        #expect(PublicID("cst-" + text.dropFirst(4), kind: .customer, epoch: epoch) == nil)
        #expect(PublicID("", kind: .customer, epoch: epoch) == nil)
    }

    @Test func `no prefix of ours is one of the provider's`() {
        let stripe = ["cus", "sub", "si", "prod", "price", "in", "cs", "pm", "di", "ch", "re", "dp", "evt"]
        #expect(
            PublicKind.allCases.allSatisfy { $0.rawValue.utf8.count == 3 && !stripe.contains($0.rawValue) }
        )
    }
}
