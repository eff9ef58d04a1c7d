"""
Whatever goes wrong at a receiver, nothing is lost and nothing is doubled.

Every shipped actuator that speaks HTTP meets every fault, once and without end, live and after an interruption.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import stamina

from migro.act.retrying import Retrying
from migro.agent.hands import Live
from migro.models import Action, Capability
from migro.ports import Actuator
from migro.testing import DeclaringActuatorContract
from tests.act.cases import CASES, HURRIED_MS, PATIENT_MS, World
from tests.act.receiver import FAULTS


@pytest.fixture(autouse=True)
def hurried() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


def capability(actuator: Any, action: Action) -> Capability:
    found: Capability = actuator.capabilities[action.kind]
    return found


@pytest.mark.parametrize(("name", "fault"), list(itertools.product(CASES, FAULTS)))
def test_a_fault_loses_nothing_and_doubles_nothing(name: str, fault: str, world: World) -> None:
    case = world.begin(name)
    world.receiver.faults = [fault]
    actuator = case.make(world.address, HURRIED_MS if fault == "timeout" else PATIENT_MS)
    result = Live([Retrying(actuator)]).execute(case.action)
    world.receiver.hold.set()
    done = len(world.receiver.kept)
    knows = capability(actuator, case.action).idempotency != "none"
    # Apprise tells a refusal from nothing else, and reads no answer.
    told: tuple[str, ...] = ("malformed",) if name == "apprise" else ("429",)
    told += ("malformed",) if name.startswith("http") else ()

    assert result.status == ("succeeded" if knows or fault in told else "unknown")
    assert done == 1 if result.status == "succeeded" else done <= 1
    # Whoever takes it up after a crash, without any memory of it, makes no second one.
    again = Live([case.make(world.address)]).take_up(case.action)
    assert again.status == ("succeeded" if knows else "unknown")
    assert len(world.receiver.kept) == (1 if knows else done)


@pytest.mark.parametrize(("name", "fault"), list(itertools.product(CASES, FAULTS[1:])))
def test_a_fault_without_end_is_told_as_what_it_is(name: str, fault: str, world: World) -> None:
    case = world.begin(name)
    world.receiver.faults = [fault] * 20
    result = Live([Retrying(case.make(world.address))]).execute(case.action)
    done = len(world.receiver.kept)

    assert done <= 1
    assert (result.status, done) in [("succeeded", 1), ("failed", 0), ("unknown", 0), ("unknown", 1)]
    assert result.status != "succeeded" or fault in ("cut", "malformed")


@pytest.mark.parametrize("name", CASES)
def test_what_is_read_of_a_receiver_that_fails_is_not_known(name: str, world: World) -> None:
    case = world.begin(name)
    world.receiver._answer = lambda _, __: (500, {}, b"")
    standing: str = case.make(world.address).check(case.action)  # type: ignore[attr-defined]

    assert standing == "unknown"


class Keeps(DeclaringActuatorContract):
    """The contract, over the receiver of a case."""

    case: str

    @pytest.fixture
    def actuator(self, world: World) -> Actuator:
        self.world = world
        return world.begin(self.case).make(world.address)

    def effects(self, actuator: Actuator) -> int:
        return len(self.world.receiver.kept)

    def an_action(self, actuator: Actuator, key: str) -> Action:
        return CASES[self.case].action.model_copy(update={"idempotency_key": key})

    def forgotten(self, actuator: Actuator) -> Actuator:
        return CASES[self.case].make(self.world.address)


class TestZendesk(Keeps):
    case = "zendesk"


class TestFreshdesk(Keeps):
    case = "freshdesk"


class TestGorgias(Keeps):
    case = "gorgias"


class TestIntercom(Keeps):
    case = "intercom"


class TestGrafana(Keeps):
    case = "grafana"


class TestStatuspage(Keeps):
    case = "statuspage"


class TestApprise(Keeps):
    case = "apprise"
