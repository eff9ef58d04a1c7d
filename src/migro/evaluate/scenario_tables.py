"""Scores of scenarios as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from .findings import FalseAlarm, Finding, ScenarioScore
from .ratios import Ratio
from .totals import Total, total_of

__all__ = ["scenario_lines", "scenario_rows"]

_HEAD: Final = (
    f"{'scenario':<14}{'plays':>6}{'recall':>9}{'in time':>9}{'precision':>11}{'severity':>10}{'exact':>8}"
    f"{'one case':>10}{'parents':>9}{'actions':>9}{'notified':>10}{'paged':>7}{'falsely':>9}{'verbs':>7}{'data':>6}"
)

_REASONS: Final = {
    "forbidden": "the truth forbids it",
    "nothing": "the truth knows nothing of it",
    "early": "it came before its onset",
}


def scenario_rows(scores: Sequence[ScenarioScore]) -> Iterator[str]:
    """Yield a table with a row for each scenario over all its plays, and one for all of them."""
    by_name: dict[str, list[ScenarioScore]] = {}
    for score in scores:
        by_name.setdefault(score.scenario, []).append(score)
    yield _HEAD
    for name, some in sorted(by_name.items()):
        yield _row(name, total_of(some))
    if len(by_name) > 1:
        yield _row("all", total_of(scores))


def _row(name: str, total: Total) -> str:
    r, c = total.ratios, total.counts
    return (
        f"{name:<14.14}{total.plays:>6}{r['recall']!s:>9}{r['in_time']!s:>9}{r['precision']!s:>11}"
        f"{r['severity']!s:>10}{r['severity_exact']!s:>8}{r['one_case']!s:>10}{r['parents']!s:>9}"
        f"{r['actions']!s:>9}{c['notifications']:>10}{c['pages']:>7}{c['false_pages']:>9}"
        f"{c['forbidden_verbs']:>7}{c['survivals']:>6}"
    )


def scenario_lines(scores: Sequence[ScenarioScore]) -> Iterator[str]:
    """Yield the lines of a report: the table, what was found when, and everything that was wrong, with why."""
    total = total_of(scores)
    yield from scenario_rows(scores)
    yield ""
    yield f"recall {_of(total.ratios['recall'])}, precision {_of(total.ratios['precision'])}"
    week = total.false_pages_per_merchant_week
    yield f"false pages per merchant and week {'-' if week is None else week}"
    if total.modes:
        yield ""
        yield f"{'failure mode':<40}{'expected':>9}{'found':>7}{'false':>7}  median and longest time to detect"
    for mode in total.modes:
        times = "" if mode.seconds is None else f"{_span(mode.seconds[0])}, {_span(mode.seconds[1])}"
        yield f"{mode.kind:<40}{mode.expected:>9}{mode.found:>7}{mode.alarms:>7}  {times}".rstrip()
    wrong = [line for score in scores for line in _wrong(score)]
    if wrong:
        yield ""
        yield "What was wrong"
        yield from wrong


def _of(ratio: Ratio) -> str:
    return "-" if ratio.shown is None else f"{ratio.shown} ({ratio.right} of {ratio.all})"


def _span(seconds: int) -> str:
    if seconds < 3600:
        return f"{seconds // 60}:{seconds % 60:02d} min"
    return f"{seconds // 3600}:{seconds % 3600 // 60:02d} h"


def _wrong(score: ScenarioScore) -> Iterator[str]:
    name = f"{score.scenario} seed {score.seed}"
    for finding in score.findings:
        for trouble in _troubles(finding):
            yield f"  {name}: {finding.expected.kind} of {finding.expected.merchant or 'the platform'} {trouble}"
        yield from (f"      {line}" for line in finding.why)
    for alarm in score.alarms:
        yield f"  {name}: {_alarm(alarm)}"
        yield f"      {alarm.because}"
        yield from (f"      {rule}" for rule in alarm.rules)
    for action in score.actions:
        if not action.proposed:
            about = f" about {action.expected.issue}" if action.expected.issue else ""
            yield f"  {name}: {action.expected.kind}{about} was not proposed for {action.expected.merchant}"
    if (limit := score.ratios["message_limit"]).right < limit.all:
        told = score.counts["notifications"]
        yield f"  {name}: {told} notifications, and at most {score.max_messages} were due"
    for verb in score.executed:
        yield f"  {name}: {verb} was executed and must never be"
    for survival in score.survivals:
        yield f"  {name}: {survival.what} {survival.hint} survives in {survival.times} of the {survival.where}"
    if score.failed:
        yield f"  {name}: {score.failed} signals broke their step"
    if score.unreadable:
        yield f"  {name}: {score.unreadable} lines were no envelopes"


def _troubles(finding: Finding) -> Iterator[str]:
    expected = finding.expected
    if finding.seconds is None:
        yield "was not found"
        return
    if finding.in_time is False:
        yield f"was found after {_span(finding.seconds)}, and {_span(expected.within or 0)} was the limit"
    if finding.bands_off and finding.severity is not None:
        right = f"{expected.mildest.word} to {expected.gravest.word}"
        yield f"was {finding.severity.word}, and right is {right}"
    if finding.cases_right is False:
        yield f"was opened {finding.cases} times, and {finding.due} was due"
    if finding.parent_right is False:
        said = ", ".join(finding.parents) or "nothing"
        yield f"was said to come of {said}, and it comes of {expected.parent or 'nothing'}"


def _alarm(alarm: FalseAlarm) -> str:
    paged = ", and called somebody" if alarm.paged else ""
    times = f" {alarm.cases} times," if alarm.cases > 1 else ""
    return (
        f"false alarm: {alarm.kind} of {alarm.merchant or 'the platform'} was raised{times} first at"
        f" {alarm.opened:%Y-%m-%d %H:%M:%S}Z, as {alarm.severity.word}{paged}: {_REASONS[alarm.reason]}"
    )
