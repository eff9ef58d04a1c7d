"""The snapshots of one partition: those that steps announced, those that are kept, those that a reader gets."""

from __future__ import annotations

from collections import Counter

from ..models import Link
from ..ports import Memory
from .contents import StepContent, snapshot_version
from .findings import Found

__all__ = ["Snapshots"]

_KEPT = 2
"""How many are kept of each version of rules and policy; see `migro.ports.Memory.commit`."""


class Snapshots:
    """Follows the snapshots of one partition along its links."""

    def __init__(self, found: Found) -> None:
        self._found = found
        self._announced: list[tuple[Link, tuple[str, str]]] = []
        self._links: list[Link] = []
        self._erased_at = 0

    def announced(self, link: Link, content: StepContent) -> None:
        """Take in which snapshots a step says it made."""
        self._announced += ((link, version) for version in content.snapshots)

    def stored(self, link: Link) -> None:
        """Take in the link of a snapshot."""
        self._links.append(link)

    def erased(self, position: int) -> None:
        """Take in an erasure: snapshots before it may have been dropped."""
        self._erased_at = position

    def check(self, memory: Memory) -> None:
        """Compare what was announced with what is stored and with what a reader gets."""
        kept: list[tuple[int, str, str]] = []
        newest: dict[tuple[str, str], list[Link]] = {}
        if [step.seq for step, _ in self._announced] != [link.seq for link in self._links]:
            self._found.add(
                "chain",
                "snapshots",
                expected=f"a link for each of {len(self._announced)} snapshots that steps made, after the same inputs",
                got=f"{len(self._links)} links, or others",
            )
        for link, (_, version) in zip(self._links, self._announced, strict=False):
            newest.setdefault(version, []).append(link)
            if link.payload is None:
                continue
            found = self._version(link)
            if found != version:
                self._bad(link, f"rules and policy {version}", f"{found}")
            kept.append((link.seq, *version))
        for links in newest.values():
            for link in links[-_KEPT:]:
                if link.payload is None and link.position > self._erased_at:
                    self._bad(link, f"one of the newest {_KEPT} snapshots of its version", "none")
        self._check_served(memory, kept)

    def _check_served(self, memory: Memory, kept: list[tuple[int, str, str]]) -> None:
        served: list[tuple[int, str, str]] = []
        try:
            for one in memory.read("snapshots", partition=self._found.partition):
                served += [(one.seq, one.ruleset, one.policy)]  # as far as it can be read
        except Exception as e:  # bytes that were changed can raise anything
            seq = kept[len(served)][0] if len(served) < len(kept) else None
            got = f"{type(e).__name__}: {e}"
            self._found.add("served", "snapshots", seq=seq, expected="a snapshot that can be read", got=got)
            return
        right, given = Counter(kept), Counter(served)
        # One that no link speaks of may stand beside the right one, and be read in its place.
        for place in sorted(p for p in right | given if right[p] != given[p]):
            seq, ruleset, policy = place
            self._found.add(
                "served",
                "snapshots",
                seq=seq,
                id=ruleset,
                expected=f"{right[place] or 'none'} after input {seq}, rules {ruleset}, policy {policy}",
                got=given[place] or "none",
            )
        if sorted(kept) == sorted(served) and kept != served:
            self._found.add("served", "snapshots", expected=f"the order {kept}", got=f"{served}")

    def _version(self, link: Link) -> tuple[str, str] | None:
        assert link.payload is not None
        try:
            return snapshot_version(link.payload)
        except ValueError:
            return None

    def _bad(self, link: Link, expected: str, got: str) -> None:
        self._found.add("payload", "snapshots", position=link.position, seq=link.seq, expected=expected, got=got)
