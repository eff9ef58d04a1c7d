"""How a journal looks to rules that were not in force when it was written: what they would have been given."""

from __future__ import annotations

from ..models import ActionStatus, ConfigChanged, Input, PersonActed, Tick
from .fold import Fold
from .state import State

__all__ = ["supposed"]


def supposed(fold: Fold, state: State, item: Input, *, in_force: bool = False) -> Input:
    """
    Return an input as it would have come if the fold's rules and policy had been in force from the start.

    The first configuration becomes the fold's own and later ones let time pass. A person's answer to an action counts
    where the same action waits here too, although its binding names other rules; what does not exist here cannot be
    answered, started or finished, so those inputs change nothing by themselves.

    Args:
        fold: Rules and policy that are supposed.
        state: The state they have led to so far.
        item: What came in.
        in_force: Whether they were in force when it came; then an answer has to fit exactly, as it had to.
    """
    match item:
        case ConfigChanged():
            return Tick(at=item.at) if state.config == fold.fingerprint else fold.in_force(item.at)
        case PersonActed(verb="approve" | "reject") if not in_force:
            binding = _waiting(state, item.target)
            return item if binding is None else item.model_copy(update={"binding": binding})
        case _:
            return item


def _waiting(state: State, key: str) -> str | None:
    """Return what an answer to an action has to be bound to; None where no such action waits."""
    found = (h.actions[key] for h in state.held.values() if key in h.actions)
    return next((a.binding for a in found if a.status is ActionStatus.WAITING), None)
