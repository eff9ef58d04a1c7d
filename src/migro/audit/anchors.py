"""Anchors: how long every chain is and where it ends, to be kept where nobody who can write the store can write."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import attrs

from ..errors import InputError
from ..models import digest
from ..models.records import read_only
from ..ports import Memory

__all__ = ["Anchor", "anchor_of", "read_anchor"]

_SHOWN = 80
"""How many letters of something that is no anchor a message repeats: enough to know the file by."""


@attrs.frozen(kw_only=True)
class Anchor:
    """
    Where the chains of a memory ended at a time.

    Attributes:
        at: When it was taken.
        heads: By partition, the number of links and the hash of the last.
    """

    at: datetime
    heads: Mapping[str, tuple[int, str]] = attrs.field(converter=read_only)

    @property
    def links(self) -> int:
        """Number of links of all partitions together."""
        return sum(links for links, _ in self.heads.values())

    @property
    def head(self) -> str:
        """One hash over all heads, as 64 hex digits: short enough to be written into a ticket."""
        return digest([[name, *head] for name, head in self.heads.items()])

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield it as JSON records: the whole first, then the partitions by name."""
        at = self.at.isoformat().replace("+00:00", "Z")
        yield {"anchor": 1, "at": at, "partitions": len(self.heads), "links": self.links, "head": self.head}
        for name, (links, head) in self.heads.items():
            yield {"partition": name, "links": links, "head": head}


def anchor_of(memory: Memory, at: datetime) -> Anchor:
    """Return where the chains end now; `at` is the time to note."""
    return Anchor(at=at, heads={p.name: (p.links, p.head) for p in memory.read("partitions")})


def read_anchor(lines: Iterable[str]) -> Anchor:
    """
    Read an anchor that was written as JSON lines; the lines of single links among them are skipped.

    Raises:
        InputError: If it is none, or not as it was written.
    """
    records = _records(lines)
    number, first = next(records, (0, {}))
    if not number:
        raise InputError("expected an anchor as `migro audit export` prints it, got nothing: there is no line in it")
    if "anchor" not in first:
        raise InputError(f"expected an anchor, its first line with 'anchor', got {_shown(first)} - in line {number}")
    if type(first["anchor"]) is not int or first["anchor"] != 1:
        raise InputError(f"expected an anchor in format 1, got format {_shown(first['anchor'])} - in line {number}")
    at = first.get("at")
    try:
        time = datetime.fromisoformat(at if isinstance(at, str) else "")
    except ValueError as e:
        raise InputError(f"expected the time of the anchor under 'at', got {_shown(at)} - in line {number}") from e
    heads: dict[str, tuple[int, str]] = {}
    for number, record in records:
        if "link" in record:
            continue
        match record:
            case {"partition": str(name), "links": int(links), "head": str(head)}:
                heads[name] = (links, head)
            case _:
                expected = "the 'partition', 'links' and 'head' of one chain"
                raise InputError(f"expected {expected}, got {_shown(record)} - in line {number}")
    anchor = Anchor(at=time, heads=heads)
    _check(first, anchor)
    return anchor


def _records(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the objects with the numbers of their lines."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as e:
            cut = " that stops in the middle: was the file cut?" if line.startswith('{"') else ""
            raise InputError(
                f"expected an anchor, one JSON object a line, got {_shown(line)}{cut} - in line {number}"
            ) from e
        if not isinstance(record, dict):
            raise InputError(f"expected an anchor, one JSON object a line, got {_shown(line)} - in line {number}")
        yield number, record


def _check(first: Mapping[str, Any], anchor: Anchor) -> None:
    """Compare what the first line says of the whole with the whole."""
    said, found = first.get("partitions"), len(anchor.heads)
    if said != found:
        missing = said - found if type(said) is int else 0
        why = (
            f": {missing} at the end {'is' if missing == 1 else 'are'} missing, was the file cut?"
            if missing > 0
            else ""
        )
        raise InputError(f"expected the ends of {_shown(said)} partitions, as the first line says, got {found}{why}")
    for name, whole in (("links", anchor.links), ("head", anchor.head)):
        if first.get(name) != whole:
            raise InputError(
                f"expected an anchor as it was written, with {name} {_shown(first.get(name))} in its first line,"
                f" got lines that make {name} {whole}: one of them was changed"
            )


def _shown(value: Any) -> str:
    """Return a short text that can be printed, whatever was in the file."""
    text = ascii(value.strip() if isinstance(value, str) else value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
