"""Fixtures as files: signals that the agent reads, and the truth beside them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from migro import Agent, RuleSet, Signal
from migro.cli.console import Console
from migro.cli.simulate_fixtures import write_fixtures
from migro.errors import ConfigurationError
from migro.packs.headless import RULES
from migro.remember import VolatileMemory

FEW = RuleSet("few", *RULES.about("cors_blocked"), *RULES.about("ticket_needs_person"), signals=RULES.signals.values())


def test_the_agent_comes_to_the_bands_of_the_fixtures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = write_fixtures(FEW, tmp_path, Console("text"))
    truth = json.loads((tmp_path / "cors_blocked" / "truth.json").read_text("utf-8"))
    bands = {}
    for fixture in truth:
        agent = Agent(rules=FEW, memory=VolatileMemory())
        lines = (tmp_path / "cors_blocked" / fixture["file"]).read_text("utf-8").splitlines()
        decided = [d for line in lines for d in agent.handle(Signal.from_json(line))]
        bands[fixture["fixture"]] = decided[-1].explanation.band.word if decided else "LOW"

    assert code == 0
    assert "fixtures of 1 failure modes" in capsys.readouterr().out
    assert [p.name for p in tmp_path.iterdir()] == ["cors_blocked"]
    assert {n: bands[n] for n in ("positive", "sure", "near-miss", "contradicted")} == {
        "positive": "MID",
        "sure": "HIGH",
        "near-miss": "LOW",
        "contradicted": "LOW",
    }


def test_the_fixtures_are_told_as_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_fixtures(FEW, tmp_path, Console("jsonl"))
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert {r["mode"] for r in told} == {"cors_blocked"}
    assert all(Path(r["file"]).is_file() for r in told)
    assert told[0]["key"] == {"merchant": "shop-1"}


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")

    with pytest.raises(ConfigurationError, match="--out: expected a directory to write to"):
        write_fixtures(FEW, tmp_path / "file", Console("text"))
