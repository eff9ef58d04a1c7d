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
    try:
        records = [json.loads(line) for line in lines if line.strip()]
        first = records[0]
        if first["anchor"] != 1:
            raise ValueError(f"format {first['anchor']}")
        anchor = Anchor(
            at=datetime.fromisoformat(first["at"]),
            heads={r["partition"]: (int(r["links"]), str(r["head"])) for r in records[1:] if "link" not in r},
        )
    except (ValueError, KeyError, TypeError, IndexError) as e:
        raise InputError(f"expected an anchor in format 1, got something else: {type(e).__name__}: {e}") from e
    said = (first.get("partitions"), first.get("links"), first.get("head"))
    found = (len(anchor.heads), anchor.links, anchor.head)
    if said != found:
        raise InputError(f"expected an anchor as it was written, with {said}, got one with {found}")
    return anchor
