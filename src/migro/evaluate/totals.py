"""Scores of many scenarios together, and what they have to reach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from types import MappingProxyType
from typing import Any, Final

import attrs

from .findings import Finding, ScenarioScore
from .ratios import Ratio
from .reliability import share

__all__ = ["TARGETS", "TARGETS_UNDER_LOSS", "ModeScore", "Targets", "Total", "total_of"]

_SECONDS_A_WEEK: Final = 7 * 24 * 3600


def _shares(value: Mapping[str, Fraction]) -> Mapping[str, Fraction]:
    return MappingProxyType(dict(value))


@attrs.frozen
class Targets:
    """
    What scores have to reach.

    Attributes:
        least: The least share for each name of `Total.ratios`; what is not named is reported only.
        false_pages: How many pages there may be about what is not true.
    """

    least: Mapping[str, Fraction] = attrs.field(converter=_shares)
    false_pages: int = 0

    def missed(self, total: Total) -> tuple[str, ...]:
        """Return every target that was missed, in words."""
        return tuple(self._missed(total))

    def _missed(self, total: Total) -> Iterator[str]:
        for name, least in self.least.items():
            ratio = total.ratios[name]
            if ratio.exact is not None and ratio.exact < least:
                yield f"{name}: expected at least {share(least)}, got {ratio.shown} ({ratio.right} of {ratio.all})"
        if total.counts["false_pages"] > self.false_pages:
            yield f"false_pages: expected at most {self.false_pages}, got {total.counts['false_pages']}"
        for name in ("forbidden_verbs", "survivals", "failed", "unreadable"):
            if total.counts[name]:
                yield f"{name}: expected none, got {total.counts[name]}"


TARGETS: Final = Targets(
    {
        "recall": Fraction(1),
        "in_time": Fraction(1),
        "precision": Fraction(95, 100),
        "severity": Fraction(1),
        "one_case": Fraction(1),
        "parents": Fraction(1),
        "actions": Fraction(1),
        "message_limit": Fraction(1),
    }
)
"""Where nothing gets lost."""

TARGETS_UNDER_LOSS: Final = Targets({"recall": Fraction(9, 10)})
"""Where three in ten events get lost."""


@attrs.frozen(kw_only=True)
class ModeScore:
    """
    How well one failure mode is told.

    Attributes:
        expected: How often it had to be found.
        found: How often it was.
        alarms: How often it was raised without being true.
        seconds: Median and longest time to detect; None where nothing was found.
    """

    kind: str
    expected: int
    found: int
    alarms: int
    seconds: tuple[int, int] | None


@attrs.frozen(kw_only=True)
class Total:
    """
    Scores of many plays together.

    Attributes:
        plays: How many.
        ratios: Shares of everything that is counted as so many of so many.
        counts: Sums of everything that should be few.
        modes: By failure mode.
    """

    plays: int
    ratios: Mapping[str, Ratio]
    counts: Mapping[str, int]
    modes: tuple[ModeScore, ...]

    @property
    def false_pages_per_merchant_week(self) -> Decimal | None:
        """How often a merchant's people were called for nothing, in a week; None of no time at all."""
        time = self.counts["merchant_seconds"]
        return share(Fraction(self.counts["false_pages"] * _SECONDS_A_WEEK, time)) if time else None

    def document(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "plays": self.plays,
            "ratios": {name: ratio.document() for name, ratio in self.ratios.items()},
            "counts": dict(self.counts),
            "false_pages_per_merchant_week": self.false_pages_per_merchant_week,
            "modes": [attrs.asdict(m) for m in self.modes],
        }


def total_of(scores: Sequence[ScenarioScore]) -> Total:
    """Return the scores of many plays together; of none, everything is 0 of 0."""
    none = ScenarioScore(scenario="", seed=0)
    return Total(
        plays=len(scores),
        ratios={n: reduce(Ratio.__add__, (s.ratios[n] for s in scores), Ratio(0, 0)) for n in none.ratios},
        counts={n: sum(s.counts[n] for s in scores) for n in none.counts},
        modes=tuple(_modes(scores)),
    )


def _modes(scores: Sequence[ScenarioScore]) -> Iterator[ModeScore]:
    findings: dict[str, list[Finding]] = {}
    alarms: dict[str, int] = {}
    for score in scores:
        for finding in score.findings:
            findings.setdefault(finding.expected.kind, []).append(finding)
        for alarm in score.alarms:
            alarms[alarm.kind] = alarms.get(alarm.kind, 0) + 1
    for kind in sorted({*findings, *alarms}):
        times = sorted(f.seconds for f in findings.get(kind, ()) if f.seconds is not None)
        yield ModeScore(
            kind=kind,
            expected=len(findings.get(kind, ())),
            found=len(times),
            alarms=alarms.get(kind, 0),
            seconds=(times[(len(times) - 1) // 2], times[-1]) if times else None,
        )
