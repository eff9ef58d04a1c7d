"""One partition in a process's own memory: its journal, its chain, its snapshots."""

from __future__ import annotations

import attrs

from ..models.steps import Erasure
from .chaining import Chain, LinkRow, Rewriting, Salts
from .forms import InputText, erased
from .texts import SnapshotBytes

__all__ = ["Done", "HeldPartition"]


@attrs.frozen
class Done:
    """What a step made of its input, as texts."""

    disposition: str | None
    timers: str

    def without(self, erasure: Erasure) -> Done:
        """Return it with the token where the pseudonym was."""
        disposition = None if self.disposition is None else erased(self.disposition, erasure)
        return Done(disposition, erased(self.timers, erasure))


@attrs.define
class HeldPartition:
    """
    All of a partition but its records.

    Attributes:
        lines: Its journal, number 1 first.
        done: What became of the consumed ones.
        deliveries: Number and time of the first delivery, by delivery key.
        snapshots: Number of the input and snapshot, by the position of its link.
        due: When time alone next changes something, in microseconds since 1970.
    """

    chain: Chain
    lines: list[InputText] = attrs.Factory(list)
    done: list[Done] = attrs.Factory(list)
    deliveries: dict[str, tuple[int, int]] = attrs.Factory(dict)
    links: list[LinkRow] = attrs.Factory(list)
    snapshots: dict[int, tuple[int, SnapshotBytes]] = attrs.Factory(dict)
    due: int | None = None

    @property
    def version(self) -> int:
        """Number of the last consumed input."""
        return len(self.done)

    def payload(self, link: LinkRow) -> bytes | None:
        """Return what a link hashes, as it is now."""
        if link.content is not None:
            return link.content.encode()
        if link.what == "input":
            return self.lines[link.seq - 1].payload()
        return self.snapshots[link.position][1].payload() if link.position in self.snapshots else None

    def keep(self, salts: Salts, seq: int, snapshot: SnapshotBytes) -> None:
        """Store a snapshot, and drop what is older than the newest two of its version."""
        link = self.chain.add(salts, "snapshot", seq, snapshot.payload())
        self.links.append(link)
        self.snapshots[link.position] = seq, snapshot
        version = snapshot.ruleset, snapshot.policy
        for position in [p for p, (_, s) in self.snapshots.items() if (s.ruleset, s.policy) == version][:-2]:
            del self.snapshots[position]
            self._empty(position)

    def rewrite(self, salts: Salts, erasure: Erasure) -> Rewriting:
        """Put the token where the pseudonym is, and return what that changed."""
        now = Rewriting()
        before = [self.payload(link) for link in self.links]
        self.lines = [line.without(erasure) for line in self.lines]
        self.done = [d.without(erasure) for d in self.done]
        self.snapshots = {p: (seq, s.without(erasure)) for p, (seq, s) in self.snapshots.items()}
        self.deliveries = {erased(key, erasure): first for key, first in self.deliveries.items()}
        self.links = [link.without(erasure) for link in self.links]
        for link, payload in zip(list(self.links), before, strict=True):
            after = self.payload(link)
            if after is not None and after != payload:
                now.payload(salts, link.position, after)
                self._empty(link.position)
        return now

    def _empty(self, position: int) -> None:
        self.links[position - 1] = attrs.evolve(self.links[position - 1], salt="")
