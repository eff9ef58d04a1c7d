"""What a fold carries from one input to the next, for one partition."""

from __future__ import annotations

import attrs

from ..engine import EngineState, Key
from ..models import Action, Issue, Outcome, ResourceRef, RunMode

__all__ = ["Held", "State"]


@attrs.define
class Held:
    """
    An issue that is open or has ended a short while ago.

    Attributes:
        issue: As last recorded.
        decisions: How many decisions it has had; numbers the next one.
        verdict: What the last decision rested on; a decision is made when it changes.
        actions: Every action so far, by idempotency key.
        allowed: Keys of the actions that policy lets run by themselves, as of the last assessment.
        closed_by: Who resolved it by hand; empty otherwise.
        answers: Who has approved an action, by idempotency key.
    """

    issue: Issue
    decisions: int = 0
    verdict: tuple[object, ...] = ()
    actions: dict[str, Action] = attrs.Factory(dict)
    allowed: frozenset[str] = frozenset()
    closed_by: str = ""
    answers: dict[str, tuple[str, ...]] = attrs.Factory(dict)

    @property
    def approved(self) -> frozenset[str]:
        """Keys of the actions that enough people have approved: two different ones where policy asks for two."""
        enough = {Outcome.APPROVE2: 2}
        return frozenset(k for k, by in self.answers.items() if len(by) >= enough.get(self.actions[k].outcome, 1))


@attrs.define
class State:
    """
    The fold's state; `Fold.advance` takes it over and changes it.

    Attributes:
        partition: A merchant, ``unattributed`` or ``platform``.
        seq: Sequence number of the last consumed input.
        now: The greatest time of receipt or tick so far, in microseconds.
        held: Issues by (kind, key).
        mode: What a person lowered the mode to; None while nobody has.
        configured_mode: The mode of the configuration that was last journaled.
        halted: Why automation is halted; empty when it is not.
        maintenance: When the open maintenance window ends, in microseconds; None while there is none.
        tidied: How many times the engine would have been tidied since 1970.
        config: Fingerprint of the rules, policy and mode that were last journaled.
        understood: Resources that a rule has read something about, and when last, in microseconds.
        texts: Tickets of the last day by the pseudonym of their text: provider, requester, number, and time in
            microseconds.
    """

    partition: str
    seq: int = 0
    now: int = 0
    engine: EngineState = attrs.Factory(EngineState)
    held: dict[tuple[str, Key], Held] = attrs.Factory(dict)
    mode: RunMode | None = None
    configured_mode: RunMode | None = None
    halted: str = ""
    maintenance: int | None = None
    tidied: int = 0
    config: str = ""
    understood: dict[ResourceRef, int] = attrs.Factory(dict)
    texts: dict[str, tuple[str, str | None, int, int]] = attrs.Factory(dict)
