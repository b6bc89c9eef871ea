"""How each object looks on the wire, in the old API version (2020-08-27) and in the current one (2026-06-24.dahlia).

Every function takes the simulator's neutral object and `old`, and returns a fresh dictionary. Nothing here decides
anything: amounts, times and states come from provider.py. Facts: the provider's public API reference and change log
(basil 2025-03-31 moved the periods to the items and the subscription of an invoice to `parent`; clover 2025-09-30 moved
the coupon of a discount to `source`; 2022-11-15 took the refunds out of the charge). No text of any capture is used.
"""

from copy import deepcopy


def listing(url, data, total_count=True):
    body = {"object": "list", "data": data, "has_more": False}
    if total_count:
        body["total_count"] = len(data)
    body["url"] = url
    return body


def product(it, old):
    body = {
        "id": it.id, "object": "product", "active": it.active, "attributes": [], "created": it.created,
        "default_price": it.default_price, "description": it.description, "images": [], "livemode": it.livemode,
        "marketing_features": [{"name": name} for name in it.features], "metadata": deepcopy(it.metadata),
        "name": it.name, "package_dimensions": None, "shippable": None, "statement_descriptor": None,
        "tax_code": "txcd_10103001", "type": "service", "unit_label": it.unit_label, "updated": it.updated,
        "url": None,
    }
    if old:
        del body["marketing_features"]
        body["features"] = [{"name": name} for name in it.features]
    else:
        del body["attributes"]
    return body


def price(it, old):
    recurring = None
    if it.interval:
        recurring = {"interval": it.interval, "interval_count": it.interval_count, "trial_period_days": None,
                     "usage_type": "licensed"}
        recurring.update({"aggregate_usage": None} if old else {"meter": None})
    return {
        "id": it.id, "object": "price", "active": it.active, "billing_scheme": "per_unit", "created": it.created,
        "currency": it.currency, "custom_unit_amount": None, "livemode": it.livemode, "lookup_key": it.lookup_key,
        "metadata": deepcopy(it.metadata), "nickname": it.nickname, "product": it.product.id, "recurring": recurring,
        "tax_behavior": "unspecified", "tiers_mode": None, "transform_quantity": None,
        "type": "recurring" if it.interval else "one_time", "unit_amount": it.amount,
        "unit_amount_decimal": str(it.amount),
    }


def plan(it, old):
    """The legacy view of a recurring price; `aggregate_usage` became `meter`."""
    body = {
        "id": it.id, "object": "plan", "active": it.active, "amount": it.amount, "amount_decimal": str(it.amount),
        "billing_scheme": "per_unit", "created": it.created, "currency": it.currency, "interval": it.interval,
        "interval_count": it.interval_count, "livemode": it.livemode, "metadata": deepcopy(it.metadata),
        "nickname": it.nickname, "product": it.product.id, "tiers_mode": None, "transform_usage": None,
        "trial_period_days": None, "usage_type": "licensed",
    }
    body.update({"aggregate_usage": None} if old else {"meter": None})
    return body


def coupon(it, old):
    return {
        "id": it.id, "object": "coupon", "amount_off": it.amount_off, "created": it.created, "currency": it.currency,
        "duration": it.duration, "duration_in_months": it.duration_in_months, "livemode": it.livemode,
        "max_redemptions": it.max_redemptions, "metadata": deepcopy(it.metadata), "name": it.name,
        "percent_off": it.percent_off, "redeem_by": None, "times_redeemed": it.times_redeemed, "valid": it.valid,
    }


def discount(it, old):
    body = {
        "id": it.id, "object": "discount", "checkout_session": None, "customer": it.customer.id, "end": it.end,
        "invoice": None, "invoice_item": None, "promotion_code": it.promotion_code, "start": it.start,
        "subscription": it.subscription,
    }
    if old:
        body["coupon"] = coupon(it.coupon, old)
    else:
        body.update({"customer_account": None, "source": {"coupon": it.coupon.id, "type": "coupon"},
                     "subscription_item": None})
    return body


def promotion_code(it, old):
    body = {
        "id": it.id, "object": "promotion_code", "active": it.active, "code": it.code, "created": it.created,
        "customer": None, "expires_at": it.expires_at, "livemode": it.livemode, "max_redemptions": it.max_redemptions,
        "metadata": deepcopy(it.metadata),
        "restrictions": {"first_time_transaction": False, "minimum_amount": None, "minimum_amount_currency": None},
        "times_redeemed": 0,
    }
    if old:
        body["coupon"] = coupon(it.coupon, old)
    else:
        body.update({"customer_account": None, "promotion": {"coupon": it.coupon.id, "type": "coupon"}})
    return body


def address(it):
    return {"city": it.city, "country": it.country, "line1": it.line1, "line2": None,
            "postal_code": it.postal_code, "state": None}


