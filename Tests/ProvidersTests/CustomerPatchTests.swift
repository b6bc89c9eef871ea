import BillingModel
import Foundation
import JSON
import Providers
import Testing
import Timing

/// Customers, patches and operations drawn from a seed; few values, so that collisions are many.
struct CallGenerator {
    let random: RandomSource

    func chance(_ percent: UInt64) -> Bool { random.below(100) < percent }

    func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int(random.below(UInt64(elements.count)))]
    }

    func text() -> String { pick(["a", "b", "é", "x & y", "", "\"q\"", "[0]", "名前"]) }

    func filledText() -> String { pick(["a", "b", "é", "x & y", "\"q\"", "名前"]) }

    func change() -> FieldChange<String> {
        switch random.below(4) {
        case 0: .clear
        case 1: .set(text())
        default: .keep
        }
    }

    func address() -> PostalAddress {
        var address = PostalAddress()
        for part in AddressPart.allCases where chance(60) { address[part] = filledText() }
        return address
    }

    func shipping() -> Shipping {
        Shipping(name: filledText(), phone: chance(50) ? filledText() : nil, address: address())
    }

    func metadata() -> Metadata {
        var patch = MetadataPatch()
        for key in ["a", "b", "k k", "é"] where chance(40) { patch.set(key, to: filledText()) }
        return patch.folded(over: Metadata())
    }

    func metadataPatch() -> MetadataPatch {
        var patch = MetadataPatch()
        for key in ["a", "b", "k k", "é"] where chance(40) { patch.set(key, to: chance(40) ? nil : text()) }
        return patch
    }

    func locales() -> [String] { pick([[], ["de"], ["de", "en-GB"]]) }

    func fields() -> CustomerFields {
        var fields = CustomerFields()
        fields.email = chance(70) ? filledText() : nil
        fields.name = chance(70) ? filledText() : nil
        fields.phone = chance(30) ? filledText() : nil
        fields.details = chance(30) ? filledText() : nil
        let address = address()
        fields.address = address.isEmpty ? nil : address
        fields.shipping = chance(30) ? shipping() : nil
        fields.preferredLocales = locales()
        fields.taxExempt = chance(30) ? pick(TaxExempt.allCases) : nil
        fields.defaultPaymentMethod = chance(30) ? ProviderID("pm_1") : nil
        fields.metadata = metadata()
        return fields
    }

    func patch() -> CustomerPatch {
        var patch = CustomerPatch()
        patch.email = change()
        patch.name = change()
        patch.phone = change()
        patch.details = change()
        if chance(20) { patch.address = AddressPatch(replacingWith: chance(30) ? nil : address()) }
        for part in AddressPart.allCases where chance(20) { patch.address[part] = change() }
        if chance(30) { patch.shipping = chance(30) ? .clear : .set(shipping()) }
        if chance(30) { patch.preferredLocales = chance(30) ? .clear : .set(locales()) }
        if chance(20) { patch.taxExempt = pick(TaxExempt.allCases) }
        if chance(30) { patch.defaultPaymentMethod = chance(40) ? .clear : .set(ProviderID("pm_2")) }
        patch.metadata = metadataPatch()
        return patch
    }

    func reference() -> ObjectReference {
        chance(50) ? .provider(ProviderID("id_é\"1")) : .local("cst_1")
    }

    func session() -> CheckoutSessionDraft {
        var draft = CheckoutSessionDraft(localID: "chs_1", mode: pick(CheckoutSessionDraft.Mode.allCases))
        for _ in 0..<random.below(3) {
            let price: CheckoutSessionDraft.LinePrice
            if chance(50) {
                price = .existing(ProviderID("price_1"))
            } else {
                var inline = CheckoutSessionDraft.InlinePrice(
                    unit: Money(amount: Int64(random.below(1000)), currency: "eur"),
                    product: chance(50) ? .existing(ProviderID("prod_1")) : .named(filledText())
                )
                if chance(50) { inline.recurrence = .init(interval: "month", count: 3) }
                price = .inline(inline)
            }
            draft.lineItems.append(.init(price: price, quantity: chance(80) ? 2 : nil))
        }
        draft.customer = chance(60) ? reference() : nil
        draft.customerEmail = chance(20) ? filledText() : nil
        draft.clientReference = chance(40) ? filledText() : nil
        draft.successURL = chance(40) ? "https://example.com/?a=b&c={CHECKOUT_SESSION_ID}" : nil
        draft.cancelURL = chance(40) ? "https://example.com/" : nil
        draft.currency = chance(20) ? "eur" : nil
        draft.allowsPromotionCodes = pick([nil, true, false])
        draft.billingAddress = pick([nil, .auto, .required])
        draft.collectsPhoneNumber = pick([nil, true, false])
        draft.paymentMethodCollection = pick([nil, .always, .ifRequired])
        draft.trial = pick([nil, .days(7), .until(Timestamp(milliseconds: 1_790_000_000_123))])
        draft.locale = pick([nil, "auto"])
        draft.expiresAt = pick([nil, Timestamp(milliseconds: 1_790_000_000_000)])
        draft.metadata = metadata()
        draft.subscriptionMetadata = metadata()
        return draft
    }

    func operation() -> ProviderOperation {
        switch random.below(7) {
        case 0: .createCustomer(CustomerDraft(localID: "cst_9", fields: fields()))
        case 1: .updateCustomer(reference(), patch())
        case 2: .deleteCustomer(reference())
        case 3: .createCheckoutSession(session())
        case 4: .updateCheckoutSession(reference(), metadataPatch())
        case 5: .expireCheckoutSession(reference())
        default:
            .cancelSubscription(
                reference(),
                SubscriptionCancellation(invoicesNow: pick([nil, true]), prorates: pick([nil, false]))
            )
        }
    }
}

