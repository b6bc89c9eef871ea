"""The objects around subscriptions and invoices, on the wire: checkout, disputes, credit notes, schedules and the rest.

Same rules as shapes.py.
"""

from copy import deepcopy

from .shapes import address, discount, listing, plan, price


def invoiceitem(it, old):
    body = {
        "id": it.id, "object": "invoiceitem", "amount": it.amount, "currency": it.price.currency,
        "customer": it.customer.id, "date": it.created, "description": it.description, "discountable": False,
        "discounts": [], "invoice": it.invoice, "livemode": it.livemode, "metadata": deepcopy(it.metadata),
        "period": {"end": it.period_end, "start": it.period_start}, "proration": True, "quantity": it.quantity,
        "tax_rates": [], "test_clock": None,
    }
    if old:
        body.update({"plan": plan(it.price, old), "price": price(it.price, old), "subscription": it.subscription.id,
                     "subscription_item": it.subscription.items[0].id, "unit_amount": it.amount,
                     "unit_amount_decimal": str(it.amount)})
    else:
        body.update({
            "customer_account": None, "net_amount": it.amount,
            "parent": {"subscription_details": {"subscription": it.subscription.id,
                                                "subscription_item": it.subscription.items[0].id},
                       "type": "subscription_details"},
            "pricing": {"price_details": {"price": it.price.id, "product": it.price.product.id},
                        "type": "price_details", "unit_amount_decimal": str(it.amount)},
            "proration_details": {"discount_amounts": []},
        })
    return body


def checkout_session(it, old):
    buyer = it.customer
    details = {"address": address(buyer), "email": buyer.email, "name": buyer.name, "phone": None,
               "tax_exempt": "none", "tax_ids": []}
    open_now = it.status == "open"
    body = {
        "id": it.id, "object": "checkout.session", "after_expiration": None, "allow_promotion_codes": None,
        "amount_subtotal": it.amount, "amount_total": it.amount,
        "automatic_tax": {"enabled": False, "liability": None, "status": None}, "billing_address_collection": None,
        "cancel_url": "https://shop.example.com/cancelled", "client_reference_id": it.reference, "consent": None,
        "consent_collection": None, "created": it.created, "currency": it.currency, "custom_fields": [],
        "custom_text": {"after_submit": None, "shipping_address": None, "submit": None,
                        "terms_of_service_acceptance": None},
        "customer": buyer.id, "customer_creation": "always" if it.mode == "payment" else None,
        "customer_details": details, "customer_email": None, "expires_at": it.created + 86400,
        "invoice": it.invoice, "invoice_creation": None, "livemode": it.livemode, "locale": None,
        "metadata": deepcopy(it.metadata), "mode": it.mode, "payment_intent": it.payment_intent, "payment_link": None,
        "payment_method_collection": "always", "payment_method_configuration_details": None,
        "payment_method_options": {}, "payment_method_types": list(it.methods), "payment_status": it.payment_status,
        "phone_number_collection": {"enabled": False}, "recovered_from": None, "setup_intent": None,
        "shipping_address_collection": None, "shipping_cost": None, "shipping_options": [], "status": it.status,
        "submit_type": None, "subscription": it.subscription, "success_url": "https://shop.example.com/thanks",
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "url": f"https://checkout.example.com/c/{it.id}" if open_now else None,
    }
    if old:
        body.update({"shipping": None, "shipping_rate": None})
    else:
        details.update({"business_name": None, "individual_name": None})
        body.update({
            "adaptive_pricing": {"enabled": True}, "client_secret": None,
            "collected_information": {"business_name": None, "individual_name": None, "shipping_details": None},
            "currency_conversion": None, "customer_account": None, "discounts": [], "origin_context": None,
            "permissions": None, "presentment_details": None, "saved_payment_method_options": None,
            "ui_mode": "hosted_page", "wallet_options": None,
        })
    return body


def dispute(it, old):
    body = {
        "id": it.id, "object": "dispute", "amount": it.charge.amount, "balance_transactions": [],
        "charge": it.charge.id, "created": it.created, "currency": it.charge.currency,
        "evidence": {name: None for name in ("access_activity_log", "cancellation_policy", "customer_name",
                                             "product_description", "receipt", "service_date",
                                             "uncategorized_text")},
        "evidence_details": {"due_by": it.created + 9 * 86400, "has_evidence": it.has_evidence, "past_due": False,
                             "submission_count": int(it.has_evidence)},
        "is_charge_refundable": False, "livemode": it.livemode, "metadata": deepcopy(it.metadata),
        "payment_intent": it.charge.payment_intent, "reason": it.reason, "status": it.status,
    }
    if old:
        body["balance_transaction"] = None
    else:
        body.update({
            "enhanced_eligibility_types": [], "intended_submission_method": None,
            "payment_method_details": {"card": {"brand": "visa", "case_type": "chargeback",
                                                "network_reason_code": "10.4"}, "type": "card"},
        })
        body["evidence_details"]["enhanced_eligibility"] = {}
    return body


