"""Proportions: hits and sizes at the edge of a share, however it is written."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Literal

import attrs

from ..engine.significance import bounded
from ..rules import Compared, Constant, Ratio, Share

__all__ = ["Limit", "edges", "limit_of"]


@attrs.frozen
class Limit:
    """When a share of a crowd is satisfied."""

    operator: Literal["ge", "gt", "le", "lt"]
    share: Fraction
    floor: int
    wilson: bool

    def reached(self, x: int, n: int) -> bool:
        """Return whether `x` of `n` do."""
        return n >= self.floor and bounded(self.operator, x, n, self.share, wilson=self.wilson)

    def edge(self, n: int) -> int | None:
        """Return the number of hits among `n` that just does, or None."""
        first = math.ceil(self.share * n)
        hits = range(first, n + 1) if self.operator in ("ge", "gt") else range(min(first, n), -1, -1)
        return next((x for x in hits if self.reached(x, n)), None)


def limit_of(node: Any) -> Limit | None:
    """Return the limit that a premise sets to a share; None where it sets none."""
    match node:
        case Share(at_least=share, floor=floor, bound=bound):
            return Limit("ge", share, floor, bound == "wilson")
        case Compared(
            operator="ge" | "gt" | "le" | "lt" as operator, left=Ratio() as left, right=Constant(value=share)
        ):
            return Limit(operator, share, left.floor, left.bound == "wilson") if 0 < share <= 1 else None
        case _:
            return None


def edges(limit: Limit, limits: tuple[Limit, ...]) -> Iterator[tuple[int, int]]:
    """Yield hits and sizes at the edge of a limit; first those that another limit is not content with."""
    sizes = {s.floor + i for s in limits for i in (-1, 0, 1)} | {limit.floor, 99, 100}
    edge = [(x, n) for n in sorted(sizes) if n >= limit.floor for x in [limit.edge(n)] if x is not None]
    for other in limits:
        yield from _apart(limit, other)
    yield from edge
    for x, n in edge:
        yield from ((hits, n) for hits in (x + 1, n, x - 1, 0) if 0 <= hits <= n and limit.reached(hits, n))


def _apart(limit: Limit, other: Limit) -> Iterator[tuple[int, int]]:
    for n in range(limit.floor, max(limit.floor, other.floor, 100) + 60):
        x = limit.edge(n)
        if x is not None and not other.reached(x, n):
            yield x, n
            return
