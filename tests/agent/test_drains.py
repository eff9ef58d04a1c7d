"""Drains: how long executing may take before everything else goes on, and what becomes of the rest."""

from __future__ import annotations

import threading
from typing import Any

from migro.agent import Agent, Runtime
from migro.agent.dispatch import ACTING_SECONDS
from migro.models import Action, ActionResult, ActionStatus
from migro.poll import Background as Polling
from migro.receive import Background
from migro.remember import VolatileMemory
from tests.agent.world import OPEN_POLICY, RULES, after, call, sure

SHOPS = ("m_1", "m_2", "m_3", "m_4", "m_5")


class Slow:
    """Hands whose every deed takes as long as it is told to, by a clock of their own."""

    kinds = frozenset({"notify"})

    def __init__(self, takes: float) -> None:
        self.seconds, self.takes = 0.0, takes
        self.done: list[str] = []

    def execute(self, action: Action) -> ActionResult:
        self.seconds += self.takes
        self.done.append(action.partition)
        return ActionResult(status="succeeded")


def slow(takes: float = 4) -> tuple[Slow, Agent]:
    """Hands, and an agent that has something to tell about each shop."""
    hands = Slow(takes)
    agent = Agent(
        rules=RULES, memory=VolatileMemory(), policy=OPEN_POLICY, actuators=[hands], live=True, alarm=lambda text: None
    )
    for shop in SHOPS:
        agent.handle_all(s.model_copy(update={"merchant": shop}) for s in sure())
    agent._dispatcher._seconds = lambda: hands.seconds
    return hands, agent


def planned(agent: Agent) -> int:
    return [a.status for a in agent.memory.read("actions") if a.kind == "notify"].count(ActionStatus.PLANNED)


def test_after_its_time_a_drain_begins_nothing_more_and_the_next_one_has_the_rest() -> None:
    hands, agent = slow()

    assert len([a for a in agent.drain(within=10) if a.kind == "notify"]) == 3
    assert (len(hands.done), planned(agent)) == (3, 2)
    assert agent.handle(call(90, 30, merchant="m_9"))  # thinking goes on
    agent.drain(within=10)
    assert (hands.done, planned(agent)) == ([f"merchant:{shop}" for shop in SHOPS], 0)


def test_what_takes_longer_than_its_time_is_still_done_one_at_a_time() -> None:
    hands, agent = slow(30)
    for n in range(1, 6):
        agent.drain(within=10)
        assert len(hands.done) == n


def test_without_a_time_everything_is_tried_however_long_it_takes() -> None:
    hands, agent = slow(1000)
    agent.drain()

    assert (len(hands.done), planned(agent)) == (5, 0)


def test_who_wants_it_to_stop_leaves_the_rest_planned() -> None:
    hands, agent = slow()
    agent.drain(stopping=lambda: len(hands.done) == 2)

    assert (len(hands.done), planned(agent)) == (2, 3)


def test_whoever_comes_while_another_thread_is_at_it_waits_no_longer_than_its_time() -> None:
    class Stuck(Slow):
        begun, over = threading.Event(), threading.Event()

        def execute(self, action: Action) -> ActionResult:
            self.begun.set()
            assert self.over.wait(30)
            return super().execute(action)

    hands = Stuck(0)
    agent = Agent(rules=RULES, memory=VolatileMemory(), policy=OPEN_POLICY, actuators=[hands], live=True)
    agent.handle_all(sure())
    other = threading.Thread(target=agent.drain)
    other.start()
    assert hands.begun.wait(30)

    assert agent.drain(within=0.01) == ()
    hands.over.set()
    other.join()
    assert hands.done == ["merchant:m_1"]


def test_who_goes_round_gives_each_round_its_time() -> None:
    asked: list[Any] = []
    _, agent = slow()
    agent.drain = lambda **given: asked.append(given["within"]) or ()  # type: ignore[method-assign,func-returns-value]

    class At:
        def now(self) -> Any:
            return after(60)

    class Nothing:
        agent: Any = None

        def think(self, *now: Any) -> tuple[()]:
            return ()

        def poll_once(self, now: Any) -> tuple[()]:
            return ()

    nothing = Nothing()
    nothing.agent = agent
    Runtime(agent, clock=At()).round()
    Background(nothing)._round()  # type: ignore[arg-type]
    Polling(nothing)._round(after(60))  # type: ignore[arg-type]

    assert asked == [ACTING_SECONDS] * 3
