"""Ids may be short while they are clear, and an explanation says what came before."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from migro.cli.explain import _one
from migro.errors import NotFound
from tests.command import run_command
from tests.conftest import RunPython

Demo: TypeAlias = tuple[Path, list[Any]]
"""Where a demo has been played, and its decisions."""

REQUEST = {
    "kind": "http.request",
    "occurred_at": "2026-03-01T08:55:00Z",
    "merchant": "mugs",
    "status": 502,
    "state": "odd",
    "features": ["checkout_blocked"],
    "attrs": {"route": "/cart", "bot": False},
    "metrics": {"duration_ms": 12},
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """A demo that has been played once for all of these tests; explaining changes nothing."""
    folder = tmp_path_factory.mktemp("demo")
    done = run_command(folder, "demo", "--format", "json")
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)["decisions"]


def explain(demo: Demo, *arguments: str) -> tuple[int, str, str]:
    done = run_command(demo[0], "explain", *arguments, "--memory", "migro-demo.db")
    return done.returncode, done.stdout, done.stderr


def test_the_start_of_an_id_names_it_while_no_other_starts_like_it() -> None:
    ids = [f"iss_{n}" for n in range(7)] + ["iss_", "iss_0"]

    assert _one("issue", "iss_3", ids) == "iss_3"
    assert _one("issue", "iss_", ids) == "iss_"
    assert _one("issue", "dec_", ids) is None
    with pytest.raises(NotFound) as caught:
        _one("issue", "iss", ids)
    assert str(caught.value).endswith("found 8 that start with 'iss': iss_, iss_0, iss_1, iss_2, iss_3 and 3 more")


def test_an_unclear_start_is_refused_with_what_it_may_mean(demo: Demo) -> None:
    for start, what in (("dec", "decision"), ("iss", "issue"), ("act", "action"), ("sig", "signal")):
        code, out, complaint = explain(demo, start)

        assert (code, out) == (1, "")
        assert f"expected one {what}, found " in complaint
        assert 2 <= complaint.count(f"{start}_") <= 5


def test_the_data_have_history_and_thresholds(demo: Demo) -> None:
    issue = demo[1][0]["issue"]["id"]

    data = json.loads(explain(demo, issue, "--format", "json")[1])

    assert data["thresholds"] == {"mid": 0, "high": 61}
    assert [h["id"] for h in data["history"]][-1] == data["id"]
    for past in data["history"]:
        assert past.keys() == {"id", "at", "because", "status", "confidence", "severity", "outcome"}
        assert datetime.fromisoformat(past["at"]).tzinfo == UTC


def test_a_signal_shows_what_it_says(run_migro: RunPython, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(json.dumps(REQUEST) + "\n", "utf-8")
    for _ in range(2):
        done = run_migro("run", "--format", "jsonl", "in.jsonl")
    signal = json.loads(done.stdout.splitlines()[0])["signal"]

    text = run_migro("explain", signal).stdout
    data = json.loads(run_migro("explain", signal[:12], "--format", "json").stdout)

    for words in (
        "Status     502",
        "State      odd",
        "Features   checkout_blocked",
        "route = /cart",
        "duration_ms = 12",
    ):
        assert words in text
    assert text.count("Became") == 2
    assert data["signal"]["status"] == 502
    assert [r["disposition"]["name"] for r in data["redeliveries"]] == ["dropped"]
