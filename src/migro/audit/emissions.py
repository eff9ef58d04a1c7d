"""What steps brought to other partitions: it arrived there, once each, and what arrived came from a stored step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

import attrs

from ..errors import StoreUnavailable
from ..models import Link
from ..ports import Memory
from .conservation import EMITTED
from .findings import Found
from .reading import read_journal

__all__ = ["Arrived", "Emitted", "check_arrivals", "check_origins"]


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


@attrs.frozen(kw_only=True)
class Arrived:
    """
    What may have come to one partition from steps elsewhere.

    Attributes:
        found: Takes what does not hold.
        inputs: By number, the decision and the merchant of a changed issue; None for what a person may have asked for.
    """

    found: Found
    inputs: Mapping[int, tuple[str, str] | None]


def check_arrivals(memory: Memory, emitted: Iterable[Emitted], arrived: Mapping[str, Arrived]) -> None:
    """
    Check that what steps emitted is where they say.

    Args:
        memory: Is looked into again where something seems to be missing: it may have come since.
        emitted: By all steps that were looked at.
        arrived: By partition, what a step may have emitted, as far as it is known.
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
        missing = others.keys() - (arrived[to].inputs.keys() if to in arrived else set())
        if missing:
            # What cannot be read there is a finding of that partition.
            entries = read_journal(memory, Found(to), after=min(missing) - 1)
            near = islice(entries, max(missing) - min(missing) + 1)
            missing -= {seq for seq, e in near if e is not None and isinstance(e.input, EMITTED)}
        for seq in sorted(missing):
            _missing(others[seq], f"input {seq} of {to}, which this step emitted", "none, or one that no step emits")


def check_origins(memory: Memory, emitted: Iterable[Emitted], arrived: Iterable[Arrived]) -> None:
    """
    Check that every changed issue that arrived somewhere came from a step that is stored.

    Withdrawals and erasures may have come from a person as well, so nothing can be told from them.

    Args:
        memory: Is asked for the decisions that no emission accounts for: their step may not have been looked at, or
            have come since, or its link cannot be read, which is a finding of its own.
        emitted: By all steps that were looked at.
        arrived: In all partitions that were looked at.
    """
    known = {(e.to, e.seq) for e in emitted}
    for there in arrived:
        for seq, origin in there.inputs.items():
            if origin is None or (there.found.partition, seq) in known:
                continue
            decision, merchant = origin
            if not _decided(memory, decision):
                there.found.add(
                    "conservation",
                    "journal",
                    seq=seq,
                    id=decision,
                    expected=f"decision {decision} of {merchant}, which brought this input, stored",
                    got="no such decision in any partition",
                )


def _decided(memory: Memory, decision: str) -> bool:
    try:
        return next(iter(memory.read("decisions", id=decision)), None) is not None
    except StoreUnavailable:
        raise
    except Exception:  # it is there and cannot be read, which is a finding of its own partition
        return True


def _missing(one: Emitted, expected: str, got: str) -> None:
    link = one.link
    one.found.add("conservation", "links", position=link.position, seq=link.seq, expected=expected, got=got)
