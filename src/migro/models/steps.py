"""What one step of the fold leaves behind, to be committed in one transaction."""

from __future__ import annotations

import zlib
from datetime import datetime
from typing import Literal

import attrs

from .action import Action
from .decision import Decision
from .inputs import CauseChanged, ErasureRequested, Input, IssueChanged, SignalRelayed, SignalWithdrawn
from .issue import Issue

__all__ = [
    "Accepted",
    "Disposition",
    "DispositionName",
    "Emitted",
    "Erasure",
    "JournalEntry",
    "Partition",
    "Snapshot",
    "StepRecord",
    "TimerFired",
    "packed",
]

Emitted = CauseChanged | ErasureRequested | IssueChanged | SignalRelayed | SignalWithdrawn
"""What a step may bring to another partition."""

DispositionName = Literal["failed", "dropped", "suppressed", "opened", "merged", "recorded", "withdrawn", "too_late"]
"""
What became of an input: exactly one of these, fixed at its own step.

Of a signal: all but the last two. Of a withdrawal: `withdrawn`, `too_late`, or `recorded` where nothing rests on the
signal; what became of the signal at its own step stays as it was.
"""


@attrs.frozen(kw_only=True, slots=False)
class Disposition:
    """
    What became of one signal, or of taking one back.

    Attributes:
        signal: Its id; empty when the input that failed is about no signal.
        name: For a signal, one word of the conservation law.
        reason: Why; for `dropped` and `suppressed` it is part of the count.
        issues: Ids of the issues that it opened or was merged into, or that its withdrawal concerned.
    """

    signal: str
    name: DispositionName
    reason: str
    issues: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Accepted:
    """
    One input the memory has taken.

    Attributes:
        seq: Its place in the partition's journal, counted from 1.
        input: As stored; a duplicate points at the first.
    """

    seq: int
    input: Input


@attrs.frozen(kw_only=True)
class TimerFired:
    """
    Something that time alone brought about while an input was consumed.

    A rule, key and deadline fire once in the life of a journal, whatever was restarted in between.

    Attributes:
        what: A `rule` began or ceased to hold, an `approval` lapsed or people are reminded of it (`reminder`), nobody
            has taken up or solved an issue in time (`overdue`), what was approved has not been started in time
            (`execution`), it is looked whether what was done has helped (`verification`), a `budget` has something left
            again, a `maintenance` window began or ended, a `mute` ended, a `monitor` that flapped was calm for long
            enough, nothing has come of a critical `alarm`, an `issue` that kept coming back, or came and went in one
            instant, stayed away, an unclear issue is looked at again (`recheck`), or a `severity` may fall.
            Or other `rules` than the journal has named so far consumed the input, which had been waiting when they
            came.
        name: Id of the rule, kind of the action or issue, name of the window or monitor, whose mute of what, or version
            of the rules.
        key: Key of the rule or issue, id of an overdue issue, idempotency key of the action, id of an alarm's signal;
            ``begins`` of a window that begins; of rules the version of the policy, and the number of the input.
        deadline: When it was due; what came of it is dated so.
        late_by: How much later the input came that found it due, in microseconds.
    """

    what: Literal[
        "rule",
        "approval",
        "maintenance",
        "mute",
        "monitor",
        "alarm",
        "issue",
        "recheck",
        "severity",
        "rules",
        "reminder",
        "overdue",
        "budget",
        "execution",
        "verification",
    ]
    name: str
    key: tuple[str, ...]
    deadline: datetime
    late_by: int


def packed(data: bytes) -> bytes:
    """Return a snapshot's data as it is kept and stored."""
    # The least effort: a snapshot is written far more often than it is read, and level 1 does most of it.
    return zlib.compress(data, 1)


class _Packed(bytes):
    """Data that is compressed already: what `attrs.evolve` hands on."""


def _kept(data: bytes) -> _Packed:
    return data if isinstance(data, _Packed) else _Packed(packed(data))


@attrs.frozen(kw_only=True)
class Snapshot:
    """
    The fold's state after an input, under one version of rules and policy: what makes recovery short.

    Attributes:
        seq: The input.
        ruleset, policy: Versions it was folded with; it serves no others.
        packed: Canonical JSON in UTF-8, compressed: it is kept until many steps are committed, and may be long.
            Made of `data`.
    """

    partition: str
    seq: int
    ruleset: str
    policy: str
    packed: bytes = attrs.field(alias="data", converter=_kept, repr=False)

    @property
    def data(self) -> bytes:
        """The canonical JSON."""
        return zlib.decompress(self.packed)


@attrs.frozen(kw_only=True)
class Erasure:
    """
    What a step takes out of everything stored for its partition.

    Attributes:
        pseudonym: What stood for the person.
        token: What stands in its place from now on; nothing leads back from it.
    """

    pseudonym: str
    token: str


@attrs.frozen(kw_only=True)
class Partition:
    """
    Where a partition stands.

    Attributes:
        version: Number of the last consumed input, 0 for none.
        accepted: Number of the last accepted input, 0 for none.
        due: When time alone next changes something, as the last step said; None for never.
        links: Number of links of its chain; 0 where the memory keeps none.
        head: Hash of the last link; empty where there is none.
    """

    name: str
    version: int
    accepted: int
    due: datetime | None = None
    links: int = 0
    head: str = ""


@attrs.frozen(kw_only=True)
class JournalEntry:
    """
    An accepted input with what became of it.

    Attributes:
        done: Whether a step has consumed it.
        timers: What its step found due, in order.
    """

    partition: str
    seq: int
    input: Input
    done: bool
    disposition: Disposition | None = None
    timers: tuple[TimerFired, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether thinking about it failed; a replay skips such an input."""
        return self.disposition is not None and self.disposition.name == "failed"


@attrs.frozen(kw_only=True, slots=False)
class StepRecord:
    """
    The effects of consuming one input.

    Attributes:
        seq: The input.
        disposition: Set when the input is a signal or its withdrawal, and when thinking about any input failed.
        issues: Issues that changed, as they are now.
        decisions: New decisions.
        actions: Actions that are new or changed status, as they are now.
        emitted: Inputs for other partitions, accepted there in the same transaction.
        timers: What was due before the input, in order.
        due: When time alone next changes something; None for never.
        snapshots: The state after this input, where one is due: of the rules in force, and of a candidate's.
        shadow: What candidate rules would have decided; nothing reads it but people.
        erasure: What is taken out of everything stored for this partition, this step included.
    """

    seq: int
    disposition: Disposition | None = None
    issues: tuple[Issue, ...] = ()
    decisions: tuple[Decision, ...] = ()
    actions: tuple[Action, ...] = ()
    emitted: tuple[tuple[str, Emitted], ...] = ()
    timers: tuple[TimerFired, ...] = ()
    due: datetime | None = None
    snapshots: tuple[Snapshot, ...] = ()
    shadow: tuple[Decision, ...] = ()
    erasure: Erasure | None = None
