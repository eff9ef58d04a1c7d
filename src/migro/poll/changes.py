"""Changes: up to when a list of what changed is known, whatever times a platform gives its items."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from ..observe.parsing import moment
from .asking import Position

__all__ = ["began_at", "newest_change"]

_FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""No shop has changed before; what says so is no time, and nothing could be taken away from it."""


def newest_change(times: Iterable[datetime | None], at: datetime | None) -> datetime | None:
    """
    Return the newest of some changes that can have happened, None where there is none.

    One that is dated after the time of asking is no measure of how far a list is read: everything that changes until
    then would be passed over.

    Args:
        times: When things changed, as they say.
        at: When it was asked; None where nobody said.
    """
    return max((t for t in times if t is not None and t >= _FIRST and (at is None or t <= at)), default=None)


def began_at(position: Position, at: datetime | None, lookback_s: int) -> datetime | None:
    """Return since when a position asks; one that lies after the time of asking looks back from there instead."""
    since = moment(position.get("since"))
    if since is not None and at is not None and since > at:
        return at - timedelta(seconds=lookback_s)
    return since
