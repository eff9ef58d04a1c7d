"""Taking a signal back: everything that rests on it goes on as if it had never come."""

from __future__ import annotations

from ..models import Disposition, DispositionName, SignalWithdrawn, Withdrawal, from_microseconds, to_microseconds
from ..verify import derived_from
from .conclusions import Conclusions
from .effects import Effects
from .outbox import void
from .recollection import REACH, disown
from .state import PLATFORM, Held, State
from .unexplained import cry_again, cry_ids, monitors

__all__ = ["take_back"]


def take_back(conclusions: Conclusions, state: State, item: SignalWithdrawn, effects: Effects) -> Disposition:
    """
    Take a signal back and judge anew what rested on it; returns what became of the withdrawal.

    What has become of signals at their own steps stays as it was, also of a ticket that was dropped because this one
    said the same.
    """
    id = item.signal
    if item.received_at is None:
        return _disposition(id, "recorded", "unknown: no such signal has come in")
    if id in state.engine.withdrawn:
        return _disposition(id, "recorded", "withdrawn before")
    received = to_microseconds(item.received_at)
    if state.now - received > REACH:
        ago = (state.now - received) // 60_000_000
        return _disposition(id, "too_late", f"it came in {ago} min ago; a signal can be withdrawn for 60 min")
    effects.withdrawal = Withdrawal(signal=id, by=item.by, reason=item.reason, at=from_microseconds(state.now))
    effects.requester = item.by
    before = state.maintenance
    over = monitors(state)
    disown(state, id)
    gone = {id, *derived_from(id), *cry_ids(state, id)}
    found = [conclusions.engine.withdraw(state.engine, one, state.now) for one in sorted(gone)]
    slots = [slot for slot, held in sorted(state.held.items()) if _rests(held, gone, effects)]
    for slot in slots:
        # Even where the score stays the same, the evidence behind it is another.
        held = state.held[slot]
        held.verdict = ()
        held.reached = tuple(r for r in held.reached if gone.isdisjoint(r[2]))
        effects.emitted.extend(_untold(state, held, gone, item))
    decided = len(effects.decisions)
    conclusions.settle(state, effects)
    cry_again(conclusions, state, over, effects)
    conclusions.reassess(state, slots if state.maintenance == before else sorted(state.held), effects)
    issues = {state.held[s].issue.id for s in slots} | {d.issue.id for d in effects.decisions[decided:]}
    if not any(found) and not issues and state.maintenance == before:
        return _disposition(id, "recorded", "nothing rests on it")
    return _disposition(id, "withdrawn", f"by {item.by}: {item.reason}", tuple(sorted(issues)))


def _disposition(id: str, name: DispositionName, reason: str, issues: tuple[str, ...] = ()) -> Disposition:
    return Disposition(signal=id, name=name, reason=reason, issues=issues)


def _rests(held: Held, gone: set[str], effects: Effects) -> bool:
    open_on_it = [void(held, id, effects) for id in sorted(gone)]
    behind = (held.evidence, *(ids for _, ids in held.openings))
    return any(open_on_it) or not all(map(gone.isdisjoint, behind))


def _untold(state: State, held: Held, gone: set[str], item: SignalWithdrawn) -> list[SignalWithdrawn]:
    """Return the withdrawals of what the platform was told because of a signal."""
    if state.partition == PLATFORM:
        return []
    at = from_microseconds(state.now)
    return [
        SignalWithdrawn(at=at, signal=told, by=item.by, reason=item.reason, received_at=from_microseconds(when))
        for when, told, evidence in held.told
        if not gone.isdisjoint(evidence)
    ]
