"""What two versions of rules and policy make of the same inputs: counts first, then examples with the why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import attrs

__all__ = ["Cause", "ComparisonReport", "Example", "Opened", "Run", "Side"]


@attrs.frozen(kw_only=True)
class Side:
    """
    What one version says about an issue at one input.

    Attributes:
        decided: Whether it made a decision there; without one, the rest is what its evidence came to at that moment.
        status: Of the issue; empty where this version holds none.
        outcome: Of the decision; empty without one.
        points: The score; None where this version has no rule about this kind of issue.
        arithmetic: The score as a sum, from the prior to the caps.
        rules: Every rule that held, with the points that counted.
        actions: What was to be done: ``kind -> target: outcome``.
    """

    decided: bool
    status: str
    band: str
    severity: str
    outcome: str
    points: int | None
    arithmetic: str
    rules: tuple[tuple[str, int], ...]
    actions: tuple[str, ...]


@attrs.frozen(kw_only=True)
class Cause:
    """
    One thing that the two versions differ in.

    Attributes:
        what: A `rule` held in one only or counted differently, a `guard` held in one only, the `severity` rests on
            another bound, an `action` is treated otherwise, or one version does not know the `kind` of issue.
        name: Of the rule, the guard or the action.
        a, b: What it was under A and under B.
    """

    what: Literal["rule", "guard", "severity", "action", "kind"]
    name: str
    a: str
    b: str


@attrs.frozen(kw_only=True)
class Example:
    """
    One decision that changes.

    Attributes:
        partition, seq, at: The input at which it falls.
        what: Whether both decide and differ, or only one decides there.
        kind, key: The issue; under A where both have one.
        fields: In what the decisions differ; empty where only one decides.
        why: The causes, rules first.
    """

    partition: str
    seq: int
    at: datetime
    what: Literal["changed", "only_a", "only_b"]
    kind: str
    key: tuple[str, ...]
    fields: tuple[str, ...]
    a: Side
    b: Side
    why: tuple[Cause, ...]


@attrs.frozen(kw_only=True)
class Opened:
    """An issue that only one version opened: at no time did the other hold one of that kind and key beside it."""

    partition: str
    seq: int
    at: datetime
    kind: str
    key: tuple[str, ...]
    severity: str
    band: str


@attrs.frozen(kw_only=True)
class Run:
    """An action that only one version would have let run by itself; place and time are where it first would have."""

    partition: str
    seq: int
    at: datetime
    kind: str
    key: tuple[str, ...]
    action: str
    target: str


@attrs.frozen(kw_only=True)
class ComparisonReport:
    """
    What A and what B would have decided over the same inputs, each as if it had been in force from the start.

    Attributes:
        a, b: Versions of rules and policy.
        partitions, inputs: What both folded.
        failed: How many of the inputs had failed; both skip them.
        decisions_a, decisions_b: How many decisions each made.
        equal: Pairs at the same input, about the same kind and key, that say the same.
        reasons: Of these, pairs in which the points are of other rules.
        changed: Pairs that do not say the same.
        fields: In what they differ, and how many do; a pair may differ in several.
        only_a, only_b: Decisions at inputs where the other made none about it.
        issues_a, issues_b: How many issues each opened.
        opened_only_a, opened_only_b: Those that the other never held.
        runs_a, runs_b: How many actions each would have let run by themselves, once for each issue kind and key.
        runs_only_a, runs_only_b: Those that the other would not have.
        raised_a, raised_b: Where a version raised, by partition; what comes after it there is in no count.
        examples: The first of each sort, with the why.
    """

    a: tuple[str, str]
    b: tuple[str, str]
    partitions: int
    inputs: int
    failed: int
    decisions_a: int
    decisions_b: int
    equal: int
    reasons: int
    changed: int
    fields: Mapping[str, int]
    only_a: int
    only_b: int
    issues_a: int
    issues_b: int
    opened_only_a: tuple[Opened, ...]
    opened_only_b: tuple[Opened, ...]
    runs_a: int
    runs_b: int
    runs_only_a: tuple[Run, ...]
    runs_only_b: tuple[Run, ...]
    raised_a: Mapping[str, str]
    raised_b: Mapping[str, str]
    examples: tuple[Example, ...]

    @property
    def differs(self) -> bool:
        """Whether anything that people see would have been different."""
        return bool(self.changed or self.only_a or self.only_b or self.raised_a or self.raised_b)
