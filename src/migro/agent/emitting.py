"""What partitions tell each other: issues to the platform, and causes to the merchants."""

from __future__ import annotations

from ..models import CauseChanged, Decision, Emitted, ErasureRequested, Input, IssueChanged, from_microseconds
from ..verify import issue_updates
from .conclusions import Conclusions
from .consequences import onset
from .effects import Effects
from .naming import parties_of
from .recollection import REACH
from .state import PLATFORM, State
from .systemic import platform_of, tell

__all__ = ["emitted"]


def emitted(
    conclusions: Conclusions, state: State, item: Input, effects: Effects, *, heard: bool
) -> tuple[tuple[str, Emitted], ...]:
    """
    Return what one partition tells another because of a step, with the partition that is told.

    Args:
        item: The input of the step.
        heard: Whether any rule reads what the platform is told.
    """
    if state.partition == PLATFORM:
        told = tell(state, conclusions.ruleset.kinds, conclusions.newest_decisions(state))
        return tuple(told)
    if not heard:
        # It may have been told of issues under other rules.
        return tuple((PLATFORM, given) for given in effects.emitted if isinstance(given, ErasureRequested))
    decisions = effects.decisions
    if not (decisions or effects.emitted):
        return ()
    if isinstance(item, CauseChanged):
        # That an issue follows from one of the platform, the platform knows; not that one was opened on its word.
        passed, own = decisions[: effects.passed], decisions[effects.passed :]
        decisions = [*passed, *(d for d in own if (d.issue.kind, d.issue.key) in effects.opened)]
    changed = [_changed(state, d) for d in decisions]
    for one in changed:
        held = state.held.get((one.issue.kind, one.issue.key))
        if held is not None:
            # With what stands behind it, so that it can be taken back at the platform as well.
            told_before = [t for t in held.told if t[0] >= state.now - REACH]
            now_told = [(state.now, update.id, held.evidence) for update in issue_updates(one)]
            held.told = (*told_before, *now_told)
    emitted: list[Emitted] = [*effects.emitted, *changed]
    return tuple((PLATFORM, given) for given in emitted)


def _changed(state: State, decision: Decision) -> IssueChanged:
    held = state.held.get((decision.issue.kind, decision.issue.key))
    cause = decision.explanation.cause
    return IssueChanged(
        at=decision.at,
        issue=decision.issue,
        decision=decision.id,
        own_cause=cause is not None and cause.scope == "merchant",
        resting=any(g.holds and g.guard == "suppressed" for g in decision.explanation.guards),
        began=None if held is None else from_microseconds(onset(held)),
        platform=platform_of(state, decision.merchant),
        parties=() if held is None else parties_of(held),
    )
