/// Payment methods, intents and charges in the current API.
enum PaymentShape {
    struct Money {
        let amount: Int64
        let currency: String
    }

    private static let noAddress: WireValue = [
        "city": nil, "country": nil, "line1": nil, "line2": nil, "postal_code": nil, "state": nil,
    ]

    static func card(
        id: String,
        customer: String,
        email: String?,
        name: String?,
        created: Int64,
        fingerprint: String
    ) -> WireObject {
        [
            "id": .text(id),
            "object": "payment_method",
            "allow_redisplay": "limited",
            "billing_details": [
                "address": noAddress, "email": WireValue(email), "name": WireValue(name), "phone": nil,
                "tax_id": nil,
            ],
            "card": [
                "brand": "visa",
                "checks": [
                    "address_line1_check": nil, "address_postal_code_check": nil, "cvc_check": "pass",
                ],
                "country": "US",
                "display_brand": "visa",
                "exp_month": 12,
                "exp_year": 2034,
                "fingerprint": .text(fingerprint),
                "funding": "credit",
                "generated_from": nil,
                "last4": "4242",
                "networks": ["available": ["visa"], "preferred": nil],
                "three_d_secure_usage": ["supported": true],
                "wallet": nil,
            ],
            "created": .integer(created),
            "customer": .text(customer),
            "customer_account": nil,
            "livemode": false,
            "metadata": [:],
            "type": "card",
        ]
    }

    static func intent(
        id: String,
        _ money: Money,
        customer: String?,
        charge: String,
        method: String?,
        created: Int64,
        metadata: WireObject
    ) -> WireObject {
        [
            "id": .text(id),
            "object": "payment_intent",
            "amount": .integer(money.amount),
            "amount_capturable": 0,
            "amount_received": .integer(money.amount),
            "canceled_at": nil,
            "cancellation_reason": nil,
            "capture_method": "automatic",
            "confirmation_method": "automatic",
            "created": .integer(created),
            "currency": .text(money.currency),
            "customer": WireValue(customer),
            "description": nil,
            "last_payment_error": nil,
            "latest_charge": .text(charge),
            "livemode": false,
            "metadata": .object(metadata),
            "next_action": nil,
            "payment_method": WireValue(method),
            "payment_method_types": ["card"],
            "receipt_email": nil,
            "setup_future_usage": nil,
            "status": "succeeded",
        ]
    }

    static func charge(
        id: String,
        _ money: Money,
        customer: String?,
        intent: String,
        card: WireObject?,
        created: Int64,
        metadata: WireObject
    ) -> WireObject {
        [
            "id": .text(id),
            "object": "charge",
            "amount": .integer(money.amount),
            "amount_captured": .integer(money.amount),
            "amount_refunded": 0,
            "balance_transaction": nil,
            "billing_details": card?["billing_details"] ?? .null,
            "captured": true,
            "created": .integer(created),
            "currency": .text(money.currency),
            "customer": WireValue(customer),
            "description": nil,
            "disputed": false,
            "failure_code": nil,
            "failure_message": nil,
            "livemode": false,
            "metadata": .object(metadata),
            "outcome": [
                "network_status": "approved_by_network", "reason": nil, "risk_level": "normal",
                "seller_message": "Payment complete.", "type": "authorized",
            ],
            "paid": true,
            "payment_intent": .text(intent),
            "payment_method": card?["id"] ?? .null,
            "payment_method_details": ["card": card?["card"] ?? .null, "type": "card"],
            "receipt_email": nil,
            "receipt_url": nil,
            "refunded": false,
            "status": "succeeded",
        ]
    }
}
