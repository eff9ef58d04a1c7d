"""Two versions over one journal, side by side: which past decisions change, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, Final, Literal

from ..agent.fold import Fold
from ..agent.hypothesis import supposed
from ..agent.state import PLATFORM, State
from ..agent.wording import raised_at
from ..errors import NotFound
from ..models import ConfigChanged, Decision, Input, IssueChanged, JournalEntry, SignalWithdrawn
from ..ports import Memory
from .causes import causes, view_of
from .comparison import ComparisonReport, Example
from .hearsay import Emitted, Heard
from .tracks import Track, opened_only, runs_only

__all__ = ["compare"]

FIELDS: Final[Mapping[str, Callable[[Decision], Any]]] = {
    "kind": lambda d: d.issue.kind,
    "status": lambda d: d.issue.status,
    "band": lambda d: d.issue.band,
    "severity": lambda d: d.issue.severity,
    "points": lambda d: d.issue.points,
    "outcome": lambda d: d.outcome,
    "attention": lambda d: d.attention,
    "actions": lambda d: [(a.kind, a.target, a.outcome) for a in d.actions],
}
"""What people see of a decision. Not how far its actions got: what executed them knew only those of the one side."""

_Pair = tuple[Decision | None, Decision | None]


def compare(memory: Memory, a: Fold, b: Fold, *, partition: str | None = None, examples: int = 5) -> ComparisonReport:
    """
    Return what A and what B would have decided over the same inputs, each as if in force from the start.

    Inputs that follow from rules follow from those that are supposed: the configuration is their own, and the platform
    hears of the issues that they found. What people and the world said stays as it was said.

    Args:
        memory: Where the journal is; nothing is written.
        a: Rules and policy to compare with.
        b: Rules and policy to compare.
        partition: One alone; all by default.
        examples: How many decisions of each sort are explained.

    Raises:
        NotFound: If there is no such partition.
    """
    names = [p.name for p in memory.read("partitions", id=partition)]
    if partition is not None and not names:
        raise NotFound(f"expected the name of a partition, found none: {partition!r}")
    sides = (_Side(a), _Side(b))
    comparison = _Comparison(memory, sides, examples)
    if partition == PLATFORM:
        # What the platform hears comes from all the others.
        for name in (p.name for p in memory.read("partitions")):
            if name != PLATFORM:
                comparison.run(name, counted=False)
    for name in sorted(names, key=lambda n: n == PLATFORM):
        comparison.run(name)
    return comparison.report(len(names))


class _Side:
    """One version, in one partition after the other."""

    def __init__(self, fold: Fold) -> None:
        self.fold = fold
        self.versions = (fold.ruleset.version, fold.policy.version)
        self.track = Track()
        self.raised: dict[str, str] = {}
        self.emitted: list[Emitted] = []
        self._in_force = False
        self.state: State = fold.start("")

    def begin(self, partition: str) -> None:
        self.state = self.fold.start(partition)
        self._in_force = False

    def follow(self, entry: JournalEntry) -> None:
        """Note which rules were in force in truth."""
        if isinstance(entry.input, ConfigChanged) and entry.input.counts(entry.seq):
            self._in_force = (entry.input.ruleset, entry.input.policy) == self.versions

    def skip(self, seq: int) -> None:
        self.state = self.fold.skip(self.state, seq)

    def take(self, seq: int, item: Input) -> tuple[Decision, ...] | None:
        """Return the decisions on an input; None where the version raised."""
        given = supposed(self.fold, self.state, item, in_force=self._in_force)
        try:
            step = self.fold.advance(self.state, seq, given)
        except Exception as e:
            self.raised[self.state.partition] = f"{raised_at(e)} on number {seq}"
            return None
        self.state = step.state
        self.emitted += [i for _, i in step.record.emitted if isinstance(i, IssueChanged | SignalWithdrawn)]
        return step.record.decisions


class _Comparison:
    def __init__(self, memory: Memory, sides: tuple[_Side, _Side], examples: int) -> None:
        self._memory = memory
        self._sides = sides
        self._limit = examples
        self._counts: Counter[str] = Counter()
        self._fields: Counter[str] = Counter()
        self._examples: list[Example] = []

    def run(self, partition: str, *, counted: bool = True) -> None:
        """Fold a partition with both versions in step, until one raises."""
        for side in self._sides:
            side.begin(partition)
        given = self._platform() if partition == PLATFORM else self._inputs(partition)
        for entry, items in given:
            self._counts["inputs"] += counted
            for side in self._sides:
                side.follow(entry)
            if entry.failed:
                self._counts["failed"] += counted
                for side in self._sides:
                    side.skip(entry.seq)
                continue
            decided: list[list[Decision]] = []
            for side, own in zip(self._sides, items, strict=True):
                made: list[Decision] = []
                for item in own:
                    decisions = side.take(entry.seq, item)
                    if decisions is None:
                        break
                    made += decisions
                decided.append(made)
            if any(partition in side.raised for side in self._sides):
                return
            if counted:
                self._count(partition, entry.seq, decided[0], decided[1])

    def _inputs(self, partition: str) -> Iterator[tuple[JournalEntry, tuple[Sequence[Input], Sequence[Input]]]]:
        for entry in self._memory.load(partition):
            if not entry.done:
                return
            yield entry, ((entry.input,), (entry.input,))

    def _platform(self) -> Iterator[tuple[JournalEntry, tuple[Sequence[Input], Sequence[Input]]]]:
        entries = [e for e in self._memory.load(PLATFORM) if e.done]
        heard = [Heard.of(side.emitted, entries) for side in self._sides]
        for entry in entries:
            emitted = isinstance(entry.input, IssueChanged | SignalWithdrawn)
            own: Sequence[Input] = () if emitted or entry.failed else (entry.input,)
            a, b = ((*one.at(entry), *own) for one in heard)
            if entry is entries[-1]:
                a, b = ((*given, *one.waiting) for given, one in zip((a, b), heard, strict=True))
            yield entry, (a, b)

    def _count(self, partition: str, seq: int, a: Sequence[Decision], b: Sequence[Decision]) -> None:
        for side, decisions in zip(self._sides, (a, b), strict=True):
            for decision in decisions:
                side.track.note(partition, seq, decision)
        for one, other in _pairs(a, b):
            if one is not None and other is not None:
                fields = tuple(name for name, of in FIELDS.items() if of(one) != of(other))
                if not fields:
                    self._counts["equal"] += 1
                    self._counts["reasons"] += _points(one) != _points(other)
                    continue
                self._fields.update(fields)
                self._keep("changed", partition, seq, (one, other), fields)
            else:
                self._keep("only_b" if one is None else "only_a", partition, seq, (one, other), ())

    def _keep(
        self,
        what: Literal["changed", "only_a", "only_b"],
        partition: str,
        seq: int,
        pair: _Pair,
        fields: tuple[str, ...],
    ) -> None:
        self._counts[what] += 1
        if self._counts[what] > self._limit:
            return
        decision = pair[0] or pair[1]
        assert decision is not None
        views = [
            view_of(side.fold, side.state, *_slot(own or decision), own)
            for side, own in zip(self._sides, pair, strict=True)
        ]
        self._examples.append(
            Example(
                partition=partition,
                seq=seq,
                at=decision.at,
                what=what,
                kind=decision.issue.kind,
                key=decision.issue.key,
                fields=fields,
                a=views[0].side(),
                b=views[1].side(),
                why=causes(views[0], views[1]),
            )
        )

    def report(self, partitions: int) -> ComparisonReport:
        """Return everything that was counted."""
        a, b = self._sides
        count = self._counts
        return ComparisonReport(
            a=a.versions,
            b=b.versions,
            partitions=partitions,
            inputs=count["inputs"],
            failed=count["failed"],
            decisions_a=a.track.decisions,
            decisions_b=b.track.decisions,
            equal=count["equal"],
            reasons=count["reasons"],
            changed=count["changed"],
            fields={name: self._fields[name] for name in FIELDS if self._fields[name]},
            only_a=count["only_a"],
            only_b=count["only_b"],
            issues_a=len(a.track.lives),
            issues_b=len(b.track.lives),
            opened_only_a=tuple(opened_only(a.track, b.track)),
            opened_only_b=tuple(opened_only(b.track, a.track)),
            runs_a=len(a.track.runs),
            runs_b=len(b.track.runs),
            runs_only_a=tuple(runs_only(a.track, b.track)),
            runs_only_b=tuple(runs_only(b.track, a.track)),
            raised_a=dict(a.raised),
            raised_b=dict(b.raised),
            examples=tuple(self._examples),
        )


def _slot(decision: Decision) -> tuple[str, tuple[str, ...]]:
    return decision.issue.kind, decision.issue.key


def _points(decision: Decision) -> list[tuple[str, int]]:
    return [(c.rule, c.counted) for c in decision.explanation.contributions]


def _pairs(a: Sequence[Decision], b: Sequence[Decision]) -> Iterator[_Pair]:
    """Pair what was decided at one input: by kind and key, then what is left of one key by another kind."""
    if not a or not b:
        yield from ((one, None) for one in a)
        yield from ((None, other) for other in b)
        return
    left: tuple[list[Decision], list[Decision]] = ([], [])
    slots = list(dict.fromkeys(_slot(d) for d in (*a, *b)))
    for slot in slots:
        ours, theirs = ([d for d in side if _slot(d) == slot] for side in (a, b))
        for one, other in zip_longest(ours, theirs):
            if one is not None and other is not None:
                yield one, other
            else:
                left[0].extend([one] if one is not None else [])
                left[1].extend([other] if other is not None else [])
    for one in left[0]:
        # Only of kinds that the other does not decide about here at all.
        other = next((d for d in left[1] if d.issue.key == one.issue.key and d.issue.kind != one.issue.kind), None)
        if other is not None:
            left[1].remove(other)
        yield one, other
    yield from ((None, other) for other in left[1])
