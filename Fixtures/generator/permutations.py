"""Six events of one object each, for tests that deliver them in all 720 orders. `final.json` is what the provider holds.

In all but `six-subscription-canceled` every change is told by a link; there the last event shows the end without one, as
the genuine one does.
"""

from types import SimpleNamespace

from .provider import CURRENT, DAY, OLD
from .scenarios import shop, subscriber


def customer(provider, name="Six Fixture"):
    return provider.customer(name, f"{provider.name}{'-2020' if provider.old else ''}@example.com")


def quantity(subscription, number):
    item = subscription.items[0]
    return [SimpleNamespace(id=item.id, created=item.created, price=item.price, quantity=number)]


def subscription_life(provider):
    """A value that returns within one second: quantity 1, 3, 1, then another change."""
    _, it = subscriber(provider, "Six Fixture", shop(provider))
    provider.wait(days=3)
    provider.change(it, "customer.subscription.updated", items=quantity(it, 3))
    provider.change(it, "customer.subscription.updated", items=quantity(it, 1))
    provider.change(it, "customer.subscription.updated", metadata={"desk": "4"})
    provider.wait(days=2)
    provider.schedule_cancel(it)
    return it


def trial(provider):
    """In the second of trial_will_end a cancellation is asked for and withdrawn."""
    _, it = subscriber(provider, "Six Fixture", shop(provider), trial_days=10)
    provider.change(it, "customer.subscription.updated", description="Tried at the fair")
    provider.now = it.trial_end - 3 * DAY
    provider.tell("customer.subscription.trial_will_end", it)
    provider.schedule_cancel(it)
    provider.unschedule_cancel(it)
    provider.now = it.trial_end
    provider.change(it, "customer.subscription.updated", status="active", period_start=it.trial_end,
                    period_end=it.trial_end + 30 * DAY)
    return it


def invoice(provider):
    """Two groups of three in one second each."""
    _, it = subscriber(provider, "Six Fixture", shop(provider), paid=False)
    provider.wait(seconds=50)
    provider.pay(it.open_invoice)
    return it.open_invoice


def customer_edits(provider):
    """Three edits in one second, then two in another; a metadata key comes and goes."""
    it = customer(provider)
    provider.wait(days=1)
    provider.change(it, "customer.updated", name="Six Fixture-Renamed")
    provider.change(it, "customer.updated", metadata={"desk": "4", "floor": "2"})
    provider.change(it, "customer.updated", metadata={"floor": "2"})
    provider.wait(seconds=1)
    provider.change(it, "customer.updated", email=it.email.replace("@", "+new@"), phone="+49 000 0000001")
    provider.change(it, "customer.updated", balance=-250)
    return it


def customer_twins(provider):
    """Two changes are each told twice, under different ids, in one second with a third."""
    it = customer(provider)
    provider.wait(days=1)
    provider.change(it, "customer.updated", name="Six Fixture-Renamed")
    provider.twin()
    provider.change(it, "customer.updated", metadata={"desk": "4"})
    provider.change(it, "customer.updated", description="Came by twice")
    provider.twin()
    return it


def charge_refunds(provider):
    """Two refunds in one second, one of them taken back."""
    owner = customer(provider)
    provider.card(owner)
    it = provider.checkout_once(owner, 5000)
    provider.change(it, "charge.updated", description="Gift card, wrapped")
    provider.wait(days=1)
    provider.refund(it, 1500)
    failing = provider.refund(it, 700)
    provider.change(it, "charge.updated", metadata={"case": "17"})
    provider.wait(days=1)
    provider.fail_refund(failing)
    return it


def customer_deleted(provider):
    """Four edits, two of them in the second of the birth, then the end."""
    it = customer(provider)
    provider.change(it, "customer.updated", currency="usd")
    provider.change(it, "customer.updated", description="Came by twice")
    provider.wait(days=1)
    provider.change(it, "customer.updated", delinquent=True)
    provider.change(it, "customer.updated", delinquent=False)
    provider.wait(days=1)
    provider.delete_customer(it)
    return it


def subscription_canceled(provider):
    """The same-second triple after two edits; the deletion is told without previous_attributes."""
    _, it = subscriber(provider, "Six Fixture", shop(provider), trial_days=10)
    provider.wait(days=1)
    provider.change(it, "customer.subscription.updated", metadata={"desk": "4"})
    provider.change(it, "customer.subscription.updated", items=quantity(it, 2))
    provider.now = it.trial_end - 3 * DAY
    provider.tell("customer.subscription.trial_will_end", it)
    provider.schedule_cancel(it)
    provider.cancel(it)
    return it


BOTH = (CURRENT, OLD)
SIXES = [
    ("six-subscription-life", subscription_life, BOTH),
    ("six-subscription-trial", trial, (CURRENT,)),
    ("six-invoice", invoice, BOTH),
    ("six-customer-edits", customer_edits, BOTH),
    ("six-customer-twins", customer_twins, (CURRENT,)),
    ("six-charge-refunds", charge_refunds, BOTH),
    ("six-customer-deleted", customer_deleted, (CURRENT,)),
    ("six-subscription-canceled", subscription_canceled, (CURRENT,)),
]


def final_of(provider, it):
    """What a GET answers at the end."""
    if it.id in provider.deleted:
        return {"id": it.id, "object": it.kind, "deleted": True}
    return provider.shape(it)
