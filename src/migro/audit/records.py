"""The texts of issues, decisions and actions: what a step named is stored, what is stored was named, and is served."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from ..models import Action, ActionStatus, Decision, Issue, IssueStatus, StoredRecord
from ..ports import Memory
from .contents import KINDS, ErasureContent, RecordKind, StepContent
from .findings import Found
from .reading import served

__all__ = ["Records"]

_OPEN_ACTIONS = (ActionStatus.WAITING, ActionStatus.PLANNED, ActionStatus.STARTED)


@attrs.define
class _Named:
    """A record as the steps say that it is stored."""

    position: int
    place: tuple[int, int]
    digest: str
    rank: int


class Records:
    """
    What the steps of one partition wrote, gathered from their links, and whether that is what is stored and served.

    Args:
        found: Takes what does not hold.
    """

    def __init__(self, found: Found) -> None:
        self._found = found
        self._named: dict[RecordKind, dict[str, _Named]] = {kind: {} for kind in KINDS}

    def wrote(self, position: int, seq: int, content: StepContent) -> None:
        """Take in what a step wrote."""
        for kind, entries in content.records.items():
            named = self._named[kind]
            for index, (id, digest, rank) in enumerate(entries):
                before = named.get(id)
                if before is not None and kind == "decisions":
                    self._bad(kind, id, before, "a decision that is made once", f"the same id at input {seq} as well")
                # An action that has come further is not moved back.
                if before is None or rank >= before.rank:
                    named[id] = _Named(position, (seq, index), digest, rank)

    def rewrote(self, position: int, content: ErasureContent) -> None:
        """Take in which texts an erasure changed."""
        for kind, id, digest in content.records:
            known = next((self._named[k].get(id) for k in KINDS if k == kind), None)
            if known is None:
                self._found.add(
                    "record", kind, position=position, id=id, expected="records that a step wrote", got="another one"
                )
            else:
                known.digest, known.position = digest, position

    def knows(self, kind: RecordKind, id: str) -> bool:
        """Whether a step wrote such a record."""
        return id in self._named[kind]

    def check_stored(self, stored: Iterable[StoredRecord]) -> None:
        """Compare the texts that are stored with the links."""
        seen: set[tuple[str, str]] = set()
        for record in stored:
            known = next((self._named[k].get(record.id) for k in KINDS if k == record.what), None)
            if known is None:
                self._found.add(
                    "record", record.what, id=record.id, expected="records that a step wrote", got="one that none wrote"
                )
            elif (record.what, record.id) in seen:
                self._bad(record.what, record.id, known, "one record with this id", "two")
            elif hashlib.sha256(record.text).hexdigest() != known.digest:
                self._bad(record.what, record.id, known, "the text that its link names", "another text")
            seen.add((record.what, record.id))
        for kind in KINDS:
            for id, known in self._named[kind].items():
                if (kind, id) not in seen:
                    self._bad(kind, id, known, "a stored record", "nothing")

    def check_served(self, memory: Memory) -> None:
        """Compare what a reader gets with what the steps wrote, in which order, and what is not over."""
        for kind in KINDS:
            named = self._named[kind]
            expected = sorted(named, key=lambda id, named=named: named[id].place)  # type: ignore[misc]
            records, unreadable = served(memory, self._found, kind, expected)
            for record in records:
                self._check_references(kind, record)
            ids = [_id(r) for r in records]
            self._check_order(kind, [id for id in expected if id not in unreadable], ids)
            waiting = [id for id, r in zip(ids, records, strict=True) if _pending(r)]
            self._check_pending(memory, kind, waiting)

    def _check_references(self, kind: RecordKind, record: Issue | Decision | Action) -> None:
        if kind == "shadow" or isinstance(record, Issue):
            return
        id = _id(record)
        if record.partition != self._found.partition:
            self._conserved(kind, id, f"partition {self._found.partition}", record.partition)
        issue = record.issue.id if isinstance(record, Decision) else record.issue
        if not self.knows("issues", issue):
            self._conserved(kind, id, "an issue that is stored", f"issue {issue}")
        if isinstance(record, Action) and not self.knows("decisions", record.decision):
            self._conserved(kind, id, "a decision that is stored", f"decision {record.decision}")

    def _check_order(self, kind: RecordKind, expected: Sequence[str], ids: Sequence[str]) -> None:
        named = self._named[kind]
        present = set(ids)
        for id in expected:
            if id not in present:
                self._bad(kind, id, named[id], "a record that is served", "nothing", "served")
        known = [id for id in ids if id in named]
        for id in (id for id in ids if id not in named):
            self._found.add("served", kind, id=id, expected="records that a step wrote", got="one that none wrote")
        left = [id for id in expected if id in present]
        if known == left:
            return
        behind = dict(zip(left, ["the first place", *(f"a place behind {id}" for id in left)], strict=False))
        for index in _displaced([named[id].place for id in known]):
            got = f"a place behind {known[index - 1]}" if index else "the first place"
            self._bad(kind, known[index], named[known[index]], behind[known[index]], got, "served")

    def _check_pending(self, memory: Memory, kind: RecordKind, waiting: Sequence[str]) -> None:
        try:
            told = [_id(r) for r in memory.read(kind, partition=self._found.partition, pending=True)]
        except Exception:  # already a finding, of the records that cannot be read
            return
        for id in set(told) ^ set(waiting):
            known = self._named[kind].get(id)
            over, open_ = "a record that is over", "a record that is not over"
            self._found.add(
                "served",
                kind,
                position=known.position if known else None,
                seq=known.place[0] if known else None,
                id=id,
                expected=open_ if id in waiting else over,
                got=over if id in waiting else open_,
            )

    def _conserved(self, kind: RecordKind, id: str, expected: str, got: str) -> None:
        known = self._named[kind].get(id)
        self._found.add(
            "conservation",
            kind,
            position=known.position if known else None,
            seq=known.place[0] if known else None,
            id=id,
            expected=expected,
            got=got,
        )

    def _bad(self, kind: str, id: str, known: _Named, expected: str, got: str, check: Any = "record") -> None:
        self._found.add(check, kind, position=known.position, seq=known.place[0], id=id, expected=expected, got=got)


def _id(record: Issue | Decision | Action) -> str:
    return record.idempotency_key if isinstance(record, Action) else record.id


def _pending(record: Issue | Decision | Action) -> bool:
    match record:
        case Issue():
            return record.status is not IssueStatus.RESOLVED
        case Action():
            return record.status in _OPEN_ACTIONS
        case _:
            return True  # a decision has no such state, and a reader gets all of them


def _displaced(places: Sequence[tuple[int, int]]) -> list[int]:
    """Return the indexes outside a longest rising run: the fewest whose removal leaves an order."""
    ends: list[tuple[int, int]] = []
    at: list[int] = []
    before: list[int | None] = []
    for index, place in enumerate(places):
        length = bisect_left(ends, place)
        before.append(at[length - 1] if length else None)
        ends[length : length + 1] = [place]
        at[length : length + 1] = [index]
    kept: set[int] = set()
    last = at[-1] if at else None
    while last is not None:
        kept.add(last)
        last = before[last]
    return [index for index in range(len(places)) if index not in kept]