def customer(it, old):
    body = {
        "id": it.id, "object": "customer", "address": address(it), "balance": it.balance, "created": it.created,
        "currency": it.currency, "default_source": None, "delinquent": it.delinquent, "description": it.description,
        "discount": discount(it.discount, old) if it.discount else None, "email": it.email,
        "invoice_prefix": it.invoice_prefix,
        "invoice_settings": {"custom_fields": None, "default_payment_method": it.default_payment_method,
                             "footer": None, "rendering_options": None},
        "livemode": it.livemode, "metadata": deepcopy(it.metadata), "name": it.name, "next_invoice_sequence": 1,
        "phone": it.phone, "preferred_locales": list(it.locales), "shipping": None, "tax_exempt": "none",
        "test_clock": None,
    }
    if not old:
        body["customer_account"] = None
    return body


def card(it, old):
    body = {
        "brand": it.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": "pass", "cvc_check": "pass"},
        "country": "DE", "exp_month": it.exp_month, "exp_year": it.exp_year, "fingerprint": it.fingerprint,
        "funding": "credit", "generated_from": None, "last4": it.last4,
        "networks": {"available": [it.brand], "preferred": None},
        "three_d_secure_usage": {"supported": True}, "wallet": None,
    }
    if not old:
        body.update({"display_brand": it.brand, "regulated_status": "unregulated"})
    return body


def billing_details(it, old):
    body = {"address": address(it), "email": it.email, "name": it.name, "phone": it.phone}
    if not old:
        body["tax_id"] = None
    return body


def payment_method(it, old):
    body = {
        "id": it.id, "object": "payment_method", "billing_details": billing_details(it.billing, old),
        "card": card(it, old), "created": it.created, "customer": it.customer, "livemode": it.livemode,
        "metadata": deepcopy(it.metadata), "type": "card",
    }
    if not old:
        body.update({"allow_redisplay": "unspecified", "customer_account": None})
    return body


def subscription_item(it, subscription, old):
    body = {
        "id": it.id, "object": "subscription_item", "billing_thresholds": None, "created": it.created,
        "metadata": {}, "plan": plan(it.price, old), "price": price(it.price, old), "quantity": it.quantity,
        "subscription": subscription.id, "tax_rates": [],
    }
    if not old:
        body.update({"current_period_end": subscription.period_end, "current_period_start": subscription.period_start,
                     "discounts": []})
    return body


def pending_update(it, old):
    if it is None:
        return None
    body = {"billing_cycle_anchor": None, "expires_at": it["expires_at"],
            "subscription_items": deepcopy(it["subscription_items"]), "trial_end": None, "trial_from_plan": None}
    if not old:
        body.update({"discounts": None, "metadata": None})
    return body


def subscription(it, old):
    first = it.items[0]
    body = {
        "id": it.id, "object": "subscription", "application": None, "application_fee_percent": None,
        "automatic_tax": {"enabled": False}, "billing_cycle_anchor": it.anchor, "billing_thresholds": None,
        "cancel_at": it.cancel_at, "cancel_at_period_end": it.cancel_at_period_end, "canceled_at": it.canceled_at,
        "cancellation_details": {"comment": it.cancel_comment, "feedback": it.cancel_feedback,
                                 "reason": it.cancel_reason},
        "collection_method": "charge_automatically", "created": it.created, "currency": first.price.currency,
        "customer": it.customer.id, "days_until_due": None, "default_payment_method": it.default_payment_method,
        "default_source": None, "default_tax_rates": [], "description": it.description, "ended_at": it.ended_at,
        "items": listing(f"/v1/subscription_items?subscription={it.id}",
                         [subscription_item(item, it, old) for item in it.items]),
        "latest_invoice": it.latest_invoice, "livemode": it.livemode, "metadata": deepcopy(it.metadata),
        "next_pending_invoice_item_invoice": None, "on_behalf_of": None,
        "pause_collection": deepcopy(it.pause_collection),
        "payment_settings": {"payment_method_options": None, "payment_method_types": None,
                             "save_default_payment_method": "off"},
        "pending_invoice_item_interval": None, "pending_setup_intent": None,
        "pending_update": pending_update(it.pending_update, old), "plan": plan(first.price, old),
        "quantity": first.quantity, "schedule": it.schedule, "start_date": it.start_date, "status": it.status,
        "test_clock": None, "transfer_data": None, "trial_end": it.trial_end,
        "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
        "trial_start": it.trial_start,
    }
    if len(it.items) > 1:
        body["plan"] = body["quantity"] = None
    if old:
        body.update({"current_period_end": it.period_end, "current_period_start": it.period_start,
                     "discount": discount(it.discount, old) if it.discount else None})
    else:
        del body["plan"], body["quantity"]
        body["automatic_tax"] = {"disabled_reason": None, "enabled": False, "liability": None}
        body.update({
            "billing_cycle_anchor_config": None,
            "billing_mode": {"flexible": None, "type": "classic"}, "customer_account": None,
            "discounts": [it.discount.id] if it.discount else [],
            "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
        })
    return body


