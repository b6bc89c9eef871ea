"""One provider through every event type that the gateway handles: the source of Fixtures/events/."""

from types import SimpleNamespace

from .provider import DAY
from .scenarios import person, shop, subscriber

HANDLED = """
customer.created customer.updated customer.deleted
customer.subscription.created customer.subscription.updated customer.subscription.deleted
customer.subscription.paused customer.subscription.resumed customer.subscription.trial_will_end
customer.subscription.pending_update_applied customer.subscription.pending_update_expired
checkout.session.completed checkout.session.async_payment_succeeded checkout.session.async_payment_failed
checkout.session.expired
invoice.created invoice.finalized invoice.updated invoice.deleted invoice.paid invoice.payment_succeeded
invoice.payment_failed invoice.payment_action_required invoice.voided invoice.marked_uncollectible invoice.overdue
invoice_payment.paid
charge.succeeded charge.updated charge.refunded refund.created refund.updated refund.failed
charge.dispute.created charge.dispute.closed credit_note.created
payment_method.attached payment_method.updated payment_method.automatically_updated payment_method.detached
product.created product.updated product.deleted price.created price.updated price.deleted
coupon.created coupon.updated coupon.deleted
customer.discount.created customer.discount.updated customer.discount.deleted promotion_code.created
entitlements.active_entitlement_summary.updated subscription_schedule.created subscription_schedule.updated
invoiceitem.created
""".split()


def tour(provider):
    price = shop(provider)
    large = shop(provider, "Beacon", 4900)
    the_catalogue(provider, price.product, large)
    customer, subscription = subscriber(provider, "Berta Fixture", price, metadata={"region": "north"})
    the_discounts(provider, customer)
    the_cards(provider, customer)
    the_subscription(provider, subscription, price, large)
    the_invoices(provider, subscription)
    the_money(provider, subscription)
    the_checkouts(provider)
    the_rest(provider, customer, subscription, large)
    provider.wait(days=1)
    provider.called_by_api()
    provider.delete_customer(customer)
    the_unknown(provider)


def the_catalogue(provider, product, large):
    provider.wait(minutes=1)
    provider.called_by_api()
    provider.change(product, "product.updated", description="Lantern, now brighter (fixture)", updated=provider.now,
                    features=["Five seats", "Night mode"], metadata={"shelf": "2"})
    provider.change(large, "price.updated", nickname="Beacon monthly (list)", metadata={"shelf": "3"})
    short = provider.product("Matchbox Plan", "On sale for a minute (fixture)")
    gone = provider.price(short, 100, nickname="Matchbox monthly")
    provider.wait(minutes=1)
    gone.active = short.active = False
    provider.tell("price.deleted", gone)
    provider.tell("product.deleted", short)


def the_discounts(provider, customer):
    provider.called_by_api()
    fifth = provider.coupon(f"FIXTURE-20-{provider.version[:4]}", 20, 3)
    tenth = provider.coupon(f"FIXTURE-10-{provider.version[:4]}", 10, 12)
    provider.change(fifth, "coupon.updated", name="Twenty off, three months", metadata={"campaign": "autumn"})
    provider.tell("promotion_code.created", provider.make(
        "promotion_code", "promo", active=True, code="LANTERN20", coupon=fifth, expires_at=provider.now + 60 * DAY,
        max_redemptions=100))
    given = provider.make("discount", "di", customer=customer, coupon=fifth, start=provider.now,
                          end=provider.now + 90 * DAY, promotion_code=None, subscription=None)
    provider.tell("customer.discount.created", given)
    provider.change(customer, "customer.updated", discount=given)
    provider.wait(days=1)
    before = provider.shape(customer)
    provider.change(given, "customer.discount.updated", coupon=tenth, end=provider.now + 365 * DAY)
    if provider.shape(customer) != before:
        provider.tell_change(customer, before, "customer.updated")
    provider.wait(days=1)
    provider.tell("customer.discount.deleted", given)
    provider.change(customer, "customer.updated", discount=None)
    fifth.valid = False
    provider.tell("coupon.deleted", fifth)


def the_cards(provider, customer):
    provider.called_by_api()
    first = customer.card
    provider.change(first, "payment_method.updated", exp_month=9, metadata={"drawer": "top"})
    provider.automatic()
    provider.wait(days=1)
    provider.change(first, "payment_method.automatically_updated", exp_year=2033, last4="0019",
                    fingerprint=provider.hashed("renewed card", 16))
    provider.called_by_api()
    provider.card(customer, last4="0088")
    provider.wait(seconds=5)
    # Detaching is a change that the event tells with previous_attributes.
    provider.change(first, "payment_method.detached", customer=None)


