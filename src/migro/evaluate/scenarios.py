"""What an agent found in a scenario, beside what is true of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import attrs

from ..models import Action, ActionStatus, Risk
from ..simulate import ExpectedIssue, GroundTruth
from .cases import Case, Sighting, cases_of
from .findings import CheckedAction, FalseAlarm, Finding, Messages, Reason, ScenarioScore
from .survivals import Survival

__all__ = ["Played", "Why", "score_scenario"]

_DONE: Final = frozenset(
    {
        ActionStatus.PLANNED,
        ActionStatus.STARTED,
        ActionStatus.SIMULATED,
        ActionStatus.SUCCEEDED,
        ActionStatus.FAILED,
        ActionStatus.UNKNOWN,
    }
)

_SILENT: Final = frozenset({"recheck", "report", "update_dashboard"})
"""Verbs of the lowest risk that call nobody: they stand where somebody may look."""

_PLATFORM: Final = "platform"

Pair = tuple[str | None, str]
"""A merchant, None for a platform, and a failure mode."""


@attrs.frozen(kw_only=True)
class Played:
    """
    What there is to judge of one play.

    Attributes:
        sightings: Of all decisions, those about one issue in the order in which they were made.
        actions: As they stand in the end.
        survivals: Planted personal data that was found.
        signals: How many signals came in.
        failed: How many of them broke their step.
        unreadable: How many lines were no envelope.
    """

    sightings: tuple[Sighting, ...]
    actions: tuple[Action, ...] = ()
    survivals: tuple[Survival, ...] = ()
    signals: int = 0
    failed: int = 0
    unreadable: int = 0


Why = Callable[[ExpectedIssue], Sequence[str]]
"""Says what an issue that was not found lacked."""


def score_scenario(truth: GroundTruth, played: Played, *, place: str = "", why: Why | None = None) -> ScenarioScore:
    """
    Return how well a scenario was understood.

    An issue is found when a case of its kind, or of one that is as good, stands in front of a person at medium
    confidence or more, at its onset or later. The order in which the truth lists anything changes nothing.

    Args:
        truth: What is true.
        played: What was found.
        place: Where the scenario was read.
        why: Says what a miss lacked; asked for misses alone.
    """
    lacked = why or _silence
    truth = _named(truth)
    cases = cases_of(played.sightings)
    taken = _assigned(truth.issues, cases)
    kinds = {s.issue: s.kind for s in played.sightings}
    findings = [_finding(e, case, truth, cases, kinds) for e, case in taken]
    alarms = tuple(_alarms(truth, cases))
    return ScenarioScore(
        scenario=truth.scenario,
        seed=truth.seed,
        place=place,
        merchants=len(truth.merchants),
        seconds=max(0, int((truth.end - truth.start).total_seconds())),
        findings=tuple(
            f if f.found else attrs.evolve(f, why=_missed(f.expected, played.sightings, lacked)) for f in findings
        ),
        right=len({(c.merchant, c.kind) for _, c in taken if c is not None}),
        alarms=alarms,
        actions=tuple(sorted(_checked(truth, played.sightings), key=_by_action)),
        messages=tuple(_messages(played, cases, kinds)),
        max_messages=truth.max_messages,
        executed=tuple(sorted(a.kind for a in played.actions if a.kind in truth.forbidden_verbs and a.status in _DONE)),
        survivals=played.survivals,
        signals=played.signals,
        failed=played.failed,
        unreadable=played.unreadable,
    )


def _named(truth: GroundTruth) -> GroundTruth:
    """Return a truth in which nothing that a platform is in for names a merchant, as decisions have it."""

    def own(thing: Any) -> Any:
        return attrs.evolve(thing, merchant=None) if thing.merchant == _PLATFORM else thing

    return attrs.evolve(
        truth,
        issues=tuple(map(own, truth.issues)),
        actions=tuple(map(own, truth.actions)),
    )


def _silence(expected: ExpectedIssue) -> Sequence[str]:
    return ()


def _by_issue(e: ExpectedIssue) -> tuple[Any, ...]:
    limit = -1 if e.within is None else e.within
    return e.onset, e.merchant or "", e.kind, e.instead, e.parent or "", e.mildest, e.gravest, limit, e.cases or 0


def _by_action(a: CheckedAction) -> tuple[str, str, str]:
    return a.expected.merchant or "", a.expected.kind, a.expected.issue or ""


def _assigned(issues: Iterable[ExpectedIssue], cases: Sequence[Case]) -> list[tuple[ExpectedIssue, Case | None]]:
    """Return each issue with the case that found it; two issues share a case only where there is no other."""
    used: set[tuple[str, datetime]] = set()
    found: dict[int, Case | None] = {}
    ordered = sorted(issues, key=_by_issue)
    # Who takes nothing else chooses first.
    for place, expected in sorted(enumerate(ordered), key=lambda p: (len(p[1].instead), p[0])):
        fitting = [c for c in cases if _fits(expected, c) and c.standing(expected.onset) is not None]
        fitting.sort(key=lambda c: ((c.issue, c.opened) in used, c.kind != expected.kind, c.standing(expected.onset)))
        found[place] = fitting[0] if fitting else None
        used.update((c.issue, c.opened) for c in fitting[:1])
    return [(expected, found[place]) for place, expected in enumerate(ordered)]


def _fits(expected: ExpectedIssue, case: Case) -> bool:
    return case.merchant == expected.merchant and case.kind in (expected.kind, *expected.instead)


def _finding(
    expected: ExpectedIssue, case: Case | None, truth: GroundTruth, cases: Sequence[Case], kinds: dict[str, str]
) -> Finding:
    alike = [e for e in truth.issues if (e.merchant, e.kind) == (expected.merchant, expected.kind)]
    due = [e.cases for e in alike]
    others = {e.kind for e in truth.issues if e.merchant == expected.merchant} - {expected.kind}
    opened = [c for c in cases if _fits(expected, c) and c.kind not in others]
    standing = case.standing(expected.onset) if case is not None else None
    if case is None or standing is None:
        return Finding(expected=expected, cases=len(opened))
    return Finding(
        expected=expected,
        seconds=int((standing - expected.onset).total_seconds()),
        severity=case.severity,
        parents=tuple(sorted({kinds.get(p, "an issue nobody decided on") for p in case.parents})),
        cases=len(opened),
        due=None if None in due else sum(n for n in due if n is not None),
    )


def _missed(expected: ExpectedIssue, sightings: Sequence[Sighting], lacked: Why) -> tuple[str, ...]:
    return (*_watched(expected, sightings), *lacked(expected)) or ("nothing was decided about it",)


def _watched(expected: ExpectedIssue, sightings: Sequence[Sighting]) -> Iterator[str]:
    """Yield how near the decisions about an issue came to it; nothing where there are none."""
    kinds = (expected.kind, *expected.instead)
    seen = [s for s in sightings if s.merchant == expected.merchant and s.kind in kinds]
    later = [s for s in seen if s.at >= expected.onset and not s.resolved]
    if seen and not later:
        yield "it was over before its onset"
    if not later:
        return
    best = max(later, key=lambda s: (s.points, s.at))
    counted = ", ".join(best.rules) or "nothing counted"
    yield f"watched with at most {best.points:+d} points of the 0 it takes: {counted}"
    yield from best.needs


def _alarms(truth: GroundTruth, cases: Sequence[Case]) -> Iterator[FalseAlarm]:
    by_pair: dict[Pair, list[Case]] = {}
    for case in cases:
        by_pair.setdefault((case.merchant, case.kind), []).append(case)
    for (merchant, kind), raised in sorted(by_pair.items(), key=lambda p: (p[0][0] or "", p[0][1])):
        onsets = [e.onset for e in truth.issues if _fits(e, raised[0])]
        forbidden = any(f.kind == kind and f.merchant in (None, merchant) for f in truth.forbidden)
        if onsets:
            early = [c for c in raised if c.opened < min(onsets)]
            # What may be reported beside the expected is no false alarm because it is expected later on as well.
            if early and (forbidden or not truth.allows(kind, merchant)):
                paged = any(c.paged is not None and c.paged < min(onsets) for c in early)
                yield _alarm(early, "early", paged=paged)
        elif forbidden or not truth.allows(kind, merchant):
            reason: Reason = "forbidden" if forbidden else "nothing"
            yield _alarm(raised, reason, paged=any(c.paged is not None for c in raised))


def _alarm(cases: Sequence[Case], reason: Reason, *, paged: bool) -> FalseAlarm:
    first = cases[0]
    return FalseAlarm(
        kind=first.kind,
        merchant=first.merchant,
        reason=reason,
        cases=len(cases),
        opened=first.opened,
        severity=max(c.severity for c in cases),
        paged=paged,
        because=first.because,
        rules=first.rules,
    )


def _checked(truth: GroundTruth, sightings: Sequence[Sighting]) -> Iterator[CheckedAction]:
    for expected in truth.actions:
        about = {expected.issue}
        for e in truth.issues:
            if (e.kind, e.merchant) == (expected.issue, expected.merchant):
                about.update(e.instead)
        proposed = any(
            expected.kind in s.actions
            and s.merchant == expected.merchant
            and (expected.issue is None or s.kind in about)
            for s in sightings
        )
        yield CheckedAction(expected=expected, proposed=proposed)


def _messages(played: Played, cases: Sequence[Case], kinds: dict[str, str]) -> Iterator[Messages]:
    merchants = {s.issue: s.merchant for s in played.sightings}
    told: dict[Pair, list[int]] = {}

    def add(pair: Pair, place: int) -> None:
        told.setdefault(pair, [0, 0, 0])[place] += 1

    for case in cases:
        if case.paged is not None:
            add((case.merchant, case.kind), 1)
    for action in played.actions:
        pair = merchants.get(action.issue), kinds.get(action.issue, "")
        if action.risk is Risk.R0 and action.kind not in _SILENT and action.status in _DONE:
            add(pair, 0)
        elif action.kind == "draft_reply" and action.status in (*_DONE, ActionStatus.WAITING, ActionStatus.EXPIRED):
            add(pair, 2)
    for (merchant, kind), (notifications, pages, drafts) in sorted(
        told.items(), key=lambda p: (p[0][0] or "", p[0][1])
    ):
        yield Messages(kind=kind, merchant=merchant, notifications=notifications, pages=pages, drafts=drafts)