private let rounds = ProcessInfo.processInfo.environment["TOLLGATE_LONG"] == "1" ? 20_000 : 1_000

/// A customer as Stripe would show it: everything that is not there is null.
private func stripeJSON(_ fields: CustomerFields) throws -> JSONValue {
    let nothing =
        #"{"id":"cus_1","object":"customer","email":null,"address":null,"shipping":null,"metadata":{}}"#
    let patch = try JSONDocument.parse(fields.asPatch.json()).root
    return try JSONDocument.parse(try JSONDocument.parse(Array(nothing.utf8)).root.merged(overlay: patch))
        .root
}

/// Null members and empty objects are as good as absent to readers of a fold.
struct CustomerPatchTests {
    let seed = UInt64.random(in: 0...UInt64.max)

    @Test func `merging two patches folds like one after the other`() {
        let generator = CallGenerator(random: RandomSource(seed: seed))
        for round in 0..<rounds {
            let (first, second, third) = (generator.patch(), generator.patch(), generator.patch())
            let fields = generator.fields()
            let stepwise = second.folded(over: first.folded(over: fields))
            #expect(
                first.merged(with: second).folded(over: fields) == stepwise,
                "seed \(seed) round \(round)"
            )
            #expect(
                first.merged(with: second).merged(with: third)
                    == first.merged(with: second.merged(with: third)),
                "seed \(seed) round \(round)"
            )
            var snapshot = CustomerSnapshot()
            snapshot.email = fields.email
            snapshot.metadata = fields.metadata
            snapshot.language = fields.preferredLocales.first
            #expect(
                first.merged(with: second).folded(over: snapshot)
                    == second.folded(over: first.folded(over: snapshot)),
                "seed \(seed) round \(round)"
            )
        }
    }

    @Test func `folding the provider's JSON is folding its fields`() throws {
        let generator = CallGenerator(random: RandomSource(seed: seed))
        for round in 0..<rounds {
            let (fields, patch) = (generator.fields(), generator.patch())
            let json = try stripeJSON(fields)
            #expect(StripeDecoder.customerFields(json) == fields, "seed \(seed) round \(round)")
            let folded = try JSONDocument.parse(try patch.folded(over: json)).root
            #expect(
                StripeDecoder.customerFields(folded) == patch.folded(over: fields),
                "seed \(seed) round \(round)"
            )
            #expect(folded["id"]?.string == "cus_1")
        }
    }

    @Test func `a patch changes nothing where it says nothing`() {
        let fields = CallGenerator(random: RandomSource(seed: seed)).fields()
        #expect(CustomerPatch().folded(over: fields) == fields, "seed \(seed)")
        #expect(CustomerPatch().isEmpty && CustomerPatch().merged(with: CustomerPatch()).isEmpty)
    }

    @Test func `an unsent creation takes later changes with it`() {
        var fields = CustomerFields()
        fields.email = "jo@example.com"
        fields.name = "Jo"
        var patch = CustomerPatch()
        patch.email = .set("jo@example.org")
        patch.name = .clear
        patch.metadata.set("plan", to: "pro")
        let creation = ProviderOperation.createCustomer(CustomerDraft(localID: "cst_1", fields: fields))
        let coalesced = creation.coalesced(with: .updateCustomer(.local("cst_1"), patch))
        var wanted = CustomerFields()
        wanted.email = "jo@example.org"
        wanted.metadata = Metadata([Metadata.Entry(key: "plan", value: "pro")])
        #expect(coalesced == .createCustomer(CustomerDraft(localID: "cst_1", fields: wanted)))
        #expect(creation.coalesced(with: .deleteCustomer(.local("cst_1"))) == nil)
        #expect(ProviderOperation.deleteCustomer(.local("cst_1")).coalesced(with: creation) == nil)
    }

    @Test func `an address emptied part by part is cleared whole`() {
        var patch = AddressPatch(replacingWith: nil)
        patch[.city] = .set("")
        #expect(patch.clearsAll && patch == AddressPatch(replacingWith: nil))
    }

    @Test func `metadata keys that look alike are two keys`() {
        var patch = MetadataPatch()
        patch.set("\u{E9}", to: "one scalar")
        patch.set("e\u{301}", to: "two scalars")
        #expect(patch.entries.count == 2)
        #expect(patch.folded(over: Metadata()).entries.count == 2)
    }
}