def the_subscription(provider, subscription, price, large):
    provider.wait(days=2)
    wanted = {"expires_at": provider.now + DAY * 23 // 24, "subscription_items": [
        {"id": subscription.items[0].id, "object": "subscription_item", "price": large.id, "quantity": 1}]}
    provider.change(subscription, "customer.subscription.updated", pending_update=wanted)
    provider.wait(hours=23)
    provider.automatic()
    provider.change(subscription, "customer.subscription.updated", ["customer.subscription.pending_update_expired"],
                    pending_update=None)
    provider.called_by_api()
    provider.change(subscription, "customer.subscription.updated", pending_update=wanted)
    provider.wait(minutes=3)
    item = subscription.items[0]
    provider.change(subscription, "customer.subscription.updated", ["customer.subscription.pending_update_applied"],
                    pending_update=None,
                    items=[SimpleNamespace(id=item.id, created=item.created, price=large, quantity=1)])
    _, trial = subscriber(provider, "Carlo Fixture", price, trial_days=7)
    provider.now = trial.trial_end - 3 * DAY
    provider.tell("customer.subscription.trial_will_end", trial)
    provider.now = trial.trial_end
    provider.change(trial, "customer.subscription.updated", ["customer.subscription.paused"], status="paused")
    provider.wait(days=1)
    provider.change(trial, "customer.subscription.updated", ["customer.subscription.resumed"], status="active",
                    anchor=provider.now, period_start=provider.now, period_end=provider.now + 30 * DAY)


def the_invoices(provider, subscription):
    customer = subscription.customer

    def one_off(final=True):
        line = provider.line(subscription, 3000, "Workshop (fixture)", provider.now, provider.now)
        bill = provider.invoice(customer, "usd", [line], "manual")
        bill.collection_method, bill.due_date = "send_invoice", provider.now + 7 * DAY
        provider.tell("invoice.created", bill)
        if final:
            provider.finalize(bill)
        return bill
    draft = one_off(final=False)
    provider.wait(hours=1)
    provider.tell("invoice.deleted", draft)
    withdrawn, forgotten = one_off(), one_off()
    provider.credited = one_off()
    provider.wait(days=1)
    provider.change(withdrawn, "invoice.updated", ["invoice.voided"], status="void", voided_at=provider.now,
                    auto_advance=False)
    provider.wait(days=7)
    provider.tell("invoice.overdue", forgotten)
    provider.wait(days=30)
    provider.change(forgotten, "invoice.updated", ["invoice.marked_uncollectible"], status="uncollectible",
                    uncollectible_at=provider.now, auto_advance=False)
    bill = provider.roll_over_now(subscription)
    provider.change(bill, "invoice.updated", ["invoice.payment_action_required"], attempted=True, attempt_count=1)
    provider.fail(bill)
    provider.wait(days=1)
    provider.called_by_api()
    provider.recover(bill)


def the_money(provider, subscription):
    charge = subscription.open_invoice.paid_charge
    if provider.old:  # The event exists for old versions too, once the account has invoice payments.
        provider.tell("invoice_payment.paid", provider.make(
            "invoice_payment", "inpay", amount=charge.amount, currency=charge.currency, invoice=charge.invoice,
            payment_intent=charge.payment_intent, status="paid", paid_at=provider.now))
    provider.change(charge, "charge.updated", description="Beacon, third month", metadata={"reviewed": "yes"})
    provider.refund(charge, 400)
    failing = provider.refund(charge, 200)
    provider.wait(days=4)
    provider.fail_refund(failing)
    provider.wait(days=2)
    disputed = provider.dispute(charge)
    provider.wait(days=1)
    provider.close_dispute(disputed, won=False)
    provider.credit(provider.credited, 1000, "Goodwill")


def the_checkouts(provider):
    buyer = person(provider, "Doro Fixture")
    provider.card(buyer, default=False)
    provider.checkout_once(buyer, 2500)
    for type in ("completed", "async_payment_succeeded", "async_payment_failed", "expired"):
        session = provider.session(buyer, "payment", 2500, "eur", ("sepa_debit",), provider.id("pi"))
        session.status = "expired" if type == "expired" else "complete"
        session.payment_status = "paid" if type == "async_payment_succeeded" else "unpaid"
        if type != "completed":
            provider.tell(f"checkout.session.{type}", session)


def the_rest(provider, customer, subscription, large):
    feature = {"id": provider.id("ent"), "feature": provider.id("feat"), "lookup_key": "night-mode"}
    summary = provider.make("entitlement_summary", None, customer=customer, entitlements=[])
    before = provider.shape(summary)
    summary.entitlements = [feature]
    # The provider tells an array that was empty as [], and no event tells the summary's birth.
    provider.emit("entitlements.active_entitlement_summary.updated", provider.shape(summary),
                  {"entitlements": {"data": before["entitlements"]["data"]}})
    plan = provider.schedule(subscription, large)
    provider.tell("subscription_schedule.created", plan)
    phases = [dict(one) for one in plan.phases]
    phases[1]["quantity"] = 2
    provider.change(plan, "subscription_schedule.updated", phases=phases, metadata={"agreed": "by phone"})
    provider.tell("invoiceitem.created", provider.make(
        "invoiceitem", "ii", customer=customer, subscription=subscription, price=large, amount=-2450, quantity=1,
        description="Unused time on 1 × Beacon Plan", period_start=provider.now, period_end=provider.now + 15 * DAY,
        invoice=None))


def the_unknown(provider):
    provider.automatic()
    provider.unknown("radar.early_fraud_warning.created", {
        "id": provider.id("issfr"), "object": "radar.early_fraud_warning", "actionable": True,
        "charge": provider.id("ch"), "created": provider.now, "fraud_type": "misc", "livemode": False})
    provider.unknown("balance.available", {
        "object": "balance", "available": [{"amount": 12000, "currency": "usd", "source_types": {"card": 12000}}],
        "livemode": False, "pending": [{"amount": 0, "currency": "usd", "source_types": {"card": 0}}]})
