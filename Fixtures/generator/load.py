"""Templates for the benchmark: three real events whose varying parts are tokens of the same length as real values.

Compact JSON; a token may occur several times. A load generator finds the offsets once and overwrites the bytes in place.
"""

import json

from .scenarios import shop, subscriber

TOKENS = {
    "evt": "evt_" + "E" * 24, "in": "in_" + "I" * 24, "sub": "sub_" + "S" * 24, "cus": "cus_" + "C" * 14,
    "il": "il_" + "L" * 24, "si": "si_" + "T" * 14,
}
SECOND = 1111111111
REVISION, PREVIOUS_REVISION = "N" * 10, "P" * 10
# Random text, so that the bodies pack no better than genuine ones of their size.
TRACES = ("cart", "order", "visit", "campaign", "offer", "device", "referral", "origin", "landing")


def templates(provider):
    price = shop(provider)
    customer, subscription = subscriber(provider, "Load Fixture", price)
    customer.email = "load.cus_" + "C" * 14 + "@example.com"
    bill = provider.roll_over(subscription)
    provider.pay(bill)
    for one, traces in ((subscription, TRACES), (bill, TRACES[:7])):
        one.metadata = {"revision": REVISION, **{name: "R" * 32 for name in traces}}
    paid = provider.events[-2]
    assert paid["type"] == "invoice.paid"
    paid["data"]["object"] = provider.shape(bill)
    del paid["data"]["object"]["metadata"]["revision"]
    provider.tell("customer.subscription.created", subscription)
    created = provider.events[-1]
    provider.emit("customer.subscription.updated", provider.shape(subscription),
                  {"metadata": {"revision": PREVIOUS_REVISION}})
    for event in (paid, created, provider.events[-1]):
        yield event["type"], tokenized(event, customer, subscription, bill)


def tokenized(event, customer, subscription, bill):
    event = dict(event, created=SECOND)
    if "items" in event["data"]["object"]:
        # What `price` says again: without it the body has 3 KB.
        for item in event["data"]["object"]["items"]["data"]:
            del item["plan"]
    text = json.dumps(event, separators=(",", ":"), ensure_ascii=False)
    for value, token in [(event["id"], "evt"), (bill.id, "in"), (subscription.id, "sub"), (customer.id, "cus"),
                         (bill.lines[0].id, "il"), (subscription.items[0].id, "si")]:
        assert len(value) == len(TOKENS[token]), value
        text = text.replace(value, TOKENS[token])
    return text
