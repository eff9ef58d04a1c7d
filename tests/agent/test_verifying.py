"""Whether what was done has helped: looked at after a while, told where it has not, and not done again."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import attrs
import pytest

from migro.act import Actor, ByRole, Retrying
from migro.agent import Agent, Fold
from migro.agent.snapshots import restore, snapshot
from migro.agent.state import State, Tried
from migro.agent.verifying import carry_tried, note_failure
from migro.decide import recompute
from migro.errors import ConfigurationError
from migro.models import (
    Action,
    ActionDue,
    ActionFinished,
    ActionResult,
    ActionStarted,
    ActionStatus,
    Capability,
    Effect,
    Outcome,
    PersonActed,
    Risk,
    Tick,
    to_microseconds,
)
from migro.remember import VolatileMemory
from migro.replay import replay
from migro.rules import RuleSet
from tests.agent.hands import Declared, Nothing
from tests.agent.world import OPEN_POLICY, RULES, Run, after, call, probe, sure

LASTING = RuleSet("lasting", *(attrs.evolve(r, lasts=timedelta(hours=30)) for r in RULES))
POLICY = attrs.evolve(OPEN_POLICY, stale_after=timedelta(hours=30))


class Looking(Declared):
    """Hands that look two minutes after they have tagged whether that has helped."""

    def __init__(self, effect: Any = "did_not_help", *, status: Any = "succeeded") -> None:
        super().__init__(ActionResult(status=status), effect=effect, verify_after=timedelta(minutes=2))


class Shop:
    """An agent in a shop that is down, with a clock of its own."""

    def __init__(self, hands: Looking, *, live: bool = True, policy: Any = POLICY) -> None:
        self.now, self.alarms = 10, list[str]()
        self.memory = VolatileMemory()
        self.agent = Agent(
            rules=LASTING,
            memory=self.memory,
            policy=policy,
            actuators=[hands],
            live=live,
            alarm=self.alarms.append,
            now=lambda: after(self.now),
        )
        for signal in sure():
            self.agent.handle(signal)
        self.agent.drain()

    def at(self, seconds: int) -> None:
        self.now = seconds
        self.agent.tick(after(seconds))
        self.agent.drain()

    def tag(self) -> Action:
        return next(a for a in self.memory.read("actions") if a.kind == "tag")

    def looks(self) -> list[Action]:
        return [a for a in self.memory.read("actions") if a.kind == "verify"]

    def told(self) -> list[str]:
        return [a.args["text"] for a in self.memory.read("actions") if a.kind == "notify" and a.about]


def test_nobody_looks_before_its_time_and_then_once() -> None:
    hands = Looking("helped")
    shop = Shop(hands)
    shop.at(129)
    assert (hands.asked, shop.looks()) == ([], [])
    shop.at(130)
    shop.at(4000)

    assert [a.idempotency_key for a in hands.asked] == [shop.tag().idempotency_key]
    assert [(a.status.value, a.note) for a in shop.looks()] == [("succeeded", "helped: Looking has looked")]
    assert (shop.tag().verified, shop.told()) == ("helped", [])


def test_what_did_not_help_is_told_and_decided_and_left_to_a_person() -> None:
    shop = Shop(Looking("did_not_help"))
    shop.at(130)

    decision = list(shop.memory.read("decisions"))[-1]
    assert shop.tag().verified == "did_not_help"
    assert shop.told() == ["tag -> desk was done and did not help: a person has to look"]
    assert decision.because.startswith("tag -> desk did not help at 2026-03-01 09:02 UTC: it is not proposed again")
    trace = next(t for t in decision.explanation.actions if t.kind == "tag")
    assert (trace.outcome, "did_not_help" in trace.guards) == (Outcome.ESCALATE, True)
    assert recompute(decision) == ()


@pytest.mark.parametrize(
    ("effect", "words"),
    [
        ("unknown", "unknown: Looking has looked"),
        (RuntimeError("what a sender wrote"), "unknown: Looking raised RuntimeError"),
        ("perhaps", "unknown: expected one of did_not_help, helped, unknown, got something else"),
    ],
)
def test_who_cannot_tell_has_not_helped_nor_failed(effect: Any, words: str) -> None:
    shop = Shop(Looking(effect))
    shop.at(130)

    assert [a.note for a in shop.looks()] == [words]
    assert (shop.tag().verified, shop.told(), shop.alarms) == ("unknown", [], [f for f in shop.alarms if "notify" in f])


def test_a_dry_run_looks_at_the_same_time_and_touches_nothing() -> None:
    hands = Looking("did_not_help")
    shop = Shop(hands, live=False)
    shop.at(130)

    assert hands.asked == []
    assert [a.status for a in shop.looks()] == [ActionStatus.SIMULATED]


def test_nobody_looks_after_what_failed_or_for_an_issue_that_has_ended() -> None:
    failed, ended = Looking(status="failed"), Looking()
    Shop(failed).at(130)
    shop = Shop(ended)
    shop.agent.resolve(shop.tag().issue, by="ann")
    shop.at(130)

    assert (failed.asked, ended.asked, shop.looks()) == ([], [], [])


def test_while_automation_is_halted_or_only_watches_nobody_looks() -> None:
    hands = Looking()
    shop = Shop(hands)
    shop.agent.halt(by="ann", why="no")
    shop.at(130)

    assert hands.asked == []
    assert [a.status for a in shop.looks()] == [ActionStatus.RECORDED]


def test_a_replay_looks_where_the_run_has_looked() -> None:
    shop = Shop(Looking())
    shop.at(130)

    assert replay(shop.memory, shop.agent.fold).differences == ()


def test_a_span_of_less_than_a_second_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="verify_after: expected a span of a second or more"):
        Capability(
            kind="tag", risk=Risk.R1, parameters=Nothing, idempotency="none", reversible=True, verify_after=timedelta(0)
        )


# --- not a third time ------------------------------------------------------------------------------------------------


def attempt(run: Run, at: int, status: Any) -> Action:
    """Let the issue come, do what is planned about the tag, and close the issue for good."""
    run.give(*(call(at + n, at + n) for n in range(3)), probe(at, at + 3))
    tag: Action = run.action("tag")
    if tag.status is ActionStatus.PLANNED:
        run.give(ActionStarted(at=after(at + 5), key=tag.idempotency_key))
        run.give(ActionFinished(at=after(at + 5), key=tag.idempotency_key, result=ActionResult(status=status)))
    run.give(PersonActed(at=after(at + 6), verb="resolve", by="ann", target=tag.issue))
    run.give(Tick(at=after(at + 8_000)))
    return tag


def short() -> Run:
    """A shop whose troubles are forgotten after an hour."""
    return Run(fold=Fold(RULES, POLICY))


def test_what_has_failed_twice_is_not_proposed_a_third_time_within_a_day() -> None:
    run = short()
    tried = [attempt(run, 9_000 * n, "failed") for n in range(4)]

    assert len({t.issue for t in tried}) == 4
    assert [t.status.value for t in tried] == ["planned", "planned", "escalated", "escalated"]
    assert run.decisions[-2].explanation.guards[-1].detail == "tag -> desk has failed 2 times"
    assert attempt(run, 9_000 * 4 + 86_400, "failed").status is ActionStatus.PLANNED


def test_what_succeeds_is_proposed_each_time() -> None:
    run = short()

    assert [attempt(run, 9_000 * n, "succeeded").status.value for n in range(3)] == ["planned"] * 3


def test_what_was_of_no_use_is_known_behind_a_snapshot_and_under_other_rules() -> None:
    run = short()
    attempt(run, 0, "failed")
    attempt(run, 9_000, "failed")
    policy = run.fold.policy.version
    run.state = restore(run.fold.engine, policy, snapshot(run.fold.engine, policy, run.state))

    assert json.dumps(sorted(map(str, run.state.tried)))
    assert attempt(run, 18_000, "failed").status is ActionStatus.ESCALATED


def test_what_records_say_was_of_no_use_counts_from_when_it_was_found_out() -> None:
    run = Run(fold=Fold(LASTING, POLICY))
    run.give(*sure())
    key = run.action("tag").idempotency_key
    done = ActionResult(status="succeeded", verify_after_s=7200)
    run.give(ActionStarted(at=after(10), key=key), ActionFinished(at=after(10), key=key, result=done))
    run.give(Tick(at=after(7210)))
    look = run.action("verify").idempotency_key
    in_vain = ActionResult(status="succeeded", effect="did_not_help")
    run.give(ActionStarted(at=after(7210), key=look), ActionFinished(at=after(7210), key=look, result=in_vain))
    held, fresh, known = run.state.held["down", ("m_1",)], State("merchant:m_1", now=run.state.now), run.state.tried
    carry_tried(fresh, held)

    assert fresh.tried == known != {}
    assert [t.at for t in known["down", ("m_1",)]] == [to_microseconds(after(7210))]


def test_failures_of_other_actions_do_not_make_one_useful_that_did_not_help() -> None:
    run = short()
    run.give(*sure())
    held, tag = run.state.held["down", ("m_1",)], run.action("tag")
    run.state.tried["down", ("m_1",)] = (Tried(run.state.now, "tag", "desk", True),)
    for number in range(60):
        note_failure(run.state, held, tag.model_copy(update={"kind": f"other_{number // 30}"}))

    tried = run.state.tried["down", ("m_1",)]
    assert [sum(t.kind == kind for t in tried) for kind in ("tag", "other_0", "other_1")] == [1, 20, 20]
    attempt(run, 3_000, "failed")
    assert run.action("tag").status is ActionStatus.ESCALATED


# --- what was approved -----------------------------------------------------------------------------------------------


def approved(run: Run, at: int = 10) -> Action:
    run.give(*sure())
    reply: Action = run.action("reply")
    run.give(
        PersonActed(
            at=after(at), verb="approve", by="ann", target=reply.idempotency_key, binding=reply.binding, why="y"
        )
    )
    planned: Action = run.action("reply")
    return planned


@pytest.mark.parametrize(("at", "status"), [(909, ActionStatus.STARTED), (910, ActionStatus.EXPIRED)])
def test_what_was_approved_is_started_within_15_minutes_or_not_at_all(at: int, status: ActionStatus) -> None:
    run = Run(fold=Fold(LASTING, POLICY))
    reply = approved(run)
    assert (reply.status, reply.expires_at) == (ActionStatus.PLANNED, after(910))
    key = reply.idempotency_key
    run.give(ActionDue(at=after(at), key=key), ActionStarted(at=after(at), key=key))

    assert run.action("reply").status is status


def test_what_was_approved_and_not_started_in_time_is_told_and_in_the_trace() -> None:
    run = Run(fold=Fold(LASTING, POLICY))
    key = approved(run).idempotency_key
    record = run.give(Tick(at=after(1000)))

    told = [a for a in run.state.held["down", ("m_1",)].actions.values() if a.about == key]
    assert run.action("reply").note == "approved by ann, and not started in time"
    assert [a.args["text"] for a in told] == [
        "reply -> merchant_contact was approved by ann and not started in time, so it is not done"
    ]
    assert [(t.what, t.deadline) for t in record.timers if t.what == "execution"] == [("execution", after(910))]


def test_evidence_that_has_become_old_when_it_is_due_voids_what_was_approved() -> None:
    run = Run(fold=Fold(LASTING, attrs.evolve(POLICY, stale_after=timedelta(minutes=5))))
    key = approved(run).idempotency_key
    run.give(ActionDue(at=after(400), key=key), ActionStarted(at=after(400), key=key))

    assert run.state.held["down", ("m_1",)].actions[key].status is ActionStatus.EXPIRED
    assert any("is not done" in a.args["text"] for a in run.state.held["down", ("m_1",)].actions.values() if a.about)


class Tagger(Actor):
    """Hands on the base that is shipped, which can tell."""

    def __init__(self) -> None:
        super().__init__(Looking().capabilities.values(), redact=str)

    def act(self, action: Action) -> str:
        return "tagged"

    def helped(self, action: Action) -> Effect:
        return "did_not_help"


@pytest.mark.parametrize("wrapped", [lambda hands: hands, Retrying, lambda hands: ByRole({"desk": hands})])
def test_whoever_stands_before_an_actuator_lets_it_look(wrapped: Any) -> None:
    shop = Shop(wrapped(Tagger()))
    shop.at(130)

    assert shop.tag().verified == "did_not_help"
