"""A signal that was withdrawn says by whom and why, and so does the decision that changed by it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from migro.agent import Agent
from migro.models import MerchantId, Signal
from migro.remember import SqliteMemory
from migro.rules import IssueKind, Rule, on, supports
from tests.conftest import RunPython

DOWN = IssueKind[MerchantId]("down", category="checkout")
RULE = Rule(
    "down", when=on(Signal, Signal.kind == "shop.down", per=Signal.merchant), then=supports(DOWN, 105, family="http")
)
WRONG = Signal(kind="shop.down", merchant=MerchantId("m_1"), occurred_at=datetime(2026, 3, 1, 9, 0, tzinfo=UTC))


@pytest.fixture
def memory(tmp_path: Path) -> str:
    """Where a signal was taken in, withdrawn, and withdrawn again by somebody else."""
    with SqliteMemory(tmp_path / "m.db") as held:
        agent = Agent(rules=[RULE], memory=held)
        agent.handle(WRONG)
        agent.withdraw(WRONG.id, by="Ada", reason="wrong import")
        agent.withdraw(WRONG.id, by="Ben", reason="wrong import")
    return "sqlite:///m.db"


def test_a_withdrawn_signal_shows_who_took_it_back_and_why(memory: str, run_migro: RunPython) -> None:
    text = run_migro("explain", WRONG.id, "--memory", memory).stdout.splitlines()
    place = text.index("Withdrawn  by Ada: wrong import")

    assert text[place + 1] == "           number 3 of merchant:m_1, asked for 2026-03-01 09:00:00Z"
    assert text[place + 2] == "Became     withdrawn: by Ada: wrong import"
    assert text[place + 3].startswith("Issue      iss_")
    assert text[-1] == "Became     recorded: withdrawn before"


def test_its_data_list_every_withdrawal(memory: str, run_migro: RunPython) -> None:
    shown = run_migro("explain", WRONG.id, "--memory", memory, "--format", "json").stdout
    withdrawals = json.loads(shown)["withdrawals"]

    assert [(w["by"], w["reason"], w["disposition"]["name"]) for w in withdrawals] == [
        ("Ada", "wrong import", "withdrawn"),
        ("Ben", "wrong import", "recorded"),
    ]


def test_the_decision_that_changed_by_it_names_it(memory: str, run_migro: RunPython) -> None:
    data = json.loads(run_migro("explain", WRONG.id, "--memory", memory, "--format", "json").stdout)
    (issue,) = data["withdrawals"][0]["disposition"]["issues"]
    text = run_migro("explain", issue, "--memory", memory).stdout

    assert f"Withdrawn  {WRONG.id} by Ada: wrong import" in text
    assert "resolved: no evidence is left; Ada withdrew a signal: wrong import" in text
