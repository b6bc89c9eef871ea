import BillingModel
import JSON
import Providers
import Testing
import Timing

private func decode(_ type: String, _ text: String) throws -> DecodedObject {
    StripeDecoder.decode(type: type, try JSONDocument.parse(Array(text.utf8)).root)
}

private func time(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: seconds * 1000) }

struct StripeDecoderTests {
    @Test func `a subscription says the same in the old and the new shape`() throws {
        let old = try decode(
            "subscription",
            """
            {"id":"sub_1","object":"subscription","status":"active","customer":"cus_1","created":10,"start_date":10,
             "current_period_start":100,"current_period_end":200,"plan":{"id":"price_1"},"quantity":2,"metadata":{},
             "items":{"object":"list","has_more":false,"data":[{"id":"si_1","object":"subscription_item",
               "plan":{"id":"price_1","product":"prod_1","amount":500,"currency":"usd","interval":"month",
                       "interval_count":1,"usage_type":"licensed"},"quantity":2}]}}
            """
        )
        let new = try decode(
            "subscription",
            """
            {"id":"sub_1","object":"subscription","status":"active","customer":{"id":"cus_1","object":"customer"},
             "created":10,"start_date":10,"currency":"usd",
             "items":{"object":"list","has_more":false,"data":[{"id":"si_1","object":"subscription_item",
               "price":{"id":"price_1","product":"prod_1","unit_amount":500,"currency":"usd",
                        "recurring":{"interval":"month","interval_count":1,"usage_type":"licensed"}},
               "current_period_start":100,"current_period_end":200,"quantity":2}]}}
            """
        )
        #expect(old.problems.isEmpty && new.problems.isEmpty)
        #expect(old == new)
        guard case .subscription(let subscription) = new.content else {
            Issue.record("no subscription")
            return
        }
        #expect(subscription.customer == ProviderID("cus_1"))
        #expect(subscription.currentPeriodEnd == time(200))
        #expect(subscription.items.first?.product == ProviderID("prod_1"))
    }

    @Test func `items with different periods give the earliest start and the latest end`() throws {
        let decoded = try decode(
            "subscription",
            """
            {"status":"trialing","customer":"cus_1","items":{"data":[
              {"id":"si_1","price":"price_1","current_period_start":100,"current_period_end":200},
              {"id":"si_2","price":"price_2","current_period_start":90,"current_period_end":300}],"has_more":true}}
            """
        )
        guard case .subscription(let subscription) = decoded.content else {
            Issue.record("no subscription")
            return
        }
        #expect(subscription.status == .inTrial)
        #expect(subscription.currentPeriodStart == time(90))
        #expect(subscription.currentPeriodEnd == time(300))
        #expect(!subscription.itemsAreComplete)
    }

