"""Counting what a replay compares."""

from __future__ import annotations

import attrs

from .report import LISTED, Count, Difference, ReplayReport, What

__all__ = ["Tally"]


@attrs.define
class Tally:
    """
    Counts of one partition, or of several.

    Attributes:
        versions: Rules and policy of the replay.
        counts: Equal, different and erased records, by kind.
        others: Versions that the journal names beside these, in order.
    """

    versions: tuple[str, str]
    partitions: int = 0
    inputs: int = 0
    compared: int = 0
    failed: int = 0
    counts: dict[What, list[int]] = attrs.Factory(dict)
    others: dict[tuple[str, str], None] = attrs.Factory(dict)
    differences: list[Difference] = attrs.Factory(list)

    def add(self, found: Tally) -> None:
        """Take in the counts of a partition."""
        self.partitions += 1
        self.inputs += found.inputs
        self.compared += found.compared
        self.failed += found.failed
        for what, counts in found.counts.items():
            self.counts[what] = [a + b for a, b in zip(self.counts.get(what, [0, 0, 0]), counts, strict=True)]
        self.others.update(found.others)
        self.differences += found.differences[: LISTED - len(self.differences)]

    def count(self, what: What, column: int) -> None:
        """Count a record: 0 for equal, 1 for different, 2 for erased."""
        self.counts.setdefault(what, [0, 0, 0])[column] += 1

    def report(self) -> ReplayReport:
        """Return everything that was counted."""
        return ReplayReport(
            ruleset=self.versions[0],
            policy=self.versions[1],
            partitions=self.partitions,
            inputs=self.inputs,
            compared=self.compared,
            by_others=self.inputs - self.compared,
            failed=self.failed,
            records={w: Count(equal=e, different=d, erased=x) for w, (e, d, x) in sorted(self.counts.items())},
            others=tuple(self.others),
            differences=tuple(self.differences),
        )
