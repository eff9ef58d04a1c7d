"""A thread that thinks goes on whatever goes wrong, and finishes what it has begun."""

from __future__ import annotations

import threading

import pytest

from migro.errors import ConfigurationError
from migro.models import ActionStatus, Decision
from migro.receive import Background
from migro.remember import VolatileMemory
from tests.receive.shop import agent, dispositions, order, push, receiver
from tests.receive.test_receiver import Broken


def test_what_comes_is_thought_about_without_anybody_asking() -> None:
    taking = receiver()
    decided = threading.Event()
    made: list[Decision] = []

    def hear(decision: Decision) -> None:
        made.append(decision)
        decided.set()

    with Background(taking, on_decision=hear):
        for number in range(3):
            push(taking, order(number))
        assert decided.wait(60)

    assert made[0].issue.kind == "orders_stuck"
    assert dispositions(taking.memory)["pending"] == 0


def test_a_failed_round_is_told_once_and_the_next_one_tries_again() -> None:
    memory = Broken()
    taking = receiver(agent(memory))
    push(taking, order())
    memory.failing = True
    told: list[str] = []
    heard, thought = threading.Event(), threading.Event()

    def notice(line: str) -> None:
        told.append(line)
        heard.set()

    with Background(taking, every_s=1, notice=notice, on_decision=lambda _: thought.set()):
        assert heard.wait(60)
        memory.failing = False
        for number in range(1, 4):
            push(taking, order(number))
        assert thought.wait(60)

    assert len(told) == 1
    assert "StoreUnavailable" in told[0]
    assert dispositions(memory)["pending"] == 0


def test_where_another_process_executes_it_leaves_that_alone() -> None:
    taking = receiver()
    done = threading.Event()
    with Background(taking, drain=False, on_decision=lambda _: done.set()):
        for number in range(3):
            push(taking, order(number))
        assert done.wait(60)

    assert {a.status for a in taking.memory.read("actions")} <= {ActionStatus.PLANNED}


def test_it_begins_and_ends_as_often_as_it_is_told() -> None:
    taking = receiver()
    thinking = Background(taking)
    thinking.stop()
    thinking.start().start()
    thinking.stop()
    push(taking, order())
    before = dispositions(taking.memory)
    done = threading.Event()
    with Background(taking, on_decision=lambda _: done.set()):
        push(taking, order(2))
        push(taking, order(3))
        assert done.wait(60)

    assert before == {"pending": 1}
    assert dispositions(taking.memory)["pending"] == 0


def test_without_an_agent_there_is_nobody_to_think() -> None:
    with pytest.raises(ConfigurationError, match="expected a receiver made with an agent"):
        Background(receiver(VolatileMemory()))
