"""A second engine beside an agent: where it agrees nothing changes, where it does not nothing acts any more."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings

from migro import Agent
from migro.agent import Runtime
from migro.durable import SecondEngine
from migro.errors import ConfigurationError, SecondEngineCrashed
from migro.models import Input, SignalReceived
from migro.remember import VolatileMemory
from tests.agent.test_agent import Hand
from tests.agent.world import OPEN_POLICY, RULES, after, streams, sure
from tests.durable.plain import PlainConversation
from tests.effort import cases


class At:
    """A clock that stands."""

    def now(self) -> datetime:
        return after(60)


class Dying(PlainConversation):
    """What becomes of durable-rules now and then."""

    def fired(self, *_: Any) -> Any:
        raise SecondEngineCrashed("expected an answer, got the end of its process: signal SIGSEGV")


@pytest.fixture
def alarms() -> list[str]:
    return []


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def agent(alarms: list[str], hand: Hand) -> Agent:
    """An agent that knows of one outage, about which actions are planned."""
    memory = VolatileMemory()
    made = Agent(rules=RULES, memory=memory, policy=OPEN_POLICY, alarm=alarms.append, actuators=[hand], live=True)
    made.handle_all(sure())
    return made


def beside(agent: Agent) -> SecondEngine:
    return SecondEngine(agent.fold.engine, conversation=PlainConversation())


def break_one_firing(agent: Agent) -> str:
    """Do to a state what a mistake in the engine could do, and return the rule that is concerned."""
    for partition in agent._loop.loaded:
        firings = agent._loop.state(partition).engine.firings
        if firings:
            (rule, _), _ = firings.popitem()
            return rule
    raise AssertionError("nothing fires")


def test_engines_that_agree_change_nothing(agent: Agent, alarms: list[str]) -> None:
    opinion = agent.second_opinion(beside(agent))

    assert opinion.partitions == agent._loop.loaded
    assert (opinion.disagreements, opinion.errors, agent.halted, alarms) == ((), (), "", [])


def test_engines_that_disagree_halt_automation_and_tell_once(agent: Agent, alarms: list[str]) -> None:
    second = beside(agent)
    rule = break_one_firing(agent)
    found = agent.second_opinion(second).disagreements
    agent.second_opinion(second)

    assert rule in {one.name for one in found}
    assert {one.stream for one in found} <= set(agent._loop.loaded)
    assert agent.halted.startswith("the engines disagree about ")
    assert alarms == [f"migro: automation is halted: {agent.halted}"]


def test_after_a_person_resumed_engines_that_still_disagree_halt_again(agent: Agent, alarms: list[str]) -> None:
    second = beside(agent)
    break_one_firing(agent)
    agent.second_opinion(second)
    agent.resume(by="ann", why="looked at it")
    agent.second_opinion(second)

    assert len(alarms) == 2


def test_a_round_of_the_runtime_compares_before_anything_acts(agent: Agent, hand: Hand) -> None:
    break_one_firing(agent)
    Runtime(agent, clock=At(), second=beside(agent)).round()

    assert hand.calls == []
    agent.resume(by="ann", why="looked at it")
    Runtime(agent, clock=At()).round()
    assert hand.calls


def test_an_engine_without_an_answer_changes_nothing(agent: Agent, alarms: list[str]) -> None:
    opinion = agent.second_opinion(SecondEngine(agent.fold.engine, conversation=Dying()))

    assert [partition for partition, _ in opinion.errors]
    assert {str(e) for _, e in opinion.errors} == {"expected an answer, got the end of its process: signal SIGSEGV"}
    assert (opinion.disagreements, agent.halted, alarms) == ((), "", [])


def test_the_second_of_another_engine_is_refused(agent: Agent) -> None:
    other = Agent(rules=RULES, memory=VolatileMemory(), policy=OPEN_POLICY)

    with pytest.raises(ConfigurationError, match=r"expected SecondEngine\(agent.fold.engine\)"):
        agent.second_opinion(beside(other))


@settings(max_examples=cases(25), deadline=None)
@given(streams())
def test_both_engines_agree_on_all_that_an_agent_is_told(items: list[Input]) -> None:
    made = Agent(rules=RULES, memory=VolatileMemory(), policy=OPEN_POLICY)
    second = beside(made)
    for item in items:
        if isinstance(item, SignalReceived):
            made.handle(item.signal)
        made.tick(item.at)
    opinion = made.second_opinion(second)

    assert opinion.disagreements == ()
    assert opinion.errors == ()