    @Test(arguments: [
        ("trialing", SubscriptionStatus.inTrial), ("active", .active), ("incomplete", .paymentPending),
        ("incomplete_expired", .expired), ("past_due", .pastDue), ("unpaid", .unpaid), ("paused", .paused),
        ("canceled", .canceled),
    ])
    func `each status has our word`(theirs: String, ours: SubscriptionStatus) throws {
        let decoded = try decode("subscription", #"{"status":"\#(theirs)","customer":"cus_1"}"#)
        guard case .subscription(let subscription) = decoded.content else {
            Issue.record("no subscription")
            return
        }
        #expect(subscription.status == ours)
        #expect(decoded.isTerminal == (ours == .canceled || ours == .expired))
    }

    @Test func `an invoice says the same in the old and the new shape`() throws {
        let common = """
            "id":"in_1","object":"invoice","status":"paid","currency":"usd","customer":"cus_1","created":50,
            "amount_due":700,"amount_paid":700,"amount_remaining":0,"total":700,"subtotal":700,
            "billing_reason":"subscription_cycle","attempted":true,"attempt_count":1,"period_start":1,"period_end":100
            """
        let old = try decode(
            "invoice",
            """
            {\(common),"subscription":"sub_1","lines":{"data":[
              {"type":"invoiceitem","proration":true,"period":{"start":999,"end":1000}},
              {"type":"subscription","proration":true,"period":{"start":500,"end":600}},
              {"type":"subscription","proration":false,"period":{"start":100,"end":200}}]}}
            """
        )
        let new = try decode(
            "invoice",
            """
            {\(common),"parent":{"type":"subscription_details","subscription_details":{"subscription":"sub_1"}},
             "lines":{"data":[
              {"parent":{"type":"invoice_item_details","invoice_item_details":{}},"period":{"start":999,"end":1000}},
              {"parent":{"type":"subscription_item_details","subscription_item_details":{"proration":true}},
               "period":{"start":500,"end":600}},
              {"parent":{"type":"subscription_item_details","subscription_item_details":{"proration":false}},
               "period":{"start":100,"end":200}}]}}
            """
        )
        #expect(old == new)
        guard case .invoice(let invoice) = old.content else {
            Issue.record("no invoice")
            return
        }
        #expect(invoice.periodStart == time(100))
        #expect(invoice.periodEnd == time(200))
        #expect(invoice.revenue == Money(amount: 700, currency: "usd"))
    }

    @Test func `a renewal without lines pays the period after the one that it names`() throws {
        let decoded = try decode(
            "invoice",
            """
            {"status":"open","currency":"usd","amount_paid":0,"subscription":"sub_1",
             "billing_reason":"subscription_cycle","period_start":1,"period_end":100}
            """
        )
        guard case .invoice(let invoice) = decoded.content else {
            Issue.record("no invoice")
            return
        }
        #expect(invoice.periodStart == time(100))
        #expect(invoice.revenue == nil)
    }

    @Test(arguments: [
        ("subscription", #"{"status":7,"customer":"cus_1"}"#, "status"),
        ("subscription", #"{"status":"frozen","customer":"cus_1"}"#, "status"),
        ("subscription", #"{"status":"active"}"#, "customer"),
        ("subscription", #"{"status":"active","customer":[]}"#, "customer"),
        ("invoice", #"{"status":"paid","currency":"usd"}"#, "amount_paid"),
        ("invoice", #"{"status":"paid","currency":"usd","amount_paid":"7"}"#, "amount_paid"),
        ("invoice", #"{"status":"paid","currency":"usd","amount_paid":7.5}"#, "amount_paid"),
        ("invoice", #"{"status":"paid","currency":"usd","amount_paid":1000000000000001}"#, "amount_paid"),
        ("invoice", #"{"status":"paid","amount_paid":7}"#, "currency"),
        ("charge", #"{"status":"succeeded","currency":"usd"}"#, "amount"),
        ("refund", #"{"status":{},"amount":1,"currency":"usd"}"#, "status"),
        ("dispute", #"{"status":"lost","amount":null,"currency":"usd"}"#, "amount"),
        ("checkout.session", #"{"status":"new"}"#, "status"),
        ("invoice_payment", #"{"status":"paid"}"#, "invoice"),
    ])
    func `an object without a usable required field says which`(type: String, text: String, path: String)
        throws
    {
        let decoded = try decode(type, text)
        #expect(decoded.content == .unusable)
        #expect(decoded.unusable?.path == path)
    }

    @Test func `an odd optional field is a problem and counts as absent`() throws {
        let decoded = try decode(
            "customer",
            #"{"id":"cus_1","email":["a"],"name":"a\u0000b","created":"now","balance":1e3,"metadata":{"a":1,"b":{}}}"#
        )
        guard case .customer(let customer) = decoded.content else {
            Issue.record("no customer")
            return
        }
        #expect(
            customer.email == nil && customer.name == nil && customer.created == nil && customer.balance == 0
        )
        #expect(customer.metadata.entries == [Metadata.Entry(key: "a", value: "1")])
        #expect(Set(decoded.problems.map(\.path)) == ["email", "name", "created", "balance"])
        #expect(decoded.unusable == nil)
    }

    @Test
    func `a type that we do not model is mirrored whole, and what is left of a deleted object says nothing`()
        throws
    {
        #expect(try decode("fixture.weather", #"{"id":"x"}"#).content == .unmodelled)
        #expect(
            try decode("customer", #"{"id":"cus_1","object":"customer","deleted":true}"#).content
                == .unmodelled
        )
    }

    @Test func `percentages are exact and have one form`() throws {
        for (theirs, ours) in [("25.50", "25.5"), ("25", "25"), ("25.0", "25"), ("33.3333", "33.3333")] {
            let decoded = try decode("coupon", #"{"id":"c","percent_off":\#(theirs),"duration":"once"}"#)
            guard case .coupon(let coupon) = decoded.content else {
                Issue.record("no coupon")
                return
            }
            #expect(coupon.percentOff == ours)
        }
    }
}
