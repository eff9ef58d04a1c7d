"""Ids may be short while they are clear, and an explanation says what came before."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from migro.cli.explain import _one
from migro.errors import NotFound
from tests.conftest import RunPython

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


@pytest.fixture
def demo(run_python: RunPython) -> RunPython:
    """A runner in a directory where a demo has been played."""
    assert run_python("-m", "migro", "demo").returncode == 0
    return run_python


def explain(run: RunPython, *arguments: str) -> tuple[int, str, str]:
    done = run("-m", "migro", "explain", *arguments, "--memory", "migro-demo.db")
    return done.returncode, done.stdout, done.stderr


def test_the_start_of_an_id_names_it_while_no_other_starts_like_it() -> None:
    ids = [f"iss_{n}" for n in range(7)] + ["iss_", "iss_0"]

    assert _one("issue", "iss_3", ids) == "iss_3"
    assert _one("issue", "iss_", ids) == "iss_"
    assert _one("issue", "dec_", ids) is None
    with pytest.raises(NotFound) as caught:
        _one("issue", "iss", ids)
    assert str(caught.value).endswith("found 8 that start with 'iss': iss_, iss_0, iss_1, iss_2, iss_3 and 3 more")


def test_an_unclear_start_is_refused_with_what_it_may_mean(demo: RunPython) -> None:
    for start, what in (("dec", "decision"), ("iss", "issue"), ("act", "action"), ("sig", "signal")):
        code, out, complaint = explain(demo, start)

        assert (code, out) == (1, "")
        assert f"expected one {what}, found " in complaint
        assert 2 <= complaint.count(f"{start}_") <= 5


def test_the_data_have_history_and_thresholds(demo: RunPython) -> None:
    listed = demo("-m", "migro", "demo", "--format", "json").stdout
    issue = json.loads(listed)["decisions"][0]["issue"]["id"]

    data = json.loads(explain(demo, issue, "--format", "json")[1])

    assert data["thresholds"] == {"mid": 0, "high": 61}
    assert [h["id"] for h in data["history"]][-1] == data["id"]
    for past in data["history"]:
        assert past.keys() == {"id", "at", "because", "status", "confidence", "severity", "outcome"}
        assert datetime.fromisoformat(past["at"]).tzinfo == UTC


def test_a_signal_shows_what_it_says(run_python: RunPython, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(json.dumps(REQUEST) + "\n", "utf-8")
    for _ in range(2):
        done = run_python("-m", "migro", "run", "--format", "jsonl", "in.jsonl")
    signal = json.loads(done.stdout.splitlines()[0])["signal"]

    text = run_python("-m", "migro", "explain", signal).stdout
    data = json.loads(run_python("-m", "migro", "explain", signal[:12], "--format", "json").stdout)

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
