"""The stories. Each function plays one on a fresh provider; `SCENARIOS` says in which API versions.

A story may return more for its expected.json; `delivery` there is the order in which the files are stored.
"""

import hashlib

from .provider import CURRENT, DAY, HOUR, OLD
from .thin import thin_event


def person(provider, name):
    """A customer whose address is unique to the scenario, so that no two of them look like one person."""
    suffix = "-2020" if provider.old else ""
    return provider.customer(name, f"{name.split()[0].lower()}.{provider.name}{suffix}@example.com")


def shop(provider, name="Lantern", amount=1700, currency="usd", product=None):
    product = product or provider.product(f"{name} Plan", f"The {name} plan (fixture)")
    return provider.price(product, amount, currency, nickname=f"{name} monthly")


def subscriber(provider, name, price, **options):
    """A customer with a card and a subscription to `price`; a few seconds between the steps."""
    provider.called_by_api()
    customer = person(provider, name)
    provider.wait(seconds=2)
    provider.card(customer)
    provider.wait(seconds=3)
    subscription = provider.subscribe(customer, price, **options)
    provider.automatic()
    return customer, subscription


def trial_to_paid(provider):
    price = shop(provider)
    provider.wait(minutes=5)
    _, trial = subscriber(provider, "Ada Fixture", price, trial_days=14, metadata={"seat": "front"})
    provider.now = trial.trial_end - 3 * DAY
    provider.tell("customer.subscription.trial_will_end", trial)
    provider.renew(trial)


def upgrade_mid_cycle(provider):
    small, large = shop(provider), shop(provider, "Beacon", 4900)
    provider.wait(hours=1)
    _, subscription = subscriber(provider, "Bruno Fixture", small)
    provider.wait(days=12)
    provider.called_by_api()
    provider.upgrade(subscription, large, quantity=2)


def failed_payment(provider):
    price = shop(provider)
    customer, subscription = subscriber(provider, "Cleo Fixture", price)
    bill = provider.roll_over(subscription)
    provider.fail(bill)
    provider.wait(days=3)
    provider.fail(bill, retry_in_days=5)
    provider.wait(days=1)
    provider.called_by_api()
    provider.card(customer, last4="0077")
    provider.wait(seconds=4)
    provider.recover(bill)


def cancel_at_period_end(provider):
    price = shop(provider)
    _, leaving = subscriber(provider, "Dara Fixture", price)
    provider.wait(hours=2)
    _, staying = subscriber(provider, "Emil Fixture", price)
    provider.wait(days=4)
    provider.called_by_api()
    provider.schedule_cancel(leaving, "Going on a long trip")
    provider.wait(hours=1)
    provider.called_by_api()
    provider.schedule_cancel(staying)
    provider.wait(days=2)
    provider.called_by_api()
    provider.unschedule_cancel(staying)
    provider.wait(days=1)
    _, scheduled = subscriber(provider, "Frida Fixture", price)
    provider.schedule_cancel(scheduled)
    provider.automatic()
    provider.now = leaving.period_end
    provider.cancel(leaving)


def refunds(provider):
    price = shop(provider)
    _, subscription = subscriber(provider, "Gita Fixture", price)
    charge = provider.renew(subscription).paid_charge
    provider.wait(days=2)
    provider.called_by_api()
    provider.refund(charge, 500)
    provider.wait(days=1)
    provider.called_by_api()
    failing = provider.refund(charge, 300, reason="duplicate")
    provider.wait(days=5)
    provider.fail_refund(failing)


def customer_deleted(provider):
    price = shop(provider)
    customer, _ = subscriber(provider, "Hugo Fixture", price)
    other = person(provider, "Iris Fixture")
    provider.wait(days=3)
    provider.called_by_api()
    provider.change(other, "customer.updated", phone="+49 000 0000000", metadata={"team": "none"})
    provider.delete_customer(customer)
    provider.wait(seconds=9)
    provider.delete_customer(other)


def same_second_triple(provider):
    price = shop(provider)
    _, trial = subscriber(provider, "Jonas Fixture", price, trial_days=14)
    provider.now = trial.trial_end - 3 * DAY
    provider.tell("customer.subscription.trial_will_end", trial)
    provider.called_by_api()
    provider.change(trial, "customer.subscription.updated", metadata={"asked_to_leave": "yes"},
                    cancel_at_period_end=True, cancel_at=trial.period_end, canceled_at=provider.now,
                    cancel_reason="cancellation_requested")
    provider.cancel(trial)


