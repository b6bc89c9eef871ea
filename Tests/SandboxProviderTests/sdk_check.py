"""The official Stripe SDK against `tollgate sandbox`, as a stranger's client would use it.

    pip install stripe
    python3 sdk_check.py PATH/TO/tollgate

Starts a sandbox of its own on a free port with webhooks to this process, then: creates, updates, clears, lists and
auto-pages customers; creates, updates, lists, auto-pages and expires checkout sessions; pays one and follows what
came of it; replays an idempotency key; looks at errors; and has every webhook checked by
stripe.Webhook.construct_event. Prints one line for each part and exits 0, or says what was not so and exits 1.
Used by SDKTests.swift where the package is installed; nothing of it is part of the product.
"""

import http.server
import os
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request

import stripe

SECRET = "whsec_for_the_sdk_check_only_0123456789"
received = []
refusals = [2]


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = 200
        if refusals[0] > 0:
            # The first two deliveries fail: they have to come again.
            refusals[0] -= 1
            status = 500
        else:
            received.append((body, self.headers["Stripe-Signature"]))
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def check(condition, text):
    if not condition:
        print("NOT SO: " + text)
        sys.exit(1)


def part(text):
    print("ok  " + text, flush=True)


def start(program):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    words = [program, "sandbox", "--listen", "127.0.0.1:0", "--webhooks-to"]
    words += ["http://127.0.0.1:%d/hook" % server.server_port, "--webhook-secret-env", "SDK_CHECK_SECRET"]
    environment = dict(os.environ, SDK_CHECK_SECRET=SECRET)
    process = subprocess.Popen(words, stdout=subprocess.PIPE, env=environment, text=True)
    url = process.stdout.readline().split()[-1]
    key = process.stdout.readline().split()[-1]
    return process, url, key


def customers(client):
    made = [
        client.v1.customers.create(
            {
                "email": "c%d@example.com" % number,
                "name": "Customer %d" % number,
                "metadata": {"number": str(number)},
                "address": {"line1": "Street %d" % number, "country": "DE"},
                "preferred_locales": ["de", "en"],
            }
        )
        for number in range(25)
    ]
    check(made[3].address.country == "DE" and made[3].preferred_locales == ["de", "en"], "members arrive")
    changed = client.v1.customers.update(made[3].id, {"name": "", "metadata": {"number": "", "new": "1"}})
    check(changed.name is None and changed.metadata.to_dict() == {"new": "1"}, "members are cleared and changed")
    check(client.v1.customers.retrieve(made[3].id) == changed, "a read gives what an update gave")
    part("customers: 25 created, one updated, cleared and read")

    pages = client.v1.customers.list({"limit": 4})
    found = [customer.id for customer in pages.auto_paging_iter()]
    check(found == [customer.id for customer in reversed(made)], "auto-paging finds all, newest first")
    back = client.v1.customers.list({"limit": 4, "ending_before": made[0].id})
    found = [customer.id for customer in back.auto_paging_iter()]
    check(found == [customer.id for customer in made[1:]], "auto-paging walks backwards, oldest first")
    by_email = client.v1.customers.list({"email": "c7@example.com"})
    check([customer.id for customer in by_email.data] == [made[7].id], "the e-mail filter finds one")
    gone = client.v1.customers.delete(made[24].id)
    check(gone.deleted and client.v1.customers.retrieve(made[24].id).deleted, "a deleted one says so")
    part("customers: auto-paged in both directions, filtered, deleted")
    return made


