"""Random pasts: what partitions' steps left behind, as records and stored in a memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal

import attrs
from hypothesis import strategies as st

from migro.models import (
    Action,
    ActionFinished,
    ActionResult,
    ActionStatus,
    Band,
    Decision,
    Input,
    Issue,
    IssueStatus,
    Outcome,
    PersonActed,
    Scope,
    Severity,
    StepRecord,
    Tick,
)
from migro.ports import Memory
from migro.testing import START, sample_action, sample_decision, sample_issue

KINDS = ("cart_down", "probe_red", "sync_slow")
VERBS = ("notify", "draft_reply")
MERCHANTS = ("m_1", "m_2", "m_3", None)
MINUTES = timedelta(minutes=1)
NEXT = timedelta(microseconds=1)
# The distances that the queries know, and their neighbours.
EDGES = [timedelta(), NEXT, 15 * MINUTES, 15 * MINUTES + NEXT, 60 * MINUTES, 60 * MINUTES + NEXT, 61 * MINUTES]

Reply = Literal["approve", "stale approve", "reject", "none"]


@attrs.frozen(kw_only=True)
class Turn:
    """One decision about the issue of one kind at one merchant, with what was done about its action."""

    merchant: str | None
    kind: str
    after: timedelta
    status: IssueStatus
    severity: Severity
    points: int
    outcome: Outcome
    another: bool
    verb: str | None
    action: ActionStatus
    reply: Reply
    result: Literal["simulated", "succeeded", "failed"] | None


@attrs.frozen(kw_only=True)
class Past:
    """
    What a memory holds.

    Attributes:
        steps: By partition, each input with its step.
    """

    steps: dict[str, list[tuple[Input, StepRecord]]]

    @property
    def decisions(self) -> list[Decision]:
        return [d for name in sorted(self.steps) for _, step in self.steps[name] for d in step.decisions]

    @property
    def issues(self) -> list[Issue]:
        newest = {i.id: i for name in sorted(self.steps) for _, step in self.steps[name] for i in step.issues}
        return list(newest.values())

    @property
    def actions(self) -> list[Action]:
        return [a for name in sorted(self.steps) for _, step in self.steps[name] for a in step.actions]

    @property
    def inputs(self) -> list[Input]:
        return [item for name in sorted(self.steps) for item, _ in self.steps[name]]

    def store(self, memory: Memory) -> None:
        for name, steps in self.steps.items():
            memory.accept(name, [item for item, _ in steps])
            memory.commit(name, 0, [step for _, step in steps])


def turns() -> st.SearchStrategy[Turn]:
    far = st.integers(0, 3).map(lambda days: timedelta(days=days))
    replies: list[Reply] = ["approve", "stale approve", "reject", "none"]
    return st.builds(
        Turn,
        merchant=st.sampled_from(MERCHANTS),
        kind=st.sampled_from(KINDS),
        after=st.sampled_from(EDGES) | far,
        status=st.sampled_from(IssueStatus),
        severity=st.sampled_from(Severity),
        points=st.integers(-300, 300),
        outcome=st.sampled_from(Outcome),
        another=st.booleans(),
        verb=st.none() | st.sampled_from(VERBS),
        action=st.sampled_from(ActionStatus),
        reply=st.sampled_from(replies),
        result=st.sampled_from(["simulated", "succeeded", "failed", None]),
    )


def pasts(*, most: int = 25) -> st.SearchStrategy[Past]:
    """Pasts in which every issue is of one partition, as in life."""
    return (st.lists(turns(), min_size=8, max_size=most) | st.lists(turns(), max_size=8)).map(past)


def past(taken: Sequence[Turn]) -> Past:
    steps: dict[str, list[tuple[Input, StepRecord]]] = {}
    numbers: dict[tuple[str, str], int] = {}
    known: dict[str, Issue] = {}
    now = START
    for turn in taken:
        now += turn.after
        name = "platform" if turn.merchant is None else f"merchant:{turn.merchant}"
        held = steps.setdefault(name, [])
        slot = (name, turn.kind)
        last = known.get(f"iss_{turn.kind}_{name}_{numbers.get(slot, 0)}")
        if turn.another and last is not None and last.status is IssueStatus.RESOLVED:
            numbers[slot] = numbers.get(slot, 0) + 1
        issue = _issue(turn, f"iss_{turn.kind}_{name}_{numbers.get(slot, 0)}", now, known)
        for item, step in _steps(turn, name, issue, now, len(held) + 1):
            held.append((item, step))
    return Past(steps=steps)


def _issue(turn: Turn, id: str, now: datetime, known: dict[str, Issue]) -> Issue:
    scope: Scope = "platform" if turn.merchant is None else "merchant"
    key = ("all",) if turn.merchant is None else (turn.merchant,)
    known[id] = sample_issue(
        id,
        kind=turn.kind,
        merchant=turn.merchant,
        scope=scope,
        key=key,
        status=turn.status,
        severity=turn.severity,
        points=turn.points,
        band=Band.LOW if turn.points < 0 else Band.MID if turn.points < 61 else Band.HIGH,
        first_seen=known[id].first_seen if id in known else now,
        last_seen=now,
    )
    return known[id]


def _steps(turn: Turn, name: str, issue: Issue, now: datetime, seq: int) -> Iterator[tuple[Input, StepRecord]]:
    decision = f"dec_{name}_{seq}"
    key = f"act_{name}_{seq}"
    actions: tuple[Action, ...] = ()
    if turn.verb is not None:
        proposed = sample_action(
            key,
            kind=turn.verb,
            status=turn.action,
            outcome=turn.outcome,
            partition=name,
            issue=issue.id,
            decision=decision,
            at=now,
            binding=f"binding of {key}",
        )
        actions = (proposed,)
    decided = sample_decision(
        decision,
        at=now,
        partition=name,
        merchant=issue.merchant,
        scope=issue.scope,
        issue=issue,
        outcome=turn.outcome,
        actions=actions,
        because=f"number {seq}",
    )
    yield Tick(at=now), StepRecord(seq=seq, issues=(issue,), decisions=(decided,), actions=actions)
    for item in _answers(turn, key, now) if actions else ():
        seq += 1
        yield item, StepRecord(seq=seq)


def _answers(turn: Turn, key: str, now: datetime) -> Iterator[Input]:
    match turn.reply:
        case "approve" | "reject":
            yield PersonActed(at=now, verb=turn.reply, by="Kim", target=key, binding=f"binding of {key}", why="sure")
        case "stale approve":
            yield PersonActed(at=now, verb="approve", by="Kim", target=key, binding="of something else")
        case _:
            pass
    if turn.result is not None:
        yield ActionFinished(at=now + MINUTES, key=key, result=ActionResult(status=turn.result, detail="done"))
