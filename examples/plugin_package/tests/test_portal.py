"""The export of the portal is read as signals."""

from __future__ import annotations

from pathlib import Path

import pytest
from migro_returns.portal import make_log
from migro_returns.rules import RULES

from migro import Agent, VolatileMemory

EXPORT = Path(__file__).parent.parent / "returns.csv"


def test_each_line_of_the_export_is_a_signal() -> None:
    signals = list(make_log({"path": str(EXPORT), "merchant": "shop-a"}).signals())

    assert len(signals) == len(EXPORT.read_text("utf-8").splitlines()) - 1
    assert {(s.kind, s.merchant) for s in signals} == {("returns.request", "shop-a")}
    assert {s.answer for s in signals} == {200, 502}


def test_reading_the_export_again_changes_nothing() -> None:
    log = make_log({"path": str(EXPORT), "merchant": "shop-a"})
    agent = Agent(rules=RULES, memory=VolatileMemory())

    assert [d.issue.kind for d in agent.run(log)] == ["returns_portal_down"]
    assert agent.run(log) == ()


@pytest.mark.parametrize("settings", [{}, {"path": "a"}, {"path": "a", "merchant": "m", "also": 1}])
def test_settings_that_cannot_be_meant_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="expected `path` and `merchant` and nothing else"):
        make_log(settings)
