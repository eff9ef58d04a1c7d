"""Spending: budgets in the fold, over all merchants, and behind snapshots."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

from migro.act import RecordingActuator
from migro.agent import PLATFORM, Agent, Fold
from migro.agent.snapshots import restore, snapshot
from migro.configuration import quiet_hours
from migro.decide import Budget, Policy, recompute
from migro.models import (
    Action,
    ActionDue,
    ActionFinished,
    ActionResult,
    ActionStarted,
    ActionStatus,
    Outcome,
    PersonActed,
    Risk,
    Tick,
)
from migro.remember import SqliteMemory, VolatileMemory
from migro.rules import Response, RuleSet
from tests.agent.world import OPEN_POLICY, RULES, Run, after, handled, sure, written

LASTING = RuleSet("lasting", *(attrs.evolve(r, lasts=timedelta(hours=30)) for r in RULES))


def policy(*budgets: Budget, **options: Any) -> Policy:
    given: dict[str, Any] = {"stale_after": timedelta(hours=30), "budgets": budgets, **options}
    return attrs.evolve(OPEN_POLICY, **given)


def tags(limit: int = 1, minutes: int = 10, **options: Any) -> Budget:
    return Budget(name="tags", limit=limit, within=timedelta(minutes=minutes), kinds=frozenset({"tag"}), **options)


def sent(key: str, at: int, status: Any = "succeeded") -> list[Any]:
    result = ActionResult(status=status)
    return [
        ActionDue(at=after(at), key=key),
        ActionStarted(at=after(at), key=key),
        ActionFinished(at=after(at), key=key, result=result),
    ]


def two_issues(given: Policy) -> tuple[Run, Action, Action]:
    """Two issues of one shop that each ask for a tag by themselves."""
    rules = [
        attrs.evolve(r, id=f"{r.id}-2", then=attrs.evolve(r.then, kind=OTHER))
        for r in LASTING
        if r.then.kind.name == "down"
    ]
    run = Run(fold=Fold(RuleSet("two", LASTING, *rules), given))
    run.give(*sure())
    one, other = [a for h in run.state.held.values() for a in h.actions.values() if a.kind == "tag"]
    return run, one, other


OTHER = attrs.evolve(next(r.then.kind for r in RULES if r.then.kind.name == "down"), name="down_too")


def newest(run: Run, issue: str) -> Action:
    held = next(h for h in run.state.held.values() if h.issue.id == issue)
    return [a for a in held.actions.values() if a.kind == "tag"][-1]


def test_what_is_beyond_a_budget_waits_for_a_person_until_there_is_something_left() -> None:
    run, one, other = two_issues(policy(tags()))
    assert [one.status, other.status] == [ActionStatus.PLANNED] * 2

    run.give(*sent(one.idempotency_key, 10))
    run.give(*sent(other.idempotency_key, 20))
    held_back = newest(run, other.issue)
    assert (held_back.status, held_back.outcome) == (ActionStatus.WAITING, Outcome.APPROVE1)
    decision = run.decisions[-1]
    said = next(g.detail for g in decision.explanation.guards if g.guard == "budget_spent")
    assert said == "tag: budget tags: 1 of 1 actions in 10 min are used"
    assert recompute(decision) == ()

    run.give(Tick(at=after(609)))
    assert newest(run, other.issue).status is ActionStatus.WAITING
    fired = run.give(Tick(at=after(610))).timers
    assert ("budget", "down_too", after(610)) in [(t.what, t.name, t.deadline) for t in fired]
    assert newest(run, other.issue).status is ActionStatus.PLANNED


def test_a_person_may_allow_what_is_beyond_a_budget_and_it_counts() -> None:
    run, one, other = two_issues(policy(tags()))
    run.give(*sent(one.idempotency_key, 10), ActionDue(at=after(20), key=other.idempotency_key))
    waiting = newest(run, other.issue)
    key, binding = waiting.idempotency_key, waiting.binding
    run.give(PersonActed(at=after(30), verb="approve", by="ann", target=key, binding=binding), *sent(key, 40))

    assert newest(run, other.issue).status is ActionStatus.SUCCEEDED
    assert list(run.state.spent) == [one.idempotency_key, key]


def test_nobody_goes_beyond_a_budget_that_is_closed() -> None:
    run, one, other = two_issues(policy(tags(beyond=Outcome.RECORD), allow=frozenset({"notify"})))
    for action in (one, other):
        said = PersonActed(at=after(5), verb="approve", by="ann", target=action.idempotency_key, binding=action.binding)
        run.give(said)
    run.give(*sent(one.idempotency_key, 10), *sent(other.idempotency_key, 20))

    assert newest(run, one.issue).status is ActionStatus.SUCCEEDED
    assert newest(run, other.issue).status is ActionStatus.RECORDED
    assert any("is not done" in a.args["text"] for h in run.state.held.values() for a in h.actions.values() if a.about)


def test_what_was_not_executed_is_given_back() -> None:
    run, one, other = two_issues(policy(tags()))
    run.give(*sent(one.idempotency_key, 10, "failed"))
    assert run.state.spent == {}
    run.give(*sent(other.idempotency_key, 20))

    assert newest(run, other.issue).status is ActionStatus.SUCCEEDED


def test_a_dry_run_spends_as_a_live_run_does() -> None:
    runs = []
    for status in ("succeeded", "simulated"):
        run, one, other = two_issues(policy(tags()))
        run.give(*sent(one.idempotency_key, 10, status), *sent(other.idempotency_key, 20, status))
        runs.append(run)

    decided = [[(d.id, d.outcome, d.because) for d in run.decisions] for run in runs]
    assert decided[0] == decided[1]
    assert runs[0].state.spent == runs[1].state.spent


def test_what_is_spent_goes_on_alike_behind_a_snapshot() -> None:
    run, one, other = two_issues(policy(tags()))
    run.give(*sent(one.idempotency_key, 10), ActionDue(at=after(20), key=other.idempotency_key))
    version = run.fold.policy.version
    again = Run(fold=run.fold, state=restore(run.fold.engine, version, snapshot(run.fold.engine, version, run.state)))

    late = Tick(at=after(700))
    assert written(run.give(late)) == written(again.give(late))
    assert newest(again, other.issue).status is ActionStatus.PLANNED


def test_what_is_not_known_denies_and_says_so() -> None:
    run = Run(fold=Fold(LASTING, policy(tags(weight="pages"))))
    run.give(*sure())
    tag = run.action("tag")
    detail = next(g.detail for g in run.decisions[-1].explanation.guards if g.guard == "missing_input")

    assert (tag.outcome, detail) == (Outcome.ESCALATE, "tag: not known is the number pages")


def test_in_quiet_hours_operators_alone_are_told_and_then_it_goes_on() -> None:
    # It is ten in the morning there when the stream begins.
    quiet = quiet_hours("Europe/Berlin", "09:30", "10:05")
    run = Run(fold=Fold(LASTING, policy(quiet=(quiet,))))
    run.give(*sure())

    assert run.action("notify").status is ActionStatus.PLANNED
    assert run.action("tag").outcome is Outcome.APPROVE1
    assert "quiet hours in Europe/Berlin until 2026-03-01 09:05 UTC" in next(
        g.detail for g in run.decisions[-1].explanation.guards if g.guard == "budget_spent"
    )
    run.give(Tick(at=after(299)))
    assert run.action("tag").status is ActionStatus.WAITING
    run.give(Tick(at=after(300)))
    assert run.action("tag").status is ActionStatus.PLANNED


def test_what_two_limits_hold_back_goes_on_when_the_second_ends() -> None:
    slow = attrs.evolve(tags(minutes=20), name="slow")
    # What was done is remembered for longer, so that its number says nothing.
    other_kind = attrs.evolve(tags(minutes=600), name="others", kinds=frozenset({"message"}))
    run, one, other = two_issues(policy(tags(), slow, other_kind))
    run.give(*sent(one.idempotency_key, 10), *sent(other.idempotency_key, 20))

    run.give(Tick(at=after(1209)))
    assert newest(run, other.issue).status is ActionStatus.WAITING
    run.give(Tick(at=after(1210)))
    assert newest(run, other.issue).status is ActionStatus.PLANNED


# --- over all merchants ----------------------------------------------------------------------------------------------

RADIUS = Budget(name="radius", limit=2, within=timedelta(minutes=10), per="everywhere", counts="merchants")


def shops(agent: Agent, count: int) -> None:
    for n in range(count):
        handled(agent, [s.model_copy(update={"merchant": f"m_{n}", "id": f"{s.id}-{n}"}) for s in sure(n)])


def test_only_so_many_merchants_are_touched_in_a_while() -> None:
    hands = RecordingActuator(["notify", "tag"])
    memory = VolatileMemory()
    agent = Agent(rules=LASTING, memory=memory, policy=policy(RADIUS), actuators=[hands], live=True)
    shops(agent, 4)
    agent.drain()

    touched = [a.partition for a in hands.actions if a.kind == "tag"]
    assert len(touched) == 2
    assert len({a.partition for a in hands.actions if a.kind == "notify"}) == 4, "operators are always told"
    left = [a for a in memory.read("actions", pending=True) if a.kind == "tag"]
    assert [a.status for a in left] == [ActionStatus.WAITING] * 2
    agent.tick(after(700))
    agent.drain()
    assert len([a for a in hands.actions if a.kind == "tag"]) == 4
    assert agent.fold.policy.budgets == (RADIUS,)


@pytest.mark.parametrize("ahead", [240, 3_600])
def test_a_merchant_whose_time_is_ahead_waits_as_long_for_its_share_as_others(ahead: int) -> None:
    hands, clock = RecordingActuator(["notify", "tag"]), [after(10)]
    memory = VolatileMemory()
    agent = Agent(
        rules=LASTING, memory=memory, policy=policy(RADIUS), actuators=[hands], live=True, now=lambda: clock[0]
    )
    shops(agent, 2)
    agent.drain()
    clock[0] = after(570)
    handled(agent, [s.model_copy(update={"merchant": "m_2", "id": f"{s.id}-2"}) for s in sure(570 + ahead)])

    agent.drain(within=20)
    decided = [d for d in memory.read("decisions") if d.merchant == "m_2"]
    assert [a.kind for a in hands.actions].count("tag") == 2
    assert len(decided) < 10, "it has asked once, and does not ask again before time passes"

    clock[0] = after(620)
    agent.tick(after(620 + ahead))
    agent.drain()
    assert [a.partition for a in hands.actions if a.kind == "tag"][2:] == ["merchant:m_2"]


def test_what_failed_gives_its_merchant_back() -> None:
    hands = RecordingActuator(["notify", "tag"], answer=lambda a: ActionResult(status="failed", detail="down"))
    agent = Agent(rules=LASTING, memory=VolatileMemory(), policy=policy(RADIUS), actuators=[hands], live=True)
    shops(agent, 4)
    agent.drain()

    assert len([a for a in hands.actions if a.kind == "tag"]) == 4


def test_a_late_failure_gives_nothing_back_that_was_done() -> None:
    run, one, other = two_issues(policy(tags()))
    late = ActionFinished(at=after(30), key=one.idempotency_key, result=ActionResult(status="failed"))
    run.give(*sent(one.idempotency_key, 10), late, *sent(other.idempotency_key, 40))

    assert one.idempotency_key in run.state.spent
    assert newest(run, other.issue).status is ActionStatus.WAITING


def test_what_another_process_has_finished_keeps_its_share_of_all_merchants() -> None:
    def late(action: Action) -> ActionResult:
        if action.risk:
            done = ActionFinished(at=after(20), key=action.idempotency_key, result=ActionResult(status="succeeded"))
            agent._loop.take(action.partition, (done,))
        return ActionResult(status="failed", detail="down")

    hands = RecordingActuator(["notify", "tag"], answer=late)
    agent = Agent(rules=LASTING, memory=VolatileMemory(), policy=policy(RADIUS), actuators=[hands], live=True)
    shops(agent, 4)
    agent.drain()

    assert len([a for a in hands.actions if a.kind == "tag"]) == 2


def test_a_replay_spends_the_same() -> None:
    memory = VolatileMemory()
    agent = Agent(
        rules=LASTING,
        memory=memory,
        policy=policy(RADIUS, tags()),
        actuators=[RecordingActuator(["notify", "tag"])],
        live=True,
    )
    shops(agent, 4)
    agent.drain()
    agent.tick(after(700))
    agent.drain()
    fold = Fold(LASTING, policy(RADIUS, tags()))
    states = {p.name: fold.start(p.name) for p in memory.read("partitions")}
    decided = set()
    for name in states:
        for entry in memory.load(name):
            step = fold.advance(states[name], entry.seq, entry.input)
            states[name] = step.state
            decided |= {d.json_line() for d in step.record.decisions}

    assert decided == {d.json_line() for d in memory.read("decisions")}
    assert states[PLATFORM].spent


def test_two_processes_refresh_no_more_pages_of_a_shop_than_it_may_have(tmp_path: Path) -> None:
    down = next(r.then.kind for r in RULES if r.then.kind.name == "down")
    refresh = (Response("refresh_cache", Risk.R1, "cdn", args=(("max_paths", "30"),)),)
    kinds = [attrs.evolve(down, name=f"down_{n}", responses=refresh) for n in range(3)]
    about = [r for r in LASTING if r.then.kind is down]
    rules = RuleSet(
        "caches",
        *(attrs.evolve(r, id=f"{r.id}-{k.name}", then=attrs.evolve(r.then, kind=k)) for k in kinds for r in about),
    )
    hands = RecordingActuator(["refresh_cache"])
    given: dict[str, Any] = {"rules": rules, "actuators": [hands], "live": True}
    given["policy"] = Policy(allow=frozenset({"refresh_cache"}))
    with SqliteMemory(tmp_path / "m.db") as one, SqliteMemory(tmp_path / "m.db") as other:
        first, second = Agent(memory=one, **given), Agent(memory=other, **given)
        for signal in sure():
            first.handle(signal)
        second.drain()
        first.drain()
        left = {a.status.value for a in one.read("actions")}

    assert len(hands.actions) == 1, "two of them would be 60 pages in 15 minutes, and 50 are allowed"
    assert left == {"succeeded", "expired", "recorded"}
