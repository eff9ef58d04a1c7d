"""A memory that forgets everything when the program ends: for tests, demos and dry runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Literal, Self, overload

import attrs

from ..models.action import Action
from ..models.canonical import from_microseconds
from ..models.chain import Link, StoredRecord
from ..models.decision import Decision
from ..models.inputs import Input
from ..models.issue import Issue
from ..models.steps import Accepted, Erasure, JournalEntry, Partition, Snapshot, StepRecord
from ..processes import is_dead
from .chaining import Chain, Rewriting, Salts
from .forms import MODELS, Draft, check_kind, check_turn, decided_before, entry_from
from .partitions import Done, HeldPartition
from .texts import RecordText, StepTexts, unpacked

__all__ = ["VolatileMemory"]

_ORDER = tuple(MODELS)


@attrs.frozen
class _Row:
    place: tuple[str, int, int]
    record: RecordText


class VolatileMemory:
    """
    The contract of `migro.ports.Memory` inside one process.

    Records are kept as JSON text, so nothing that was handed in or out shares state with what is stored.
    Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._partitions: dict[str, HeldPartition] = {}
        self._rows: dict[str, dict[str, _Row]] = {what: {} for what in MODELS}
        self._leases: dict[str, tuple[str, float]] = {}

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
        salts = Salts(len(drafts))
        with self._lock:
            return self._append(partition, drafts, salts)

    def _append(self, partition: str, drafts: Sequence[Draft], salts: Salts) -> tuple[Accepted, ...]:
        if not drafts:
            return ()
        held = self._held(partition)
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
            row = stored.stored
            held.lines.append(row)
            seq = len(held.lines)
            held.links.append(held.chain.add(salts, "input", seq, row.payload()))
            taken.append(Accepted(seq=seq, input=stored.input))
        return tuple(taken)

    def _held(self, partition: str) -> HeldPartition:
        if partition not in self._partitions:
            self._partitions[partition] = HeldPartition(Chain(partition))
        return self._partitions[partition]

    def commit(self, partition: str, expected: int, steps: Sequence[StepRecord]) -> None:
        """Consume the next inputs with all effects of their steps; see `migro.ports.Memory.commit`."""
        texts = [StepTexts.of(partition, s) for s in steps]
        salts = Salts(sum(1 + len(t.emitted) + len(t.snapshots) for t in texts))
        with self._lock:
            # Everything that can fail comes before the first change: that makes the steps all or nothing.
            self._check(partition, expected, texts)
            for step in texts:
                self._consume(partition, step, salts)

    def _check(self, partition: str, expected: int, steps: Sequence[StepTexts]) -> None:
        held = self._partitions.get(partition) or HeldPartition(Chain(partition))
        check_turn(partition, steps, expected=expected, version=held.version, accepted=len(held.lines))
        fresh: set[str] = set()
        for step in steps:
            for decision in step.decisions:
                if decision.id in fresh or decision.id in self._rows["decisions"]:
                    raise decided_before(partition, step.seq)
                fresh.add(decision.id)

    def _consume(self, partition: str, step: StepTexts, salts: Salts) -> None:
        held = self._held(partition)
        held.done.append(Done(step.disposition, step.timers))
        held.due = step.due
        for what, records in step.records():
            rows = self._rows[what]
            for n, record in enumerate(records):
                stored = rows.get(record.id)
                if stored is None or record.rank >= stored.record.rank:
                    rows[record.id] = _Row((partition, step.seq, n), record)
        emitted = [(to, next((a.seq for a in self._append(to, [draft], salts)), None)) for to, draft in step.emitted]
        held.links.append(held.chain.add_content(salts, "step", step.seq, step.content(emitted)))
        for snapshot in step.snapshots:
            held.keep(salts, step.seq, snapshot)
        if step.erasure is not None:
            now = held.rewrite(salts, step.erasure)
            for what in MODELS:
                self._rewrite_records(what, partition, step.erasure, now)
            held.links.append(held.chain.add_content(salts, "erasure", step.seq, now.content(step.erasure.token)))

    def _rewrite_records(self, what: str, partition: str, erasure: Erasure, now: Rewriting) -> None:
        rows = self._rows[what]
        for id, row in sorted(rows.items(), key=lambda item: item[1].place):
            after = row.record.without(erasure)
            if row.place[0] == partition and after != row.record:
                del rows[id]
                rows[after.id] = attrs.evolve(row, record=after)
                now.record(what, after)

    def partitions(self) -> Iterator[str]:
        """Yield the names of all partitions; see `migro.ports.Ledger.partitions`."""
        with self._lock:
            names = sorted(self._partitions)
        yield from names

    def links(self, partition: str) -> Iterator[Link]:
        """Yield the partition's chain; see `migro.ports.Ledger.links`."""
        with self._lock:
            found = [(r, p.payload(r)) for _, p in self._chosen(partition) for r in p.links]
        for row, payload in found:
            yield row.link(payload)

    def stored(self, partition: str) -> Iterator[StoredRecord]:
        """Yield the partition's records; see `migro.ports.Ledger.stored`."""
        with self._lock:
            found = [(what, r) for what, rows in self._rows.items() for r in rows.values() if r.place[0] == partition]
        for what, row in sorted(found, key=lambda f: (_ORDER.index(f[0]), f[1].place)):
            yield StoredRecord(partition=partition, what=what, id=row.record.id, text=row.record.text.encode())

    def acquire(self, name: str, holder: str, seconds: int) -> bool:
        """Take or renew a lease, by a clock that nobody sets; see `migro.ports.Leases.acquire`."""
        now = time.monotonic()
        with self._lock:
            held = self._leases.get(name)
            if held is not None and held[0] != holder and held[1] > now and not is_dead(held[0]):
                return False
            self._leases[name] = holder, now + seconds
            return True

    def release(self, name: str, holder: str) -> None:
        """Give a lease back; see `migro.ports.Leases.release`."""
        with self._lock:
            if name in self._leases and self._leases[name][0] == holder:
                del self._leases[name]

    def load(self, partition: str, after: int = 0) -> Iterator[JournalEntry]:
        """Yield the partition's journal; see `migro.ports.Memory.load`."""
        return self._journal(None, partition, False, after)

    @overload
    def read(
        self, what: Literal["journal"], *, id: str | None = None, partition: str | None = None, pending: bool = False
    ) -> Iterator[JournalEntry]: ...
    @overload
    def read(
        self, what: Literal["issues"], *, id: str | None = None, partition: str | None = None, pending: bool = False
    ) -> Iterator[Issue]: ...
    @overload
    def read(
        self,
        what: Literal["decisions", "shadow"],
        *,
        id: str | None = None,
        partition: str | None = None,
        pending: bool = False,
    ) -> Iterator[Decision]: ...
    @overload
    def read(
        self, what: Literal["actions"], *, id: str | None = None, partition: str | None = None, pending: bool = False
    ) -> Iterator[Action]: ...
    @overload
    def read(
        self, what: Literal["partitions"], *, id: str | None = None, partition: str | None = None, pending: bool = False
    ) -> Iterator[Partition]: ...
    @overload
    def read(
        self, what: Literal["snapshots"], *, id: str | None = None, partition: str | None = None, pending: bool = False
    ) -> Iterator[Snapshot]: ...
    def read(
        self,
        what: Literal["journal", "issues", "decisions", "actions", "partitions", "snapshots", "shadow"],
        *,
        id: str | None = None,
        partition: str | None = None,
        pending: bool = False,
    ) -> Iterator[Any]:
        """Yield stored records; see `migro.ports.Memory.read`."""
        check_kind(what)
        match what:
            case "journal":
                return self._journal(id, partition, pending)
            case "partitions":
                return self._partitions_now(id, partition, pending)
            case "snapshots":
                return self._snapshots(id, partition)
            case _:
                return self._records(what, id, partition, pending)

    def _journal(self, id: str | None, partition: str | None, pending: bool, after: int = 0) -> Iterator[JournalEntry]:
        with self._lock:
            copies = [(n, list(p.lines), list(p.done)) for n, p in self._chosen(partition)]
        for name, lines, done in copies:
            for seq, line in enumerate(lines, 1):
                if seq <= after or (pending and seq <= len(done)) or not (id is None or line.signal == id):
                    continue
                step = done[seq - 1] if seq <= len(done) else Done(None, "[]")
                yield entry_from(
                    name,
                    seq,
                    line.text,
                    done=seq <= len(done),
                    disposition=step.disposition,
                    timers=step.timers,
                )

    def _chosen(self, partition: str | None) -> list[tuple[str, HeldPartition]]:
        names = sorted(self._partitions) if partition is None else [partition]
        return [(n, self._partitions[n]) for n in names if n in self._partitions]

    def _records(self, what: str, id: str | None, partition: str | None, pending: bool) -> Iterator[Any]:
        model = MODELS[what]
        with self._lock:
            held = self._rows[what]
            rows = list(held.values()) if id is None else [held[id]] if id in held else []
        for row in sorted(rows, key=lambda r: r.place):
            name, seq, _ = row.place
            if partition in (None, name) and (row.record.pending or not pending):
                yield model.from_json(row.record.text, where=f"{what} {name!r} {seq}")

    def _partitions_now(self, id: str | None, partition: str | None, pending: bool) -> Iterator[Partition]:
        with self._lock:
            now = [
                Partition(
                    name=name,
                    version=p.version,
                    accepted=len(p.lines),
                    due=None if p.due is None else from_microseconds(p.due),
                    links=p.chain.position,
                    head=p.chain.head,
                )
                for name, p in self._chosen(partition)
            ]
        for each in now:
            if id in (None, each.name) and (not pending or each.accepted > each.version or each.due is not None):
                yield each

    def _snapshots(self, id: str | None, partition: str | None) -> Iterator[Snapshot]:
        with self._lock:
            kept = [(n, seq, s) for n, p in self._chosen(partition) for seq, s in p.snapshots.values()]
        for name, seq, s in kept:
            if id in (None, s.ruleset):
                yield Snapshot(partition=name, seq=seq, ruleset=s.ruleset, policy=s.policy, data=unpacked(s.data))
