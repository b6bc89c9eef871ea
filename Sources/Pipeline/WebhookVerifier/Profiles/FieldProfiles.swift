/// Senders that sign chosen fields instead of the body. Only `trusted_fields` may be believed; the rest of such a
/// body is anybody's claim, and the object has to be fetched.
let fieldProfilesJSON = #"""
    {
      "adyen-standard": {
        "hash": "sha256", "secret_encoding": "hex", "signature_encoding": "base64",
        "signature": {"json": "additionalData.hmacSignature"},
        "json_roots": ["notificationItems.0.NotificationRequestItem", ""],
        "signed": "{json:pspReference}:{json:originalReference}:{json:merchantAccountCode}:{json:merchantReference}:{json:amount.value}:{json:amount.currency}:{json:eventCode}:{json:success}",
        "trusted_fields": ["pspReference", "originalReference", "merchantAccountCode", "merchantReference",
                           "amount.value", "amount.currency", "eventCode", "success"],
        "success_body": "[accepted]",
        "event": {"id": ["pspReference", "eventCode", "success"], "type": "eventCode", "object": "",
                  "occurred_at": {"at": "eventDate", "format": "rfc3339"}}
      },
      "mercadopago": {
        "hash": "sha256", "secret_encoding": "utf8", "signature_encoding": "hex",
        "signature": {"header": "x-signature", "parse": "kv", "sep": ",", "trim": true, "key": "v1",
                      "timestamp_key": "ts"},
        "timestamp": {"format": "unix-auto", "tolerance": null},
        "signed": "[id:{query:data.id};][request-id:{header:x-request-id};]ts:{timestamp};",
        "trusted_fields": ["query:data.id"],
        "event": {"id": "id", "type": ["type", "action"],
                  "occurred_at": {"at": "date_created", "format": "rfc3339"}}
      },
      "iyzico-v3": {
        "hash": "sha256", "secret_encoding": "utf8", "signature_encoding": "hex",
        "signature": {"header": "X-IYZ-SIGNATURE-V3", "parse": "plain"},
        "signed": [
          {"when": ["json:token"],
           "template": "{secret}{json:iyziEventType}{json:iyziPaymentId}{json:token}{json:paymentConversationId}{json:status}"},
          {"template": "{secret}{json:iyziEventType}{json:paymentId}{json:paymentConversationId}{json:status}"}
        ],
        "trusted_fields": ["iyziEventType", "iyziPaymentId", "paymentId", "token", "paymentConversationId", "status"],
        "event": {"id": "iyziReferenceCode", "type": ["iyziEventType", "status"],
                  "occurred_at": {"at": "iyziEventTime", "format": "unix-ms"}}
      }
    }
    """#
