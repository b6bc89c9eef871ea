/// Senders whose signature covers a time and the body.
let timedProfilesJSON = #"""
    {
      "stripe": {
        "hash": "sha256", "secret_encoding": "utf8", "signature_encoding": "hex",
        "signature": {"header": "Stripe-Signature", "parse": "kv", "sep": ",", "key": "v1", "timestamp_key": "t"},
        "timestamp": {"format": "unix-s", "tolerance": 300}, "signed": "{timestamp}.{body}",
        "event": {"id": "id", "type": "type", "object": "data.object",
                  "occurred_at": {"at": "created", "format": "unix-s"}}
      },
      "paddle": {
        "hash": "sha256", "secret_encoding": "utf8", "signature_encoding": "hex",
        "signature": {"header": "Paddle-Signature", "parse": "kv", "sep": ";", "key": "h1", "timestamp_key": "ts"},
        "timestamp": {"format": "unix-s", "tolerance": 5}, "signed": "{timestamp}:{body}",
        "event": {"id": "event_id", "type": "event_type", "object": "data",
                  "occurred_at": {"at": "occurred_at", "format": "rfc3339"}}
      },
      "recurly": {
        "hash": "sha256", "secret_encoding": "utf8", "signature_encoding": "hex",
        "signature": {"header": "recurly-signature", "parse": "list", "sep": ",", "timestamp_index": 0},
        "timestamp": {"format": "unix-ms", "tolerance": 300}, "signed": "{timestamp}.{body}",
        "event": {"id": ["object_type", "id", "event_type", "event_time"], "type": ["object_type", "event_type"],
                  "occurred_at": {"at": "event_time", "format": "rfc3339"}}
      },
      "paymongo": {
        "hash": "sha256", "secret_encoding": "utf8", "signature_encoding": "hex",
        "signature": {"header": "Paymongo-Signature", "parse": "kv", "sep": ",", "key": ["te", "li"],
                      "timestamp_key": "t"},
        "timestamp": {"format": "unix-s", "tolerance": null}, "signed": "{timestamp}.{body}",
        "event": {"id": "data.id", "type": "data.attributes.type", "object": "data.attributes.data",
                  "occurred_at": {"at": "data.attributes.created_at", "format": "unix-s"}}
      },
      "orb": {
        "hash": "sha256", "secret_encoding": "utf8", "signature_encoding": "hex",
        "signature": {"header": "X-Orb-Signature", "parse": "list", "sep": " ", "prefix": "v1="},
        "timestamp": {"header": "X-Orb-Timestamp", "format": "rfc3339", "tolerance": 300},
        "signed": "v1:{timestamp}:{body}",
        "event": {"id": "id", "type": "type", "occurred_at": {"at": "created_at", "format": "rfc3339"}}
      },
      "metronome": {
        "hash": "sha256", "secret_encoding": "utf8", "signature_encoding": "hex",
        "signature": {"header": "Metronome-Webhook-Signature", "parse": "plain"},
        "timestamp": {"header": ["X-Metronome-Date", "Date"], "format": "http-date", "tolerance": 300},
        "signed": "{timestamp}\n{body}",
        "event": {"id": "id", "type": "type", "object": "properties",
                  "occurred_at": {"at": "properties.timestamp", "format": "rfc3339"}}
      },
      "cashfree": {
        "hash": "sha256", "secret_encoding": "utf8", "signature_encoding": "base64",
        "signature": {"header": "x-webhook-signature", "parse": "plain"},
        "timestamp": {"header": "x-webhook-timestamp", "format": "unix-auto", "tolerance": null, "digits": [10, 13]},
        "signed": "{timestamp}{body}", "body": "object",
        "event": {"id": "body-digest", "type": "type", "object": "data",
                  "occurred_at": {"at": "event_time", "format": "rfc3339"}}
      },
      "omise": {
        "hash": "sha256", "secret_encoding": "base64", "signature_encoding": "hex",
        "signature": {"header": "Omise-Signature", "parse": "list", "sep": ",", "trim": true},
        "timestamp": {"header": "Omise-Signature-Timestamp", "format": "unix-s", "tolerance": 300},
        "signed": "{timestamp}.{body}",
        "event": {"id": "id", "type": "key", "object": "data",
                  "occurred_at": {"at": "created_at", "format": "rfc3339"}}
      },
      "workos": {
        "hash": "sha256", "secret_encoding": "utf8", "signature_encoding": "hex",
        "signature": {"header": "WorkOS-Signature", "parse": "kv", "sep": ", ", "key": "v1", "timestamp_key": "t"},
        "timestamp": {"format": "unix-ms", "tolerance": 180}, "signed": "{timestamp}.{body}",
        "event": {"id": "id", "type": "event", "object": "data",
                  "occurred_at": {"at": "created_at", "format": "rfc3339"}}
      },
      "slack": {
        "hash": "sha256", "secret_encoding": "utf8", "signature_encoding": "hex",
        "signature": {"header": "X-Slack-Signature", "parse": "plain", "prefix": "v0="},
        "timestamp": {"header": "X-Slack-Request-Timestamp", "format": "unix-s", "tolerance": 300},
        "signed": "v0:{timestamp}:{body}",
        "event": {"id": "event_id", "type": "event.type", "object": "event",
                  "occurred_at": {"at": "event_time", "format": "unix-s"}}
      },
      "hubspot-v3": {
        "hash": "sha256", "secret_encoding": "utf8", "signature_encoding": "base64",
        "signature": {"header": "X-HubSpot-Signature-v3", "parse": "plain"},
        "timestamp": {"header": "X-HubSpot-Request-Timestamp", "format": "unix-ms", "tolerance": 300},
        "signed": "{method}{url}{body}{timestamp}",
        "event": {"batch": "", "id": "eventId", "type": "subscriptionType", "object": "",
                  "occurred_at": {"at": "occurredAt", "format": "unix-ms"}}
      },
      "coinbase-hook0": {
        "hash": "sha256", "secret_encoding": "utf8", "signature_encoding": "hex",
        "signature": {"header": "X-Hook0-Signature", "parse": "kv", "sep": ",", "key": "v1", "timestamp_key": "t"},
        "timestamp": {"format": "unix-s", "tolerance": 300},
        "signed": "{timestamp}.{kv:h}.{headers-named-by:h}.{body}",
        "event": {"id": "body-digest", "type": "eventType", "object": ""}
      }
    }
    """#
