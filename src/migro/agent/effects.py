"""What a step collects while it runs."""

from __future__ import annotations

import attrs

from ..engine import Change, Key
from ..models import Action, Decision, Issue

__all__ = ["Effects"]


@attrs.define
class Effects:
    """
    What a step collects while it runs.

    Attributes:
        issues, actions: As they are now, by id and by idempotency key.
        opened: Issues that were opened, by (kind, key).
        counted: Issues whose decision has already counted this step's signal.
    """

    issues: dict[str, Issue] = attrs.Factory(dict)
    decisions: list[Decision] = attrs.Factory(list)
    actions: dict[str, Action] = attrs.Factory(dict)
    changes: list[Change] = attrs.Factory(list)
    opened: set[tuple[str, Key]] = attrs.Factory(set)
    counted: set[str] = attrs.Factory(set)
