"""The platform's part: which open issues of merchants follow from an issue of many, and who has to be told of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..models import (
    CauseChanged,
    Issue,
    IssueChanged,
    IssueStatus,
    Severity,
    Signal,
    from_microseconds,
    to_microseconds,
)
from ..rules import IssueKind, RuleSet
from ..rules.ruleset import fact_uses, selections
from .consequences import onset
from .state import Above, Report, State

__all__ = [
    "NO_FAULT",
    "WATCHERS",
    "beyond_platform",
    "children",
    "forget_above",
    "hear_above",
    "hear_platform",
    "hear_report",
    "hear_traits",
    "in_trouble",
    "platform_of",
    "read_above",
    "symptom_of",
    "tell",
]

_DELIVERS = "delivered by"

NO_FAULT = frozenset({"docs", "unknown"})

WATCHERS = frozenset({"access_log", "app_log", "monitor", "rum"})
"""Witnesses that tell what they notice and not what it comes of."""

_TOGETHER = 10 * 60 * 1_000_000
"""How far apart the same may begin at two shops that have it in common, in microseconds."""

_ONE_IN = 10
"""How many shops of a platform at most stand beside one of another for what both have to be no sign of the platform."""

_AT_WORK = 60 * 60 * 1_000_000
"""For how long after its last evidence an open fault still sets off alarms, in microseconds."""

Kinds = Mapping[str, IssueKind[Any]]


def read_above(ruleset: RuleSet) -> frozenset[str]:
    """Return the kinds of signals that rules about many merchants read, beside what changed about issues."""
    systemic = [rule for rule in ruleset if rule.then.kind.systemic]
    found = {s.signal.__signal_kind__ for rule in systemic for s in selections(rule.when)}
    found |= {fact.column.owner.__signal_kind__ for rule in systemic for fact, _ in fact_uses(rule.when)}
    return frozenset(found - {"", "issue.changed"})


# --- at the platform -------------------------------------------------------------------------------------------------


def hear_report(state: State, changed: IssueChanged, partition: str) -> None:
    """Remember an open issue of a merchant, or forget one that is over."""
    issue = changed.issue
    if issue.merchant is not None and changed.platform is not None:
        state.traits.setdefault(issue.merchant, {})["platform"] = changed.platform
    if issue.status is not IssueStatus.OPEN or issue.merchant is None:
        state.reports.pop(issue.id, None)
        return
    began = to_microseconds(changed.began or issue.first_seen)
    apart = changed.own_cause or changed.resting
    platform = changed.platform or ""
    state.reports[issue.id] = Report(partition, issue.merchant, issue.kind, platform, began, apart, changed.parties)


def beyond_platform(state: State, changed: IssueChanged) -> bool:
    """
    Whether shops that are not known to be on the same platform have the same, with a party that all of them name.

    Then it is that party that they have in common, and what it does is no sign that the platform fails. One shop in
    eleven and fewer elsewhere are a coincidence beside so many here.
    """
    here = state.reports.get(changed.issue.id)
    if here is None:
        return False
    alike = [
        other
        for other in state.reports.values()
        if other.kind == here.kind
        and not other.apart
        and abs(other.began - here.began) <= _TOGETHER
        and not set(here.parties).isdisjoint(other.parties)
    ]
    with_it = {r.merchant for r in alike if r.platform and r.platform == here.platform} | {here.merchant}
    elsewhere = {r.merchant for r in alike} - with_it
    return _ONE_IN * len(elsewhere) >= len(with_it)


def hear_traits(state: State, signal: Signal) -> None:
    """Remember what a signal says a merchant has in common with others; the newest word counts."""
    if signal.merchant is None:
        return
    known = state.traits.setdefault(signal.merchant, {})
    known.update({name: value for name, value in signal.ids.items() if name != "merchant"})


def children(state: State, kinds: Kinds, issue: Issue, began: int) -> Iterator[tuple[str, Report]]:
    """Yield the open issues of merchants that are consequences of one of the platform, by id."""
    kind = kinds.get(issue.kind)
    if kind is None or not kind.causes or issue.status is not IssueStatus.OPEN:
        return
    for id, report in sorted(state.reports.items()):
        in_time = kind.follows(began, report.began)
        if report.kind in kind.causes and not report.apart and in_time and _concerns(state, issue, report):
            yield id, report


def _concerns(state: State, issue: Issue, report: Report) -> bool:
    known = {"issue_kind": report.kind, "platform": report.platform, **state.traits.get(report.merchant, {})}
    return any(_fits(issue, {**known, "platform": one}) for one in (known["platform"], *report.parties))


def _fits(issue: Issue, traits: Mapping[str, str]) -> bool:
    return all(traits.get(name) == value for name, value in zip(issue.key_names, issue.key, strict=True))


def tell(state: State, kinds: Kinds, decisions: Mapping[str, str]) -> list[tuple[str, CauseChanged]]:
    """
    Return what merchants have to hear about the platform's issues now, by partition.

    Whoever it may concern hears of it once, and again when it is over or of another severity: those that have an issue
    that follows from it, and those that have with these in common what it is about, before they have one.

    Args:
        decisions: The last decision about each of the platform's issues, by the issue's id.
    """
    out: list[tuple[str, CauseChanged]] = []
    at = from_microseconds(state.now)
    for held in sorted(state.held.values(), key=lambda h: h.issue.id):
        issue, told = held.issue, state.told.get(held.issue.id, {})
        kind = kinds.get(issue.kind)
        if kind is None or not kind.causes or issue.id not in decisions:
            continue
        word = f"{issue.status is IssueStatus.OPEN}/{issue.severity.word}"
        concerned = {report.partition for _, report in children(state, kinds, issue, onset(held))}
        if issue.status is IssueStatus.OPEN:
            concerned |= {f"merchant:{name}" for name, traits in state.traits.items() if _fits(issue, traits)}
        shared = tuple(_shared_words(state, issue))
        for partition in sorted(concerned | told.keys()):
            if told.get(partition) == word:
                continue
            began = from_microseconds(onset(held))
            said = CauseChanged(at=at, issue=issue, decision=decisions[issue.id], began=began, shared=shared)
            out.append((partition, said))
            state.told.setdefault(issue.id, {})[partition] = word
    here = {held.issue.id for held in state.held.values()}
    for id in [id for id in state.told if id not in here]:
        del state.told[id]
    return out


def _shared_words(state: State, issue: Issue) -> Iterator[str]:
    """Yield what an issue is about, in words; what is no platform of any merchant is a party that issues name."""
    platforms = {traits.get("platform") for traits in state.traits.values()}
    for name, value in zip(issue.key_names, issue.key, strict=True):
        party = name == "platform" and value not in platforms
        yield f"{'party' if party else name.replace('_', ' ')} {value}"


# --- at a merchant ---------------------------------------------------------------------------------------------------


def hear_above(state: State, changed: CauseChanged) -> None:
    """Remember an issue of the platform that an issue here may follow from."""
    issue = changed.issue
    is_open, began = issue.status is IssueStatus.OPEN, to_microseconds(changed.began)
    state.above[issue.id] = Above(issue.kind, is_open, Severity(issue.severity), began, changed.shared)


def hear_platform(state: State, signal: Signal) -> bool:
    """
    Remember who delivers a merchant's webhooks: that is its commerce platform, unless the host says otherwise.

    Returns:
        Whether nothing was known of it before: then the platform's own partition has to hear of this shop, so that it
        can tell it what is wrong before the shop has an issue of its own.
    """
    if signal.source_kind != "platform_webhook" or signal.merchant is None:
        return False
    known = state.traits.setdefault(signal.merchant, {})
    new = "platform" not in known and _DELIVERS not in known
    known.setdefault(_DELIVERS, signal.provider)
    return new


def platform_of(state: State, merchant: str | None) -> str | None:
    """Return the commerce platform that a merchant is on, as the host says, or else the deliveries."""
    known = state.traits.get(merchant or "", {})
    return known.get("platform") or known.get(_DELIVERS)


def in_trouble(state: State) -> bool:
    """Whether something at the merchant is known to be broken: then what is asked is about that."""
    return any(h.issue.status is IssueStatus.OPEN and h.issue.category not in NO_FAULT for h in state.held.values())


def symptom_of(state: State, signal: Signal) -> str:
    """
    Return the kind of the gravest open fault that a watcher's alarm is taken for a sign of; empty where there is none.

    One fault sets off everything that watches a shop, under names that nobody foresaw. It has to be at least as grave
    as what the alarm alone would open, so that a small one hides nothing, and something has to have spoken for it in
    the last hour, so that one which only waits to be closed hides nothing either.
    """
    if signal.source_kind not in WATCHERS or signal.merchant is None:
        return ""
    least = Severity.SEV2 if signal.severity_hint == "critical" else Severity.SEV3
    open_ones = [h.issue for h in state.held.values() if h.issue.status is IssueStatus.OPEN]
    at_work = [i for i in open_ones if to_microseconds(i.last_seen) >= state.now - _AT_WORK]
    faults = [i for i in at_work if i.category not in NO_FAULT and i.severity >= least]
    return max(faults, key=lambda i: (i.severity, i.kind)).kind if faults else ""


def forget_above(state: State) -> None:
    """Forget what is over and stands in no issue here any more."""
    named = {held.cause.issue for held in state.held.values() if held.cause is not None}
    for id in [id for id, above in state.above.items() if not above.is_open and id not in named]:
        del state.above[id]