def credit_note(it, old):
    bill = it.invoice
    paid_back = it.refund is not None
    line = {"id": it.line, "object": "credit_note_line_item", "amount": it.amount, "description": "Goodwill",
            "discount_amount": 0, "discount_amounts": [], "invoice_line_item": bill.lines[0].id,
            "livemode": it.livemode, "quantity": 1, "tax_rates": [], "type": "invoice_line_item",
            "unit_amount": it.amount, "unit_amount_decimal": str(it.amount)}
    body = {
        "id": it.id, "object": "credit_note", "amount": it.amount, "amount_shipping": 0, "created": it.created,
        "currency": bill.currency, "customer": bill.customer.id, "customer_balance_transaction": None,
        "discount_amount": 0, "discount_amounts": [], "effective_at": it.created, "invoice": bill.id,
        "lines": listing(f"/v1/credit_notes/{it.id}/lines", [line]), "livemode": it.livemode, "memo": it.memo,
        "metadata": deepcopy(it.metadata), "number": f"{bill.number}-CN-01", "out_of_band_amount": None,
        "pdf": f"https://invoice.example.com/{it.id}/pdf", "reason": "order_change", "shipping_cost": None,
        "status": "issued", "subtotal": it.amount, "subtotal_excluding_tax": it.amount, "total": it.amount,
        "total_excluding_tax": it.amount, "type": "post_payment" if paid_back else "pre_payment",
        "voided_at": None,
    }
    if old:
        body.update({"refund": it.refund.id if paid_back else None, "tax_amounts": []})
        line["tax_amounts"] = []
    else:
        refunds = [{"amount_refunded": it.amount, "refund": it.refund.id, "type": "refund"}] if paid_back else []
        body.update({"customer_account": None, "post_payment_amount": it.amount if paid_back else 0,
                     "pre_payment_amount": 0 if paid_back else it.amount, "pretax_credit_amounts": [],
                     "refunds": refunds, "total_taxes": []})
        line.update({"pretax_credit_amounts": [], "taxes": []})
    return body


def subscription_schedule(it, old):
    tax = {"enabled": False} if old else {"disabled_reason": None, "enabled": False, "liability": None}
    phases = []
    for phase in it.phases:
        item = {"billing_thresholds": None, "metadata": {}, "plan": phase["price"].id, "price": phase["price"].id,
                "quantity": phase["quantity"], "tax_rates": []}
        body = {
            "add_invoice_items": [], "application_fee_percent": None, "billing_cycle_anchor": None,
            "billing_thresholds": None, "collection_method": None, "currency": phase["price"].currency,
            "default_payment_method": None, "default_tax_rates": [], "description": None,
            "end_date": phase["end"], "invoice_settings": None, "items": [item], "metadata": {},
            "on_behalf_of": None, "proration_behavior": "create_prorations", "start_date": phase["start"],
            "transfer_data": None, "trial_end": None,
        }
        if old:
            body["coupon"] = None
        else:
            body["discounts"] = []
            item["discounts"] = []
        phases.append(body)
    body = {
        "id": it.id, "object": "subscription_schedule", "application": None, "canceled_at": None,
        "completed_at": None, "created": it.created,
        "current_phase": {"end_date": it.phases[0]["end"], "start_date": it.phases[0]["start"]},
        "customer": it.subscription.customer.id,
        "default_settings": {
            "application_fee_percent": None, "automatic_tax": tax, "billing_cycle_anchor": "automatic",
            "billing_thresholds": None, "collection_method": "charge_automatically", "default_payment_method": None,
            "default_source": None, "description": None,
            "invoice_settings": {"account_tax_ids": None, "days_until_due": None, "issuer": {"type": "self"}},
            "on_behalf_of": None, "transfer_data": None,
        },
        "end_behavior": it.end_behavior, "livemode": it.livemode, "metadata": deepcopy(it.metadata),
        "phases": phases, "released_at": None, "released_subscription": None, "renewal_interval": None,
        "status": "active", "subscription": it.subscription.id, "test_clock": None,
    }
    if not old:
        del body["renewal_interval"]
        body.update({"billing_mode": {"flexible": None, "type": "classic"}, "customer_account": None})
    return body


def entitlement_summary(it, old):
    """No id of its own: the customer is its key."""
    return {
        "object": "entitlements.active_entitlement_summary", "customer": it.customer.id,
        "entitlements": listing(f"/v1/customer/{it.customer.id}/entitlements", [
            {"id": one["id"], "object": "entitlements.active_entitlement", "feature": one["feature"],
             "livemode": it.livemode, "lookup_key": one["lookup_key"]} for one in it.entitlements], False),
        "livemode": it.livemode,
    }


def raw(it, old):
    """An object that the gateway has no name for."""
    return deepcopy(it.body)


__all__ = ["invoiceitem", "checkout_session", "dispute", "credit_note", "subscription_schedule",
           "entitlement_summary", "raw", "discount"]
