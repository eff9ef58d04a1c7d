"""``migro simulate fixtures``: the signals of every mode's fixtures, and the bands that they have to come to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import ConfigurationError
from ..evaluate.fixtures import Fixture, fixtures_of
from ..evaluate.judging import Bench
from ..models import Signal
from ..rules import RuleSet
from .console import Console

__all__ = ["write_fixtures"]


def write_fixtures(ruleset: RuleSet, directory: Path, console: Console) -> int:
    """Write a directory for each mode: a file of signals for each fixture, and ``truth.json`` about all of them."""
    bench = Bench(ruleset)
    records = []
    for kind in sorted(ruleset.kinds):
        fixtures = tuple(fixtures_of(bench, kind))
        try:
            records += _written(fixtures, ruleset, directory / kind)
        except OSError as e:
            raise ConfigurationError(f"--out: expected a directory to write to: {e.strerror} - at {directory}") from e
    if not console.text:
        console.records(records)
        return 0
    modes = len({record["mode"] for record in records})
    print(f"{len(records)} fixtures of {modes} failure modes in {directory}, truth in {directory}/MODE/truth.json")
    print(f"\nto decide on one:\n  migro run --memory volatile: {records[0]['file']}" if records else "")
    return 0


def _written(fixtures: tuple[Fixture, ...], ruleset: RuleSet, directory: Path) -> list[dict[str, Any]]:
    if not fixtures:
        return []
    directory.mkdir(parents=True, exist_ok=True)
    records = []
    for number, fixture in enumerate(fixtures, start=1):
        file = directory / f"{number}-{fixture.name}.jsonl"
        file.write_text("".join(f"{s.json_line()}\n" for s in _ended(fixture)), "utf-8")
        records.append({**_truth(fixture, ruleset), "file": str(file)})
    told = [{**r, "file": Path(r["file"]).name} for r in records]
    (directory / "truth.json").write_text(json.dumps(told, indent=2) + "\n", "utf-8")
    return records


def _truth(fixture: Fixture, ruleset: RuleSet) -> dict[str, Any]:
    return {
        "mode": fixture.kind,
        "fixture": fixture.name,
        "key": dict(zip(ruleset.kinds[fixture.kind].per, fixture.key, strict=True)),
        "rules": list(fixture.rules),
        "at": fixture.at.isoformat(),
        "lowest": fixture.lowest.word,
        "highest": fixture.highest.word,
        "fewer_than": fixture.fewer_than,
        "silent": list(fixture.silent),
        "vetoed_by": fixture.vetoed_by,
    }


def _ended(fixture: Fixture) -> Iterator[Signal]:
    """Yield the signals, and one that no rule reads if the fixture is judged later: time passes with what arrives."""
    yield from fixture.signals
    if fixture.signals[-1].received_at < fixture.at:
        merchant = fixture.signals[-1].merchant
        yield Signal(kind="fixture.end", merchant=merchant, occurred_at=fixture.at, env="production")
