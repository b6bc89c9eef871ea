/// Senders whose signature covers the body alone, or body and URL; no time is signed.
let bodyProfilesJSON = #"""
    {
      "lemonsqueezy": {
        "hash": "sha256", "secret_encoding": "utf8", "signature_encoding": "hex",
        "signature": {"header": "X-Signature", "parse": "plain"}, "signed": "{body}",
        "event": {"id": "body-digest", "type": "meta.event_name", "object": "data",
                  "occurred_at": {"at": "data.attributes.updated_at", "format": "rfc3339"}}
      },
      "modern-treasury": {
        "hash": "sha256", "secret_encoding": "utf8", "signature_encoding": "hex",
        "signature": {"header": "X-Signature", "parse": "plain"}, "signed": "{body}",
        "event": {"id": "body-digest", "type": "event", "object": "data",
                  "occurred_at": {"at": "data.updated_at", "format": "rfc3339"}}
      },
      "razorpay": {
        "hash": "sha256", "secret_encoding": "utf8", "signature_encoding": "hex",
        "signature": {"header": "X-Razorpay-Signature", "parse": "plain"}, "signed": "{body}",
        "event": {"id": "header:x-razorpay-event-id", "type": "event", "object": "payload",
                  "occurred_at": {"at": "created_at", "format": "unix-s"}}
      },
      "paystack": {
        "hash": "sha512", "secret_encoding": "utf8", "signature_encoding": "hex",
        "signature": {"header": "x-paystack-signature", "parse": "plain"}, "signed": "{body}",
        "event": {"id": ["event", "data.id"], "type": "event", "object": "data",
                  "occurred_at": {"at": "data.paid_at", "format": "rfc3339"}}
      },
      "square": {
        "hash": "sha256", "secret_encoding": "utf8", "signature_encoding": "base64",
        "signature": {"header": "x-square-hmacsha256-signature", "parse": "plain"}, "signed": "{url}{body}",
        "empty_body": "reject",
        "event": {"id": "event_id", "type": "type", "object": "data.object",
                  "occurred_at": {"at": "created_at", "format": "rfc3339"}}
      },
      "shopify": {
        "hash": "sha256", "secret_encoding": "utf8", "signature_encoding": "base64",
        "signature": {"header": ["X-Shopify-Hmac-SHA256", "Shopify-Hmac-SHA256"], "parse": "plain"},
        "signed": "{body}",
        "event": {"id": "header:x-shopify-webhook-id", "type": "header:x-shopify-topic", "object": "",
                  "occurred_at": {"at": "header:x-shopify-triggered-at", "format": "rfc3339"}}
      },
      "woocommerce": {
        "hash": "sha256", "secret_encoding": "utf8", "signature_encoding": "base64",
        "signature": {"header": "X-WC-Webhook-Signature", "parse": "plain"}, "signed": "{body}",
        "event": {"id": "header:x-wc-webhook-delivery-id", "type": "header:x-wc-webhook-topic", "object": "",
                  "occurred_at": {"at": "date_modified_gmt", "format": "rfc3339"}}
      },
      "gocardless": {
        "hash": "sha256", "secret_encoding": "utf8", "signature_encoding": "hex",
        "signature": {"header": "Webhook-Signature", "parse": "plain"}, "signed": "{body}",
        "bad_signature_status": 498,
        "event": {"batch": "events", "id": "id", "type": ["resource_type", "action"],
                  "occurred_at": {"at": "created_at", "format": "rfc3339"}}
      },
      "maxio": {
        "hash": "sha256", "secret_encoding": "utf8", "signature_encoding": "hex",
        "signature": {"header": "X-Chargify-Webhook-Signature-Hmac-Sha-256", "parse": "plain"}, "signed": "{body}",
        "event": {"payload": "form", "id": "id", "type": "event"}
      },
      "adyen-platform": {
        "hash": "sha256", "secret_encoding": "hex", "signature_encoding": "base64",
        "signature": {"header": "HmacSignature", "parse": "plain"}, "signed": "{body}",
        "success_body": "[accepted]",
        "event": {"id": "body-digest", "type": "type", "object": "data",
                  "occurred_at": {"at": "timestamp", "format": "rfc3339"}}
      },
      "coinbase-commerce": {
        "hash": "sha256", "secret_encoding": "utf8", "signature_encoding": "hex",
        "signature": {"header": "X-CC-Webhook-Signature", "parse": "plain"}, "signed": "{body}",
        "event": {"id": "event.id", "type": "event.type", "object": "event.data",
                  "occurred_at": {"at": "event.created_at", "format": "rfc3339"}}
      },
      "checkout": {
        "hash": "sha256", "secret_encoding": "utf8", "signature_encoding": "hex",
        "signature": {"header": "Cko-Signature", "parse": "plain"}, "signed": "{body}",
        "event": {"id": "id", "type": "type", "object": "data",
                  "occurred_at": {"at": "created_on", "format": "rfc3339"}}
      },
      "flutterwave-v4": {
        "hash": "sha256", "secret_encoding": "utf8", "signature_encoding": "base64",
        "signature": {"header": "flutterwave-signature", "parse": "plain"}, "signed": "{body}",
        "event": {"id": "id", "type": "type", "object": "data",
                  "occurred_at": {"at": "timestamp", "format": "unix-ms"}}
      },
      "mollie": {
        "hash": "sha256", "secret_encoding": "utf8", "signature_encoding": "hex",
        "signature": {"header": "X-Mollie-Signature", "parse": "plain", "prefix": "sha256=",
                      "prefix_optional": true},
        "signed": "{body}", "duplicates": "any",
        "event": {"id": "id", "type": "type", "occurred_at": {"at": "createdAt", "format": "rfc3339"}}
      },
      "github": {
        "hash": "sha256", "secret_encoding": "utf8", "signature_encoding": "hex",
        "signature": {"header": "X-Hub-Signature-256", "parse": "plain", "prefix": "sha256="},
        "signed": "{body}",
        "event": {"id": "header:x-github-delivery", "type": ["header:x-github-event", "action"], "object": ""}
      },
      "lago-hmac": {
        "hash": "sha256", "secret_encoding": "utf8", "signature_encoding": "base64",
        "signature": {"header": "X-Lago-Signature", "parse": "plain"}, "signed": "{body}",
        "event": {"id": "header:x-lago-unique-key", "type": "webhook_type"}
      }
    }
    """#
