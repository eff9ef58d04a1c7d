"""What a step collects while it runs."""

from __future__ import annotations

import attrs

from ..engine import Change, Key
from ..models import (
    Action,
    Decision,
    Emitted,
    Issue,
    PersonActed,
    TimerFired,
    Withdrawal,
)

__all__ = ["Effects"]


@attrs.define
class Effects:
    """
    What a step collects while it runs.

    Attributes:
        issues, actions: As they are now, by id and by idempotency key.
        opened: Issues that were opened, by (kind, key).
        counted: Issues whose decision has already counted this step's signal.
        withdrawal: The signal that this step takes back.
        released: Rules that this step lets be judged again.
        release: By whom and why.
        quarantined: Rules that this step left out, because a predicate kept raising.
        emitted: Withdrawals, erasures and relayed signals for the platform.
        merged: What a person merged or took apart in this step.
        timers: What time alone brought about, in order.
        named: Whether the signals of an issue have named something that they had not before.
        calm_since: Since when the monitor has been calm whose recovery is looked at now, in microseconds.
        passed: How many of the decisions time alone brought about, before the input.
        requester: Whose word led to what this step asks people for; empty where evidence alone did.
        recovered: The monitor whose word that all is well is looked at now; empty where it is none.
        configured: Whether other rules, another policy or another mode have come into force.
    """

    issues: dict[str, Issue] = attrs.Factory(dict)
    decisions: list[Decision] = attrs.Factory(list)
    actions: dict[str, Action] = attrs.Factory(dict)
    changes: list[Change] = attrs.Factory(list)
    opened: set[tuple[str, Key]] = attrs.Factory(set)
    counted: set[str] = attrs.Factory(set)
    withdrawal: Withdrawal | None = None
    released: tuple[str, ...] = ()
    release: str = ""
    quarantined: list[str] = attrs.Factory(list)
    emitted: list[Emitted] = attrs.Factory(list)
    merged: PersonActed | None = None
    timers: list[TimerFired] = attrs.Factory(list)
    named: bool = False
    calm_since: int | None = None
    recovered: str = ""
    configured: bool = False
    requester: str = ""
    passed: int = 0

    def begin(self) -> None:
        """Let what time alone has opened and counted before be no doing of the input, whichever step it fell into."""
        self.opened.clear()
        self.counted.clear()
        self.passed = len(self.decisions)
