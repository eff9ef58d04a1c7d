"""What an erasure rewrote, and whether anything of the person is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

import attrs

from ..models.records import read_only
from ..ports import Ledger, Memory
from .contents import erasure_content

__all__ = ["RewrittenPartition", "rewritten_by"]


@attrs.frozen(kw_only=True)
class RewrittenPartition:
    """
    What an erasure did in one partition.

    Attributes:
        seq: Number of the input that asked for it.
        rewritten: Links whose payload was rewritten, by what they are about, and records by their kind.
        left: Places that still hold the pseudonym; always empty, unless the memory did not do what it should.
    """

    partition: str
    seq: int
    rewritten: Mapping[str, int] = attrs.field(converter=read_only)
    left: tuple[str, ...]


def rewritten_by(memory: Memory, ledger: Ledger, *, pseudonym: str, token: str) -> Iterator[RewrittenPartition]:
    """
    Yield what the erasure with this token did, for every partition it reached.

    Args:
        memory: Where the snapshots are read, which the chain holds compressed.
        ledger: The same memory.
        pseudonym: Is looked for in everything that is stored there.
        token: What stands in its place.
    """
    for name in ledger.partitions():
        kinds: dict[int, str] = {}
        asked: int | None = None
        counts: Counter[str] = Counter()
        left: list[str] = []
        word = pseudonym.encode()
        for link in ledger.links(name):
            kinds[link.position] = link.what
            if link.payload is None:
                continue
            if word in link.payload:
                left.append(f"link {link.position}")
            if link.what == "erasure" and (content := erasure_content(link.payload)).token == token:
                asked = link.seq
                counts.update(kinds.get(position, "link") for position, _, _ in content.rewritten)
                counts.update(kind for kind, _, _ in content.records)
        if asked is None:
            continue
        left += [f"{r.what} {r.id}" for r in ledger.stored(name) if word in r.text]
        left += [f"snapshot after input {s.seq}" for s in memory.read("snapshots", partition=name) if word in s.data]
        yield RewrittenPartition(partition=name, seq=asked, rewritten=counts, left=tuple(left))
