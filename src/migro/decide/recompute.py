"""Recomputing a decision from its record: the proof that the explanation explains."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from fractions import Fraction
from math import ceil, floor

from ..models import Attention, Decision, Estimate, Explanation, Impact, IssueStatus, Outcome, Risk, Severity
from ..reason import MAX_SCORE, band_of, confidence_of, wilson_lower
from ..reason.confidence import NO_DISJOINT_CAP, ONE_SOURCE_CAP
from ..reason.impact import ratio
from ..rules import SAME_ONSET
from .guards import HOSTS
from .policy import GUARDS, OF_ACTIONS, PAGED, TABLE, GuardName, attention_of, cell_name, guard_cap, mode_cap

__all__ = ["impact_mistakes", "recompute"]

_CAPS = {
    "one source kind": (ONE_SOURCE_CAP,),
    "no disjoint families": (NO_DISJOINT_CAP,),
    "bounds": (MAX_SCORE, -MAX_SCORE),
}
_TRUSTED = (0, 50, 150)

SAME_TIME = timedelta(microseconds=SAME_ONSET)


def recompute(decision: Decision) -> tuple[str, ...]:
    """
    Return every place where the record does not follow from its own parts: none for a sound decision.

    Checked: which rule of a family counts, the sum of points, each adjustment, band, confidence, attention, the caps
    of guards, each action's minimum over table cell, mode and guards, the outcome over all actions, and all
    figures of the impact from its inputs. Not checked, because the rules are needed for it: near misses and the bounds
    of severity.
    """
    e = decision.explanation
    wrong: list[str] = []

    def expect(what: str, found: object, wanted: object) -> None:
        if found != wanted:
            wrong.append(f"{what}: expected {wanted}, found {found}")

    wrong += _points(e)
    total = e.prior + sum(c.counted for c in e.contributions)
    for adjustment in e.adjustments:
        expect(f"adjustment {adjustment.name} before", adjustment.before, total)
        expect(f"adjustment {adjustment.name} after", adjustment.after, adjustment.cap)
        expect(f"cap of {adjustment.name}", adjustment.cap in _CAPS.get(adjustment.name, ()), True)
        expect(f"adjustment {adjustment.name} lowers", abs(adjustment.after) < abs(adjustment.before), True)
        total = adjustment.after
    expect("score within bounds", abs(total) <= MAX_SCORE, True)
    expect("score", e.score, total)
    expect("points", decision.issue.points, e.score)
    expect("band", e.band, band_of(e.score))
    expect("confidence", e.confidence, confidence_of(e.score))
    expect("band of the issue", decision.issue.band, e.band)
    expect("confidence of the issue", decision.issue.confidence, e.confidence)
    expect("impact of the issue", decision.issue.impact, e.impact)
    resolved = decision.issue.status is IssueStatus.RESOLVED
    held = [g.guard for g in e.guards if g.holds]
    expect("attention", e.attention, Attention.NONE if resolved else attention_of(e.band, e.severity, held))
    expect("attention of the issue", decision.issue.attention, e.attention)
    expect("attention of the decision", decision.attention, e.attention)
    expect("mode", decision.mode, e.mode)
    added = {g.guard: g for g in e.guards if g.guard.startswith(HOSTS)}
    for guard in e.guards:
        if guard.guard in added:
            # The policy's version stands for what a host has added; that it only lowers can be seen here.
            expect(f"cap of {guard.guard} is below auto", guard.cap < Outcome.AUTO, True)
        else:
            expect(f"cap of {guard.guard}", guard.cap, GUARDS[guard.guard][0] if guard.guard in GUARDS else None)
        if (guard.guard in OF_ACTIONS or guard.guard in added) and not resolved:
            expect(f"actions of {guard.guard}", guard.holds, any(guard.guard in trace.guards for trace in e.actions))
    for trace in e.actions:
        cell = TABLE[e.band, e.severity.high][trace.risk]
        # Whether an action is on the allow-list, or within its budget, is its own affair; every other guard holds for
        # all of them. And what is told elsewhere wakes nobody up, which is all that it holds back.
        own = {**{g: g in trace.guards for g in OF_ACTIONS}, "consequence": trace.target == PAGED}
        named: list[GuardName] = [g for g in GUARDS if g in held and own.get(g, True)]
        caps = [guard_cap(g, trace.risk) for g in named]
        effective: set[str] = {g for g, cap in zip(named, caps, strict=True) if cap < Outcome.AUTO}
        hosts = [added[g] for g in trace.guards if g in added]
        effective |= {g.guard for g in hosts if g.holds and trace.risk >= g.from_risk}
        caps += [g.cap for g in hosts]
        expect(f"guards of {trace.kind}", set(trace.guards), effective)
        expect(f"cell of {trace.kind}", trace.base, cell)
        expect(f"name of the cell of {trace.kind}", trace.cell, cell_name(e.band, e.severity, Risk(trace.risk)))
        expect(f"mode cap of {trace.kind}", trace.mode_cap, mode_cap(e.mode, trace.risk))
        expect(f"outcome of {trace.kind}", trace.outcome, min([cell, trace.mode_cap, *caps]))
    outcomes = [t.outcome for t in e.actions if t.outcome is not Outcome.FORBID]
    fallback = Outcome.RECORD if e.attention is Attention.NONE else Outcome.ESCALATE
    expect("outcome", decision.outcome, min(outcomes, default=fallback))
    expect("outcome of the explanation", e.outcome, decision.outcome)
    for action, trace in zip(decision.actions, e.actions, strict=False):
        if action.decision == decision.id:
            expect(f"outcome of the action {action.kind}", action.outcome, trace.outcome)
        expect(f"risk of the action {action.kind}", action.risk, trace.risk)
    wrong += _cause(decision)
    expect("severity of the issue", decision.issue.severity, Severity(e.severity))
    return (*wrong, *impact_mistakes(e.impact))


def _cause(decision: Decision) -> list[str]:
    """Return what does not fit between an issue and what it is said to follow from."""
    cause = decision.explanation.cause
    parent = None if cause is None else cause.issue
    wrong = [] if decision.issue.parent == parent else [f"parent: expected {parent}, found {decision.issue.parent}"]
    if cause is None:
        return wrong
    apart = cause.began - cause.cause_began
    if not cause.shared:
        wrong.append(f"cause {cause.issue}: expected something that both name, found nothing")
    if not (abs(apart) <= SAME_TIME or timedelta(0) <= apart <= timedelta(seconds=cause.lag_s)):
        wrong.append(f"cause {cause.issue}: expected it at most {cause.lag_s} s before, found {apart}")
    return wrong


def _points(e: Explanation) -> list[str]:
    """Return every rule whose points do not follow from the strongest of its family."""
    wrong = []
    for c in e.contributions:
        sign = {"supports": c.points > 0, "refutes": c.points < 0, "vetoes": c.points == 0}
        rivals = [r for r in e.contributions if (r.family, r.effect) == (c.family, c.effect)]
        strongest = min(rivals, key=lambda r: (-abs(r.trusted), r.rule))
        counted = c.trusted if c.rule == strongest.rule and c.effect != "vetoes" else 0
        if c.counted != counted:
            wrong.append(f"points of {c.rule}: expected {counted}, found {c.counted}")
        if not sign[c.effect] or abs(c.trusted) > abs(c.points) or c.trusted * c.points < 0:
            wrong.append(f"points of {c.rule}: {c.trusted:+d} of {c.points:+d} do not fit {c.effect}")
        told = not c.counted or c.note.startswith(f"capped from {c.points:+d}:")
        if c.trusted != c.points and not (abs(c.trusted) in _TRUSTED and told):
            wrong.append(f"points of {c.rule}: {c.trusted:+d} is no cap for {c.points:+d}")
    return wrong


def impact_mistakes(impact: Impact) -> list[str]:
    """Return every figure of an impact that its assumptions do not give."""
    given = {a.name: a.value for a in impact.assumptions}
    wrong = [w for e in (*impact.estimates, *impact.exposures) for w in _factors(e, given)]
    found = [e for e in impact.estimates if e.method != "R_cap"]
    cap = next((Fraction(e.amount) for e in impact.estimates if e.method == "R_cap"), None)

    def expect(what: str, shown: object, wanted: object) -> None:
        if shown != wanted:
            wrong.append(f"{what}: expected {wanted}, found {shown}")

    if impact.share_lost is not None:
        expect("share lost", impact.share_lost, ratio(_share_lost(given)))
    if cap is not None:
        over = (e for e in found if e.method != "R_obs" and Fraction(e.amount) > cap)
        wrong += [f"{e.method}: expected at most {cap}, found {e.amount}" for e in over]
    amounts: dict[str, list[Fraction]] = {}
    for estimate in found:
        amounts.setdefault(estimate.currency, []).append(Fraction(estimate.amount))
    wanted = {c: (floor(min(of)), ceil(max(of))) for c, of in amounts.items()}
    expect("revenue at risk", {r.currency: (r.low, r.high) for r in impact.rates}, wanted)
    mine = [floor(amount) for amount in amounts.get(impact.currency or "", ())]
    expect("revenue that severity reads", impact.revenue is None or impact.revenue in mine, True)
    expect("usual revenue", impact.usual_revenue, None if cap is None else str(cap))
    for range_ in impact.projected:
        expect("projected loss", (range_.low, range_.high), tuple(impact.lasts * n for n in wanted[range_.currency]))
    for loss in impact.losses:
        minutes = Fraction(loss.minutes)
        low = loss.low_before + floor(loss.low_rate * minutes)
        high = loss.high_before + ceil(loss.high_rate * minutes)
        expect("loss so far", (loss.low, loss.high), (low, high))
    return wrong


def _factors(estimate: Estimate, given: Mapping[str, str]) -> list[str]:
    """Return what is wrong with an estimate: it is the product of its factors, and these follow from the inputs."""
    amount = Fraction(1)
    for factor in estimate.factors:
        amount *= Fraction(factor.value)
    wrong = []
    if Fraction(estimate.amount) != amount:
        wrong.append(f"{estimate.method}: expected {amount}, found {estimate.amount}")
    named = {f.name: Fraction(f.value) for f in estimate.factors}
    usual = Fraction(given.get("usual share", "0"))
    for name, lower in (("failing share above the usual", False), ("failing share above the usual low", True)):
        if name in named:
            hits, size = (int(part) for part in given["failing share"].split(" of "))
            wanted = max(Fraction(0), (wilson_lower(hits, size) if lower else Fraction(hits, size)) - usual)
            if named[name] != wanted:
                wrong.append(f"{name} of {estimate.method}: expected {wanted}, found {named[name]}")
    return wrong


def _share_lost(given: Mapping[str, str]) -> Fraction:
    """Return the share that the inputs give: of the step, else of the usual orders."""
    if "failing share" in given:
        hits, size = (int(part) for part in given["failing share"].split(" of "))
        return max(Fraction(0), Fraction(hits, size) - Fraction(given.get("usual share", "0")))
    usual = next(Fraction(v) for n, v in given.items() if n.startswith("usual orders in "))
    return 1 - next(Fraction(v) for n, v in given.items() if n.startswith("orders in ")) / usual
