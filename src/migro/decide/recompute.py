"""Recomputing a decision from its record: the proof that the explanation explains."""

from __future__ import annotations

from fractions import Fraction

from ..models import Attention, Decision, IssueStatus, Outcome, Risk, Severity
from ..reason import band_of, confidence_of
from .policy import TABLE, attention_of, cell_name, guard_cap, mode_cap

__all__ = ["recompute"]


def recompute(decision: Decision) -> tuple[str, ...]:
    """
    Return every place where the record does not follow from its own parts: none for a sound decision.

    Checked: the sum of points, each adjustment, band, confidence, attention, each action's minimum over table cell,
    mode and guards, and the outcome over all actions.
    """
    e = decision.explanation
    wrong: list[str] = []

    def expect(what: str, found: object, wanted: object) -> None:
        if found != wanted:
            wrong.append(f"{what}: expected {wanted}, found {found}")

    total = e.prior + sum(c.counted for c in e.contributions)
    for adjustment in e.adjustments:
        expect(f"adjustment {adjustment.name} before", adjustment.before, total)
        expect(f"adjustment {adjustment.name} after", adjustment.after, adjustment.cap)
        total = adjustment.after
    for family in sorted({c.family for c in e.contributions}):
        for effect in ("supports", "refutes"):
            counted = [c for c in e.contributions if c.family == family and c.effect == effect and c.counted]
            expect(f"rules of family {family} that count as {effect}", min(len(counted), 2) < 2, True)
    expect("score", e.score, total)
    expect("points", decision.issue.points, e.score)
    expect("band", e.band, band_of(e.score))
    expect("confidence", e.confidence, confidence_of(e.score))
    resolved = decision.issue.status is IssueStatus.RESOLVED
    held = [g.guard for g in e.guards if g.holds]
    expect("attention", e.attention, Attention.NONE if resolved else attention_of(e.band, e.severity, held))
    for trace in e.actions:
        cell = TABLE[e.band, e.severity.high][trace.risk]
        caps = [guard_cap(g.guard, trace.risk) for g in e.guards if g.holds and g.guard in trace.guards]  # type: ignore[arg-type]  # the closed set of names, as read from a record
        expect(f"cell of {trace.kind}", trace.base, cell)
        expect(f"name of the cell of {trace.kind}", trace.cell, cell_name(e.band, e.severity, Risk(trace.risk)))
        expect(f"mode cap of {trace.kind}", trace.mode_cap, mode_cap(e.mode, trace.risk))
        expect(f"outcome of {trace.kind}", trace.outcome, min([cell, trace.mode_cap, *caps]))
    outcomes = [t.outcome for t in e.actions if t.outcome is not Outcome.FORBID]
    fallback = Outcome.RECORD if e.attention is Attention.NONE else Outcome.ESCALATE
    expect("outcome", decision.outcome, min(outcomes, default=fallback))
    expect("severity of the issue", decision.issue.severity, Severity(e.severity))
    if e.impact.share_lost is not None:
        expect("share lost within 0 and 1", 0 <= Fraction(e.impact.share_lost) <= 1, True)
    return tuple(wrong)
