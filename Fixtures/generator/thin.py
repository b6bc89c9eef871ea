"""Thin events: notes of the v2 form about v1 objects (general since 2026-09-30.endive)."""


def thin_event(provider, snapshot_event):
    """A version-independent note that an object changed: no snapshot, RFC 3339 time."""
    body = snapshot_event["data"]["object"]
    return {
        "id": f"evt_test_65Fixt{provider.hashed('thin', 30)}", "object": "v2.core.event",
        "type": f"v1.{snapshot_event['type']}", "livemode": False,
        "created": provider.rfc3339(snapshot_event["created"]),
        "context": None, "reason": {"type": "request", "request": snapshot_event["request"]},
        "related_object": {"id": body["id"], "type": body["object"], "url": f"/v1/customers/{body['id']}"},
        "snapshot_event": snapshot_event["id"],
    }
