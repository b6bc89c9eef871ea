package import BillingModel

extension StripeDecoder {
    /// What the type of an event tells. Unknown types tell no more than their snapshot.
    package static func facts(ofEventType type: String) -> EventFacts {
        // Thin events about v1 objects carry the name of the snapshot event with a prefix.
        let name = type.hasPrefix("v1.") ? String(type.dropFirst(3)) : type
        return EventFacts(birth: birth(name), deletion: deletion(name), note: note(name))
    }

    private static func birth(_ type: String) -> EventFacts.Birth {
        switch type {
        case "charge.succeeded", "charge.failed", "charge.pending":
            // A charge has no `created` event; one that was pending is known when it succeeds.
            type == "charge.succeeded" ? .always : .whenUnknown
        case "payment_method.attached":
            .always
        case "invoice_payment.paid":
            .whenUnknown
        default:
            if type.hasSuffix(".created") {
                .always
            } else if type.hasPrefix("checkout.session.") {
                .whenUnknown
            } else {
                .never
            }
        }
    }

    private static func deletion(_ type: String) -> EventFacts.Deletion {
        guard type.hasSuffix(".deleted") else { return .none }
        // A canceled subscription stays readable; its id never lives again.
        return type == "customer.subscription.deleted" ? .keepsObject : .removesObject
    }

    private static func note(_ type: String) -> ObjectNote? {
        switch type {
        case "invoice.payment_action_required": .paymentActionRequired
        case "checkout.session.async_payment_failed": .delayedPaymentFailed
        default: nil
        }
    }

    /// Types whose ids the merchant may choose, and so may use again after a deletion.
    package static func merchantChoosesID(of type: ObjectType) -> Bool {
        merchantChosen.contains(type.rawValue)
    }

    private static let merchantChosen: Set<String> = ["coupon", "product", "plan", "promotion_code"]

    /// Members that differ between two forms of one state, as paths from the object: addresses that are made
    /// anew for each rendering, and lists and objects that are expanded in one form only. Two states that
    /// differ only there are one state.
    package static func volatilePaths(of type: ObjectType) -> [[String]] {
        volatile[type.rawValue] ?? []
    }

    private static let volatile: [String: [[String]]] = [
        "customer": [["sources"], ["subscriptions"], ["tax_ids"], ["tax_info"], ["cards"]],
        "invoice": [
            ["hosted_invoice_url"], ["invoice_pdf"], ["webhooks_delivered_at"], ["payments"],
            ["confirmation_secret"],
        ],
        "charge": [["receipt_url"], ["refunds"], ["updated"]],
        "checkout.session": [["line_items"], ["client_secret"]],
        "credit_note": [["pdf"], ["refunds"]],
        "payment_intent": [["charges"], ["client_secret"]],
        "setup_intent": [["client_secret"]],
        "quote": [["line_items"]],
        "product": [["updated"]],
        "coupon": [["applies_to"]],
        "dispute": [["evidence_details", "submission_count"]],
    ]
}