def checkout_subscription(provider):
    price = shop(provider)
    provider.wait(minutes=9)
    customer = person(provider, "Kaia Fixture")
    session = provider.session(customer, "subscription", price.amount, price.currency)
    provider.wait(seconds=40)
    provider.card(customer, default=False)
    subscription = provider.subscribe(customer, price)
    session.subscription, session.invoice = subscription.id, subscription.latest_invoice
    provider.complete(session, "paid", "checkout.session.completed")


def checkout_one_off(provider):
    product = provider.product("Gift Card", "A card without a subscription (fixture)")
    provider.price(product, 4900, interval=None)
    buyer = person(provider, "Lars Fixture")
    provider.card(buyer, default=False)
    provider.checkout_once(buyer, 4900)
    provider.wait(hours=1)
    later = person(provider, "Mona Fixture")
    provider.card(later, default=False)
    slow = provider.session(later, "payment", 3900, "eur", ("sepa_debit",), provider.id("pi"))
    provider.complete(slow, "unpaid", "checkout.session.completed")
    provider.wait(days=3)
    provider.tell("charge.succeeded", provider.charge(later, 3900, "eur", slow.payment_intent))
    provider.complete(slow, "paid", "checkout.session.async_payment_succeeded")
    provider.revenue.append((later.id, "eur", 3900))
    unlucky = person(provider, "Nils Fixture")
    provider.card(unlucky, default=False)
    lost = provider.session(unlucky, "payment", 3900, "eur", ("sepa_debit",), provider.id("pi"))
    provider.complete(lost, "unpaid", "checkout.session.completed")
    provider.wait(days=4)
    provider.tell("charge.failed", provider.charge(unlucky, 3900, "eur", lost.payment_intent, status="failed"))
    provider.complete(lost, "unpaid", "checkout.session.async_payment_failed")
    idle = person(provider, "Olga Fixture")
    forgotten = provider.session(idle, "payment", 4900, "usd")
    provider.wait(days=1)
    forgotten.status = "expired"
    provider.tell("checkout.session.expired", forgotten)


def out_of_order(provider):
    price = shop(provider)
    customer, subscription = subscriber(provider, "Pia Fixture", price)
    provider.called_by_api()
    first = subscription.items[0]
    for quantity in (4, 2):  # two changes in one second
        item = type(first)(id=first.id, created=first.created, price=price, quantity=quantity)
        provider.change(subscription, "customer.subscription.updated", items=[item])
    provider.change(customer, "customer.updated", name="Pia Fixture-Renamed")
    provider.wait(seconds=1)
    provider.change(customer, "customer.updated", metadata={"desk": "7"})
    provider.renew(subscription)

    def scattered(event):
        return hashlib.sha256(f"delivery {event['id']}".encode()).digest()
    return {"delivery": sorted(provider.events, key=scattered),
            "true_order": [event["id"] for event in provider.events]}


def unknown_types(provider):
    customer = person(provider, "Quin Fixture")
    provider.wait(minutes=1)
    warning = provider.id("issfr")
    provider.unknown("radar.early_fraud_warning.created", {
        "id": warning, "object": "radar.early_fraud_warning", "actionable": True, "charge": provider.id("ch"),
        "created": provider.now, "fraud_type": "misc", "livemode": False})
    weather = provider.id("wthr")
    provider.unknown("fixture.weather.changed", {
        "id": weather, "object": "fixture.weather", "created": provider.now, "livemode": False,
        "outlook": "a type that no version of the provider knows"})
    no_id = len(provider.events)
    provider.unknown("balance.available", {
        "object": "balance", "available": [{"amount": 12000, "currency": "usd", "source_types": {"card": 12000}}],
        "livemode": False, "pending": [{"amount": 0, "currency": "usd", "source_types": {"card": 0}}]})
    provider.unknown("invoice.upcoming", {
        "object": "invoice", "amount_due": 1700, "currency": "usd", "customer": customer.id, "livemode": False,
        "billing_reason": "upcoming", "status": "draft", "lines": {"object": "list", "data": [], "has_more": False}})
    known = provider.events[0]
    provider.events.append(thin_event(provider, known))
    return {"duplicates": [{"thin": provider.events[-1]["id"], "of": known["id"]}],
            "mirrored_without_projection": [{"type": "radar.early_fraud_warning", "provider_id": warning},
                                            {"type": "fixture.weather", "provider_id": weather}],
            "ignored": [event["id"] for event in provider.events[no_id:-1]]}


def disputes(provider):
    price = shop(provider)
    _, losing = subscriber(provider, "Rosa Fixture", price)
    lost = losing.open_invoice.paid_charge
    provider.wait(hours=3)
    _, winning = subscriber(provider, "Sven Fixture", price)
    won = winning.open_invoice.paid_charge
    provider.wait(days=2)
    first, second = provider.dispute(lost), provider.dispute(won)
    provider.wait(hours=5)
    provider.close_dispute(first, won=False)
    provider.close_dispute(second, won=True)


