/// Senders of the Standard Webhooks family: signed id, time and body. They differ in header names and, against
/// first sight, in how the secret becomes a key (reference/signatures.md section 0, correction 2).
let standardWebhooksProfilesJSON = #"""
    {
      "standard-webhooks": {
        "hash": "sha256", "secret_encoding": "whsec", "signature_encoding": "base64",
        "signature": {"header": "webhook-signature", "parse": "list", "sep": " ", "prefix": "v1,"},
        "id": {"header": "webhook-id"},
        "timestamp": {"header": "webhook-timestamp", "format": "unix-s", "tolerance": 300},
        "signed": "{id}.{timestamp}.{body}",
        "event": {"id": "signed-id", "type": "type", "object": "data",
                  "occurred_at": {"at": "timestamp", "format": "rfc3339"}}
      },
      "svix": {
        "like": "standard-webhooks",
        "signature": {"header": ["svix-signature", "webhook-signature"], "parse": "list", "sep": " ", "prefix": "v1,"},
        "id": {"header": ["svix-id", "webhook-id"]},
        "timestamp": {"header": ["svix-timestamp", "webhook-timestamp"], "format": "unix-s", "tolerance": 300},
        "event": {"id": "signed-id", "type": "type", "object": "data",
                  "occurred_at": {"at": "timestamp", "format": "rfc3339"}}
      },
      "autumn": {
        "like": "standard-webhooks",
        "signature": {"header": ["svix-signature", "webhook-signature"], "parse": "list", "sep": " ", "prefix": "v1,"},
        "id": {"header": ["svix-id", "webhook-id"]},
        "timestamp": {"header": ["svix-timestamp", "webhook-timestamp"], "format": "unix-s", "tolerance": 300},
        "event": {"id": "signed-id", "type": "type", "object": "data"}
      },
      "clerk": {
        "like": "standard-webhooks",
        "signature": {"header": "svix-signature", "parse": "list", "sep": " ", "prefix": "v1,"},
        "id": {"header": "svix-id"},
        "timestamp": {"header": "svix-timestamp", "format": "unix-s", "tolerance": 300},
        "event": {"id": "signed-id", "type": "type", "object": "data",
                  "occurred_at": {"at": "timestamp", "format": "unix-ms"}}
      },
      "dodo": {"like": "standard-webhooks"},
      "lithic": {"like": "standard-webhooks"},
      "polar": {"like": "standard-webhooks", "secret_encoding": ["utf8", "whsec"], "bad_signature_status": 403},
      "whop": {"like": "standard-webhooks", "secret_encoding": "utf8"},
      "increase": {
        "like": "standard-webhooks", "secret_encoding": "utf8",
        "event": {"id": "id", "type": "category", "occurred_at": {"at": "created_at", "format": "rfc3339"}}
      }
    }
    """#
