"""An assessment: everything that is thought about one issue at one moment."""

from __future__ import annotations

from typing import Any

import attrs

from ..engine import EngineState, Key, NativeEngine, contributing, near_miss, trace
from ..expressions import Fact
from ..models import Band, Environment, Impact, NearMiss, Severity
from ..rules import IssueKind
from .confidence import Evidence, Score, band_of, score
from .impact import estimate, severity_of

__all__ = ["MAX_NEAR_MISSES", "Assessment", "assess"]

MAX_NEAR_MISSES = 5


@attrs.frozen(kw_only=True)
class Assessment:
    """
    What the evidence says about one issue.

    Attributes:
        supported: Whether any rule supports it now.
        vetoes: Rules that veto it now.
        signals: Ids of the signals behind the support, sorted.
        newest: Effective time of the newest of them in microseconds, 0 without any.
        environments: Where they happened.
    """

    kind: IssueKind[Any]
    key: Key
    supported: bool
    score: Score
    band: Band
    severity: Severity
    severity_because: str
    impact: Impact
    vetoes: tuple[str, ...]
    near_misses: tuple[NearMiss, ...]
    signals: tuple[str, ...]
    newest: int
    environments: frozenset[Environment]


def assess(engine: NativeEngine, state: EngineState, kind: IssueKind[Any], key: Key) -> Assessment:
    """Return the assessment of an issue from the rules that hold now."""
    evidence: list[Evidence] = []
    signals: set[str] = set()
    environments: set[Environment] = set()
    newest = 0
    vetoes: list[str] = []
    missed: list[NearMiss] = []
    for rule in engine.ruleset.about(kind.name):
        firing = state.firings.get((rule.id, key))
        if rule.id in state.quarantined:
            continue  # how far it is off, nobody knows
        if firing is None:
            miss = near_miss(engine, state, rule, key)
            if miss is not None and rule.then.effect == "supports":
                missed.append(miss)
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
                premise=trace(engine, state, rule, key),
                signals=frozenset(e.id for e in entries),
                sources=frozenset(e.source_kind for e in entries),
                auths=frozenset(e.auth for e in entries),
            )
        )
        if rule.then.effect == "supports":
            signals.update(e.id for e in entries)
            environments.update(e.env for e in entries)
            newest = max([newest, *(e.at for e in entries)])
        elif rule.then.effect == "vetoes":
            vetoes.append(rule.id)
    total = score(kind.prior, evidence)
    model = kind.impact
    order_value = _fact(engine, state, model.order_value if model else None, kind, key)
    currency = _fact(engine, state, model.currency if model else None, kind, key)
    # A share says what is lost only where the kind says so: a crawler's share of requests is no loss.
    lossy = total.contributions if model is not None or kind.severity.by_share else ()
    impact = estimate(model, lossy, order_value, currency)
    floors = tuple(
        (c.rule, floor)
        for c in total.contributions
        if c.counted and (floor := engine.ruleset.rule(c.rule).then.severity) is not None
    )
    severity, because = severity_of(kind.severity, impact, floors)
    missed.sort(key=lambda m: (-m.would_add, m.rule))
    return Assessment(
        kind=kind,
        key=key,
        supported=any(e.effect == "supports" for e in evidence),
        score=total,
        band=band_of(total.total),
        severity=severity,
        severity_because=because,
        impact=impact,
        vetoes=tuple(vetoes),
        near_misses=tuple(missed[:MAX_NEAR_MISSES]),
        signals=tuple(sorted(signals)),
        newest=newest,
        environments=frozenset(environments),
    )


def _fact(engine: NativeEngine, state: EngineState, operand: Fact[Any] | None, kind: IssueKind[Any], key: Key) -> Any:
    return None if operand is None else engine.fact(state, operand, kind.per, key)
