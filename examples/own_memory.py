"""
A memory of one's own: everything in one JSON file, which every transaction replaces as a whole.

The port has four methods: accept, load, commit and read. This memory suits a few thousand signals and one process;
it is here to show the contract, and `migro.testing.MemoryContract` checks it in the project's tests.

Install with ``pip install .`` in the repository, run with ``python examples/own_memory.py``.

Expect::

    first process: auto, opened at 0.52 by checkout.5xx-burst
    second process knows 3 signals, 1 decision and 1 simulated action
    the third signal again: dropped, duplicate: redelivery of number 4
"""

from __future__ import annotations

import copy
import json
import os
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs

from migro import (
    Agent,
    Attr,
    IssueKind,
    MerchantId,
    Response,
    Risk,
    Rule,
    Signal,
    minutes,
    on,
    supports,
)
from migro.errors import StoreUnavailable
from migro.models import (
    Accepted,
    Erasure,
    Input,
    JournalEntry,
    Partition,
    SignalReceived,
    Snapshot,
    StepRecord,
    from_microseconds,
)
from migro.remember import MODELS, Draft, RecordText, StepTexts, check_turn, decided_before, entry_from

EMPTY: dict[str, Any] = {"partitions": {}, **{what: {} for what in MODELS}}


class JsonFileMemory:
    """
    The contract of `migro.ports.Memory` in one JSON file.

    A transaction changes a copy, writes it to a second file and puts that in the place of the first: whatever stops
    it, the old content stands. Readers go on with the content they began with. One process writes; its threads take
    turns. How inputs and steps are written down is `migro.remember`'s: a memory decides where the texts go.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._data: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else EMPTY

    # --- the port -----------------------------------------------------------------------------------------------

    def accept(self, partition: str, inputs: Sequence[Input]) -> tuple[Accepted, ...]:
        with self._changing() as draft:
            return _append(draft, partition, inputs)

    def load(self, partition: str, after: int = 0) -> Iterator[JournalEntry]:
        return (e for e in self.read("journal", partition=partition) if e.seq > after)

    def commit(self, partition: str, expected: int, steps: Sequence[StepRecord]) -> None:
        with self._changing() as draft:
            # A stranger to this memory is at version 0; nothing is made for it before it has its turn.
            held = draft["partitions"].get(partition, _new())
            check_turn(partition, steps, expected=expected, version=held["version"], accepted=len(held["lines"]))
            for step in steps:
                _consume(draft, held, StepTexts.of(partition, step), partition)
                for to, given in step.emitted:
                    _append(draft, to, [given])
                if step.erasure is not None:
                    _erase(draft, partition, step.erasure)
                    held = draft["partitions"][partition]

    def read(
        self, what: str, *, id: str | None = None, partition: str | None = None, pending: bool = False
    ) -> Iterator[Any]:
        data = self._data  # a transaction puts another object here and leaves this one as it is
        names = [n for n in sorted(data["partitions"]) if partition in (None, n)]
        match what:
            case "journal":
                return (e for n in names for e in _journal(n, data["partitions"][n], id, pending))
            case "partitions":
                found = (_partition(n, data["partitions"][n]) for n in names if id in (None, n))
                return (p for p in found if not pending or p.accepted > p.version or p.due is not None)
            case "snapshots":
                return (s for n in names for s in _snapshots(n, data["partitions"][n]) if id in (None, s.ruleset))
            case _:
                return _records(data, what, id, partition, pending)

    # --- the file -----------------------------------------------------------------------------------------------

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Any]]:
        with self._lock:
            draft = copy.deepcopy(self._data)
            yield draft
            beside = self._path.with_name(f"{self._path.name}.new")
            try:
                with beside.open("w", encoding="utf-8") as file:
                    json.dump(draft, file)
                    file.flush()
                    os.fsync(file.fileno())
                beside.replace(self._path)
            except OSError as e:
                raise StoreUnavailable(f"expected a file that can be written: {e.strerror} - at {self._path}") from e
            self._data = draft


def _new() -> dict[str, Any]:
    return {"version": 0, "due": None, "lines": [], "first": {}, "snapshots": []}


def _append(draft: dict[str, Any], partition: str, inputs: Sequence[Input]) -> tuple[Accepted, ...]:
    if not inputs:
        return ()
    held = draft["partitions"].setdefault(partition, _new())
    taken: list[Accepted] = []
    for item in inputs:
        # Only the memory knows what came before, so it alone says what is a second delivery.
        given: Draft | None = Draft.of(item)
        assert given is not None
        known = held["first"].get(given.key)
        if known is not None and given.repeats(known[1]):
            given = given.as_duplicate(known[0])
        elif given.key is not None:
            held["first"][given.key] = [len(held["lines"]) + 1, given.at]
        if given is not None:
            held["lines"].append([given.text, None, None])
            taken.append(Accepted(seq=len(held["lines"]), input=given.input))
    return tuple(taken)


def _consume(draft: dict[str, Any], held: dict[str, Any], step: StepTexts, partition: str) -> None:
    held["version"], held["due"] = step.seq, step.due
    held["lines"][step.seq - 1][1:] = step.disposition, step.timers
    for what in MODELS:
        for record in getattr(step, what):
            stored = draft[what].get(record.id)
            if stored is not None and what == "decisions":
                raise decided_before(partition, step.seq)
            if stored is None or record.rank >= stored["rank"]:
                # What changes moves to the end: records are read in the order of their steps.
                draft[what].pop(record.id, None)
                draft[what][record.id] = {"partition": partition, "seq": step.seq, **attrs.asdict(record)}
    for s in step.snapshots:
        rows = held["snapshots"]
        rows.append([step.seq, s.ruleset, s.policy, s.plain().decode()])
        for old in [row for row in rows if row[1:3] == [s.ruleset, s.policy]][:-2]:
            rows.remove(old)


def _erase(draft: dict[str, Any], partition: str, erasure: Erasure) -> None:
    # Both are plain words, so the JSON of everything that is kept for the partition stays JSON.
    def without(value: Any) -> Any:
        return json.loads(json.dumps(value).replace(erasure.pseudonym, erasure.token))

    draft["partitions"][partition] = without(draft["partitions"][partition])
    for what in MODELS:
        rows = draft[what].items()
        draft[what] = dict(without([k, row]) if row["partition"] == partition else (k, row) for k, row in rows)


def _journal(name: str, held: dict[str, Any], id: str | None, pending: bool) -> Iterator[JournalEntry]:
    for seq, (body, disposition, timers) in enumerate(held["lines"], 1):
        entry = entry_from(name, seq, body, done=seq <= held["version"], disposition=disposition, timers=timers)
        about = entry.input.signal.id if isinstance(entry.input, SignalReceived) else None
        if id in (None, about) and not (pending and entry.done):
            yield entry


def _partition(name: str, held: dict[str, Any]) -> Partition:
    due = None if held["due"] is None else from_microseconds(held["due"])
    return Partition(name=name, version=held["version"], accepted=len(held["lines"]), due=due)


def _snapshots(name: str, held: dict[str, Any]) -> Iterator[Snapshot]:
    for seq, ruleset, policy, data in held["snapshots"]:
        yield Snapshot(partition=name, seq=seq, ruleset=ruleset, policy=policy, data=data.encode())


def _records(data: dict[str, Any], what: str, id: str | None, partition: str | None, pending: bool) -> Iterator[Any]:
    for key, row in sorted(data[what].items(), key=lambda item: (item[1]["partition"], item[1]["seq"])):
        stored = RecordText(row["id"], row["text"], row["status"], row["rank"])
        if id in (None, key) and partition in (None, row["partition"]) and (stored.pending or not pending):
            yield MODELS[what].from_json(stored.text)


# --- an agent that remembers with it ----------------------------------------------------------------------------------


class Checkout(Signal, kind="checkout.response"):
    code: Attr[int]


down = IssueKind[MerchantId]("checkout_down", category="checkout", responses=(Response("notify", Risk.R0, "on_call"),))
failing = on(Checkout, Checkout.code >= 500, per=Checkout.merchant).at_least(3, within=minutes(5))
burst = Rule("checkout.5xx-burst", when=failing, then=supports(down, 105, family="http"))


def failure(minute: int) -> Checkout:
    at = datetime(2026, 3, 1, 9, minute, tzinfo=UTC)
    return Checkout(merchant=MerchantId("m_42"), occurred_at=at, code=502)


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "memory.json"
        first = Agent(rules=[burst], memory=JsonFileMemory(path))
        for decision in first.run(failure(minute) for minute in range(3)):
            print(f"first process: {decision.outcome}, {decision.because}")

        memory = JsonFileMemory(path)
        signals = [e for e in memory.read("journal") if isinstance(e.input, SignalReceived)]
        decisions, (action,) = list(memory.read("decisions")), memory.read("actions")
        print(
            f"second process knows {len(signals)} signals, {len(decisions)} decision and 1 {action.status.value} action"
        )
        again = Agent(rules=[burst], memory=memory).process(failure(2))
        if again.disposition is not None:
            print(f"the third signal again: {again.disposition.name}, {again.disposition.reason}")


if __name__ == "__main__":
    main()
