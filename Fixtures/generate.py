#!/usr/bin/env python3
"""Makes everything in this folder except README.md, this file and generator/. Standard library only; same bytes each time.

    python3 Fixtures/generate.py [--check] [--genuine FOLDER]

`--check` writes nothing and fails when the committed files differ. `--genuine` names a folder of genuine captures whose
ids must not occur here. See README.md.
"""

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
from generator.checks import check_links, check_texts  # noqa: E402
from generator.load import templates  # noqa: E402
from generator.permutations import SIXES, final_of  # noqa: E402
from generator.provider import CURRENT, OLD  # noqa: E402
from generator.scenarios import SCENARIOS, TWINS, WITH_TWINS  # noqa: E402
from generator.services import FullProvider  # noqa: E402
from generator.thin import thin_event  # noqa: E402
from generator.tour import HANDLED, tour  # noqa: E402

HERE = Path(__file__).resolve().parent
MADE = ["events", "scenarios", "load"]


def write(path, body):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(body, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_scenarios(out):
    for name, play, versions in SCENARIOS:
        for version in versions:
            folder = name + ("-2020" if version == OLD else "")
            provider = FullProvider(name, version)
            if folder not in WITH_TWINS:
                provider.not_sent = TWINS
            extra = play(provider) or {}
            check_links(provider.events)
            events = extra.pop("delivery", provider.events)
            for number, event in enumerate(events, 1):
                write(out / "scenarios" / folder / f"{number:02}.{event['type']}.json", event)
            expected = {"scenario": folder, "api_version": version, **provider.expected(), **extra}
            write(out / "scenarios" / folder / "expected.json", expected)


def write_sixes(out):
    for name, play, versions in SIXES:
        for version in versions:
            folder = out / "scenarios" / (name + ("-2020" if version == OLD else ""))
            provider = FullProvider(name, version)
            it = play(provider)
            check_links(provider.events)
            events = [event for event in provider.events if event["data"]["object"].get("id") == it.id]
            assert len(events) == 6, f"{folder}: {len(events)} events"
            assert len({event["created"] for event in events}) < 6, f"{folder}: no two events share a second"
            for number, event in enumerate(events, 1):
                write(folder / f"{number:02}.{event['type']}.json", event)
            write(folder / "final.json", final_of(provider, it))


def write_load(out):
    for type, text in templates(FullProvider("load", CURRENT)):
        path = out / "load" / f"{type}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def write_events(out):
    """One event of each type: of those that tell a change the last, of the others the first."""
    for version in (CURRENT, OLD):
        provider = FullProvider("tour", version)
        tour(provider)
        check_links(provider.events)
        chosen = {}
        for event in provider.events:
            if event["type"] not in chosen or "previous_attributes" in event["data"]:
                chosen[event["type"]] = event
        missing = [type for type in HANDLED if type not in chosen]
        assert not missing, missing
        for type, event in chosen.items():
            write(out / "events" / version / f"{type}.json", event)
        if version == CURRENT:
            thin = thin_event(provider, chosen["customer.created"])
            write(out / "events" / version / f"{thin['type']}.json", thin)


def make(out, genuine):
    write_events(out)
    write_sixes(out)
    write_load(out)
    write_scenarios(out)
    return check_texts(out, genuine)


def differing(out):
    def files(folder):
        return {str(path.relative_to(folder)): path.read_bytes()
                for part in MADE for path in (folder / part).rglob("*") if path.is_file()}
    fresh, committed = files(out), files(HERE)
    return sorted(name for name in fresh.keys() | committed.keys() if fresh.get(name) != committed.get(name))


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--check", action="store_true", help="write nothing; fail when committed files differ")
    arguments.add_argument("--genuine", help="a folder of genuine captures whose ids must not occur")
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        out = Path(temporary)
        found, taken = make(out, chosen.genuine)
        if chosen.check:
            names = differing(out)
            for name in names:
                print(f"differs: {name}")
            return 1 if names else 0
        for part in MADE:
            shutil.rmtree(HERE / part, ignore_errors=True)
            if (out / part).exists():
                shutil.copytree(out / part, HERE / part)
    files = [path for part in MADE for path in (HERE / part).rglob("*.json")]
    print(f"{len(files)} files, {sum(path.stat().st_size for path in files):,} bytes; {found} ids, "
          f"none of {taken} genuine ones")
    return 0


if __name__ == "__main__":
    sys.exit(main())
