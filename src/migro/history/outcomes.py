"""What became of actions, for each failure mode and kind of action."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import attrs

from ..models.action import Action
from ..models.scales import ActionStatus

__all__ = ["ActionOutcomes", "outcomes"]


@attrs.frozen(kw_only=True)
class ActionOutcomes:
    """
    Numbers of actions that were proposed in a period, by where they stand now.

    The twelve from `forbidden` to `unknown` add up to `proposed`.

    Attributes:
        kind: The failure mode.
        action: The kind of action.
        proposed: All of them; an action that is proposed again for the same issue, band and severity is the same one.
        approved: How many a person approved, at least once and as it was bound; where they stand now counts as well.
        ended_after_success, ended_after_simulation: Of those that succeeded, or were only simulated, how many saw their
            issue end within the time asked for after their result. Simulated ones show how often it ends by itself.
    """

    kind: str
    action: str
    proposed: int
    approved: int
    forbidden: int
    recorded: int
    escalated: int
    waiting: int
    planned: int
    rejected: int
    expired: int
    started: int
    simulated: int
    succeeded: int
    failed: int
    unknown: int
    ended_after_success: int
    ended_after_simulation: int


def outcomes(
    actions: Iterable[Action],
    *,
    kinds: Mapping[str, str],
    approved: Collection[str],
    results: Mapping[str, datetime],
    ends: Mapping[str, Sequence[datetime]],
    within: timedelta,
) -> tuple[ActionOutcomes, ...]:
    """
    Count actions by failure mode and kind, in the order of their names.

    Args:
        actions: As they stand.
        kinds: Failure mode by issue.
        approved: Keys of the actions that a person approved.
        results: When each action was over, by its key; one that is not there counts from its proposal.
        ends: When each issue ended.
        within: How soon after a result an end counts, that moment included.
    """
    groups: dict[tuple[str, str], list[Action]] = {}
    for action in actions:
        groups.setdefault((kinds.get(action.issue, ""), action.kind), []).append(action)

    def ended(action: Action) -> bool:
        over = results.get(action.idempotency_key, action.at)
        return any(over <= end <= over + within for end in ends.get(action.issue, ()))

    return tuple(
        _counted(kind, verb, group, approved, Counter(a.status for a in group if ended(a)))
        for (kind, verb), group in sorted(groups.items())
    )


def _counted(
    kind: str, verb: str, group: Sequence[Action], approved: Collection[str], ended: Mapping[ActionStatus, int]
) -> ActionOutcomes:
    standing = Counter(a.status for a in group)
    return ActionOutcomes(
        kind=kind,
        action=verb,
        proposed=len(group),
        approved=sum(a.idempotency_key in approved for a in group),
        ended_after_success=ended.get(ActionStatus.SUCCEEDED, 0),
        ended_after_simulation=ended.get(ActionStatus.SIMULATED, 0),
        **{status.value: standing[status] for status in ActionStatus},
    )
