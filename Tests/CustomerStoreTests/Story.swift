import BillingModel
import JSON
import Providers

/// Hand-made events, in the new shape unless a test says otherwise.
enum Story {
    static func event(_ type: String, _ object: String, second: Int64 = 1_700_000_000) throws -> ProviderEvent
    {
        let text = """
            {"id":"evt_x","object":"event","type":"\(type)","created":\(second),"data":{"object":\(object)}}
            """
        guard case .event(let event) = StripeDecoder.envelope(try JSONDocument.parse(Array(text.utf8)).root)
        else {
            throw NoEvent()
        }
        return event
    }

    struct NoEvent: Error {}

    static func customer(
        _ id: String,
        email: String = "jo@example.com",
        metadata: String = "{}",
        delinquent: Bool = false
    ) -> String {
        """
        {"id":"\(id)","object":"customer","created":1700000000,"email":"\(email)","name":"Jo","balance":0,
         "delinquent":\(delinquent),"metadata":\(metadata)}
        """
    }

    static func subscription(
        _ id: String,
        of customer: String,
        status: String = "active",
        start: Int64 = 1_700_000_000,
        trialEnd: Int64? = nil
    ) -> String {
        """
        {"id":"\(id)","object":"subscription","created":\(start),"start_date":\(start),"status":"\(status)",
         "customer":"\(customer)","trial_end":\(trialEnd.map(String.init) ?? "null"),"items":{"data":[
           {"id":"si_\(id)","price":{"id":"price_\(id)","product":"prod_\(id)","currency":"usd","unit_amount":900,
            "recurring":{"interval":"month","interval_count":1}},"quantity":1,
            "current_period_start":\(start),"current_period_end":\(start + 2_592_000)}]}}
        """
    }

    static func invoice(
        _ id: String,
        of customer: String,
        subscription: String? = nil,
        status: String = "paid",
        paid: Int64 = 900,
        created: Int64 = 1_700_000_000,
        attempts: Int64 = 1,
        reason: String = "subscription_cycle",
        periodStart: Int64 = 1_700_000_000,
        intent: String? = nil
    ) -> String {
        let due: Int64 = 900
        return """
            {"id":"\(id)","object":"invoice","created":\(created),"customer":"\(customer)","status":"\(status)",
             "currency":"usd","amount_due":\(due),"amount_paid":\(status == "paid" ? paid : 0),
             "amount_remaining":\(status == "paid" ? 0 : due),"attempt_count":\(attempts),
             "attempted":\(attempts > 0),"billing_reason":"\(reason)",
             "payment_intent":\(intent.map { "\"\($0)\"" } ?? "null"),
             "parent":\(subscription.map { "{\"subscription_details\":{\"subscription\":\"\($0)\"}}" } ?? "null"),
             "lines":{"data":[{"parent":{"type":"subscription_item_details","subscription_item_details":{}},
               "period":{"start":\(periodStart),"end":\(periodStart + 2_592_000)}}]}}
            """
    }

    static func charge(
        _ id: String,
        of customer: String?,
        amount: Int64 = 500,
        refunded: Int64 = 0,
        intent: String? = nil,
        invoice: String? = nil,
        status: String = "succeeded"
    ) -> String {
        """
        {"id":"\(id)","object":"charge","created":1700000000,"customer":\(customer.map { "\"\($0)\"" } ?? "null"),
         "amount":\(amount),"amount_captured":\(status == "succeeded" ? amount : 0),"amount_refunded":\(refunded),
         "currency":"usd","status":"\(status)","payment_intent":\(intent.map { "\"\($0)\"" } ?? "null"),
         "invoice":\(invoice.map { "\"\($0)\"" } ?? "null")}
        """
    }

    static func refund(_ id: String, of charge: String, amount: Int64, status: String = "succeeded") -> String
    {
        """
        {"id":"\(id)","object":"refund","created":1700000100,"charge":"\(charge)","amount":\(amount),
         "currency":"usd","status":"\(status)"}
        """
    }

    static func dispute(_ id: String, of charge: String, amount: Int64, status: String) -> String {
        """
        {"id":"\(id)","object":"dispute","created":1700000200,"charge":"\(charge)","amount":\(amount),
         "currency":"usd","status":"\(status)"}
        """
    }

    static func invoicePayment(_ id: String, of invoice: String, intent: String) -> String {
        """
        {"id":"\(id)","object":"invoice_payment","created":1700000000,"invoice":"\(invoice)","status":"paid",
         "currency":"usd","amount_paid":500,"payment":{"type":"payment_intent","payment_intent":"\(intent)"}}
        """
    }
}

extension TestStore {
    /// Applies each event in a batch of its own; places count up from the first free one.
    func tell(
        _ events: [(type: String, object: String)],
        on connection: Connection = TestStore.test,
        from place: Int = 0
    ) async throws {
        for (offset, event) in events.enumerated() {
            try await apply([(place + offset, try Story.event(event.type, event.object))], on: connection)
        }
    }
}

/// All orders of a list.
func permutations<Element>(_ elements: [Element]) -> [[Element]] {
    guard let first = elements.first else { return [[]] }
    return permutations(Array(elements.dropFirst())).flatMap { rest in
        (0...rest.count).map { Array(rest[..<$0]) + [first] + Array(rest[$0...]) }
    }
}
