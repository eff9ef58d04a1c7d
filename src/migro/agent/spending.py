"""Spending: what was executed of late, and what budgets have left for more."""

from __future__ import annotations

from collections.abc import Mapping

from ..decide import Asked, Limit, Policy, Spent, numbers, over
from ..models import Action, ActionDue, Outcome, Risk, to_microseconds
from .state import Closed, Held, State, approvers

__all__ = ["claim", "close", "forget_spending", "free", "limits", "plan_free", "spend", "unspend"]


def limits(
    policy: Policy, state: State, *, key: str, issue: str, kind: str, target: str, args: Mapping[str, str]
) -> tuple[Limit, ...]:
    """Return the limits that an action would go beyond now, as far as its partition knows."""
    asked = Asked(key=key, kind=kind, target=target, issue=issue, partition=state.partition, args=args)
    own = (b for b in policy.budgets if b.per != "everywhere")
    found = over(own, policy.quiet, state.spent, asked, state.now)
    about = {b.name for b in policy.budgets if b.per == "everywhere" and b.is_about(kind, target)}
    shut = (
        Limit(name=name, beyond=one.beyond, words=one.words, until=one.until)
        for name, one in sorted(state.closed.items())
        if name in about and one.until > state.now
    )
    return (*found, *shut)


def claim(policy: Policy, state: State, action: Action) -> tuple[Limit, ...]:
    """
    Return the limits over all merchants that an action would go beyond, as the platform knows them.

    What people have approved goes beyond what policy allows by itself, and beyond nothing else.
    """
    asked = Asked(
        key=action.idempotency_key,
        kind=action.kind,
        target=action.target,
        issue=action.issue,
        partition=action.partition,
        args=action.args,
    )
    shared = (b for b in policy.budgets if b.per == "everywhere")
    found = over(shared, (), state.spent, asked, state.now)
    return tuple(limit for limit in found if limit.beyond is Outcome.RECORD or not approvers(action))


def spend(state: State, action: Action) -> None:
    """Take down that an action was started; telling operators costs nothing."""
    if action.risk == Risk.R0:
        return
    state.spent.pop(action.idempotency_key, None)
    state.spent[action.idempotency_key] = Spent(
        state.now, action.kind, action.target, action.issue, action.partition, numbers(action.args)
    )


def unspend(state: State, key: str) -> None:
    """Give back what an action has spent, because it was not executed."""
    state.spent.pop(key, None)


def close(state: State, held: Held, item: ActionDue) -> None:
    """Remember that the platform has refused an action, and until when there is no use in asking again."""
    slot = (held.issue.kind, held.issue.key)
    if item.until is not None:
        until = to_microseconds(item.until)
        state.closed[item.budget] = Closed(until, item.beyond or Outcome.RECORD, item.refused)
        state.frees[slot] = min(until, state.frees.get(slot, until))


def plan_free(state: State, held: Held, found: list[Limit], *, ended: bool) -> None:
    """See to it that an issue is judged anew when a limit that holds one of its actions back ends."""
    slot = (held.issue.kind, held.issue.key)
    times = [limit.until for limit in found if limit.until is not None]
    state.frees.pop(slot, None)
    if times and not ended:
        state.frees[slot] = min(times)


def free(state: State) -> list[tuple[str, tuple[str, ...]]]:
    """Return the issues, by (kind, key), of which a limit has ended."""
    due = [slot for slot, at in sorted(state.frees.items()) if at <= state.now]
    for slot in due:
        del state.frees[slot]
        if slot in state.held:
            state.held[slot].asked = ()  # what it was asked last said when to look again, and that time is over
    return due


def forget_spending(policy: Policy, state: State) -> None:
    """Forget what is out of every window."""
    longest = max((b.within_us for b in policy.budgets), default=0)
    for key, one in list(state.spent.items()):
        if one.at <= state.now - longest:
            del state.spent[key]
    for name, closed in list(state.closed.items()):
        if closed.until <= state.now:
            del state.closed[name]
