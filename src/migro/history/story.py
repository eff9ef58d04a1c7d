"""The life of one issue, from what was stored about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Literal

import attrs

from ..models.action import Action
from ..models.decision import Decision
from ..models.issue import Issue
from ..models.scales import IssueStatus, Outcome, Severity
from .doings import Doing, Done
from .offers import Offers

__all__ = ["Event", "Story", "told"]

What = Done | Literal["opened", "changed", "resolved", "reopened", "proposed"]


@attrs.frozen(kw_only=True)
class Event:
    """
    Something that happened to an issue.

    Attributes:
        at: By the time of the fold.
        what: The issue was `opened`, `changed`, `resolved` or `reopened` by a decision; an action was `proposed`,
            `approved` or `rejected` by a person, people were `reminded` of it, it `lapsed` unanswered, was `simulated`,
            or it `succeeded` or `failed`; a person `closed`, `acknowledged` or `assigned` the issue, or it was
            `overdue`.
        text: Why, in one line.
        by: The person, if it was one.
        decision: Id of the decision it came of; empty for what people, dispatchers and time did.
        action: Idempotency key of the action, if it is about one.
        severity, confidence, outcome: Of a decision about the issue, and an action's outcome; None elsewhere.
    """

    at: datetime
    what: What
    text: str
    by: str = ""
    decision: str = ""
    action: str = ""
    severity: Severity | None = None
    confidence: Decimal | None = None
    outcome: Outcome | None = None


@attrs.frozen(kw_only=True)
class Story:
    """
    One issue's life.

    Attributes:
        issue: As it is now.
        events: In order; at the same moment decisions come first.
        actions: Every action about it, as they stand now, in the order of proposal.
    """

    issue: Issue
    events: tuple[Event, ...]
    actions: tuple[Action, ...]


def told(issue: Issue, decisions: Iterable[Decision], actions: Iterable[Action], done: Iterable[Doing]) -> Story:
    """
    Return the life of an issue.

    Args:
        decisions: Those about it, in the order in which they were made.
        actions: Those about it.
        done: What was done in its partition, in order.
    """
    standing = {a.idempotency_key: a for a in actions}
    offers = Offers()
    events: list[Event] = []
    offered: dict[str, Outcome] = {}
    before = IssueStatus.RESOLVED
    for decision in decisions:
        events.append(_decided(decision, before, first=not events))
        before = decision.issue.status
        for action in decision.actions:
            offers.add(decision.at, action.idempotency_key, action.binding)
            standing.setdefault(action.idempotency_key, action)
            if offered.get(action.idempotency_key) is not action.outcome:
                offered[action.idempotency_key] = action.outcome
                events.append(_proposed(decision, action))
    offers.complete(standing.values())
    events.extend(_done(issue, standing, offers, done))
    return Story(
        issue=issue,
        events=tuple(sorted(events, key=lambda e: e.at)),
        actions=tuple(sorted(standing.values(), key=lambda a: (a.at, a.kind, a.target, a.idempotency_key))),
    )


def _decided(decision: Decision, before: IssueStatus, *, first: bool) -> Event:
    issue = decision.issue
    what: What = "changed"
    if issue.status is IssueStatus.RESOLVED:
        what = "resolved"
    elif before is IssueStatus.RESOLVED:
        what = "opened" if first else "reopened"
    return Event(
        at=decision.at,
        what=what,
        text=decision.because,
        decision=decision.id,
        severity=issue.severity,
        confidence=issue.confidence,
        outcome=decision.outcome,
    )


def _proposed(decision: Decision, action: Action) -> Event:
    return Event(
        at=decision.at,
        what="proposed",
        text=f"{action.kind} -> {action.target}",
        decision=decision.id,
        action=action.idempotency_key,
        outcome=action.outcome,
    )


_WHEN = "%Y-%m-%d %H:%M:%S"


def _refused(doing: Doing, issue: str, actions: Iterable[Action]) -> str:
    """Return in words why what somebody said about an issue did not count; empty where it did."""
    told = (a.args.get("text", "") for a in actions if a.about == issue and a.at == doing.at and doing.by)
    return next((f"refused, {text.partition(': ')[2]}" for text in told if text.startswith(f"{doing.by}: ")), "")


def _done(issue: Issue, standing: Mapping[str, Action], offers: Offers, done: Iterable[Doing]) -> Iterator[Event]:
    for doing in done:
        if doing.target == issue.id:
            text = _refused(doing, issue.id, standing.values()) or doing.text
            yield Event(at=doing.at, what=doing.what, text=text, by=doing.by)
            continue
        action = standing.get(doing.target)
        if action is None:
            continue
        text = f"{action.kind} -> {action.target}"
        answered = doing.what in ("approved", "rejected")
        refused = next((said for said in action.refused if said.startswith(f"{doing.at:{_WHEN}} {doing.by}: ")), "")
        if answered and refused:
            text += f": refused, {refused.partition(': ')[2]}"
        elif answered and not offers.stood(doing.target, doing.binding, doing.at):
            text += ": not as it waited, so the answer counted for nothing"
        elif doing.text:
            # An actuator's line often names the action itself.
            text = doing.text if text in doing.text else f"{text}: {doing.text}"
        yield Event(at=doing.at, what=doing.what, text=text, by=doing.by, action=doing.target)
