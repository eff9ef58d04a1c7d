"""Four truth values, so that a typo, a missing field and a plain `no` are three different things."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Truth"]


class Truth(IntEnum):
    """
    The value of a condition: strong Kleene logic with ERROR dominant.

    `&` is the minimum of NO_MATCH < UNKNOWN < MATCH, `|` the maximum, `~` swaps MATCH and NO_MATCH;
    if either side is ERROR, the result is ERROR. Only MATCH counts.
    Source: S. C. Kleene, Introduction to Metamathematics, 1952, section 64.
    """

    NO_MATCH = 0
    UNKNOWN = 1
    MATCH = 2
    ERROR = 3

    def __and__(self, other: int) -> Truth:
        if Truth.ERROR in (self, other):
            return Truth.ERROR
        return Truth(min(int(self), int(other)))

    def __or__(self, other: int) -> Truth:
        if Truth.ERROR in (self, other):
            return Truth.ERROR
        return Truth(max(int(self), int(other)))

    def __invert__(self) -> Truth:
        return _NOT[self]


_NOT = {
    Truth.NO_MATCH: Truth.MATCH,
    Truth.UNKNOWN: Truth.UNKNOWN,
    Truth.MATCH: Truth.NO_MATCH,
    Truth.ERROR: Truth.ERROR,
}
