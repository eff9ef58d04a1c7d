"""The world outside, as migro needs it: few methods each, and the docstring is the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol, overload, runtime_checkable

from .models.action import Action, ActionResult, Effect
from .models.capability import Capability, Standing
from .models.chain import Link, StoredRecord
from .models.decision import Decision
from .models.inputs import Input
from .models.issue import Issue
from .models.signal import Signal
from .models.steps import Accepted, JournalEntry, Partition, Snapshot, StepRecord

__all__ = [
    "Actuator",
    "Advisor",
    "Alarm",
    "Clock",
    "Declaring",
    "Leases",
    "Ledger",
    "Memory",
    "SelfCheck",
    "Source",
    "Verifying",
]


@runtime_checkable
class Memory(Protocol):
    """
    What lasts: a journal of inputs per partition, and what the steps made of them.

    Check an implementation with `migro.testing.MemoryContract`.
    """

    def accept(self, partition: str, inputs: Sequence[Input]) -> tuple[Accepted, ...]:
        """
        Store inputs durably, in order, in one transaction; when this returns, nothing of them can be lost.

        Each gets the partition's next sequence number. An input whose `delivery_key` was accepted within the
        7 days before its `at` is stored too, as a duplicate that points at the first (`SignalReceived`) or
        is left out of the result and the journal (any other input).

        Raises:
            StoreUnavailable: If nothing was stored.
        """
        ...

    def load(self, partition: str, after: int = 0) -> Iterator[JournalEntry]:
        """
        Yield the partition's journal behind number `after` in sequence: what steps consumed, then what is pending.

        The version of a partition is the sequence number of the last consumed input, 0 for none.
        """
        ...

    def commit(self, partition: str, expected: int, steps: Sequence[StepRecord]) -> None:
        """
        Consume the next inputs, one a step, and store everything the steps left behind, all or nothing.

        Issues and actions replace older states with the same id or idempotency key; an action that is already
        past the given status is not moved back. Emitted inputs are accepted into their partitions. Of snapshots the
        newest two are kept for each version of rules and policy. An erasure takes effect when its step is stored:
        in everything the memory keeps for the partition, this step included, the pseudonym gives way to the token.

        Raises:
            Conflict: If the partition's version is not `expected`, or the steps do not follow it without a gap.
            NotFound: If an input was never accepted.
            StoreError: If a decision with the same id is stored; what was decided is never overwritten.
            StoreUnavailable: If nothing was stored.
        """
        ...

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
    ) -> Iterator[JournalEntry] | Iterator[Issue] | Iterator[Decision] | Iterator[Action] | Iterator[Any]:
        """
        Yield stored records in the order they were committed, by partition name and sequence.

        `shadow` are the decisions of candidate rules; snapshots come newest last.

        Args:
            id: The signal id for the journal, the issue id, the decision id, the action's idempotency key, the
                partition's name; of snapshots the version of the rules.
            partition: Its records alone.
            pending: Only what is not over: inputs no step has consumed, issues that are not resolved, actions that
                wait, are planned or started, partitions with such inputs or a due time. The others have no such state.
        """
        ...


@runtime_checkable
class Ledger(Protocol):
    """What a memory offers to an audit beside the port: its hash chain with what was hashed, as it is stored now."""

    def partitions(self) -> Iterator[str]:
        """Yield every name that anything is stored under, sorted, also where the record of the partition is gone."""
        ...

    def links(self, partition: str) -> Iterator[Link]:
        """Yield the links of a partition in order, each with its payload as stored; nothing is parsed."""
        ...

    def stored(self, partition: str) -> Iterator[StoredRecord]:
        """Yield the texts of the partition's issues, decisions, actions and shadow decisions as stored."""
        ...


@runtime_checkable
class SelfCheck(Protocol):
    """What a memory may offer to an audit beside its chain: what its store itself finds wrong."""

    def damage(self) -> Iterator[str]:
        """
        Yield in a line each what does not fit together in the store, such as an index that misses a row.

        The chain is over records; a reader finds them by other ways, and those can be damaged too.
        """
        ...


@runtime_checkable
class Leases(Protocol):
    """Who may work on something for a while, over all processes that share a memory."""

    def acquire(self, name: str, holder: str, seconds: int) -> bool:
        """
        Take or renew the lease on `name`, and return whether `holder` has it now.

        A lease ends `seconds` after it was last taken, by the store's clock, or when its holder is known to be dead;
        then anybody may take it.

        Raises:
            StoreUnavailable: If nobody knows.
        """
        ...

    def release(self, name: str, holder: str) -> None:
        """Give a lease back; a lease that somebody else has by now stays theirs."""
        ...


@runtime_checkable
class Actuator(Protocol):
    """
    A pair of hands for some kinds of action.

    Check an implementation with `migro.testing.ActuatorContract`.
    """

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of action it can execute."""
        ...

    def execute(self, action: Action) -> ActionResult:
        """
        Do it once.

        Called again with the same ``action.idempotency_key`` it must not act a second time. What is expected to
        go wrong is a result with status ``failed``; an exception counts as one too. Anything else may have happened:
        it ends as ``unknown``, unless `Declaring.check` knows.

        Raises:
            ActionRefused: If it did not happen, and would be refused again.
            ActionDelayed: If it did not happen, and may a moment later.
            ActionUnclear: If it may have happened. It then ends as ``unknown``, unless `Declaring.check` knows.
        """
        ...


@runtime_checkable
class Declaring(Protocol):
    """
    What an actuator may offer beside the port: what it can do, and a look at what it has done.

    Check an implementation with `migro.testing.DeclaringActuatorContract`.
    """

    @property
    def capabilities(self) -> Mapping[str, Capability]:
        """What it says about each of its kinds; the names are those of `Actuator.kinds`."""
        ...

    def check(self, action: Action) -> Standing:
        """
        Look in the world whether an action has happened, by its idempotency key, and change nothing.

        Asked where nobody knows: after a crash between execution and result, or after an answer that never came.
        Where it cannot tell, it returns ``unknown``.
        """
        ...


@runtime_checkable
class Verifying(Protocol):
    """What an actuator may offer beside `Declaring`: a look whether what it did has helped."""

    def verify(self, action: Action) -> Effect:
        """
        Look in the world whether an action that was done did what it was for, and change nothing.

        Asked once, `Capability.verify_after` after it was done, and again where an answer was lost. Where it cannot
        tell, it returns ``unknown``; so does an exception.
        """
        ...


@runtime_checkable
class Source(Protocol):
    """Where signals come from."""

    def signals(self) -> Iterable[Signal]:
        """Yield normalised signals in the order of receipt; ends when the source does."""
        ...


@runtime_checkable
class Advisor(Protocol):
    """Somebody who may add a labelled hypothesis for a person to read, and nothing else."""

    def hypothesis(self, decision: Decision) -> str | None:
        """Return a sentence for a person, or None; never read by any rule, score or policy."""
        ...


@runtime_checkable
class Clock(Protocol):
    """What time it is, at the rim."""

    def now(self) -> datetime:
        """Return the aware current time."""
        ...


Alarm = Callable[[str], None]
"""Tells the operator by a way that needs neither the store nor the outbox."""
