"""What one step of the fold leaves behind, to be committed in one transaction."""

from __future__ import annotations

from typing import Literal

import attrs

from .action import Action
from .decision import Decision
from .inputs import Input, IssueChanged, SignalWithdrawn
from .issue import Issue

__all__ = ["Accepted", "Disposition", "DispositionName", "JournalEntry", "StepRecord"]

DispositionName = Literal["failed", "dropped", "suppressed", "opened", "merged", "recorded", "withdrawn", "too_late"]
"""
What became of an input: exactly one of these, fixed at its own step.

Of a signal: all but the last two. Of a withdrawal: `withdrawn`, `too_late`, or `recorded` where nothing rests on the
signal; what became of the signal at its own step stays as it was.
"""


@attrs.frozen(kw_only=True)
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
class JournalEntry:
    """
    An accepted input with what became of it.

    Attributes:
        done: Whether a step has consumed it.
    """

    partition: str
    seq: int
    input: Input
    done: bool
    disposition: Disposition | None = None

    @property
    def failed(self) -> bool:
        """Whether thinking about it failed; a replay skips such an input."""
        return self.disposition is not None and self.disposition.name == "failed"


@attrs.frozen(kw_only=True)
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
    """

    seq: int
    disposition: Disposition | None = None
    issues: tuple[Issue, ...] = ()
    decisions: tuple[Decision, ...] = ()
    actions: tuple[Action, ...] = ()
    emitted: tuple[tuple[str, IssueChanged | SignalWithdrawn], ...] = ()
