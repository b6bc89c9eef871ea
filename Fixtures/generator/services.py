"""What the provider does besides subscriptions and their invoices: checkout, upgrades, refunds, disputes and the rest."""

from types import SimpleNamespace

from . import shapes, shapes_around
from .provider import DAY, Provider


class FullProvider(Provider):
    def shape(self, it):
        home = shapes if hasattr(shapes, it.kind) else shapes_around
        return getattr(home, it.kind)(it, self.old)

    # Changing a subscription

    def recover(self, bill):
        """The retry succeeds: invoice paid, subscription active again, customer no longer delinquent."""
        self.pay(bill)
        self.change(bill.subscription, "customer.subscription.updated", status="active")
        self.change(bill.customer, "customer.updated", delinquent=False)

    def upgrade(self, it, price, quantity=None):
        """Another price in mid-period, the difference invoiced at once: two pending items become two lines."""
        item = it.items[0]
        share = (it.period_end - self.now, it.period_end - it.period_start)
        quantity = quantity or item.quantity
        credit = -(item.price.amount * item.quantity * share[0] // share[1])
        debit = price.amount * quantity * share[0] // share[1]
        lines = []
        for amount, of, count, text in [(credit, item.price, item.quantity, "Unused time on"),
                                        (debit, price, quantity, "Remaining time on")]:
            text = f"{text} {count} × {of.product.name}"
            pending = self.make("invoiceitem", "ii", customer=it.customer, subscription=it, price=of, amount=amount,
                                quantity=count, description=text, period_start=self.now, period_end=it.period_end,
                                invoice=None)
            self.tell("invoiceitem.created", pending)
            lines.append(self.line(it, amount, text, self.now, it.period_end, of, count, pending.id, True))
        bill = self.invoice(it.customer, price.currency, lines, "subscription_update", subscription=it)
        self.change(it, "customer.subscription.updated", latest_invoice=bill.id, items=[
            SimpleNamespace(id=item.id, created=item.created, price=price, quantity=quantity)])
        self.tell("invoice.created", bill)
        self.finalize(bill)
        self.pay(bill)

    def schedule_cancel(self, it, comment=None):
        self.change(it, "customer.subscription.updated", cancel_at_period_end=True, cancel_at=it.period_end,
                    canceled_at=self.now, cancel_reason="cancellation_requested", cancel_comment=comment)

    def unschedule_cancel(self, it):
        self.change(it, "customer.subscription.updated", cancel_at_period_end=False, cancel_at=None,
                    canceled_at=None, cancel_reason=None, cancel_comment=None)

    def delete_customer(self, customer):
        """Subscriptions end in the same second; the event shows the whole last customer, without `deleted`."""
        for one in self.subscriptions:
            if one.customer is customer and one.ended_at is None:
                self.cancel(one)
        self.deleted.add(customer.id)
        self.tell("customer.deleted", customer)

    # Checkout

    def session(self, customer, mode, amount, currency, methods=("card",), payment_intent=None):
        self.counters["cs"] = number = self.counters.get("cs", 0) + 1
        return self.make("checkout_session", None, id=f"cs_test_a1Fixt{self.hashed(f'cs|{number}', 40)}",
                         customer=customer, mode=mode, amount=amount, currency=currency, methods=methods,
                         reference=None, invoice=None, subscription=None, payment_intent=payment_intent,
                         status="open", payment_status="unpaid")

    def complete(self, session, payment_status, *types):
        """Sessions have no `updated` event: each of theirs shows the new state only."""
        session.status, session.payment_status = "complete", payment_status
        for type in types:
            self.tell(type, session)

    def checkout_once(self, customer, amount, currency="usd"):
        """A one-off purchase paid by card: revenue without an invoice."""
        session = self.session(customer, "payment", amount, currency, payment_intent=self.id("pi"))
        self.wait(minutes=2)
        charge = self.charge(customer, amount, currency, session.payment_intent, description="Gift card (fixture)")
        self.tell("charge.succeeded", charge)
        self.complete(session, "paid", "checkout.session.completed")
        self.revenue.append((customer.id, currency, amount))
        return charge

    # Refunds and disputes

    def refund(self, charge, amount, reason="requested_by_customer"):
        it = self.make("refund", "re", charge=charge, amount=amount, reason=reason, status="succeeded",
                       balance_transaction=self.id("txn"), failure_reason=None, failure_balance_transaction=None)
        self.tell("refund.created", it)
        self.change(charge, "charge.refunded", amount_refunded=charge.amount_refunded + amount,
                    refunds=[it] + charge.refunds)
        self.revenue.append((charge.customer.id, charge.currency, -amount))
        return it

    def fail_refund(self, it):
        """The bank sends the money back: the refund counts no more."""
        charge, before = it.charge, self.shape(it.charge)
        self.change(it, "refund.updated", ["refund.failed"], status="failed", failure_reason="lost_or_stolen_card",
                    failure_balance_transaction=self.id("txn"))
        charge.amount_refunded -= it.amount
        self.tell_change(charge, before, "charge.updated")
        self.revenue.append((it.charge.customer.id, it.charge.currency, it.amount))

    def dispute(self, charge):
        it = self.make("dispute", "du", charge=charge, reason="fraudulent", status="needs_response",
                       has_evidence=False)
        self.tell("charge.dispute.created", it)
        self.change(charge, "charge.updated", disputed=True, dispute=it.id)
        return it

    def close_dispute(self, it, won):
        self.change(it, "charge.dispute.updated", status="under_review", has_evidence=True)
        self.wait(days=20)
        self.change(it, "charge.dispute.closed", status="won" if won else "lost")
        if not won:
            self.revenue.append((it.charge.customer.id, it.charge.currency, -it.charge.amount))

    def credit(self, bill, amount, memo, refund=None):
        """A credit note; with a refund it only explains that refund, money moves once."""
        note = self.make("credit_note", "cn", invoice=bill, amount=amount, memo=memo, refund=refund,
                         line=self.id("cnli"))
        self.tell("credit_note.created", note)
        if refund:
            self.change(bill, "invoice.updated", credited_after=bill.credited_after + amount)
        else:
            self.change(bill, "invoice.updated", credited=bill.credited + amount)

    # Objects that are only mirrored

    def schedule(self, subscription, price):
        end = subscription.period_end
        return self.make("subscription_schedule", "sub_sched", subscription=subscription, end_behavior="release",
                         phases=[{"price": subscription.items[0].price, "quantity": 1,
                                  "start": subscription.period_start, "end": end},
                                 {"price": price, "quantity": 1, "start": end, "end": end + 30 * DAY}])

    def unknown(self, type, body):
        self.emit(type, body)
