"""Silence: nothing from a key that is expected to send."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypeVar

import attrs

from ..errors import RuleDefinitionError
from ..expressions import Document, span
from .premises import Part, not_negative, positive, same_key
from .selections import Selection
from .timed import LATENESS, Timed, need_timed

__all__ = ["Silence", "silence"]

K = TypeVar("K")


@attrs.frozen(eq=False, repr=False)
class Silence(Timed[K]):
    """Nothing from a key that is expected to send."""

    of: Timed[K]
    expected: Selection[Any, K]
    ended: Selection[Any, K] | None
    length: int
    lateness: int

    @property
    def inputs(self) -> tuple[Part, ...]:
        return (self.of, self.expected, *((self.ended,) if self.ended is not None else ()))

    @property
    def span(self) -> int:
        # With what it waits for, so that evidence lasts until the next time is judged.
        return self.length + self.lateness

    def __str__(self) -> str:
        return f"no [{self.of}] for {span(self.length)} although expected by [{self.expected}]"

    def document(self) -> Document:
        ended = {} if self.ended is None else {"ended": self.ended.document()}
        return {
            "silence": self.of.document(),
            "expected": self.expected.document(),
            **ended,
            "longer_than": {"microseconds": self.length},
            "lateness": {"microseconds": self.lateness},
        }


def silence(
    premise: Timed[K],
    *,
    expected: Selection[Any, K],
    longer_than: timedelta,
    ended: Selection[Any, K] | None = None,
    lateness: timedelta = LATENESS,
) -> Timed[K]:
    """
    Satisfied when nothing came for `longer_than` from a key that is expected to send; again after each further span.

    A key is expected from a signal of `expected` until one of `ended`; equal times end it. The clock starts with
    the expectation and again with every time of `premise`: for each such start `s` it is satisfied at
    ``s + n longer_than``, n from 1, while the key is expected and `premise` was not satisfied in
    ``(s, s + n longer_than]``. Judged `lateness` after that. A key never expected is never silent, and one that
    never sent anything can be.
    """
    need_timed(premise, "silence")
    for roster in (expected, *((ended,) if ended is not None else ())):
        if not isinstance(roster, Selection):
            raise RuleDefinitionError(f"silence() takes on(...) in expected= and ended=, got {roster!r}")
        same_key(premise, roster, "silence()")
    return Silence(premise, expected, ended, positive(longer_than, "longer_than"), not_negative(lateness, "lateness"))
