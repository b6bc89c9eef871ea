#!/usr/bin/env python3
"""Writes own_vectors.json: signed requests of our own for every built-in profile, with verdicts.

Each provider is written out by hand here with Python's hmac module, from the provider's description, so that the
profiles and their interpreter are checked by a second implementation. Run it in this folder; the output is committed.
"""
import base64, hashlib, hmac, json
from email.utils import formatdate

NOW = 1790000000
TEXT = "own_secret_0123456789abcdefghij"
RAW = bytes(range(1, 33))
WHSEC = "whsec_" + base64.b64encode(RAW).decode()
HEXKEY = RAW.hex()
URL = "https://pay.example.net/hooks/in"
BODY = '{"id":"evt_own_1","type":"invoice.paid","n":1.50,"note":"gr\u00fc\u00df \u2713","data":{"id":"obj_1"}}'


def mac(key, *parts, algorithm="sha256"):
    return hmac.new(key, b"".join(p if isinstance(p, bytes) else p.encode() for p in parts), algorithm).digest()


def b64(tag):
    return base64.b64encode(tag).decode()


def plain(header, encode, prefix="", key=str.encode, algorithm="sha256", before=b""):
    def sign(secret, body, time):
        return {header: prefix + encode(mac(key(secret), before, body, algorithm=algorithm))}
    return sign


def standard(prefix, key):
    def sign(secret, body, time):
        tag = b64(mac(key(secret), f"msg_own_1.{time}.", body))
        return {f"{prefix}-id": "msg_own_1", f"{prefix}-timestamp": str(time), f"{prefix}-signature": "v1," + tag}
    return sign


def whsec(secret):
    return base64.b64decode(secret.removeprefix("whsec_"))


def stripe(secret, body, time):
    return {"Stripe-Signature": f"t={time},v1={mac(secret.encode(), f'{time}.', body).hex()}"}


def paddle(secret, body, time):
    return {"Paddle-Signature": f"ts={time};h1={mac(secret.encode(), f'{time}:', body).hex()}"}


def recurly(secret, body, time):
    return {"recurly-signature": f"{time}000,{mac(secret.encode(), f'{time}000.', body).hex()}"}


def paymongo(secret, body, time):
    return {"Paymongo-Signature": f"t={time},te=,li={mac(secret.encode(), f'{time}.', body).hex()}"}


