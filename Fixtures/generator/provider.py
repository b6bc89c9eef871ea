"""A small payment provider: objects change, every change emits the events with snapshots, as the genuine one does.

One `Provider` is one scenario in one API version. Its clock moves only when told to. Ids are a hash of the scenario's
name, the prefix and a counter, so that the same input gives the same bytes, and no two scenarios share an id. Every id
contains `Fixt`: they can be told from genuine ones at a glance.
"""

import hashlib
from copy import deepcopy
from datetime import datetime, timezone
from types import SimpleNamespace

from . import shapes
from .differences import previous_attributes

OLD, CURRENT = "2020-08-27", "2026-06-24.dahlia"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
MINUTE, HOUR, DAY = 60, 3600, 86400
START = 1782896400  # 2026-07-01T09:00:00Z
LENGTHS = {"cus": 14, "prod": 14, "si": 14, "evt": 24, "ch": 24, "req": 14}
CUSTOMER_STATUS_RANK = ["active", "past_due", "in_trial", "payment_pending", "canceled"]
OUR_STATUS = {"trialing": "in_trial", "active": "active", "incomplete": "payment_pending",
              "incomplete_expired": "expired", "past_due": "past_due", "unpaid": "unpaid", "paused": "paused",
              "canceled": "canceled"}
OUR_CUSTOMER_STATUS = {"unpaid": "past_due", "paused": "canceled", "expired": "canceled"}


def base62(number, width):
    digits = ""
    while number:
        number, rest = divmod(number, 62)
        digits = ALPHABET[rest] + digits
    return digits.rjust(width, "0")[-width:]


