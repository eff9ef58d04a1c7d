"""From a ruling to actions with outcomes and status, and to those that are taken back for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import attrs

from ..models import Action, ActionStatus, Outcome, content_id, digest, from_microseconds
from .people import same_name
from .places import WITHDRAWN, Place
from .ruling import Ruling

__all__ = ["Proposals", "enough", "propose", "withdraw"]

_INITIAL = {
    Outcome.FORBID: ActionStatus.FORBIDDEN,
    Outcome.RECORD: ActionStatus.RECORDED,
    Outcome.ESCALATE: ActionStatus.ESCALATED,
    Outcome.APPROVE2: ActionStatus.WAITING,
    Outcome.APPROVE1: ActionStatus.WAITING,
    Outcome.AUTO: ActionStatus.PLANNED,
}

_ASKED = {Outcome.APPROVE1: 1, Outcome.APPROVE2: 2}

_STOPPED = frozenset({ActionStatus.FORBIDDEN, ActionStatus.RECORDED, ActionStatus.ESCALATED})


def enough(outcome: Outcome, answers: Collection[str]) -> bool:
    """Return whether as many different people have approved an action as its outcome asks for, and anybody has."""
    return len(answers) >= _ASKED.get(outcome, 1)


@attrs.frozen
class Proposals:
    """
    Actions as a ruling leaves them.

    Attributes:
        actions: Every proposed action with its own outcome and status.
        withdrawn: Actions that were planned or waiting and may no longer be what they were.
    """

    actions: tuple[Action, ...]
    withdrawn: tuple[Action, ...]


def propose(
    ruling: Ruling,
    *,
    ruleset: str,
    partition: str,
    decision: str,
    now: int,
    answers: Mapping[str, Collection[str]],
    words: Mapping[str, str],
    requester: str = "",
) -> Proposals:
    """
    Return the actions that a ruling leads to.

    Args:
        partition, decision: Whose, and by which decision.
        now: The fold's time in microseconds.
        answers: Who has approved an action, by its key.
        words: Fields of the issue that may be filled into an action's arguments.
        requester: The persons whose words led to the ruling, with commas between; empty where evidence alone did.
    """
    assessment, policy, at = ruling.assessment, ruling.policy, from_microseconds(now)
    evidence = digest([list(assessment.signals), [list(pair) for pair in assessment.score.counted]])
    begun_until = at + policy.execution_lasts
    actions: list[Action] = []
    withdrawn: list[Action] = []
    for r in ruling.ruled:
        response, status = r.response, _INITIAL[r.outcome]
        args = {n: _filled(text, words) for n, text in response.args}
        proposed = Action(
            kind=response.kind,
            risk=response.risk,
            target=response.target,
            args=args,
            outcome=r.outcome,
            status=status,
            idempotency_key=r.place.key(),
            partition=partition,
            issue=r.place.issue,
            decision=decision,
            binding=content_id("bind", response.kind, response.target, args, evidence, ruleset, policy.version),
            at=at,
            expires_at=at + policy.approval_lasts if status is ActionStatus.WAITING else None,
            requester=requester,
        )
        current, old = _succeed(r.existing, proposed, r.place, answers, begun_until)
        actions.append(current)
        if old is not None:
            withdrawn.append(old)
    return Proposals(tuple(actions), tuple(withdrawn))


def _succeed(
    existing: Action | None,
    proposed: Action,
    place: Place,
    answers: Mapping[str, Collection[str]],
    begun_until: datetime,
) -> tuple[Action, Action | None]:
    """Return the action that stands now, and the one that is withdrawn for it."""
    if existing is None or existing.status in _STOPPED:
        if existing is not None and existing.status is proposed.status and existing.outcome is proposed.outcome:
            return existing, None
        return proposed, None
    if existing.status is ActionStatus.WAITING:
        if proposed.status is ActionStatus.PLANNED:
            return proposed, None
        if proposed.status is ActionStatus.WAITING:
            if existing.binding != proposed.binding:
                # Asked anew, because the evidence is another; the deadline stays, or silence would never be no.
                return proposed.model_copy(update={"at": existing.at, "expires_at": existing.expires_at}), None
            if existing.outcome is proposed.outcome:
                return existing, None
            return _still_asked(existing, proposed, answers.get(existing.idempotency_key, ()), begun_until), None
    elif (
        existing.status is not ActionStatus.PLANNED
        or proposed.status is ActionStatus.PLANNED
        # What people have approved stands while as many are asked as have answered, whatever was asked of them then.
        or (
            enough(proposed.outcome, answers.get(existing.idempotency_key, ()))
            and proposed.status is ActionStatus.WAITING
        )
    ):
        return existing, None
    old = withdraw(existing, f"policy now says {proposed.outcome.word}")
    if proposed.status is not ActionStatus.WAITING:
        return old.model_copy(update={"outcome": proposed.outcome}), None
    # Planned, and now a person has to be asked: that is another action, because a stored one never goes back.
    return proposed.model_copy(update={"idempotency_key": place.next().key()}), old


def _still_asked(existing: Action, proposed: Action, answers: Collection[str], begun_until: datetime) -> Action:
    """Return what waits for another number of people than before; who has approved it has approved it all the same."""
    said = {"at": existing.at, "expires_at": existing.expires_at, "note": existing.note, "refused": existing.refused}
    kept = proposed.model_copy(update=said)
    asked_for = {same_name(name) for name in proposed.requester.split(", ")}
    # Whoever has asked for it since does not approve it.
    if not answers or not enough(proposed.outcome, [name for name in answers if name not in asked_for]):
        return kept
    return kept.model_copy(update={"status": ActionStatus.PLANNED, "expires_at": begun_until})


def withdraw(action: Action, why: str) -> Action:
    """Return an action that has not begun as taken back."""
    return action.model_copy(update={"status": ActionStatus.EXPIRED, "note": WITHDRAWN + why})


def _filled(text: str, words: Mapping[str, str]) -> str:
    for name, value in words.items():
        text = text.replace("{" + name + "}", value)
    return text
