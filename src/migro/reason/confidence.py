"""
Confidence as exact arithmetic: integer weights of evidence.

One point is 1/100 ban. The strongest rule of each family counts, the prior is added, caps lower, and the score is
turned into a probability by ``p = 1 / (1 + 10^(-S/100))``. Integers, because the same floats added in another order
gave another decision. Source of the unit: I. J. Good, Probability and the Weighing of Evidence, 1950.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cached_property, lru_cache
from itertools import combinations

import attrs

from ..models import Adjustment, Auth, Band, Contribution, PremiseTrace
from ..rules import Effect

__all__ = ["HIGH_FROM", "MAX_SCORE", "Evidence", "Score", "Weighed", "band_of", "confidence_of", "score", "trust_cap"]

MAX_SCORE = 300
HIGH_FROM = 61
"""p >= 4/5 exactly when 10^S >= 4^100, that is from 61 points on."""

ONE_SOURCE_CAP = 47
NO_DISJOINT_CAP = 60

_TRUST: dict[Auth, int] = {
    "verified": 150,
    "static_secret": 150,
    "not_applicable": 150,
    "unsigned": 50,
    "unchecked": 50,
    "failed": 0,
}


@attrs.frozen(kw_only=True)
class Evidence:
    """
    A rule that fired, as the score needs it.

    Attributes:
        signals: Ids of the signals it rests on.
        sources: Their source kinds.
        auths: How far their senders were proven.
        lowered_from: Points the rule declares, where it counts one class lower because a baseline fell back; else 0.
        premise: Reads off what the premise needed and found; asked only where somebody is told.
    """

    rule: str
    rule_version: str
    effect: Effect
    family: str
    points: int
    why: str
    premise: Callable[[], PremiseTrace]
    signals: frozenset[str]
    sources: frozenset[str]
    auths: frozenset[Auth]
    lowered_from: int = 0


@attrs.frozen
class Weighed:
    """
    Evidence with what it weighs.

    Attributes:
        trusted: Its points after the cap for how far its senders were proven.
        counted: What enters the sum.
        winner: The rule that counts for its family; empty for none.
    """

    evidence: Evidence
    trusted: int
    counted: int
    winner: str

    def contribution(self) -> Contribution:
        """Return it as the record of a decision."""
        e = self.evidence
        return Contribution(
            rule=e.rule,
            rule_version=e.rule_version,
            effect=e.effect,
            family=e.family,
            points=e.points,
            trusted=self.trusted,
            counted=self.counted,
            note=_note(e, self.trusted, self.winner),
            why=e.why,
            premise=e.premise(),
        )


@attrs.frozen(kw_only=True, slots=False)
class Score:
    """
    The sum and how it came about.

    Attributes:
        weighed: Every piece of evidence with its weight, by rule.
        lowered: Names of the caps that lowered the sum in turn, each with its bound, the sum before it, and why.
        total: ``prior + sum(counted)``, then every adjustment in order.
        families: Families whose support counted.
        disjoint: Whether two of them rest on entirely different signals.
    """

    prior: int
    weighed: tuple[Weighed, ...]
    lowered: tuple[tuple[str, int, int, str], ...]
    total: int
    families: tuple[str, ...]
    disjoint: bool

    @property
    def counted(self) -> tuple[tuple[str, int], ...]:
        """What each rule that fired brings to the sum."""
        return tuple([(w.evidence.rule, w.counted) for w in self.weighed])

    @cached_property
    def contributions(self) -> tuple[Contribution, ...]:
        """The records of all evidence; traces are read when this is first asked for, so ask in the same step."""
        return tuple(w.contribution() for w in self.weighed)

    @cached_property
    def adjustments(self) -> tuple[Adjustment, ...]:
        """The records of what lowered the sum, in order."""
        return tuple(
            Adjustment(name=name, cap=cap, before=before, after=cap, why=why) for name, cap, before, why in self.lowered
        )


def band_of(points: int) -> Band:
    """Return the band of a score: LOW below 0, MID to 60, HIGH from 61."""
    return Band.LOW if points < 0 else Band.MID if points < HIGH_FROM else Band.HIGH


@lru_cache(maxsize=2 * MAX_SCORE + 1)
def confidence_of(points: int) -> Decimal:
    """
    Return the probability of a score in two digits, rounded down, computed in integers.

    >>> confidence_of(-1), confidence_of(0), confidence_of(60), confidence_of(61)
    (Decimal('0.49'), Decimal('0.50'), Decimal('0.79'), Decimal('0.80'))
    """
    best = 0
    for k in range(1, 100):
        # p >= k/100  <=>  k <= (100 - k) * 10^(S/100)  <=>  k^100 <= (100 - k)^100 * 10^S: no root is left.
        left, right = k**100, (100 - k) ** 100
        if left * 10 ** max(0, -points) <= right * 10 ** max(0, points):
            best = k
    return Decimal(best).scaleb(-2)


def trust_cap(auths: frozenset[Auth]) -> int:
    """Return how many points evidence may bring, by its least proven sender."""
    return min((_TRUST[a] for a in auths), default=150)


def score(prior: int, evidence: Sequence[Evidence]) -> Score:
    """
    Return the score of an issue from the rules that fired about it.

    The order of `evidence` does not matter. Within a family the strongest support and the strongest refutation
    count; among equals the rule with the smaller id.
    """
    ordered = sorted(evidence, key=lambda e: e.rule)
    trusted = {e.rule: _trusted(e) for e in ordered}
    winners: dict[tuple[str, bool], Evidence] = {}
    for e in ordered:
        if e.effect == "vetoes" or not trusted[e.rule]:
            continue
        slot = (e.family, e.effect == "supports")
        if slot not in winners or abs(trusted[e.rule]) > abs(trusted[winners[slot].rule]):
            winners[slot] = e
    counting = {e.rule for e in winners.values()}
    weighed = tuple([_weighed(e, trusted[e.rule], counting, winners) for e in ordered])
    # Every trusted support lifts these two caps, also one that does not count: when only the strongest of a family
    # did, a stronger rule of another source could take its place and lower the score.
    supporting = [e for e in ordered if e.effect == "supports" and trusted[e.rule]]
    disjoint = any(
        a.family != b.family and a.signals and b.signals and not a.signals & b.signals
        for a, b in combinations(supporting, 2)
    )
    total = prior + sum(w.counted for w in weighed)
    lowered = []
    sources = frozenset().union(*(e.sources for e in supporting))
    caps = []
    if len(sources) <= 1:
        only = next(iter(sources), "no source")
        caps.append(("one source kind", ONE_SOURCE_CAP, f"only {only} says so"))
    if not disjoint:
        caps.append(("no disjoint families", NO_DISJOINT_CAP, "no two families rest on entirely different signals"))
    caps.append(("bounds", MAX_SCORE, "a score stays within 300 points"))
    for name, cap, why in caps:
        if total > cap:
            lowered.append((name, cap, total, why))
            total = cap
    if total < -MAX_SCORE:
        lowered.append(("bounds", -MAX_SCORE, total, "a score stays within 300 points"))
        total = -MAX_SCORE
    return Score(
        prior=prior,
        weighed=weighed,
        lowered=tuple(lowered),
        total=total,
        families=tuple(sorted({e.family for e in supporting})),
        disjoint=disjoint,
    )


def _trusted(e: Evidence) -> int:
    points = min(abs(e.points), trust_cap(e.auths))
    return points if e.points >= 0 else -points


def _weighed(e: Evidence, trusted: int, counting: set[str], winners: Mapping[tuple[str, bool], Evidence]) -> Weighed:
    winner = winners.get((e.family, e.effect == "supports"))
    return Weighed(e, trusted, trusted if e.rule in counting else 0, "" if winner is None else winner.rule)


def _note(e: Evidence, trusted: int, winner: str) -> str:
    if e.effect == "vetoes":
        return "a veto is no evidence: it caps the outcome"
    if winner not in ("", e.rule):
        return f"not counted: {winner} of the same family is at least as strong"
    lowered = f"one class lower than {e.lowered_from:+d}: a baseline answered with a fallback" if e.lowered_from else ""
    if abs(trusted) < abs(e.points):
        capped = f"capped from {e.points:+d}: the sender is not proven ({', '.join(sorted(e.auths))})"
        return f"{capped}; {lowered}" if lowered else capped
    return lowered
