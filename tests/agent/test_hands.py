"""Hands: whatever an actuator says of a deed, it is done once, and what is not understood is known to nobody."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any

import attrs
import pytest

from migro.act import RecordingActuator
from migro.agent import Agent, Fold
from migro.agent.hands import DryRun, Live
from migro.decide import Guard, Proposed
from migro.errors import ActionError, ActionUnclear, survivable
from migro.expressions.features import feature
from migro.models import Action, ActionResult, Capability, Outcome
from migro.models.lines import LONGEST, one_line
from migro.remember import VolatileMemory
from migro.rules import Rule, RuleSet, on, supports
from tests.agent.hands import Declared, Plain
from tests.agent.world import DOWN, OPEN_POLICY, RULES, Call, Run, sure


@pytest.fixture(scope="module")
def tag() -> Action:
    run = Run()
    run.give(*sure())
    action: Action = run.action("tag")
    return action


@pytest.mark.parametrize("said", [None, "done", {"status": "succeeded"}, ["succeeded"]])
def test_what_is_no_result_is_known_to_nobody_and_looked_for_where_somebody_can(said: Any, tag: Action) -> None:
    told = f"returned {type(said).__name__} in place of an ActionResult"

    assert Live([Plain(said)]).execute(tag) == ActionResult(status="unknown", detail=f"Plain {told}")
    for standing, status, words in (("done", "succeeded", "found done: "), ("not_done", "failed", "found not done: ")):
        found = Live([Declared(said, standing=standing)]).execute(tag)
        assert (found.status, found.detail) == (status, f"{words}Declared {told}")


def test_what_is_no_result_is_executed_once_and_told() -> None:
    hands, alarms, memory = Plain(), list[str](), VolatileMemory()
    agent = Agent(
        rules=RULES,
        memory=memory,
        policy=OPEN_POLICY,
        actuators=[hands, RecordingActuator(["notify"])],
        live=True,
        alarm=alarms.append,
    )
    for signal in sure():
        agent.handle(signal)
    for _ in range(3):
        agent.drain()

    assert hands.acted == 1
    assert [a.status.value for a in memory.read("actions") if a.kind == "tag"] == ["unknown"]
    assert ["may or may not have happened" in told for told in alarms] == [True]


@pytest.mark.parametrize("standing", [None, "maybe", ["done"], ValueError("what a sender wrote")])
def test_a_look_that_says_nothing_known_leaves_it_unknown(standing: Any, tag: Action) -> None:
    hands = Declared(ActionUnclear("cut off"), standing=standing)

    assert Live([hands]).execute(tag) == ActionResult(status="unknown", detail="cut off")
    assert Live([hands]).take_up(tag).status == "unknown"
    assert hands.acted == 1


@pytest.mark.parametrize("effect", [None, "perhaps", ["helped"], {"helped": 1}])
def test_an_effect_that_is_none_is_unknown(effect: Any, tag: Action) -> None:
    assert Live([Declared(effect=effect)]).verify(tag).effect == "unknown"


@pytest.mark.parametrize("shown", [ValueError("what a sender wrote"), None, "tags\n\ud800 it"])
def test_a_preview_that_fails_says_so_in_a_dry_run_as_on_a_card(shown: Any, tag: Action) -> None:
    hands = Declared(shown=shown)
    words = {ValueError: "its actuator cannot say what it would do: ValueError", str: "tags it"}.get(
        type(shown), "None"
    )
    dry = DryRun(hands.capabilities)

    assert dry.preview(tag) == Live([hands]).preview(tag) == words
    assert dry.execute(tag) == ActionResult(status="simulated", detail=f"dry run: {words}")
    assert dry.take_up(tag).status == "simulated"


@pytest.mark.parametrize("said", [ActionResult(status="failed", detail="no\ud800pe"), ActionError("no\ud800pe")])
def test_what_is_told_of_a_deed_can_be_stored(said: Any, tag: Action) -> None:
    assert Live([Plain(said)]).execute(tag) == ActionResult(status="failed", detail="no pe")


def test_a_line_keeps_what_can_be_read_of_it_to_its_longest() -> None:
    class Changing(str):
        __slots__ = ()

        def split(self, sep: Any = None, maxsplit: Any = -1) -> Any:
            raise RuntimeError

    assert one_line(Changing(" a\tb \x1b[2J\u202e c\n")) == "a b [2J c"
    assert [len(one_line("x" * n)) for n in (LONGEST, LONGEST + 1, 10**6)] == [LONGEST] * 3
    assert one_line("xx", 1) == "…"


# --- what wants to end the program -----------------------------------------------------------------------------------

LEAVES = SystemExit("a library that thinks it is the program")
LEAVING = [LEAVES, asyncio.CancelledError("a call of its own that was cancelled")]


@pytest.mark.parametrize("leaves", LEAVING, ids=lambda e: type(e).__name__)
def test_an_actuator_that_leaves_has_failed_or_may_have_acted_and_everything_goes_on(
    leaves: BaseException, tag: Action
) -> None:
    name = type(leaves).__name__

    assert Live([Plain(leaves)]).execute(tag) == ActionResult(status="failed", detail=f"Plain raised {name}")
    unknown = ActionResult(status="unknown", detail=f"Declared raised {name}")
    assert Live([Declared(leaves)]).execute(tag) == unknown
    assert Live([Declared(leaves, standing=leaves)]).execute(tag) == unknown
    assert Live([Declared(effect=leaves)]).verify(tag).effect == "unknown"
    shown = f"its actuator cannot say what it would do: {name}"
    assert Live([Declared(shown=leaves)]).preview(tag) == shown


@pytest.mark.parametrize("leaves", LEAVING, ids=lambda e: type(e).__name__)
def test_what_leaves_is_tried_once_and_told_and_what_is_planned_behind_it_is_done(leaves: BaseException) -> None:
    alarms, rest = list[str](), RecordingActuator(["notify"])
    agent = Agent(
        rules=RULES,
        memory=VolatileMemory(),
        policy=OPEN_POLICY,
        actuators=[Declared(leaves), rest],
        live=True,
        alarm=alarms.append,
    )
    for signal in sure():
        agent.handle(signal)
    found = {a.kind: a.status.value for a in agent.drain()}

    assert (found["tag"], found["notify"]) == ("unknown", "succeeded")
    assert [a for a in alarms if f"Declared raised {type(leaves).__name__}" in a] == alarms != []
    assert agent.drain() == ()


def test_a_person_who_ends_the_program_ends_it(tag: Action) -> None:
    with pytest.raises(KeyboardInterrupt):
        Live([Declared(KeyboardInterrupt())]).execute(tag)
    with pytest.raises(KeyboardInterrupt):
        Live([Declared(standing=KeyboardInterrupt())]).take_up(tag)
    with pytest.raises(KeyboardInterrupt):
        Live([Declared(effect=KeyboardInterrupt())]).verify(tag)


def test_what_asyncio_alone_could_raise_is_not_imported_for_its_name() -> None:
    assert survivable() == (Exception, SystemExit, asyncio.CancelledError)

    seen = "import sys, migro.errors as e; print(*(c.__name__ for c in e.survivable()), 'asyncio' in sys.modules)"
    alone = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True)
    assert alone.stdout.split() == ["Exception", "SystemExit", "False"]


class Undeclared(Declared):
    """Hands that stumble when they are asked what they can do, once they have been listed."""

    listed = 0

    @property
    def capabilities(self) -> dict[str, Capability]:
        self.listed += 1
        if self.listed > 3:
            raise LookupError("what a customer wrote")
        return super().capabilities


def test_an_actuator_that_cannot_say_what_it_can_do_holds_up_nothing_else(tag: Action) -> None:
    hands, rest, alarms = Undeclared(), RecordingActuator(["notify"]), list[str]()
    memory = VolatileMemory()
    agent = Agent(
        rules=RULES, memory=memory, policy=OPEN_POLICY, actuators=[hands, rest], live=True, alarm=alarms.append
    )
    for signal in sure():
        agent.handle(signal)
    hands.listed = 9
    found = {a.kind: a for a in agent.drain()}

    assert (found["tag"].status.value, found["notify"].status.value) == ("failed", "succeeded")
    assert found["tag"].note == "Undeclared raised LookupError when it was asked whether it can do it"
    assert hands.acted == 0
    assert [a for a in alarms if "raised LookupError" in a]
    hands.listed = 0
    live = Live([hands])
    hands.listed = 9
    assert live.take_up(tag).status == "unknown"
    assert live.preview(tag) == "its actuator cannot say what it would do: LookupError"


def test_a_guard_that_leaves_holds() -> None:
    def leaves(asked: Proposed) -> bool:
        raise LEAVES

    guard = Guard(name="leaves", holds=leaves, version="1", meaning="nobody knows", cap=Outcome.RECORD)
    run = Run(Fold(RULES, attrs.evolve(OPEN_POLICY, guards=(guard,))))
    run.give(*sure())

    assert (run.action("tag").status.value, run.action("notify").status.value) == ("recorded", "planned")
    (held,) = [g for g in run.decisions[-1].explanation.guards if g.guard == "host:leaves"]
    assert held.holds
    assert "tag: it raised SystemExit" in held.detail


@feature("hands.left", version=1)
def left(signal: Call) -> bool:
    raise LEAVES


def test_a_rule_whose_predicate_leaves_is_left_out_after_three_times_and_the_others_are_judged() -> None:
    leaving = on(Call, left == True, per=Call.merchant)  # noqa: E712  # a column, not a truth value
    rule = Rule("leaving", when=leaving, then=supports(DOWN, 50, family="left"))
    run = Run(Fold(RuleSet("leaving", *RULES, rule), OPEN_POLICY))
    run.give(*sure())

    assert [s.quarantined for s in run.steps[:3]] == [(), (), ("leaving",)]
    assert run.action("tag").status.value == "planned"