def sessions(client, customer):
    price = client.v1.prices.create(
        {
            "currency": "eur",
            "unit_amount": 1500,
            "recurring": {"interval": "month"},
            "product_data": {"name": "Plan"},
        }
    )
    terms = {
        "mode": "subscription",
        "customer": customer.id,
        "client_reference_id": "order-1",
        "line_items": [{"price": price.id, "quantity": 2}],
        "success_url": "https://shop.example/thanks?session={CHECKOUT_SESSION_ID}",
        "subscription_data": {"metadata": {"order": "1"}},
        "expand": ["customer", "line_items"],
    }
    made = [client.v1.checkout.sessions.create(terms) for _ in range(7)]
    check(made[0].customer.id == customer.id and made[0].line_items.data[0].quantity == 2, "expansions arrive")
    check(made[0].amount_total == 3000 and made[0].status == "open", "the session is open and adds up")
    changed = client.v1.checkout.sessions.update(made[1].id, {"metadata": {"a": "b"}})
    check(changed.metadata["a"] == "b", "a session's metadata change")
    found = [s.id for s in client.v1.checkout.sessions.list({"limit": 3}).auto_paging_iter()]
    check(found == [s.id for s in reversed(made)], "auto-paging finds all sessions")
    expired = client.v1.checkout.sessions.expire(made[2].id)
    check(expired.status == "expired", "an open session expires")
    part("checkout sessions: 7 created, updated, auto-paged, one expired")

    form = urllib.parse.urlencode({"email": "c0@example.com", "name": "Buyer"}).encode()

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    try:
        urllib.request.build_opener(Stay).open(made[0].url, form)
        check(False, "paying leads to the success page")
    except urllib.error.HTTPError as answer:
        check(answer.code == 303 and answer.headers["Location"].endswith(made[0].id), "paying leads onwards")
    paid = client.v1.checkout.sessions.retrieve(
        made[0].id, {"expand": ["subscription", "invoice", "subscription.latest_invoice"]}
    )
    check(paid.status == "complete" and paid.payment_status == "paid", "the session is paid")
    check(paid.subscription.status == "active" and paid.subscription.metadata["order"] == "1", "it gave a subscription")
    check(paid.invoice.status == "paid" and paid.invoice.amount_paid == 3000, "and a paid invoice")
    running = [s.id for s in client.v1.subscriptions.list({"customer": customer.id, "status": "all"}).data]
    check(running == [paid.subscription.id], "the subscription is listed")
    later = client.v1.subscriptions.update(running[0], {"cancel_at_period_end": True})
    check(later.cancel_at == later["items"].data[0].current_period_end, "it ends with its period")
    check(client.v1.subscriptions.cancel(running[0]).status == "canceled", "it can be canceled")
    check(len(client.v1.subscriptions.list({"customer": customer.id}).data) == 0, "canceled ones are left out")
    part("a session was paid on its page: subscription, invoice, cancellation")


def keys_and_errors(client):
    options = {"idempotency_key": "sdk-key-1"}
    first = client.v1.customers.create({"name": "Once"}, options)
    second = client.v1.customers.create({"name": "Once"}, options)
    check(first.id == second.id, "one key makes one customer")
    check(second.last_response.headers["idempotent-replayed"] == "true", "the replay says so")
    try:
        client.v1.customers.create({"name": "Twice"}, options)
        check(False, "a changed request under the same key is refused")
    except stripe.IdempotencyError:
        pass
    try:
        client.v1.customers.retrieve("cus_unknown")
        check(False, "an unknown customer is not found")
    except stripe.InvalidRequestError as error:
        check(error.code == "resource_missing" and error.param == "id", "the error names what is missing")
        check(error.http_status == 404 and error.request_id.startswith("req_"), "status and request id arrive")
    try:
        stripe.StripeClient("sk_test_wrong", base_addresses={"api": client._requestor._options.base_addresses["api"]}).v1.customers.list()
        check(False, "a wrong key is refused")
    except stripe.AuthenticationError:
        pass
    part("idempotency keys and errors")


def webhooks(client):
    wanted = {event.id: event for event in client.v1.events.list({"limit": 50}).auto_paging_iter()}
    end = time.monotonic() + 20
    while time.monotonic() < end and len({stripe.Webhook.construct_event(b, s, SECRET).id for b, s in list(received)}) < len(wanted):
        time.sleep(0.1)
    seen = {}
    for body, signature in list(received):
        event = stripe.Webhook.construct_event(body, signature, SECRET)
        seen[event.id] = event
    check(set(seen) == set(wanted), "every event was delivered, and none that is not listed")
    types = {event.type for event in seen.values()}
    for name in ["customer.created", "customer.updated", "customer.deleted", "customer.subscription.created"]:
        check(name in types, name + " was told")
    for name in ["invoice.paid", "checkout.session.completed", "checkout.session.expired"]:
        check(name in types, name + " was told")
    try:
        stripe.Webhook.construct_event(received[0][0] + b" ", received[0][1], SECRET)
        check(False, "a changed body is not believed")
    except stripe.SignatureVerificationError:
        pass
    part("webhooks: %d events of %d types, signatures verified, two delivered again" % (len(seen), len(types)))


def main():
    process, url, key = start(sys.argv[1])
    try:
        print("stripe %s against %s" % (stripe.VERSION, url))
        client = stripe.StripeClient(key, base_addresses={"api": url}, max_network_retries=0)
        made = customers(client)
        sessions(client, made[0])
        keys_and_errors(client)
        webhooks(client)
    finally:
        process.terminate()
    check(process.wait(10) == 0, "SIGTERM ends the sandbox in order")
    part("the sandbox stopped in order")


main()