def orb(secret, body, time):
    from datetime import datetime, timezone
    stamp = datetime.fromtimestamp(time, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000")
    return {"X-Orb-Timestamp": stamp, "X-Orb-Signature": "v1=" + mac(secret.encode(), f"v1:{stamp}:", body).hex()}


def metronome(secret, body, time):
    date = formatdate(time, usegmt=True)
    return {"X-Metronome-Date": date, "Metronome-Webhook-Signature": mac(secret.encode(), date, "\n", body).hex()}


def cashfree(secret, body, time):
    return {"x-webhook-timestamp": f"{time}000", "x-webhook-signature": b64(mac(secret.encode(), f"{time}000", body))}


def omise(secret, body, time):
    tag = mac(base64.b64decode(secret), f"{time}.", body).hex()
    return {"Omise-Signature-Timestamp": str(time), "Omise-Signature": "00" * 32 + "," + tag}


def workos(secret, body, time):
    return {"WorkOS-Signature": f"t={time}000, v1={mac(secret.encode(), f'{time}000.', body).hex()}"}


def slack(secret, body, time):
    tag = mac(secret.encode(), f"v0:{time}:", body).hex()
    return {"X-Slack-Request-Timestamp": str(time), "X-Slack-Signature": "v0=" + tag}


def hubspot(secret, body, time):
    tag = b64(mac(secret.encode(), "POST", URL, body, f"{time}000"))
    return {"X-HubSpot-Request-Timestamp": f"{time}000", "X-HubSpot-Signature-v3": tag}


def hook0(secret, body, time):
    tag = mac(secret.encode(), f"{time}.content-type x-event-id.application/json.e7.", body).hex()
    return {"content-type": "application/json", "x-event-id": "e7",
            "X-Hook0-Signature": f"t={time},h=content-type x-event-id,v1={tag}"}


def mercadopago(secret, body, time):
    tag = mac(secret.encode(), f"id:ord_77;request-id:req_9;ts:{time}000;").hex()
    return {"x-request-id": "req_9", "x-signature": f"ts={time}000,v1={tag}"}


def iyzico(secret, body, time):
    f = json.loads(body)
    tag = mac(secret.encode(), secret, f["iyziEventType"], str(f["paymentId"]), f["paymentConversationId"], f["status"])
    return {"X-IYZ-SIGNATURE-V3": tag.hex()}


def adyen_item(tag="", amount=1999):
    item = {"pspReference": "PSP0001", "merchantAccountCode": "OwnMerchant", "merchantReference": "order:7\\8/9",
            "amount": {"value": amount, "currency": "EUR"}, "eventCode": "AUTHORISATION", "success": "true",
            "additionalData": {"hmacSignature": tag}}
    return json.dumps({"live": "false", "notificationItems": [{"NotificationRequestItem": item}]})


def adyen_tag(secret):
    return b64(mac(bytes.fromhex(secret), "PSP0001::OwnMerchant:order:7\\8/9:1999:EUR:AUTHORISATION:true"))


IYZICO = '{"iyziEventType":"API_AUTH","paymentId":7712,"paymentConversationId":"c-1","status":"SUCCESS","x":1}'
HEX, B64 = bytes.hex, b64
# name: (secret, other secret, sign, body, stale distance in seconds or None)
SCHEMES = {
    "stripe": (TEXT, "other_" + TEXT, stripe, BODY, 301),
    "paddle": (TEXT, "other_" + TEXT, paddle, BODY, 6),
    "recurly": (TEXT, "other_" + TEXT, recurly, BODY, 301),
    "paymongo": (TEXT, "other_" + TEXT, paymongo, BODY, None),
    "orb": (TEXT, "other_" + TEXT, orb, BODY, 301),
    "metronome": (TEXT, "other_" + TEXT, metronome, BODY, 301),
    "cashfree": (TEXT, "other_" + TEXT, cashfree, BODY, None),
    "omise": (b64(RAW), b64(RAW[::-1]), omise, BODY, 301),
    "workos": (TEXT, "other_" + TEXT, workos, BODY, 181),
    "slack": (TEXT, "other_" + TEXT, slack, BODY, 301),
    "hubspot-v3": (TEXT, "other_" + TEXT, hubspot, BODY, 301),
    "coinbase-hook0": (TEXT, "other_" + TEXT, hook0, BODY, 301),
    "mercadopago": (TEXT, "other_" + TEXT, mercadopago, BODY, None),
    "iyzico-v3": (TEXT, "other_" + TEXT, iyzico, IYZICO, None),
    "adyen-platform": (HEXKEY, RAW[::-1].hex(), plain("HmacSignature", B64, key=bytes.fromhex), BODY, None),
    "square": (TEXT, "other_" + TEXT, plain("x-square-hmacsha256-signature", B64, before=URL.encode()), BODY, None),
    "paystack": (TEXT, "other_" + TEXT, plain("x-paystack-signature", HEX, algorithm="sha512"), BODY, None),
}
for name, prefix in {"standard-webhooks": "webhook", "svix": "svix", "clerk": "svix", "autumn": "svix",
                     "dodo": "webhook", "lithic": "webhook"}.items():
    SCHEMES[name] = (WHSEC, "whsec_" + b64(RAW[::-1]), standard(prefix, whsec), BODY, 301)
for name in ["increase", "whop", "polar"]:
    SCHEMES[name] = (WHSEC, "whsec_" + b64(RAW[::-1]), standard("webhook", str.encode), BODY, 301)
for name, header in {"lemonsqueezy": "X-Signature", "razorpay": "X-Razorpay-Signature",
                     "gocardless": "Webhook-Signature", "maxio": "X-Chargify-Webhook-Signature-Hmac-Sha-256",
                     "coinbase-commerce": "X-CC-Webhook-Signature", "checkout": "Cko-Signature",
                     "modern-treasury": "X-Signature"}.items():
    SCHEMES[name] = (TEXT, "other_" + TEXT, plain(header, HEX), BODY, None)
for name, header in {"shopify": "shopify-hmac-sha256", "woocommerce": "X-WC-Webhook-Signature",
                     "flutterwave-v4": "flutterwave-signature", "lago-hmac": "X-Lago-Signature"}.items():
    SCHEMES[name] = (TEXT, "other_" + TEXT, plain(header, B64), BODY, None)
for name, header in {"github": "X-Hub-Signature-256", "mollie": "X-Mollie-Signature"}.items():
    SCHEMES[name] = (TEXT, "other_" + TEXT, plain(header, HEX, prefix="sha256="), BODY, None)

vectors = []


def add(scheme, description, valid, secret, headers, body=BODY, now=NOW, url=None):
    vector = {"id": f"{scheme}-own-{sum(v['scheme'] == scheme for v in vectors) + 1}", "scheme": scheme,
              "description": description, "secret": secret, "headers": headers, "body": body, "now": now, "valid": valid}
    if url:
        vector["url"] = url
    vectors.append(vector)


for scheme, (secret, other, sign, body, stale) in SCHEMES.items():
    url = {"square": URL, "hubspot-v3": URL, "mercadopago": URL + "?data.id=ord_77&type=order"}.get(scheme)
    good = sign(secret, body.encode(), NOW)
    # The header that carries the signature is the last one that each function writes.
    signature = list(good)[-1]
    add(scheme, "fresh and right", True, secret, good, body, url=url)
    add(scheme, "second of two secrets is right", True, [other, secret], good, body, url=url)
    add(scheme, "wrong secret", False, other, good, body, url=url)
    add(scheme, "no header at all", False, secret, {}, body, url=url)
    add(scheme, "empty signature header", False, secret, {**good, signature: ""}, body, url=url)
    add(scheme, "last character cut off", False, secret, {**good, signature: good[signature][:-1]}, body, url=url)
    if scheme not in ("mercadopago", "iyzico-v3"):
        add(scheme, "body changed", False, secret, good, body.replace("invoice.paid", "invoice.void"), url=url)
        add(scheme, "line feed added to the body", False, secret, good, body + "\n", url=url)
    else:
        add(scheme, "a part of the body that is not signed changed", True, secret, good, body + "\n", url=url)
    if scheme == "iyzico-v3":
        add(scheme, "signed field changed", False, secret, good, body.replace("SUCCESS", "FAILURE"))
    if scheme == "mercadopago":
        add(scheme, "other id in the query", False, secret, good, body, url=URL + "?data.id=ord_78&type=order")
    if scheme != "mollie":
        add(scheme, "header twice", False, secret, {**good, signature: [good[signature]] * 2}, body, url=url)
    if stale:
        add(scheme, "at the edge of the tolerance", True, secret, good, body, now=NOW + stale - 1, url=url)
        add(scheme, "too old", False, secret, good, body, now=NOW + stale, url=url)
        add(scheme, "too far ahead", False, secret, good, body, now=NOW - stale, url=url)

good = adyen_item(adyen_tag(HEXKEY))
add("adyen-standard", "fresh and right", True, HEXKEY, {}, good)
add("adyen-standard", "second of two secrets is right", True, [RAW[::-1].hex(), HEXKEY], {}, good)
add("adyen-standard", "wrong secret", False, RAW[::-1].hex(), {}, good)
add("adyen-standard", "signed field changed", False, HEXKEY, {}, adyen_item(adyen_tag(HEXKEY), amount=1))
add("adyen-standard", "no signature", False, HEXKEY, {}, adyen_item())
add("adyen-standard", "not JSON", False, HEXKEY, {}, good[:-1])
add("adyen-standard", "field outside the signature changed", True, HEXKEY, {}, good.replace('"false"', '"true"'))

with open("own_vectors.json", "w") as file:
    file.write('{"vectors": [\n' + ",\n".join(json.dumps(v) for v in vectors) + "\n]}\n")
print(len(vectors), "vectors,", len({v["scheme"] for v in vectors}), "schemes")