def three_renewals(provider):
    price = shop(provider)
    _, subscription = subscriber(provider, "Tove Fixture", price, quantity=3)
    for _ in range(3):
        provider.renew(subscription)


def two_currencies(provider):
    price = shop(provider)
    customer, _ = subscriber(provider, "Uma Fixture", price)
    provider.wait(days=6)
    charge = provider.checkout_once(customer, 2500, "eur")
    provider.wait(days=1)
    provider.refund(charge, 1000)
    provider.checkout_once(customer, 90000, "jpy")


def connect_account(provider):
    provider.account = f"acct_1Fixt{provider.hashed('account', 11)}"
    price = shop(provider)
    subscriber(provider, "Vera Fixture", price)
    return {"account": provider.account, "when_configured": provider.expected()["customers"], "customers": [],
            "ignored": [event["id"] for event in provider.events]}


def other_endings(provider):
    """Paused and resumed, unpaid, never paid: the rest of the status map."""
    price = shop(provider)
    _, resting = subscriber(provider, "Wim Fixture", price, trial_days=7)
    _, back = subscriber(provider, "Xena Fixture", price, trial_days=7)
    _, broke = subscriber(provider, "Yara Fixture", price)
    _, waiting = subscriber(provider, "Zeno Fixture", price, paid=False)
    bill = waiting.open_invoice
    provider.change(bill, "invoice.updated", ["invoice.payment_action_required"], attempted=True, attempt_count=1)
    _, never = subscriber(provider, "Abel Fixture", price, paid=False)
    provider.wait(hours=23)
    provider.change(never, "customer.subscription.updated", status="incomplete_expired", ended_at=provider.now)
    provider.change(never.open_invoice, "invoice.updated", ["invoice.voided"], status="void", auto_advance=False,
                    voided_at=provider.now)
    provider.now = resting.trial_end
    for one in (resting, back):
        provider.change(one, "customer.subscription.updated", ["customer.subscription.paused"], status="paused")
    provider.wait(days=1)
    provider.change(back, "customer.subscription.updated", ["customer.subscription.resumed"], status="active",
                    anchor=provider.now, period_start=provider.now, period_end=provider.now + 30 * DAY)
    bill = provider.roll_over(broke)
    provider.fail(bill)
    provider.wait(days=21)
    provider.change(broke, "customer.subscription.updated", status="unpaid")
    provider.change(bill, "invoice.updated", ["invoice.marked_uncollectible"], status="uncollectible",
                    auto_advance=False, next_attempt=None, uncollectible_at=provider.now)
    provider.wait(seconds=HOUR)


def credit_note(provider):
    """A refund with a credit note: the money goes back once."""
    price = shop(provider)
    _, subscription = subscriber(provider, "Bela Fixture", price)
    provider.wait(days=2)
    provider.called_by_api()
    bill = subscription.open_invoice
    provider.credit(bill, 400, "Two days out of order", refund=provider.refund(bill.paid_charge, 400))


BOTH = (CURRENT, OLD)
# An endpoint chooses its types. Only these scenarios take those that show an invoice a second time.
WITH_TWINS = {"01-trial-to-paid", "01-trial-to-paid-2020"}
TWINS = {"invoice.payment_succeeded", "invoice.finalized"}
SCENARIOS = [
    ("01-trial-to-paid", trial_to_paid, BOTH),
    ("02-upgrade-mid-cycle", upgrade_mid_cycle, BOTH),
    ("03-failed-payment-recovery", failed_payment, BOTH),
    ("04-cancel-at-period-end", cancel_at_period_end, BOTH),
    ("05-refunds", refunds, BOTH),
    ("06-customer-deleted", customer_deleted, BOTH),
    ("07-same-second-triple", same_second_triple, BOTH),
    ("08-checkout-subscription", checkout_subscription, BOTH),
    ("09-checkout-one-off", checkout_one_off, BOTH),
    ("10-out-of-order-burst", out_of_order, BOTH),
    ("11-unknown-types", unknown_types, (CURRENT,)),
    ("12-disputes", disputes, BOTH),
    ("13-three-renewals", three_renewals, BOTH),
    ("14-two-currencies", two_currencies, (CURRENT,)),
    ("15-connect-account", connect_account, (CURRENT,)),
    ("16-other-endings", other_endings, (CURRENT,)),
    ("17-credit-note", credit_note, (CURRENT,)),
]
