"""What steps brought to other partitions, and whether it arrived there, once each."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

import attrs

from ..models import Link
from ..ports import Memory
from .conservation import EMITTED
from .findings import Found
from .reading import read_journal

__all__ = ["Emitted", "check_arrivals"]


@attrs.frozen(kw_only=True)
class Emitted:
    """
    One input that a step brought to another partition.

    Attributes:
        to, seq: Where it should be.
        link: The step's.
        found: Takes what does not hold.
    """

    to: str
    seq: int
    link: Link
    found: Found


def check_arrivals(memory: Memory, emitted: Iterable[Emitted], arrived: dict[str, set[int]]) -> None:
    """
    Check that what steps emitted is where they say.

    Args:
        memory: Is looked into again where something seems to be missing: it may have come since.
        emitted: By all steps that were looked at.
        arrived: By partition, numbers of the inputs that a step may have emitted, as far as they are known.
    """
    expected: dict[str, dict[int, Emitted]] = {}
    for one in emitted:
        others = expected.setdefault(one.to, {})
        if one.seq in others:
            other = others[one.seq]
            source = f"{other.found.partition} at input {other.link.seq}"
            _missing(one, "an input that no other step emitted", f"input {one.seq} of {one.to}, emitted by {source}")
        others[one.seq] = one
    for to, others in expected.items():
        missing = others.keys() - arrived.get(to, set())
        if missing:
            # What cannot be read there is a finding of that partition.
            entries = read_journal(memory, Found(to), after=min(missing) - 1)
            near = islice(entries, max(missing) - min(missing) + 1)
            missing -= {seq for seq, e in near if e is not None and isinstance(e.input, EMITTED)}
        for seq in sorted(missing):
            _missing(others[seq], f"input {seq} of {to}, which this step emitted", "none, or one that no step emits")


def _missing(one: Emitted, expected: str, got: str) -> None:
    link = one.link
    one.found.add("conservation", "links", position=link.position, seq=link.seq, expected=expected, got=got)
