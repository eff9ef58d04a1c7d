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
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, overload

from migro import (
    Action,
    Agent,
    Attr,
    Decision,
    Issue,
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
from migro.errors import Conflict, NotFound, StoreError, StoreUnavailable
from migro.models import (
    Accepted,
    ActionStatus,
    Disposition,
    Input,
    JournalEntry,
    SignalReceived,
    StepRecord,
    read_input,
)

KNOWN_FOR = timedelta(days=7)

# How far an action has come. One that is stored never goes back.
STAGES: list[set[ActionStatus]] = [
    {ActionStatus.FORBIDDEN, ActionStatus.RECORDED, ActionStatus.ESCALATED},
    {ActionStatus.WAITING},
    {ActionStatus.PLANNED},
    {ActionStatus.REJECTED, ActionStatus.EXPIRED},
    {ActionStatus.STARTED},
    {ActionStatus.SIMULATED, ActionStatus.SUCCEEDED, ActionStatus.FAILED},
]
MODELS: dict[str, type[Issue] | type[Decision] | type[Action]] = {
    "issues": Issue,
    "decisions": Decision,
    "actions": Action,
}
EMPTY: dict[str, Any] = {"journal": {}, "first": {}, "issues": {}, "decisions": {}, "actions": {}}


def stage(status: ActionStatus) -> int:
    return next(n for n, statuses in enumerate(STAGES) if status in statuses)


class JsonFileMemory:
    """
    The contract of `migro.ports.Memory` in one JSON file.

    A transaction changes a copy, writes it to a second file and puts that in the place of the first: whatever stops
    it, the old content stands. Readers go on with the content they began with. One process writes; its threads take
    turns.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._data: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else EMPTY

    # --- the port -----------------------------------------------------------------------------------------------

    def accept(self, partition: str, inputs: Sequence[Input]) -> tuple[Accepted, ...]:
        with self._lock:
            draft = copy.deepcopy(self._data)
            taken = _append(draft, partition, inputs)
            self._replace(draft)
            return taken

    def load(self, partition: str, after: int = 0) -> Iterator[JournalEntry]:
        return (e for e in self.read("journal", partition=partition) if e.seq > after)

    def commit(self, partition: str, expected: int, step: StepRecord) -> None:
        with self._lock:
            draft = copy.deepcopy(self._data)
            lines = draft["journal"].get(partition, [])
            version = sum(line["done"] for line in lines)
            if version != expected or step.seq != expected + 1:
                raise Conflict(partition, expected=min(expected, step.seq - 1), found=version)
            if step.seq > len(lines):
                raise NotFound(f"expected an accepted input, found none - at {partition} {step.seq}")
            lines[version]["done"] = True
            lines[version]["disposition"] = step.disposition and [
                step.disposition.signal,
                step.disposition.name,
                step.disposition.reason,
                list(step.disposition.issues),
            ]
            for issue in step.issues:
                _put(draft["issues"], issue.id, partition, step.seq, issue)
            for decision in step.decisions:
                if decision.id in draft["decisions"]:
                    raise StoreError(f"expected a decision with a new id, got one that is stored - at {decision.id}")
                _put(draft["decisions"], decision.id, partition, step.seq, decision)
            for action in step.actions:
                stored = draft["actions"].get(action.idempotency_key)
                if stored is None or stage(action.status) >= stage(Action.from_json(stored["text"]).status):
                    _put(draft["actions"], action.idempotency_key, partition, step.seq, action)
            for to, given in step.emitted:
                _append(draft, to, [given])
            self._replace(draft)

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
        data = self._data  # a transaction puts another object here and leaves this one as it is
        return _journal(data["journal"], id, partition) if what == "journal" else _records(data, what, id, partition)

    # --- the file -----------------------------------------------------------------------------------------------

    def _replace(self, draft: dict[str, Any]) -> None:
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


def _append(draft: dict[str, Any], partition: str, inputs: Sequence[Input]) -> tuple[Accepted, ...]:
    lines = draft["journal"].setdefault(partition, [])
    first = draft["first"].setdefault(partition, {})
    taken: list[Accepted] = []
    for item in inputs:
        # Only the memory knows what came before, so it alone says what is a second delivery.
        signal = isinstance(item, SignalReceived)
        given = item.model_copy(update={"duplicate_of": None}) if signal else item
        key = given.delivery_key
        if key is not None and key in first and given.at - datetime.fromisoformat(first[key][1]) <= KNOWN_FOR:
            if not signal:
                continue
            given = given.model_copy(update={"duplicate_of": first[key][0]})
        elif key is not None:
            first[key] = [len(lines) + 1, given.at.isoformat()]
        lines.append({"text": given.json_line(), "done": False, "disposition": None})
        taken.append(Accepted(seq=len(lines), input=given))
    return tuple(taken)


def _put(records: dict[str, Any], id: str, partition: str, seq: int, record: Issue | Decision | Action) -> None:
    records.pop(id, None)  # a record that changes moves to the end: records are read in the order of their steps
    records[id] = {"partition": partition, "seq": seq, "text": record.json_line()}


def _journal(journal: dict[str, Any], id: str | None, partition: str | None) -> Iterator[JournalEntry]:
    for name in sorted(journal) if partition is None else [partition]:
        for seq, line in enumerate(journal.get(name, []), 1):
            given = read_input(json.loads(line["text"], parse_float=Decimal))
            if id is not None and not (isinstance(given, SignalReceived) and given.signal.id == id):
                continue
            disposition = None
            if line["disposition"] is not None:
                signal, word, reason, issues = line["disposition"]
                disposition = Disposition(signal=signal, name=word, reason=reason, issues=tuple(issues))
            yield JournalEntry(partition=name, seq=seq, input=given, done=line["done"], disposition=disposition)


def _records(data: dict[str, Any], what: str, id: str | None, partition: str | None) -> Iterator[Any]:
    for key, row in sorted(data[what].items(), key=lambda item: (item[1]["partition"], item[1]["seq"])):
        if id in (None, key) and partition in (None, row["partition"]):
            yield MODELS[what].from_json(row["text"])


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
