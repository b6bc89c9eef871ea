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
from generator.provider import OLD, Provider  # noqa: E402
from generator.scenarios import SCENARIOS  # noqa: E402

HERE = Path(__file__).resolve().parent
MADE = ["events", "scenarios", "load"]


def write(path, body):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(body, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def write_scenarios(out):
    for name, play, versions in SCENARIOS:
        for version in versions:
            folder = name + ("-2020" if version == OLD else "")
            provider = Provider(folder, version)
            extra = play(provider) or {}
            check_links(provider.events)
            events = extra.pop("delivery", provider.events)
            for number, event in enumerate(events, 1):
                write(out / "scenarios" / folder / f"{number:02}.{event['type']}.json", event)
            expected = {"scenario": folder, "api_version": version, **provider.expected(), **extra}
            write(out / "scenarios" / folder / "expected.json", expected)


def make(out, genuine):
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
