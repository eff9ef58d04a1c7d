"""Replay: the journal folded again by the one function that folds it live, and everything compared with the record."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, takewhile
from typing import Literal

import attrs

from ..agent.fold import Fold
from ..agent.snapshots import restore, snapshot
from ..agent.state import State
from ..agent.wording import raised_at
from ..errors import InputError, NotFound, UnsupportedFormat
from ..models import (
    Action,
    ConfigChanged,
    Decision,
    Disposition,
    Issue,
    JournalEntry,
    Snapshot,
    StepRecord,
    TimerFired,
    canonical_json,
    to_microseconds,
)
from ..ports import Memory
from .report import LISTED, Difference, ReplayReport, What, first_difference
from .stored import Erased, Kind, Stored
from .tally import Tally

__all__ = ["Since", "replay"]

Since = Literal["start", "snapshot"] | int

_AHEAD = 64
"""How many entries are read before they are folded; together they still fit into a small cache."""


def replay(memory: Memory, fold: Fold, *, partition: str | None = None, since: Since = "start") -> ReplayReport:
    """
    Fold the consumed journal again and compare what comes of it with what is stored.

    In every stretch of a journal that these rules and this policy decided, everything has to be equal byte for byte:
    decisions, dispositions, timers, snapshots, and at the end issues and actions. Nothing is written.

    Args:
        memory: Where the journal and the records are.
        fold: Rules and policy; the same code path as live.
        partition: One alone; all by default.
        since: From the ``start``, from the newest kept ``snapshot`` of these rules, or what comes after that number
            (folded from the newest kept snapshot before it, if there is one).

    Raises:
        NotFound: If there is no such partition.
    """
    names = [p.name for p in memory.read("partitions", id=partition)]
    if partition is not None and not names:
        raise NotFound(f"expected the name of a partition, found none: {partition!r}")
    tally = Tally((fold.ruleset.version, fold.policy.version))
    for name in names:
        tally.add(_replayed(memory, fold, name, since).tally)
    return tally.report()


def _replayed(memory: Memory, fold: Fold, partition: str, since: Since) -> _Again:
    raised: dict[int, str] = {}
    stored = Stored(memory, partition, (fold.ruleset.version, fold.policy.version))
    while True:
        again = _Again(memory, fold, partition, stored, raised)
        try:
            again.fold_from(since)
        except _RaisedError as e:
            # The state is spoilt: once more from the beginning, and skip what it stumbles over as the agent does.
            raised[e.seq] = e.place
        else:
            return again


class _RaisedError(Exception):
    def __init__(self, seq: int, place: str) -> None:
        super().__init__(place)
        self.seq = seq
        self.place = place


class _Again:
    """One partition, folded again."""

    def __init__(self, memory: Memory, fold: Fold, partition: str, stored: Stored, raised: dict[int, str]) -> None:
        self._memory = memory
        self._fold = fold
        self._partition = partition
        self._stored = stored
        self._raised = raised
        self._versions = (fold.ruleset.version, fold.policy.version)
        self._erased = Erased(memory, partition)
        self._decided: set[str] = set()
        self._issues: dict[str, Issue] = {}
        self._actions: dict[str, Action] = {}
        self._only_ours = True
        self._in_force: tuple[str, str] | None = None
        self._others: list[tuple[int, int | None]] = []
        self.tally = Tally(self._versions)

    def fold_from(self, since: Since) -> None:
        """Fold the journal from the start or from a kept snapshot, and compare."""
        kept = {s.seq: s for s in self._memory.read("snapshots", partition=self._partition) if self._is_ours(s)}
        state, first = self._begin(kept, since)
        began = state.now if state.seq or first else None
        number = state.seq
        for entry in self._consumed(state.seq):
            self._expect(number + 1, entry.seq)
            number = entry.seq
            ours = self._governed(entry, state)
            state, record = self._next(state, entry)
            if record is not None and ours:
                if isinstance(entry.input, ConfigChanged) and entry.input.counts(entry.seq):
                    self._take_over(state)
                self._issues.update((i.id, i) for i in record.issues)
                self._actions.update((a.idempotency_key, a) for a in record.actions)
            if entry.seq <= first:
                began = state.now
                continue
            self.tally.inputs += 1
            self.tally.compared += ours
            self.tally.failed += entry.failed
            if record is not None:
                self._compare(entry, state, record, ours=ours)
            if entry.seq in kept and ours:
                self._compare_snapshot(state, kept[entry.seq])
        stands = next((p.version for p in self._memory.read("partitions", id=self._partition)), 0)
        self._expect(number + 1, max(stands, number) + 1)
        self._finish(state, began)

    def _expect(self, number: int, found: int) -> None:
        """Note the inputs between two numbers as missing: whatever follows was not folded from all that came in."""
        for missing in range(number, found):
            self._differ(missing, "inputs", "", "", None, "an input that a step consumed")

    def _begin(self, kept: dict[int, Snapshot], since: Since) -> tuple[State, int]:
        """Return the state to begin with, and the number up to which nothing is compared."""
        first = 0 if since == "start" else max(kept, default=0) if since == "snapshot" else since
        usable = sorted((seq for seq in kept if seq <= first), reverse=True)
        for seq in usable:
            try:
                state = restore(self._fold.engine, self._versions[1], kept[seq].data, partition=self._partition)
            except InputError:
                continue  # another version of migro wrote it
            if state.config == self._fold.fingerprint:
                self._in_force = self._versions
                self._take_over(state)
            return state, first
        return self._fold.start(self._partition), first if since != "snapshot" else 0

    def _consumed(self, after: int) -> Iterator[JournalEntry]:
        consumed = takewhile(lambda entry: entry.done, self._memory.load(self._partition, after))
        # One by one, reading and folding would push each other out of the processor's cache with every entry.
        while ahead := list(islice(consumed, _AHEAD)):
            yield from ahead

    def _governed(self, entry: JournalEntry, state: State) -> bool:
        """Return whether these rules decided an entry, and what they made of it can be told from the journal alone."""
        early = next((t for t in entry.timers if t.what == "rules"), None)
        if early is not None:
            # An agent found it waiting when it brought other rules; what it went on from is not in the journal.
            versions = (early.name, early.key[0])
            if versions != self._versions:
                self.tally.others[versions] = None
            if self._in_force == self._versions:
                self._hand_over(state)
            self._in_force = None
        elif isinstance(entry.input, ConfigChanged) and entry.input.counts(entry.seq):
            before, self._in_force = self._in_force, (entry.input.ruleset, entry.input.policy)
            if self._in_force != self._versions:
                self.tally.others[self._in_force] = None
                if before == self._versions:
                    self._hand_over(state)
        ours = self._in_force == self._versions
        self._only_ours = self._only_ours and ours
        if self._others and self._others[-1][1] is None:
            if ours:
                self._others[-1] = (self._others[-1][0], entry.seq)
        elif not ours:
            self._others.append((entry.seq, None))
        return ours

    def _hand_over(self, state: State) -> None:
        """From here on others may write what is held, and the record need not be what is known of it."""
        for held in state.held.values():
            self._issues.pop(held.issue.id, None)
            for key in held.actions:
                self._actions.pop(key, None)

    def _take_over(self, state: State) -> None:
        for held in state.held.values():
            self._issues[held.issue.id] = held.issue
            self._actions.update(held.actions)

    def _next(self, state: State, entry: JournalEntry) -> tuple[State, StepRecord | None]:
        if entry.failed:
            return self._fold.skip(state, entry.seq), None
        if entry.seq in self._raised:
            at = self._raised[entry.seq]
            self._differ(entry.seq, "inputs", "", "", "consumed", f"raised {at}")
            return self._fold.skip(state, entry.seq), None
        try:
            step = self._fold.advance(state, entry.seq, entry.input)
        except Exception as e:
            raise _RaisedError(entry.seq, raised_at(e)) from e
        return step.state, step.record

    # --- comparing ----------------------------------------------------------------------------------------------

    def _compare(self, entry: JournalEntry, state: State, record: StepRecord, *, ours: bool) -> None:
        for decision in record.decisions:
            self._compare_decision(entry.seq, decision, state, ours=ours)
        if not ours:
            return
        if entry.disposition is not None or record.disposition is not None:
            if entry.disposition == record.disposition:
                self.tally.count("dispositions", 0)
            else:
                id = entry.disposition.signal if entry.disposition is not None else ""
                pair = (_text(entry.disposition), _text(record.disposition))
                self._unequal(entry.seq, "dispositions", id, pair, state)
        if entry.timers or record.timers:
            if entry.timers == record.timers:
                self.tally.count("timers", 0)
            else:
                self._unequal(entry.seq, "timers", "", (_text(entry.timers), _text(record.timers)), state)

    def _compare_decision(self, seq: int, decision: Decision, state: State, *, ours: bool) -> None:
        if not ours and not self._stored.has("decisions", decision.id):
            return  # others were in force, and what these rules would have said is no part of the record
        self._decided.add(decision.id)
        text = decision.json_line()
        if self._stored.equals("decisions", decision.id, text):
            self.tally.count("decisions", 0)
        else:
            self._unequal(seq, "decisions", decision.id, (self._stored.text("decisions", decision.id), text), state)

    def _compare_snapshot(self, state: State, kept: Snapshot) -> None:
        data = snapshot(self._fold.engine, self._versions[1], state)
        if data == kept.data:
            self.tally.count("snapshots", 0)
        elif self._can_serve(kept):
            pair = (kept.data.decode("utf-8", "replace"), data.decode())
            self._unequal(kept.seq, "snapshots", "", pair, state)

    def _can_serve(self, kept: Snapshot) -> bool:
        try:
            restore(self._fold.engine, self._versions[1], kept.data, partition=self._partition)
        except UnsupportedFormat:
            return False  # another version of migro wrote it; nobody will go on from it
        except InputError:
            pass
        return True

    def _finish(self, state: State, began: int | None) -> None:
        """Compare what is left when everything was folded: issues, actions, and decisions that did not come again."""
        records: list[tuple[Kind, dict[str, Issue] | dict[str, Action]]] = [
            ("issues", self._issues),
            ("actions", self._actions),
        ]
        for what, held in records:
            for id, record in held.items():
                text = record.json_line()
                if self._stored.equals(what, id, text):
                    self.tally.count(what, 0)
                else:
                    self._unequal(None, what, id, (self._stored.text(what, id), text), state)
            if self._only_ours and began is None:
                for id in self._stored.ids(what):
                    if id not in held:
                        self._unequal(None, what, id, (self._stored.text(what, id), None), state)
        missing = [id for id in self._stored.own() if id not in self._decided]
        if began is not None:
            missing = [id for id in missing if self._stored.decided_at(id) > began]
        places = self._stored.places() if missing else {}
        for id in missing:
            if not self._by_others(places.get(id)):
                self._unequal(places.get(id), "decisions", id, (self._stored.text("decisions", id), None), state)

    def _by_others(self, seq: int | None) -> bool:
        """Return whether the journal names other rules there; then what a decision took over is not in the journal."""
        if seq is None:
            return bool(self._others)
        return any(first <= seq and (end is None or seq < end) for first, end in self._others)

    def _unequal(self, seq: int | None, what: What, id: str, pair: tuple[str | None, str | None], state: State) -> None:
        stored, replayed = pair
        if self._erased.anybody:
            for held in state.held.values():
                self._erased.learn(held.issue.json_line(), held.issue.id, *held.actions)
            if self._erased.explains(stored, replayed):
                self.tally.count(what, 2)
                return
        if stored is None or replayed is None:
            self._differ(seq, what, id, "", stored, replayed)
        else:
            self._differ(seq, what, id, *first_difference(stored, replayed))

    def _differ(
        self, seq: int | None, what: What, id: str, path: str, stored: str | None, replayed: str | None
    ) -> None:
        self.tally.count(what, 1)
        if len(self.tally.differences) < LISTED:
            one = Difference(
                partition=self._partition, seq=seq, what=what, id=id, path=path, stored=stored, replayed=replayed
            )
            self.tally.differences.append(one)

    def _is_ours(self, kept: Snapshot) -> bool:
        return (kept.ruleset, kept.policy) == self._versions


def _text(value: Disposition | tuple[TimerFired, ...] | None) -> str | None:
    match value:
        case None:
            return None
        case Disposition():
            return canonical_json(attrs.asdict(value))
        case _:
            return canonical_json([{**attrs.asdict(t), "deadline": to_microseconds(t.deadline)} for t in value])