class Provider:
    def __init__(self, name, version, account=None, start=START):
        self.name, self.version, self.old = name, version, version == OLD
        self.account, self.now = account, start
        self.livemode = False
        self.events, self.counters = [], {}
        self.customers, self.subscriptions = [], []
        self.revenue = []        # (customer, currency, signed amount): what expected.json sums
        self.renewals = {}       # customer id -> set of period starts
        self.request = None
        self.deleted = set()
        self.not_sent = set()    # types that the endpoint is not subscribed to

    # Ids, time, requests

    def hashed(self, label, width):
        digest = hashlib.sha256(f"{self.name}|{self.version}|{label}".encode()).digest()
        return base62(int.from_bytes(digest, "big"), width)

    def id(self, prefix):
        self.counters[prefix] = self.counters.get(prefix, 0) + 1
        label = f"{prefix}|{self.counters[prefix]}"
        if LENGTHS.get(prefix, 24) == 14:
            return f"{prefix}_Fixt{self.hashed(label, 10)}"
        return f"{prefix}_1Fixt{self.hashed(label, 19)}"

    def wait(self, seconds=0, minutes=0, hours=0, days=0):
        step = seconds + minutes * MINUTE + hours * HOUR + days * DAY
        self.now += step
        if step >= HOUR:
            self.automatic()

    def called_by_api(self):
        """What follows was asked for by a request; `automatic()` ends that."""
        key = self.hashed(f"key|{len(self.events)}", 32).lower()
        self.request = {"id": self.id("req"), "idempotency_key": f"fixture-{key[:8]}-{key[8:12]}-{key[12:24]}"}

    def automatic(self):
        self.request = None

    def rfc3339(self, second):
        return datetime.fromtimestamp(second, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")

    # Events

    def emit(self, type, snapshot, previous=None):
        if type in self.not_sent:
            return
        number = len(self.events) + 1
        data = {"object": deepcopy(snapshot)}
        if previous is not None:
            data["previous_attributes"] = previous
        event = {
            "id": f"evt_1Fixt{base62(self.now, 6)}{self.hashed(f'evt|{number}', 13)}", "object": "event",
            "api_version": self.version, "created": self.now, "data": data, "livemode": self.livemode,
            "pending_webhooks": 1, "request": self.request or {"id": None, "idempotency_key": None}, "type": type,
        }
        if self.account:
            event["account"] = self.account
        self.events.append(event)

    def shape(self, it):
        return getattr(shapes, it.kind)(it, self.old)

    def tell(self, type, it):
        """An event that shows the object as it is and tells no change."""
        self.emit(type, self.shape(it))

    def twin(self):
        """The last event once more under another id: the provider sometimes tells one change twice."""
        last = self.events[-1]
        self.emit(last["type"], last["data"]["object"], last["data"].get("previous_attributes"))

    def change(self, it, linked, plain=(), **fields):
        """Sets fields; `linked` (one type or several) carry previous_attributes, `plain` only the new snapshot."""
        before = self.shape(it)
        for name, value in fields.items():
            assert hasattr(it, name), name
            setattr(it, name, value)
        self.tell_change(it, before, linked, plain)

    def tell_change(self, it, before, linked, plain=()):
        """As `change`, for an object that changed since `before` was taken."""
        after = self.shape(it)
        previous = previous_attributes(before, after)
        assert previous, f"{linked}: nothing changed"
        for type in [linked] if isinstance(linked, str) else linked:
            self.emit(type, after, previous)
        for type in plain:
            self.emit(type, after)

    def make(self, kind, prefix, **fields):
        fields.setdefault("id", self.id(prefix) if prefix else None)
        return SimpleNamespace(kind=kind, created=self.now, livemode=self.livemode, metadata=fields.pop("metadata", {}),
                               **fields)

    # Catalogue

    def product(self, name, description=None, metadata=None, announce=True):
        it = self.make("product", "prod", name=name, description=description, active=True, features=[],
                       default_price=None, unit_label=None, updated=self.now, metadata=metadata or {})
        if announce:
            self.tell("product.created", it)
        return it

    def price(self, product, amount, currency="usd", interval="month", nickname=None, announce=True):
        it = self.make("price", "price", product=product, amount=amount, currency=currency, interval=interval,
                       interval_count=1, nickname=nickname, lookup_key=None, active=True)
        if announce:
            self.tell("price.created", it)
        return it

    def coupon(self, id, percent_off, months):
        it = self.make("coupon", None, id=id, percent_off=percent_off, amount_off=None, currency=None,
                       duration="repeating", duration_in_months=months, max_redemptions=None, name=f"{percent_off} off",
                       times_redeemed=0, valid=True)
        self.tell("coupon.created", it)
        return it

    # Customers and cards

    def customer(self, name, email, metadata=None):
        it = self.make("customer", "cus", name=name, email=email, balance=0, currency=None, delinquent=False,
                       description=None, discount=None, default_payment_method=None, phone=None, locales=["en"],
                       invoice_prefix=self.hashed(f"prefix|{name}", 8).upper(), metadata=metadata or {},
                       city="Example Town", country="DE", line1="1 Fixture Road", postal_code="00000", state=None)
        self.customers.append(it)
        self.renewals[it.id] = set()
        self.tell("customer.created", it)
        return it

    def card(self, customer, last4="0002", default=True):
        it = self.make("payment_method", "pm", billing=customer, brand="visa", last4=last4, exp_month=4, exp_year=2031,
                       fingerprint=self.hashed(f"card|{last4}", 16), customer=customer.id)
        self.tell("payment_method.attached", it)
        if default:
            self.change(customer, "customer.updated", default_payment_method=it.id)
        customer.card = it
        return it

    # Subscriptions

    def subscribe(self, customer, price, quantity=1, trial_days=0, metadata=None, paid=True):
        """A subscription with its first invoice: a free one for a trial, else paid at once (or left open)."""
        end = self.now + (trial_days or 30) * DAY
        it = self.make("subscription", "sub", customer=customer, anchor=end if trial_days else self.now,
                       cancel_at=None, cancel_at_period_end=False, canceled_at=None, cancel_comment=None,
                       cancel_feedback=None, cancel_reason=None, default_payment_method=None, description=None,
                       ended_at=None, items=[], latest_invoice=None, metadata=metadata or {}, pause_collection=None,
                       pending_update=None, schedule=None, start_date=self.now, discount=None,
                       status="trialing" if trial_days else "incomplete", period_start=self.now, period_end=end,
                       trial_start=self.now if trial_days else None, trial_end=end if trial_days else None)
        it.items = [SimpleNamespace(id=self.id("si"), created=self.now, price=price, quantity=quantity)]
        self.subscriptions.append(it)
        label = "Trial period for" if trial_days else f"{quantity} ×"
        line = self.line(it, 0 if trial_days else price.amount * quantity, f"{label} {price.product.name}",
                         self.now, end)
        bill = self.invoice(customer, price.currency, [line], "subscription_create", subscription=it,
                            period=(self.now, self.now))
        it.latest_invoice = bill.id
        self.tell("customer.subscription.created", it)
        if customer.currency is None:
            self.change(customer, "customer.updated", currency=price.currency)
        self.tell("invoice.created", bill)
        if trial_days:
            self.settle_free(bill)
        else:
            self.finalize(bill)
            if paid:
                self.pay(bill)
                self.change(it, "customer.subscription.updated", status="active",
                            default_payment_method=customer.default_payment_method)
        it.open_invoice = bill
        return it

    def line(self, subscription, amount, description, start, end, price=None, quantity=None, invoice_item=None,
             proration=False):
        item = subscription.items[0] if subscription else None
        return SimpleNamespace(id=self.id("il"), amount=amount, description=description, period_start=start,
                               period_end=end, price=price or item.price,
                               quantity=quantity or (item.quantity if item else 1), invoice_item=invoice_item,
                               subscription_item=item.id if item else None, proration=proration)

    def roll_over(self, it):
        """The next period begins: the subscription moves, an hour later the invoice becomes final. Not yet paid."""
        self.automatic()
        self.now = it.period_end
        return self.roll_over_now(it)

    def roll_over_now(self, it):
        start, end = it.period_end, it.period_end + 30 * DAY
        price, quantity = it.items[0].price, it.items[0].quantity
        line = self.line(it, price.amount * quantity, f"{quantity} × {price.product.name}", start, end)
        bill = self.invoice(it.customer, price.currency, [line], "subscription_cycle", subscription=it,
                            period=(it.period_start, it.period_end))
        bill.finalizes_at = self.now + HOUR
        self.change(it, "customer.subscription.updated", status="active", period_start=start, period_end=end,
                    latest_invoice=bill.id)
        self.tell("invoice.created", bill)
        it.open_invoice = bill
        self.wait(hours=1)
        self.finalize(bill)
        return bill

    def renew(self, it):
        bill = self.roll_over(it)
        self.pay(bill)
        return bill

    def cancel(self, it, reason="cancellation_requested"):
        """The subscription ends now. The provider tells no previous_attributes here."""
        it.status, it.ended_at, it.cancel_reason = "canceled", self.now, reason
        it.canceled_at = it.canceled_at or self.now
        self.tell("customer.subscription.deleted", it)

    # Invoices and payments

    def invoice(self, customer, currency, lines, reason, subscription=None, period=None):
        total = sum(line.amount for line in lines)
        return self.make("invoice", "in", customer=customer, currency=currency, lines=lines, billing_reason=reason,
                         subscription=subscription, total=total, amount_paid=0, attempt_count=0, attempted=False,
                         auto_advance=True, collection_method="charge_automatically", description=None, due_date=None,
                         finalized_at=None, finalizes_at=None, next_attempt=None,
                         number=None, credited=0, credited_after=0,
                         period_start=(period or (self.now,))[0], period_end=(period or (self.now, self.now))[1],
                         status="draft", uncollectible_at=None, paid_at=None, voided_at=None, charge=None,
                         payment_intent=None,
                         subscription_metadata=dict(subscription.metadata) if subscription else None)

    def number(self, bill):
        self.counters["number"] = self.counters.get("number", 0) + 1
        return f"{bill.customer.invoice_prefix}-{self.counters['number']:04}"

    def settle_free(self, bill):
        self.change(bill, "invoice.updated", ["invoice.finalized", "invoice.paid", "invoice.payment_succeeded"],
                    status="paid", number=self.number(bill), finalized_at=self.now, paid_at=self.now, attempted=True,
                    auto_advance=False)

    def finalize(self, bill):
        self.change(bill, "invoice.updated", ["invoice.finalized"], status="open", number=self.number(bill),
                    finalized_at=self.now, finalizes_at=None, payment_intent=self.id("pi"))

    def charge(self, customer, amount, currency, payment_intent, status="succeeded", invoice=None, description=None):
        card = customer.card
        return self.make("charge", "ch", customer=customer, amount=amount, currency=currency, amount_refunded=0,
                         balance_transaction=self.id("txn"), description=description, disputed=False, dispute=None,
                         payment_intent=payment_intent, payment_method=card, status=status, refunds=[],
                         invoice=invoice, receipt_email=customer.email)

    def pay(self, bill):
        customer = bill.customer
        charge = self.charge(customer, bill.total, bill.currency, bill.payment_intent, invoice=bill.id,
                             description="Subscription creation" if bill.billing_reason == "subscription_create"
                             else "Subscription update")
        self.tell("charge.succeeded", charge)
        if not self.old:
            self.tell("invoice_payment.paid", self.make(
                "invoice_payment", "inpay", amount=bill.total, currency=bill.currency, invoice=bill.id,
                payment_intent=bill.payment_intent, status="paid", paid_at=self.now))
        self.change(bill, "invoice.updated", ["invoice.paid", "invoice.payment_succeeded"], status="paid",
                    amount_paid=bill.total, attempt_count=bill.attempt_count + 1, attempted=True, auto_advance=False,
                    next_attempt=None, paid_at=self.now, charge=charge.id)
        self.revenue.append((customer.id, bill.currency, bill.total))
        it = bill.subscription
        if it and bill.billing_reason == "subscription_cycle" and bill.lines[0].period_start != it.trial_end:
            self.renewals[customer.id].add(bill.lines[0].period_start)
        bill.paid_charge = charge
        return charge

    def fail(self, bill, retry_in_days=3):
        """A try to collect that the bank declined. The subscription falls behind, the customer is delinquent."""
        customer = bill.customer
        charge = self.charge(customer, bill.total, bill.currency, bill.payment_intent, status="failed",
                             invoice=bill.id, description="Subscription update")
        self.tell("charge.failed", charge)
        self.change(bill, "invoice.updated", ["invoice.payment_failed"], attempt_count=bill.attempt_count + 1,
                    attempted=True, next_attempt=self.now + retry_in_days * DAY, charge=charge.id)
        if bill.subscription.status == "active":
            self.change(bill.subscription, "customer.subscription.updated", status="past_due")
        if not customer.delinquent:
            self.change(customer, "customer.updated", delinquent=True)

    # The end state, in our words

    def expected(self):
        return {"customers": [self.expected_customer(one) for one in self.customers]}

    def expected_customer(self, customer):
        owned = [one for one in self.subscriptions if one.customer is customer]
        statuses = [OUR_STATUS[one.status] for one in owned]
        ranked = [OUR_CUSTOMER_STATUS.get(status, status) for status in statuses]
        status = next((rank for rank in CUSTOMER_STATUS_RANK if rank in ranked), "not_subscribed")
        trials = [one.trial_end for one in owned if one.status == "trialing"]
        totals = {}
        for owner, currency, amount in self.revenue:
            if owner == customer.id:
                totals[currency] = totals.get(currency, 0) + amount
        return {
            "provider_id": customer.id, "email": customer.email, "name": customer.name, "status": status,
            "subscriptions": [{
                "provider_id": one.id, "status": ours, "price": one.items[0].price.id,
                "product": one.items[0].price.product.id, "quantity": one.items[0].quantity,
                "cancel_at_period_end": one.cancel_at_period_end, "current_period_end": one.period_end,
            } for one, ours in zip(owned, statuses)],
            "lifetime_revenue": {currency: amount for currency, amount in sorted(totals.items()) if amount},
            "renewal_number": len(self.renewals[customer.id]), "is_trial": bool(trials),
            "trial_end": max(trials) if trials else None, "deleted": customer.id in self.deleted,
        }
