"""What must hold for every committed event: true previous_attributes, no genuine id, no foreign domain."""

import json
import re
from pathlib import Path

from .differences import laid_over, same, without_nulls

IDENTIFIER = re.compile(r"\b[a-z]{2,8}(?:_test|_sched)?_[A-Za-z0-9]{8,}\b")
DOMAIN = re.compile(r"[a-z0-9.-]+\.(?:com|org|net|io|test)\b")


def check_links(events):
    """Every link starts from a state the object truly had just before it. `events` in true order."""
    last = {}
    for event in events:
        if event["object"] != "event":
            continue  # A thin event shows nothing.
        snapshot = event["data"]["object"]
        key = (event.get("account"), snapshot.get("object"), snapshot.get("id") or snapshot.get("customer"))
        told = event["data"].get("previous_attributes")
        if told is not None:
            where = f"{event['type']} {event['id']}"
            assert told, f"{where}: previous_attributes is empty"
            before = last.get(key)
            if before is None and not snapshot.get("id"):
                before = [laid_over(snapshot, told)]  # No event tells the birth of an object without id.
            assert before is not None, f"{where}: changes an object that no event told"
            reached = laid_over(snapshot, told)
            if not same(reached, before[-1]):
                # Several events may tell one change: the second starts from the same state as the first.
                assert len(before) > 1 and same(snapshot, before[-1]) and same(reached, before[-2]), \
                    f"{where}: previous_attributes do not lead back to the state before"
            assert not same(reached, snapshot), f"{where}: tells a change that is none"
            smallest(told, snapshot, where)
        if key not in last or not same(last[key][-1], snapshot):
            last.setdefault(key, []).append(snapshot)


def smallest(told, snapshot, where):
    """No told value equals the present one: the provider names only what changed."""
    for key, value in told.items():
        if isinstance(value, dict) and isinstance(snapshot.get(key), dict):
            smallest(value, snapshot[key], where)
        else:
            assert without_nulls({key: value}) != without_nulls({key: snapshot.get(key)}), f"{where}: {key}"


def check_texts(folder, genuine):
    """Ids of the committed files never equal one of a genuine capture (when a folder of those is at hand)."""
    taken = set()
    for path in sorted(Path(genuine).rglob("*.json")) if genuine else []:
        taken |= {one for one in IDENTIFIER.findall(path.read_text()) if any(c.isdigit() for c in one)}
    found = 0
    for path in sorted(folder.rglob("*.json")):
        text = path.read_text()
        json.loads(text)
        for one in set(IDENTIFIER.findall(text)):
            found += 1
            assert one not in taken, f"{path}: {one} is in a genuine capture"
        for domain in set(DOMAIN.findall(text)):
            assert domain.endswith("example.com"), f"{path}: {domain}"
    return found, len(taken)
