/// The form of a checkout session in the current API.
enum SessionShape {
    static func fresh(id: String, mode: String, created: Int64, expires: Int64, url: String) -> WireObject {
        [
            "id": .text(id),
            "object": "checkout.session",
            "adaptive_pricing": nil,
            "after_expiration": nil,
            "allow_promotion_codes": nil,
            "amount_subtotal": nil,
            "amount_total": nil,
            "automatic_tax": ["enabled": false, "liability": nil, "provider": nil, "status": nil],
            "billing_address_collection": nil,
            "cancel_url": nil,
            "client_reference_id": nil,
            "client_secret": nil,
            "collected_information": nil,
            "consent": nil,
            "consent_collection": nil,
            "created": .integer(created),
            "currency": nil,
            "currency_conversion": nil,
            "custom_fields": [],
            "custom_text": [
                "after_submit": nil, "shipping_address": nil, "submit": nil,
                "terms_of_service_acceptance": nil,
            ],
            "customer": nil,
            "customer_account": nil,
            "customer_creation": nil,
            "customer_details": nil,
            "customer_email": nil,
            "discounts": [],
            "expires_at": .integer(expires),
            "invoice": nil,
            "invoice_creation": nil,
            "livemode": false,
            "locale": nil,
            "metadata": [:],
            "mode": .text(mode),
            "origin_context": nil,
            "payment_intent": nil,
            "payment_link": nil,
            "payment_method_collection": nil,
            "payment_method_configuration_details": nil,
            "payment_method_options": [:],
            "payment_method_types": ["card"],
            "payment_status": "unpaid",
            "permissions": nil,
            "phone_number_collection": ["enabled": false],
            "recovered_from": nil,
            "saved_payment_method_options": nil,
            "setup_intent": nil,
            "shipping_address_collection": nil,
            "shipping_cost": nil,
            "shipping_options": [],
            "status": "open",
            "submit_type": nil,
            "subscription": nil,
            "success_url": nil,
            "total_details": ["amount_discount": 0, "amount_shipping": 0, "amount_tax": 0],
            "ui_mode": "hosted",
            "url": .text(url),
            "wallet_options": nil,
        ]
    }

    static func details(email: String?, name: String?, phone: String? = nil) -> WireObject {
        [
            "address": nil, "business_name": nil, "email": WireValue(email), "individual_name": nil,
            "name": WireValue(name), "phone": WireValue(phone), "tax_exempt": "none", "tax_ids": [],
        ]
    }

    static func line(id: String, price: WireObject, description: String, quantity: Int64) -> WireObject {
        let amount = (price.integer("unit_amount") ?? 0) * quantity
        return [
            "id": .text(id),
            "object": "item",
            "amount_discount": 0,
            "amount_subtotal": .integer(amount),
            "amount_tax": 0,
            "amount_total": .integer(amount),
            "currency": price["currency"] ?? .null,
            "description": .text(description),
            "metadata": [:],
            "price": .object(price),
            "quantity": .integer(quantity),
        ]
    }
}
