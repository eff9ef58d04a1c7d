"""What no column of the portal's signals says, as a function of one signal."""

from __future__ import annotations

from migro.expressions.features import feature

from .signals import ReturnRequest

__all__ = ["maintained"]


@feature("returns.maintained", version=1)
def maintained(request: ReturnRequest) -> bool:
    """Whether it came in the two hours of each night in which the portal is maintained and fails on purpose."""
    return 2 <= request.occurred_at.hour < 4
