"""Guards of a host: they tighten, never loosen, deny where an input is missing, and stand in the record."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product
from typing import Any, cast

import attrs
import pytest

from migro.agent import Agent, Fold
from migro.agent.snapshots import restore, snapshot
from migro.decide import HOSTS, Guard, Policy, Proposed, decide, recompute
from migro.decide.guards import held_by
from migro.errors import ConfigurationError
from migro.expressions import UNSET, Maybe, fact
from migro.models import (
    ActionDue,
    ActionStarted,
    ActionStatus,
    Band,
    Decision,
    MerchantId,
    Outcome,
    PersonActed,
    Risk,
    RunMode,
    Severity,
    Signal,
    Tick,
)
from migro.remember import VolatileMemory
from migro.replay import replay
from tests.agent.world import OPEN_POLICY, RULES, Run, after, sure


class Freeze(Signal, kind="world.freeze"):
    """What a host knows about its change freeze."""

    frozen: Maybe[bool] = UNSET


def frozen(at: int, value: bool = True) -> Freeze:
    return Freeze(
        merchant=MerchantId("m_1"), env="production", occurred_at=after(at), frozen=value, dedup_key=f"f-{at}"
    )


def freeze(**options: Any) -> Guard:
    given: dict[str, Any] = {
        "name": "freeze",
        "holds": lambda asked: asked.facts["frozen"],
        "version": "1",
        "meaning": "changes are frozen",
        "cap": Outcome.APPROVE2,
        "reads": {"frozen": fact(Freeze.frozen)},
        **options,
    }
    return Guard(**given)


def saying(holds: Callable[[Proposed], Any], **options: Any) -> Guard:
    return freeze(holds=holds, reads={}, **options)


def shop(*guards: Guard) -> Run:
    return Run(fold=Fold(RULES, attrs.evolve(OPEN_POLICY, guards=guards)))


def approve(run: Run, at: int, by: str) -> None:
    reply = run.action("reply")
    run.give(PersonActed(at=after(at), verb="approve", by=by, target=reply.idempotency_key, binding=reply.binding))


def outcomes(decision: Decision) -> dict[str, Outcome]:
    return {trace.kind: trace.outcome for trace in decision.explanation.actions}


def why(decision: Decision, guard: str) -> str:
    return next(g.detail for g in decision.explanation.guards if g.guard == guard and g.holds)


def test_a_guard_that_holds_lowers_and_stands_in_the_record_which_recomputes() -> None:
    run, without = shop(freeze()), shop()
    run.give(frozen(0), *sure(1))
    without.give(frozen(0), *sure(1))
    decision = run.decisions[-1]

    assert outcomes(without.decisions[-1])["tag"] is Outcome.AUTO
    assert outcomes(decision) == {**outcomes(without.decisions[-1]), "tag": Outcome.APPROVE2, "reply": Outcome.APPROVE2}
    assert why(decision, "host:freeze") == "; ".join(
        f"{kind}: changes are frozen" for kind in ("refund", "replay", "reply", "tag")
    )
    assert recompute(decision) == ()
    assert "host:freeze" in str(decision.explanation)


@pytest.mark.parametrize("change", ["cap", "outcome", "holds"])
def test_no_part_of_such_a_record_can_be_changed_alone(change: str) -> None:
    run = shop(freeze())
    run.give(frozen(0), *sure(1))
    e = run.decisions[-1].explanation
    if change == "outcome":
        freed = tuple(t.model_copy(update={"outcome": Outcome.AUTO}) if t.kind == "tag" else t for t in e.actions)
        forged = e.model_copy(update={"actions": freed})
    else:
        looser: dict[str, Any] = {"cap": Outcome.AUTO} if change == "cap" else {"holds": False}
        guards = tuple(g.model_copy(update=looser) if g.guard == "host:freeze" else g for g in e.guards)
        forged = e.model_copy(update={"guards": guards})

    assert recompute(run.decisions[-1].model_copy(update={"explanation": forged})) != ()


def test_where_the_host_has_not_said_it_denies_and_says_what_is_not_known() -> None:
    run = shop(freeze())
    run.give(*sure())

    assert outcomes(run.decisions[-1])["tag"] is Outcome.ESCALATE
    assert why(run.decisions[-1], "missing_input") == "; ".join(
        f"{kind}: not known is frozen for the guard freeze" for kind in ("refund", "replay", "reply", "tag")
    )


@pytest.mark.parametrize(
    ("said", "tag", "words"),
    [
        (lambda asked: False, Outcome.AUTO, ""),
        (lambda asked: True, Outcome.APPROVE2, "changes are frozen"),
        (lambda asked: "  until\nmonday ", Outcome.APPROVE2, "until monday"),
        (lambda asked: "no\ud800, \x1b[2Jnever", Outcome.APPROVE2, "no , [2Jnever"),
        (lambda asked: "no" * 300, Outcome.APPROVE2, "no" * 249 + "n…"),
        (lambda asked: "\ud800", Outcome.ESCALATE, "it says neither yes nor no"),
        (lambda asked: None, Outcome.ESCALATE, "it says neither yes nor no"),
        (lambda asked: 0, Outcome.ESCALATE, "it says neither yes nor no"),
        (lambda asked: "", Outcome.ESCALATE, "it says neither yes nor no"),
        (lambda asked: 1 // 0, Outcome.ESCALATE, "it raised ZeroDivisionError"),
        (lambda asked: asked.facts["frozen"], Outcome.ESCALATE, "it raised KeyError"),
    ],
)
def test_only_a_plain_no_lets_an_action_go_on(said: Callable[[Proposed], Any], tag: Outcome, words: str) -> None:
    run = shop(saying(said, kinds={"tag"}))
    run.give(*sure())

    assert outcomes(run.decisions[-1])["tag"] is tag
    assert not run.state.halted
    assert run.decisions[-1].json_line().encode()
    if words:
        assert why(run.decisions[-1], "host:freeze") == f"tag: {words}"


def test_a_guard_is_told_what_is_proposed() -> None:
    asked: list[Proposed] = []

    def listening(one: Proposed) -> bool:
        asked.append(one)
        return False

    run = shop(saying(listening, kinds={"tag"}))
    run.give(*sure())

    assert attrs.asdict(asked[-1]) == {
        "kind": "tag",
        "target": "desk",
        "risk": Risk.R1,
        "args": {},
        "issue_kind": "down",
        "key": ("m_1",),
        "severity": run.decisions[-1].issue.severity,
        "band": Band.HIGH,
        "merchant": "m_1",
        "facts": {},
    }


@pytest.mark.parametrize("change", ["args", "facts"])
def test_no_guard_changes_what_another_one_is_asked_about(change: str) -> None:
    def changing(asked: Proposed) -> bool:
        getattr(asked, change)["text"] = "nothing to see"
        return False

    asked = Proposed(
        kind="tag",
        target="desk",
        risk=Risk.R1,
        args={"text": "all"},
        issue_kind="down",
        key=("m_1",),
        severity=Severity.SEV2,
        band=Band.HIGH,
        merchant="m_1",
        facts={},
    )
    guards = (saying(changing, name="a"), saying(lambda one: one.args["text"] == "all", name="b"))
    held = held_by(guards, asked, lambda operand: None)

    assert [(one.guard.name, one.why) for one in held] == [("a", "it raised TypeError"), ("b", "changes are frozen")]


def test_whatever_guards_are_added_in_every_cell_nothing_is_loosened() -> None:
    cells = 0
    for cap, risk_from in product((o for o in Outcome if o is not Outcome.AUTO), Risk):
        added = [saying(lambda asked: True, cap=cap, from_risk=risk_from)]
        for band, severity, risk, mode in product(Band, Severity, Risk, RunMode):
            before = decide(band, severity, risk, mode)
            found = decide(band, severity, risk, mode, added=added)
            assert found is (min(before, cap) if risk >= risk_from else before)
            cells += 1

    assert cells == 5 * 5 * 3 * 4 * 5 * 4


def test_what_the_host_says_meanwhile_counts_when_an_action_is_due() -> None:
    run = shop(freeze())
    run.give(frozen(0, False), *sure(1))
    tag = run.action("tag")
    assert tag.status is ActionStatus.PLANNED
    key = tag.idempotency_key
    run.give(frozen(20), ActionDue(at=after(21), key=key), ActionStarted(at=after(21), key=key))

    assert run.state.held["down", ("m_1",)].actions[key].status is ActionStatus.EXPIRED
    assert run.action("tag").status is ActionStatus.WAITING


def test_what_was_approved_is_void_where_the_host_says_no_before_it_is_due() -> None:
    run = shop(freeze(cap=Outcome.RECORD))
    run.give(frozen(0, False), *sure(1))
    reply = run.action("reply")
    said = PersonActed(at=after(9), verb="approve", by="ann", target=reply.idempotency_key, binding=reply.binding)
    run.give(said, frozen(20), ActionStarted(at=after(21), key=reply.idempotency_key))

    assert run.state.held["down", ("m_1",)].actions[reply.idempotency_key].status is ActionStatus.EXPIRED


@pytest.mark.parametrize(
    ("cap", "statuses"),
    [
        (Outcome.APPROVE1, [ActionStatus.STARTED]),
        (Outcome.APPROVE2, [ActionStatus.EXPIRED, ActionStatus.WAITING]),
    ],
)
def test_what_one_person_has_approved_is_asked_anew_where_a_guard_now_wants_two(
    cap: Outcome, statuses: list[ActionStatus]
) -> None:
    run = shop(freeze(cap=cap))
    run.give(frozen(0, False), *sure(1))
    key = run.action("reply").idempotency_key
    approve(run, 9, "ann")
    run.give(frozen(20), ActionDue(at=after(21), key=key), ActionStarted(at=after(21), key=key))

    replies = [a for a in run.state.held["down", ("m_1",)].actions.values() if a.kind == "reply"]
    assert [a.status for a in replies] == statuses
    assert replies[-1].outcome is cap
    if cap is Outcome.APPROVE2:
        assert replies[0].note == "withdrawn: policy now says approve2"
        approve(run, 22, "ann")
        assert run.action("reply").status is ActionStatus.WAITING
        approve(run, 23, "bob")
        assert run.action("reply").status is ActionStatus.PLANNED


def test_what_two_have_approved_stands_where_one_or_two_are_asked() -> None:
    run = shop(freeze())
    run.give(frozen(0), *sure(1))
    key = run.action("reply").idempotency_key
    approve(run, 9, "ann")
    approve(run, 10, "bob")
    run.give(frozen(11, False), frozen(12), ActionDue(at=after(13), key=key), ActionStarted(at=after(13), key=key))

    assert run.action("reply").status is ActionStatus.STARTED


def test_what_guards_read_is_kept_behind_a_snapshot() -> None:
    run = shop(freeze())
    run.give(frozen(0))
    policy = run.fold.policy.version
    other = shop(freeze())
    other.state = restore(other.fold.engine, policy, snapshot(run.fold.engine, policy, run.state))
    for one in (run, other):
        one.give(*sure(1))

    assert run.decisions[-1] == other.decisions[-1]


def test_a_replay_asks_again_and_finds_the_same() -> None:
    memory = VolatileMemory()
    host = Agent(rules=RULES, memory=memory, policy=attrs.evolve(OPEN_POLICY, guards=(freeze(),)))
    for signal in (frozen(0), *sure(1)):
        host.handle(signal)
    host.tell("merchant:m_1", Tick(at=after(60)))

    assert replay(memory, host.fold).differences == ()


def test_every_part_of_a_guard_that_decides_is_a_part_of_the_version_of_the_policy() -> None:
    variants = [freeze(), freeze(version="2"), freeze(cap=Outcome.RECORD), freeze(from_risk=Risk.R2)]
    variants += [freeze(kinds={"tag"}), freeze(name="other"), freeze(reads={})]

    assert len({Policy(guards=(g,)).version for g in variants} | {Policy().version}) == len(variants) + 1


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: freeze(cap=Outcome.AUTO), "expected a cap below auto"),
        (lambda: freeze(cap="record"), "expected a cap below auto"),
        (lambda: freeze(name="Freeze!"), "Guard.name: expected small letters"),
        (lambda: freeze(holds=True), "expected something to ask as holds"),
        (lambda: freeze(version=""), "expected a version and a meaning"),
        (lambda: freeze(meaning=""), "expected a version and a meaning"),
        (lambda: freeze(meaning="\n"), "expected a version and a meaning"),
        (lambda: freeze(from_risk=1), "expected the lowest risk"),
        (lambda: freeze(kinds="tag"), "expected several kinds of action"),
        (lambda: freeze(reads={"a": Freeze.frozen}), "expected facts such as"),
        (lambda: Policy(guards=(freeze(), freeze())), "Policy.guards: expected each name once"),
        (lambda: Policy(guards=cast("Any", ("freeze",))), "Policy.guards: expected guards"),
    ],
)
def test_a_guard_that_could_loosen_or_say_nothing_is_refused(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(words)):
        make()


def test_what_a_guard_means_can_be_stored() -> None:
    run = shop(saying(lambda asked: True, meaning="a\ud800 freeze", kinds={"tag"}))
    run.give(*sure())

    assert why(run.decisions[-1], "host:freeze") == "tag: a freeze"


def test_no_guard_of_a_host_can_pass_for_one_of_migro() -> None:
    assert freeze(name="unhealthy").recorded == f"{HOSTS}unhealthy"
