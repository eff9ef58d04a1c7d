"""An assessment: everything that is thought about one issue at one moment."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cached_property, partial
from typing import Any

import attrs

from ..engine import EngineState, Key, MeasuredShare, NativeEngine, contributing, measured_shares, near_miss, trace
from ..models import Band, Environment, Impact, NearMiss, Severity
from ..rules import IssueKind, Rule
from .confidence import Evidence, Score, band_of, score
from .figures import Figures, largest_share
from .impact import written
from .readings import is_peak, readings, stakes
from .severity import severity_of

__all__ = ["MAX_NEAR_MISSES", "Assessment", "assess", "is_supported"]

MAX_NEAR_MISSES = 5


@attrs.frozen(kw_only=True, slots=False)
class Assessment:
    """
    What the evidence says about one issue.

    An issue is judged far more often than anything about it changes. So what only a decision tells is read off the
    engine's state when it is asked for: ask in the same step, before that state moves on.

    Attributes:
        supported: Whether any rule supports it now.
        vetoes: Rules that veto it now.
        found: Ids of the signals behind the support.
        newest: Effective time of the newest of them in microseconds, 0 without any.
        environments: Where they happened.
        read_impact, read_near_misses: What `impact` and `near_misses` are read with.
    """

    kind: IssueKind[Any]
    key: Key
    supported: bool
    score: Score
    band: Band
    severity: Severity
    severity_because: str
    vetoes: tuple[str, ...]
    found: frozenset[str]
    newest: int
    environments: frozenset[Environment]
    read_impact: Callable[[], Impact]
    read_near_misses: Callable[[], tuple[NearMiss, ...]]

    @cached_property
    def signals(self) -> tuple[str, ...]:
        """Ids of the signals behind the support, sorted."""
        return tuple(sorted(self.found))

    @cached_property
    def impact(self) -> Impact:
        """What the issue costs, as far as is known."""
        return self.read_impact()

    @cached_property
    def near_misses(self) -> tuple[NearMiss, ...]:
        """Rules that nearly support it, those that would add most first."""
        return self.read_near_misses()


def is_supported(engine: NativeEngine, state: EngineState, kind: IssueKind[Any], key: Key) -> bool:
    """Return whether any rule supports an issue now, which is far sooner said than what it comes to."""
    firings = state.firings
    for rule in engine.ruleset.supporters(kind.name) if firings else ():
        if (rule, key) in firings and rule not in state.quarantined:
            return True
    return False


def assess(engine: NativeEngine, state: EngineState, kind: IssueKind[Any], key: Key) -> Assessment:
    """Return the assessment of an issue from the rules that hold now."""
    evidence: list[Evidence] = []
    signals: set[str] = set()
    environments: set[Environment] = set()
    newest = 0
    vetoes: list[str] = []
    silent: list[Rule[Any]] = []
    supporting: list[Rule[Any]] = []
    for rule in engine.ruleset.about(kind.name):
        if rule.id in state.quarantined:
            continue  # how far it is off, nobody knows
        firing = state.firings.get((rule.id, key))
        if firing is None:
            if rule.then.effect == "supports":
                silent.append(rule)
            continue
        entries = contributing(engine, state, rule, key)
        evidence.append(
            Evidence(
                rule=rule.id,
                rule_version=rule.version,
                effect=rule.then.effect,
                family=rule.then.family,
                points=engine.points_of(firing),
                lowered_from=rule.then.points if firing.lowered else 0,
                why=rule.why,
                premise=partial(trace, engine, state, rule, key),
                signals=frozenset(entries),
                sources=frozenset([e.source_kind for e in entries.values()]),
                auths=frozenset([e.auth for e in entries.values()]),
            )
        )
        if rule.then.effect == "supports":
            supporting.append(rule)
            signals.update(entries)
            environments.update([e.env for e in entries.values()])
            newest = max([newest, *[e.at for e in entries.values()]])
        elif rule.then.effect == "vetoes":
            vetoes.append(rule.id)
    total = score(kind.prior, evidence)
    # A share says what is lost only where the kind says so: a crawler's share of requests is no loss.
    costs = kind.impact is not None and kind.impact.conversion is not None
    lossy = supporting if costs or kind.severity.by_share else []
    lost = _lost(engine, state, lossy, key)
    floors = tuple(
        (w.evidence.rule, floor)
        for w in total.weighed
        if w.trusted
        and w.evidence.effect == "supports"
        and (floor := engine.ruleset.rule(w.evidence.rule).then.severity) is not None
    )
    figures = _once(partial(_figures, engine, state, kind, key, lost))
    severity, because = _severity(engine, state, kind, key, lost, floors, figures)
    return Assessment(
        kind=kind,
        key=key,
        supported=bool(supporting),
        score=total,
        band=band_of(total.total),
        severity=severity,
        severity_because=because,
        vetoes=tuple(vetoes),
        found=frozenset(signals),
        newest=newest,
        environments=frozenset(environments),
        read_impact=lambda: written(figures()),
        read_near_misses=partial(_near_misses, engine, state, silent, key),
    )


def _lost(engine: NativeEngine, state: EngineState, rules: list[Rule[Any]], key: Key) -> MeasuredShare | None:
    found = largest_share(share for rule in rules for share in measured_shares(engine, state, rule, key))
    # What a recovery would have to reach is no loss over any window.
    return found if found is not None and found.window is not None else None


def _figures(
    engine: NativeEngine, state: EngineState, kind: IssueKind[Any], key: Key, lost: MeasuredShare | None
) -> Figures:
    return Figures(kind.impact, readings(engine, state, kind, key, lost))


def _severity(
    engine: NativeEngine,
    state: EngineState,
    kind: IssueKind[Any],
    key: Key,
    lost: MeasuredShare | None,
    floors: tuple[tuple[str, Severity], ...],
    figures: Callable[[], Figures],
) -> tuple[Severity, str]:
    share = None if lost is None else Fraction(lost.hits, lost.size)
    model = kind.impact
    if model is not None and (model.usual is not None or (lost is None and model.orders is not None)):
        share = figures().share_lost  # what is lost beyond what is usual, or of the usual orders
    return severity_of(
        kind.severity,
        share,
        floors,
        window=None if lost is None else lost.window,
        stakes=stakes(engine, state, kind, key, read_figures=figures),
        peak=is_peak(engine, state, kind, key),
    )


def _once(read: Callable[[], Figures]) -> Callable[[], Figures]:
    """Return what reads at most once: severity asks, and the record may ask again."""
    found: list[Figures] = []

    def again() -> Figures:
        if not found:
            found.append(read())
        return found[0]

    return again


def _near_misses(engine: NativeEngine, state: EngineState, silent: list[Rule[Any]], key: Key) -> tuple[NearMiss, ...]:
    """Return the strongest of each family: the others of it would add nothing to that one."""
    missed: dict[str, NearMiss] = {}
    for rule in sorted(silent, key=lambda r: (-r.then.points, r.id)):
        family = rule.then.family
        if family not in missed and (miss := near_miss(engine, state, rule, key)) is not None:
            missed[family] = miss
            if len(missed) == MAX_NEAR_MISSES:
                break
    return tuple(missed.values())