struct OperationJSONTests {
    let seed = UInt64.random(in: 0...UInt64.max)

    @Test func `an operation survives being stored`() throws {
        let generator = CallGenerator(random: RandomSource(seed: seed))
        for round in 0..<rounds {
            let operation = generator.operation()
            let stored = operation.json()
            let read = try ProviderOperation(json: try JSONDocument.parse(stored).root)
            // Texts that clear are read as clearing, so the stored form is what has to be stable.
            #expect(read.json() == stored, "seed \(seed) round \(round)")
            if case .updateCustomer(_, let patch) = operation, case .updateCustomer(_, let again) = read {
                let fields = generator.fields()
                #expect(
                    patch.folded(over: fields) == again.folded(over: fields),
                    "seed \(seed) round \(round)"
                )
            } else {
                #expect(read == operation, "seed \(seed) round \(round)")
            }
        }
    }

    @Test(arguments: [
        "[]", "{}", #"{"operation":"fly"}"#, #"{"operation":"update_customer"}"#,
        #"{"operation":"update_customer","target":{"provider_id":"cus_1"},"patch":{"shoe_size":"44"}}"#,
        #"{"operation":"update_customer","target":{"provider_id":"cus_1"},"patch":{"email":7}}"#,
        #"{"operation":"update_customer","target":{},"patch":{}}"#,
        #"{"operation":"delete_customer","target":{"provider_id":"cus_1","more":1}}"#,
        #"{"operation":"create_checkout_session","session":{"local_id":"c","mode":"gift"}}"#,
        #"{"operation":"create_checkout_session","session":{"local_id":"c","mode":"payment","line_items":[{}]}}"#,
        #"{"operation":"expire_checkout_session","target":{"provider_id":"cs_1"},"later":true}"#,
    ])
    func `what we did not write is refused`(text: String) throws {
        let root = try JSONDocument.parse(Array(text.utf8)).root
        #expect(throws: OperationFormatError.self) { try ProviderOperation(json: root) }
    }

    @Test func `binding replaces our ids by the provider's`() {
        var draft = CheckoutSessionDraft(localID: "chs_1", mode: .payment)
        draft.customer = .local("cst_1")
        let operation = ProviderOperation.createCheckoutSession(draft)
        #expect(operation.unboundIDs == ["cst_1"])
        #expect(operation.bound { _ in nil } == operation)
        let bound = operation.bound { $0 == "cst_1" ? ProviderID("cus_1") : nil }
        #expect(bound.unboundIDs.isEmpty)
        let update = ProviderOperation.updateCustomer(.local("cst_1"), CustomerPatch())
        #expect(update.unboundIDs == ["cst_1"])
        #expect(update.bound { _ in ProviderID("cus_1") }.target == .provider(ProviderID("cus_1")))
    }
}
