"""A second engine beside a run, by one line of migro.toml."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from migro import Agent, durable
from migro.cli import main
from migro.cli.judging import Judging
from migro.configuration import Configuration, read_configuration
from migro.durable import SecondEngine
from migro.errors import ConfigurationError
from migro.remember import VolatileMemory
from tests.agent import related
from tests.agent.test_opinions import Dying, break_one_firing
from tests.agent.world import OPEN_POLICY, RULES, sure
from tests.durable.plain import PlainConversation


def agent() -> Agent:
    made = Agent(rules=RULES, memory=VolatileMemory(), policy=OPEN_POLICY, alarm=lambda text: None)
    made.handle_all(sure())
    return made


def judging(of: Agent, complaints: list[str], seconds: list[float], *, dies: bool = False) -> Judging:
    second = SecondEngine(of.fold.engine, conversation=Dying() if dies else PlainConversation())
    return Judging(of, second, complaints.append, seconds=lambda: seconds[0])


def test_nothing_that_is_planned_is_executed_before_it_was_judged() -> None:
    made, complaints = agent(), list[str]()
    break_one_firing(made)
    judging(made, complaints, [0]).ask()

    assert made.halted.startswith("the engines disagree about ")
    assert (made.drain(), complaints) == ((), [])


def test_where_nothing_is_planned_it_is_asked_once_a_minute() -> None:
    made, seconds = agent(), [0.0]
    made.drain()
    asked = judging(made, [], seconds)
    asked.ask()
    seconds[0] = 60
    asked.ask()
    break_one_firing(made)
    seconds[0] = 119
    asked.ask()
    assert made.halted == ""
    seconds[0] = 120
    asked.ask()
    assert made.halted


def test_where_it_has_no_answer_nothing_changes_and_that_is_said_once() -> None:
    made, complaints = agent(), list[str]()
    asked = judging(made, complaints, [0], dies=True)
    for _ in range(3):
        asked.ask()

    assert made.halted == ""
    assert complaints == [
        "the second engine has no answer, which changes nothing: expected an answer, got the end of its process:"
        " signal SIGSEGV"
    ]


def test_one_line_switches_it_on_and_changes_no_version(tmp_path: Path) -> None:
    (tmp_path / "migro.toml").write_text("[rules]\nsecond_engine = 'durable'\n", encoding="utf-8")
    found = read_configuration(tmp_path / "migro.toml")

    assert found.rules.second_engine == "durable"
    assert found.version == Configuration().version
    (tmp_path / "migro.toml").write_text("[rules]\nsecond_engine = 'drools'\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="second_engine"):
        read_configuration(tmp_path / "migro.toml")


@pytest.mark.parametrize("there", [True, False])
def test_a_run_asks_it_or_says_that_it_cannot_be_asked(
    there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    conversation = PlainConversation()
    monkeypatch.setattr(durable, "missing", lambda: "" if there else "expected the extra migro[durable]")
    monkeypatch.setattr(durable, "SecondEngine", lambda engine: SecondEngine(engine, conversation=conversation))
    (tmp_path / "migro.toml").write_text("[rules]\nsecond_engine = 'durable'\n", encoding="utf-8")
    line = json.dumps(related.failure(0).model_dump(mode="json"))
    (tmp_path / "signals.jsonl").write_text(line + "\n", encoding="utf-8")
    run = ["run", "signals.jsonl", "--memory", "volatile:", "--rules", "tests.agent.related:RULES"]

    assert main(run) == (0 if there else 2)
    assert bool(conversation.told) is there
    assert ("rules.second_engine: expected the extra migro[durable]" in capsys.readouterr().err) is not there
