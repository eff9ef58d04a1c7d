"""Why two versions differ about one issue at one moment: rules, bounds, sums, guards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs

from ..agent.fold import Fold
from ..agent.state import State
from ..models import ActionTrace, Adjustment, Band, Contribution, Decision, GuardTrace, NearMiss, Severity
from ..reason import assess
from .comparison import Cause, Side

__all__ = ["View", "causes", "view_of"]

Key = tuple[str, ...]


@attrs.frozen(kw_only=True)
class View:
    """
    What a version's bookkeeping says about an issue: of its decision, or of its evidence where it made none.

    Attributes:
        kind: Of the issue.
        decision: The decision, if it made one.
        known: Whether its rules conclude about this kind of issue at all.
    """

    kind: str
    decision: Decision | None = None
    known: bool = True
    status: str = ""
    prior: int = 0
    contributions: tuple[Contribution, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    total: int = 0
    band: Band | None = None
    severity: Severity | None = None
    severity_because: str = ""
    near_misses: tuple[NearMiss, ...] = ()
    guards: tuple[GuardTrace, ...] = ()
    actions: tuple[ActionTrace, ...] = ()

    def side(self) -> Side:
        """Return it as a report shows it."""
        return Side(
            decided=self.decision is not None,
            status=self.status,
            band=self.band.word if self.band is not None else "",
            severity=self.severity.word if self.severity is not None else "",
            outcome=self.decision.outcome.word if self.decision is not None else "",
            points=self.total if self.known else None,
            arithmetic=self._arithmetic() if self.known else "",
            rules=tuple((c.rule, c.counted) for c in self.contributions),
            actions=tuple(f"{a.kind} -> {a.target}: {a.outcome.word}" for a in self.actions),
        )

    def _arithmetic(self) -> str:
        counted = [f"{c.counted:+d} {c.rule}" for c in self.contributions if c.counted]
        caps = [f"; {a.name} {a.before:+d} to {a.after:+d}" for a in self.adjustments]
        return f"{' '.join([f'{self.prior:+d} prior', *counted])}{''.join(caps)} = {self.total:+d}"


def view_of(fold: Fold, state: State, kind: str, key: Key, decision: Decision | None) -> View:
    """Return what a version says: by its decision, else by what its evidence comes to in this state."""
    held = state.held.get((kind, key))
    if decision is not None:
        told = decision.explanation
        return View(
            kind=kind,
            decision=decision,
            status=decision.issue.status.value,
            prior=told.prior,
            contributions=told.contributions,
            adjustments=told.adjustments,
            total=told.score,
            band=told.band,
            severity=told.severity,
            severity_because=told.severity_because,
            near_misses=told.near_misses,
            guards=told.guards,
            actions=told.actions,
        )
    known = fold.ruleset.kinds.get(kind)
    if known is None:
        return View(kind=kind, known=False)
    found = assess(fold.engine, state.engine, known, key)
    return View(
        kind=kind,
        status=held.issue.status.value if held is not None else "",
        prior=found.score.prior,
        contributions=found.score.contributions,
        adjustments=found.score.adjustments,
        total=found.score.total,
        band=found.band,
        severity=found.severity,
        severity_because=found.severity_because,
        near_misses=found.near_misses,
    )


def causes(a: View, b: View) -> tuple[Cause, ...]:
    """Return what the two differ in, rules first."""
    if not (a.known and b.known):
        here, there = ("concluded about" if v.known else "no rule concludes about it" for v in (a, b))
        return (Cause(what="kind", name=a.kind, a=here, b=there),)
    return (*_rules(a, b), *_severity(a, b), *_guards(a, b), *_actions(a, b))


def _rules(a: View, b: View) -> Iterator[Cause]:
    ours, theirs = ({c.rule: c for c in v.contributions} for v in (a, b))
    for name in sorted(ours.keys() | theirs.keys()):
        one, other = ours.get(name), theirs.get(name)
        if one is None or other is None or one.counted != other.counted:
            yield Cause(what="rule", name=name, a=_held(name, one, a), b=_held(name, other, b))


def _held(rule: str, contribution: Contribution | None, view: View) -> str:
    if contribution is None:
        miss = next((m for m in view.near_misses if m.rule == rule), None)
        return "does not hold" if miss is None else f"does not hold: needs {miss.needed}, finds {miss.found}"
    premise = contribution.premise
    bound = f": needs {premise.needed}, finds {premise.found}" if premise.needed else ""
    note = f" ({contribution.note})" if contribution.note else ""
    return f"{contribution.counted:+d}{note}{bound}"


def _severity(a: View, b: View) -> Iterator[Cause]:
    if a.severity is not b.severity and a.severity is not None and b.severity is not None:
        here, there = (f"{v.severity.word}: {v.severity_because}" for v in (a, b) if v.severity is not None)
        yield Cause(what="severity", name="severity", a=here, b=there)


def _guards(a: View, b: View) -> Iterator[Cause]:
    if a.decision is None or b.decision is None:
        return  # who decides nothing asks no guard
    ours, theirs = ({g.guard: g for g in v.guards if g.holds} for v in (a, b))
    for name in _in_order(ours, theirs):
        if (name in ours) != (name in theirs):
            here, there = (
                f"holds: {side[name].detail}" if name in side else "does not hold" for side in (ours, theirs)
            )
            yield Cause(what="guard", name=name, a=here, b=there)


def _actions(a: View, b: View) -> Iterator[Cause]:
    if a.decision is None or b.decision is None:
        return
    ours, theirs = ({f"{t.kind} -> {t.target}": t for t in v.actions} for v in (a, b))
    for name in _in_order(ours, theirs):
        one, other = ours.get(name), theirs.get(name)
        # Guards that change nothing here are named above already.
        if one is None or other is None or one.outcome is not other.outcome:
            yield Cause(what="action", name=name, a=_treated(one), b=_treated(other))


def _treated(trace: ActionTrace | None) -> str:
    if trace is None:
        return "not proposed"
    guards = f", guards {', '.join(trace.guards)}" if trace.guards else ""
    return f"{trace.outcome.word} ({trace.cell}: {trace.base.word}, mode {trace.mode_cap.word}{guards})"


def _in_order(*sides: Mapping[str, object]) -> Sequence[str]:
    return list(dict.fromkeys(name for side in sides for name in side))
