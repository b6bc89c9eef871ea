#!/usr/bin/env python3
"""Holds our requests against Stripe's own Python library (PyPI `stripe`, only ever in the test environment).

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install stripe
    TOLLGATE_WIRE_DUMP=/tmp/wire.jsonl swift test --filter WireDumpTests
    /tmp/venv/bin/python Tests/ProvidersTests/check_with_stripe.py /tmp/wire.jsonl

Each request is decoded into parameters. They must fit the library's parameter types (names, nesting, leaf types,
closed lists of words), and the library, called with them against a server on loopback, must send the same method,
path and pairs as we do. Not part of `swift test`.
"""
import http.server, json, sys, threading, typing, urllib.parse
import stripe
from stripe.params import _customer_create_params as customer_create, _customer_update_params as customer_update
from stripe.params import _customer_list_params as customer_list, _event_list_params as event_list
from stripe.params import _subscription_cancel_params as subscription_cancel
from stripe.params import _subscription_list_params as subscription_list
from stripe.params.checkout import _session_create_params as session_create, _session_list_params as session_list
from stripe.params.checkout import _session_update_params as session_update

TYPES = {
    "create_customer": (customer_create, "CustomerCreateParams"),
    "update_customer": (customer_update, "CustomerUpdateParams"),
    "create_checkout_session": (session_create, "SessionCreateParams"),
    "update_checkout_session": (session_update, "SessionUpdateParams"),
    "cancel_subscription": (subscription_cancel, "SubscriptionCancelParams"),
    "list_customers": (customer_list, "CustomerListParams"),
    "list_sessions": (session_list, "SessionListParams"),
    "list_events": (event_list, "EventListParams"),
    "list_subscriptions": (subscription_list, "SubscriptionListParams"),
}


def tree(text):
    """`a[b][0]=c` as nested dictionaries and lists; every leaf is a text."""
    root = {}
    for key, value in urllib.parse.parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text)):
        path = key.replace("]", "").split("[")
        place = root
        for step in path[:-1]:
            place = place.setdefault(step, {})
        assert path[-1] not in place, f"{key} stands twice"
        place[path[-1]] = value
    return lists(root)


def lists(node):
    if not isinstance(node, dict):
        return node
    node = {key: lists(value) for key, value in node.items()}
    if node and all(key.isdigit() for key in node):
        assert list(node) == [str(n) for n in range(len(node))], "indexes count from zero"
        return list(node.values())
    return node


def problem(value, hint, path):
    """None if the value fits the type, else what is wrong."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Union or type(hint).__name__ == "UnionType":
        literals = [a for a in arguments if typing.get_origin(a) is typing.Literal]
        # The library's word lists are open (`|str`); ours shall keep to the known words.
        arguments = [a for a in arguments if not (literals and a is str)]
        found = [problem(value, argument, path) for argument in arguments]
        return None if None in found else found[-1]
    if origin is typing.Literal:
        return None if value in arguments else f"{path}: {value!r} is none of {arguments}"
    if origin in (list, typing.List):
        if value == "":
            return None  # clears
        if not isinstance(value, list):
            return f"{path}: no list"
        return next(filter(None, (problem(v, arguments[0], f"{path}[{n}]") for n, v in enumerate(value))), None)
    if origin is dict:
        good = isinstance(value, dict) and all(isinstance(v, str) for v in value.values())
        return None if good else f"{path}: no map of texts"
    if hasattr(hint, "__required_keys__"):
        if not isinstance(value, dict):
            return f"{path}: no object"
        if hint not in HINTS:
            # The request options that the types inherit name what their module does not import.
            names = {**vars(typing), "StripeContext": stripe.StripeContext, **vars(sys.modules[hint.__module__])}
            HINTS[hint] = typing.get_type_hints(hint, names, names)
        hints = HINTS[hint]
        for key, member in value.items():
            if key not in hints:
                return f"{path}.{key}: unknown"
            wrong = problem(member, hints[key], f"{path}.{key}")
            if wrong:
                return wrong
        absent = hint.__required_keys__ - value.keys()
        return f"{path}: lacks {absent}" if absent else None
    if not isinstance(value, str):
        return f"{path}: no leaf"
    if hint is bool:
        return None if value in ("true", "false") else f"{path}: no truth value"
    if hint is int:
        return None if value.lstrip("-").isdigit() else f"{path}: no integer"
    if hint is str:
        return None
    return f"{path}: type {hint} is not judged"


HINTS = {}
SENT = []


class Recorder(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def answer(self):
        place, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        SENT.append((self.command, place, query or body, dict(self.headers)))
        reply = b'{"id":"x_1","object":"list","data":[],"has_more":false}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, *_):
        pass


def library_sends(client, kind, path, parameters):
    """What the library's own call of that kind sends; method and path are its own."""
    customers, sessions = client.v1.customers, client.v1.checkout.sessions
    subscriptions, events = client.v1.subscriptions, client.v1.events
    named = urllib.parse.unquote(path.removesuffix("/expire").rsplit("/", 1)[-1])
    calls = {
        "create_customer": lambda: customers.create(parameters),
        "update_customer": lambda: customers.update(named, parameters),
        "delete_customer": lambda: customers.delete(named),
        "create_checkout_session": lambda: sessions.create(parameters),
        "update_checkout_session": lambda: sessions.update(named, parameters),
        "expire_checkout_session": lambda: sessions.expire(named),
        "cancel_subscription": lambda: subscriptions.cancel(named, parameters),
        "retrieve_customer": lambda: customers.retrieve(named),
        "list_customers": lambda: customers.list(parameters),
        "list_sessions": lambda: sessions.list(parameters),
        "list_events": lambda: events.list(parameters),
        "list_subscriptions": lambda: subscriptions.list(parameters),
    }
    calls[kind]()
    return SENT.pop()


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client = stripe.StripeClient("sk_test_1", base_addresses={"api": f"http://127.0.0.1:{server.server_port}"})
    counts, wrong = {}, 0
    for line in open(sys.argv[1]):
        request = json.loads(line)
        kind, wire = request["kind"], request["query"] or request["body"] or ""
        counts[kind] = counts.get(kind, 0) + 1
        parameters = tree(wire)
        if kind in TYPES:
            module, name = TYPES[kind]
            found = problem(parameters, getattr(module, name), kind)
        else:
            found = f"{kind}: no parameters expected" if parameters else None
        method, path, theirs, headers = library_sends(client, kind, request["path"], parameters)
        pairs = [urllib.parse.parse_qsl(text, keep_blank_values=True) for text in (wire, theirs)]
        if (method, path) != (request["method"], request["path"]):
            found = found or f"the library sends {method} {path}"
        if pairs[0] != pairs[1]:
            found = found or f"the library sends {theirs}"
        if found:
            wrong += 1
            print(f"{found}\n    {request['method']} {request['path']} {wire}")
    server.shutdown()
    print(f"{sum(counts.values())} requests, {wrong} wrong, library {stripe.VERSION}: {counts}")
    sys.exit(1 if wrong else 0)


main()