def invoice_line(it, invoice, old):
    body = {
        "id": it.id, "object": "line_item", "amount": it.amount, "currency": invoice.currency,
        "description": it.description, "discount_amounts": [], "discountable": not it.proration, "discounts": [],
        "livemode": invoice.livemode, "metadata": {},
        "period": {"end": it.period_end, "start": it.period_start}, "quantity": it.quantity,
    }
    subscription_id = invoice.subscription.id if invoice.subscription else None
    if old:
        body.update({
            "plan": plan(it.price, old) if it.price.interval else None, "price": price(it.price, old),
            "proration": it.proration, "proration_details": {"credited_items": None},
            "subscription": subscription_id, "tax_amounts": [], "tax_rates": [],
            "type": "invoiceitem" if it.invoice_item else "subscription",
        })
        if it.invoice_item:
            body["invoice_item"] = it.invoice_item
        if it.subscription_item:
            body["subscription_item"] = it.subscription_item
    else:
        details = {"invoice_item": it.invoice_item, "proration": it.proration,
                   "proration_details": {"credited_items": None}, "subscription": subscription_id}
        if it.invoice_item:
            parent = {"invoice_item_details": details, "subscription_item_details": None,
                      "type": "invoice_item_details"}
        else:
            details["subscription_item"] = it.subscription_item
            parent = {"invoice_item_details": None, "subscription_item_details": details,
                      "type": "subscription_item_details"}
        body.update({
            "invoice": invoice.id, "parent": parent, "pretax_credit_amounts": [],
            "pricing": {"price_details": {"price": it.price.id, "product": it.price.product.id},
                        "type": "price_details", "unit_amount_decimal": str(it.price.amount)},
            "subtotal": it.amount, "taxes": [],
        })
    return body


def invoice(it, old):
    buyer = it.customer
    hosted = None if it.status == "draft" else f"https://invoice.example.com/i/{it.id}"
    body = {
        "id": it.id, "object": "invoice", "account_country": "DE", "account_name": "Lighthouse Software (fixture)",
        "account_tax_ids": None, "amount_due": it.total - it.credited,
        "amount_paid": it.amount_paid, "amount_remaining": it.total - it.credited - it.amount_paid,
        "amount_shipping": 0, "application": None, "attempt_count": it.attempt_count,
        "attempted": it.attempted, "auto_advance": it.auto_advance,
        "automatic_tax": {"enabled": False, "liability": None, "status": None}, "billing_reason": it.billing_reason,
        "collection_method": it.collection_method, "created": it.created, "currency": it.currency,
        "custom_fields": None, "customer": buyer.id, "customer_address": address(buyer),
        "customer_email": buyer.email, "customer_name": buyer.name, "customer_phone": buyer.phone,
        "customer_shipping": None, "customer_tax_exempt": "none", "customer_tax_ids": [],
        "default_payment_method": None, "default_source": None, "default_tax_rates": [],
        "description": it.description, "discounts": [], "due_date": it.due_date,
        "effective_at": it.finalized_at, "ending_balance": None if it.status == "draft" else 0, "footer": None,
        "from_invoice": None, "hosted_invoice_url": hosted, "invoice_pdf": hosted and hosted + "/pdf",
        "issuer": {"type": "self"}, "last_finalization_error": None, "latest_revision": None,
        "lines": listing(f"/v1/invoices/{it.id}/lines", [invoice_line(line, it, old) for line in it.lines]),
        "livemode": it.livemode, "metadata": deepcopy(it.metadata), "next_payment_attempt": it.next_attempt,
        "number": it.number, "on_behalf_of": None,
        "payment_settings": {"default_mandate": None, "payment_method_options": None, "payment_method_types": None},
        "period_end": it.period_end, "period_start": it.period_start,
        "post_payment_credit_notes_amount": it.credited_after,
        "pre_payment_credit_notes_amount": it.credited, "receipt_number": None, "rendering": None,
        "shipping_cost": None, "shipping_details": None, "starting_balance": 0, "statement_descriptor": None,
        "status": it.status,
        "status_transitions": {"finalized_at": it.finalized_at, "marked_uncollectible_at": it.uncollectible_at,
                               "paid_at": it.paid_at, "voided_at": it.voided_at},
        "subtotal": it.total, "subtotal_excluding_tax": it.total, "test_clock": None, "total": it.total,
        "total_discount_amounts": [], "total_excluding_tax": it.total,
        "webhooks_delivered_at": it.created,
    }
    if old:
        body.update({
            "application_fee_amount": None, "charge": it.charge, "discount": None,
            "paid": it.status == "paid", "paid_out_of_band": False, "payment_intent": it.payment_intent,
            "quote": None, "subscription": it.subscription.id if it.subscription else None,
            "tax": None, "total_tax_amounts": [], "transfer_data": None,
        })
    else:
        parent = None
        if it.subscription:
            parent = {"quote_details": None,
                      "subscription_details": {"metadata": deepcopy(it.subscription_metadata),
                                               "subscription": it.subscription.id},
                      "type": "subscription_details"}
        secret = None
        if it.payment_intent and it.status == "open":
            secret = {"client_secret": f"{it.payment_intent}_secret_fixture", "type": "payment_intent"}
        body.update({
            "amount_overpaid": 0, "automatically_finalizes_at": it.finalizes_at, "confirmation_secret": secret,
            "customer_account": None, "parent": parent, "total_pretax_credit_amounts": [], "total_taxes": [],
        })
        body["automatic_tax"] = {"disabled_reason": None, "enabled": False, "liability": None, "provider": None,
                                 "status": None}
    if old and it.subscription:
        body["subscription_details"] = {"metadata": deepcopy(it.subscription_metadata)}
    return body


