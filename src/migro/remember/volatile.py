"""A memory that forgets everything when the program ends: for tests, demos and dry runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Literal, Self, overload

import attrs

from ..errors import Conflict
from ..models.action import Action
from ..models.decision import Decision
from ..models.inputs import Input, SignalReceived
from ..models.issue import Issue
from ..models.steps import Accepted, JournalEntry, StepRecord
from .forms import (
    ACTION_RANK,
    Draft,
    decided_before,
    disposition_from,
    disposition_text,
    input_from,
    not_accepted,
)

__all__ = ["VolatileMemory"]

_MODELS: dict[str, type[Issue] | type[Decision] | type[Action]] = {
    "issues": Issue,
    "decisions": Decision,
    "actions": Action,
}


@attrs.frozen
class _Row:
    place: tuple[str, int, int]
    text: str
    rank: int = 0


@attrs.frozen
class _Line:
    text: str
    signal: str | None


@attrs.define
class _Partition:
    lines: list[_Line] = attrs.Factory(list)
    dispositions: list[str | None] = attrs.Factory(list)
    deliveries: dict[str, tuple[int, int]] = attrs.Factory(dict)

    @property
    def version(self) -> int:
        return len(self.dispositions)


class VolatileMemory:
    """
    The contract of `migro.ports.Memory` inside one process.

    Records are kept as JSON text, so nothing that was handed in or out shares state with what is stored.
    Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._partitions: dict[str, _Partition] = {}
        self._rows: dict[str, dict[str, _Row]] = {what: {} for what in _MODELS}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Do nothing: there is nothing to give back."""

    def accept(self, partition: str, inputs: Sequence[Input]) -> tuple[Accepted, ...]:
        """Store inputs in order; see `migro.ports.Memory.accept`."""
        drafts = [Draft.of(i) for i in inputs]
        with self._lock:
            return self._append(partition, drafts)

    def _append(self, partition: str, drafts: Sequence[Draft]) -> tuple[Accepted, ...]:
        held = self._partitions.setdefault(partition, _Partition())
        taken: list[Accepted] = []
        for draft in drafts:
            first = held.deliveries.get(draft.key) if draft.key is not None else None
            stored: Draft | None = draft
            if first is not None and draft.repeats(first[1]):
                stored = draft.as_duplicate(first[0])
            elif draft.key is not None:
                held.deliveries[draft.key] = (len(held.lines) + 1, draft.at)
            if stored is None:
                continue
            signal = stored.input.signal.id if isinstance(stored.input, SignalReceived) else None
            held.lines.append(_Line(stored.text, signal))
            taken.append(Accepted(seq=len(held.lines), input=stored.input))
        return tuple(taken)

    def commit(self, partition: str, expected: int, step: StepRecord) -> None:
        """Consume one input with all effects of its step; see `migro.ports.Memory.commit`."""
        disposition = disposition_text(step.disposition)
        emitted = [(to, Draft.of(given)) for to, given in step.emitted]
        # Everything that can fail comes before the first change: that makes the step all or nothing.
        places = iter(range(len(step.issues) + len(step.decisions) + len(step.actions)))
        issues = {i.id: _Row((partition, step.seq, next(places)), i.json_line()) for i in step.issues}
        decisions = [(d.id, _Row((partition, step.seq, next(places)), d.json_line())) for d in step.decisions]
        actions = [
            (a.idempotency_key, _Row((partition, step.seq, next(places)), a.json_line(), ACTION_RANK[a.status]))
            for a in step.actions
        ]
        with self._lock:
            held = self._partitions.get(partition) or _Partition()
            if held.version != expected:
                raise Conflict(partition, expected=expected, found=held.version)
            if step.seq != expected + 1:
                raise Conflict(partition, expected=step.seq - 1, found=expected)
            if step.seq > len(held.lines):
                raise not_accepted(partition, step.seq)
            known = self._rows["decisions"]
            fresh = dict(decisions)
            if len(fresh) < len(decisions) or not known.keys().isdisjoint(fresh):
                raise decided_before(partition, step.seq)
            held.dispositions.append(disposition)
            self._rows["issues"].update(issues)
            known.update(fresh)
            for key, row in actions:
                stored = self._rows["actions"].get(key)
                if stored is None or row.rank >= stored.rank:
                    self._rows["actions"][key] = row
            for to, draft in emitted:
                self._append(to, [draft])

    def load(self, partition: str, after: int = 0) -> Iterator[JournalEntry]:
        """Yield the partition's journal; see `migro.ports.Memory.load`."""
        return self._journal(None, partition, after)

    @overload
    def read(
        self, what: Literal["journal"], *, id: str | None = None, partition: str | None = None
    ) -> Iterator[JournalEntry]: ...
    @overload
    def read(
        self, what: Literal["issues"], *, id: str | None = None, partition: str | None = None
    ) -> Iterator[Issue]: ...
    @overload
    def read(
        self, what: Literal["decisions"], *, id: str | None = None, partition: str | None = None
    ) -> Iterator[Decision]: ...
    @overload
    def read(
        self, what: Literal["actions"], *, id: str | None = None, partition: str | None = None
    ) -> Iterator[Action]: ...
    def read(
        self,
        what: Literal["journal", "issues", "decisions", "actions"],
        *,
        id: str | None = None,
        partition: str | None = None,
    ) -> Iterator[Any]:
        """Yield stored records; see `migro.ports.Memory.read`."""
        if what == "journal":
            return self._journal(id, partition)
        return self._records(what, id, partition)

    def _journal(self, id: str | None, partition: str | None, after: int = 0) -> Iterator[JournalEntry]:
        with self._lock:
            names = sorted(self._partitions) if partition is None else [partition]
            copies = [(n, list(p.lines), list(p.dispositions)) for n in names if (p := self._partitions.get(n))]
        for name, lines, dispositions in copies:
            for seq, line in enumerate(lines, 1):
                if seq > after and (id is None or line.signal == id):
                    done = seq <= len(dispositions)
                    yield JournalEntry(
                        partition=name,
                        seq=seq,
                        input=input_from(line.text, f"journal {name!r} {seq}"),
                        done=done,
                        disposition=disposition_from(dispositions[seq - 1]) if done else None,
                    )

    def _records(self, what: str, id: str | None, partition: str | None) -> Iterator[Any]:
        model = _MODELS[what]
        with self._lock:
            held = self._rows[what]
            rows = list(held.values()) if id is None else [held[id]] if id in held else []
        for row in sorted(rows, key=lambda r: r.place):
            name, seq, _ = row.place
            if partition is None or name == partition:
                yield model.from_json(row.text, where=f"{what} {name!r} {seq}")