def invoice_payment(it, old):
    return {
        "id": it.id, "object": "invoice_payment", "amount_paid": it.amount if it.status == "paid" else None,
        "amount_requested": it.amount, "created": it.created, "currency": it.currency, "invoice": it.invoice,
        "is_default": True, "livemode": it.livemode,
        "payment": {"payment_intent": it.payment_intent, "type": "payment_intent"}, "status": it.status,
        "status_transitions": {"canceled_at": None, "paid_at": it.paid_at},
    }


def refund(it, old):
    body = {
        "id": it.id, "object": "refund", "amount": it.amount, "balance_transaction": it.balance_transaction,
        "charge": it.charge.id, "created": it.created, "currency": it.charge.currency,
        "metadata": deepcopy(it.metadata), "payment_intent": it.charge.payment_intent, "reason": it.reason,
        "receipt_number": None, "source_transfer_reversal": None, "status": it.status, "transfer_reversal": None,
        "destination_details": {"card": {"reference_status": "pending", "reference_type":
                                         "acquirer_reference_number", "type": "refund"}, "type": "card"},
    }
    if it.status == "failed":
        body.update({"failure_balance_transaction": it.failure_balance_transaction,
                     "failure_reason": it.failure_reason})
    if not old:
        body.update({"customer": it.charge.customer.id if it.charge.customer else None, "customer_account": None,
                     "payment_method": it.charge.payment_method.id, "pending_reason": None})
    return body


def charge(it, old):
    method = it.payment_method
    details = card(method, old)
    del details["generated_from"], details["networks"], details["three_d_secure_usage"]
    details.update({"installments": None, "mandate": None, "network": method.brand, "three_d_secure": None})
    failed = it.status == "failed"
    body = {
        "id": it.id, "object": "charge", "amount": it.amount, "amount_captured": 0 if failed else it.amount,
        "amount_refunded": it.amount_refunded, "application": None, "application_fee": None,
        "application_fee_amount": None, "balance_transaction": None if failed else it.balance_transaction,
        "billing_details": billing_details(method.billing, old), "calculated_statement_descriptor": "LIGHTHOUSE",
        "captured": not failed, "created": it.created, "currency": it.currency,
        "customer": it.customer.id if it.customer else None, "description": it.description, "disputed": it.disputed,
        "failure_balance_transaction": None, "failure_code": "card_declined" if failed else None,
        "failure_message": "Your card was declined." if failed else None, "fraud_details": {},
        "livemode": it.livemode, "metadata": deepcopy(it.metadata), "on_behalf_of": None,
        "outcome": {"network_status": "declined_by_network" if failed else "approved_by_network",
                    "reason": "generic_decline" if failed else None, "risk_level": "normal",
                    "seller_message": "The bank did not return any further details with this decline." if failed
                    else "Payment complete.", "type": "issuer_declined" if failed else "authorized"},
        "paid": not failed, "payment_intent": it.payment_intent, "payment_method": method.id,
        "payment_method_details": {"card": details, "type": "card"}, "receipt_email": it.receipt_email,
        "receipt_number": None, "receipt_url": f"https://receipt.example.com/{it.id}",
        "refunded": it.amount_refunded == it.amount, "review": None, "shipping": None, "source": None,
        "source_transfer": None, "statement_descriptor": None, "statement_descriptor_suffix": None,
        "status": it.status, "transfer_data": None, "transfer_group": None,
    }
    if old:
        body.update({"destination": None, "dispute": it.dispute, "invoice": it.invoice, "order": None,
                     "refunds": listing(f"/v1/charges/{it.id}/refunds", [refund(one, old) for one in it.refunds])})
    else:
        body.update({"presentment_details": None, "radar_options": {}})
    return body
