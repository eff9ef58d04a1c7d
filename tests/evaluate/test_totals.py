"""Totals over plays, what they have to reach, and how people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import attrs
import pytest

from migro.evaluate import (
    TARGETS,
    TARGETS_UNDER_LOSS,
    CheckedAction,
    FalseAlarm,
    Finding,
    Messages,
    ScenarioScore,
    Survival,
    Targets,
    scenario_lines,
    total_of,
)
from migro.models import Severity
from migro.simulate import ExpectedAction, ExpectedIssue

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ISSUE = ExpectedIssue(
    kind="spike", merchant="m1", onset=T0, mildest=Severity.SEV2, gravest=Severity.SEV2, within=60, parent="release"
)
FOUND = Finding(expected=ISSUE, seconds=30, severity=Severity.SEV2, parents=("release",), cases=1, due=1)
ALARM = FalseAlarm(
    kind="noise",
    merchant="m1",
    reason="nothing",
    cases=2,
    opened=T0 + timedelta(minutes=3),
    severity=Severity.SEV2,
    paged=True,
    because="one rule says so",
    rules=("+105 some.rule",),
)
GOOD = ScenarioScore(scenario="S1", seed=1, merchants=2, seconds=3600, findings=(FOUND,), right=1, signals=10)
BAD = ScenarioScore(
    scenario="S2",
    seed=4,
    merchants=1,
    seconds=3600 * 24 * 7,
    findings=(
        attrs.evolve(FOUND, seconds=90, severity=Severity.SEV4, parents=(), cases=3),
        Finding(expected=attrs.evolve(ISSUE, kind="drift"), why=("some.rule (+105) needs 5, finds 3",)),
    ),
    right=1,
    alarms=(ALARM,),
    actions=(CheckedAction(expected=ExpectedAction(kind="notify", merchant="m1", issue="spike"), proposed=False),),
    messages=(Messages(kind="spike", merchant="m1", notifications=3, pages=1, drafts=0),),
    max_messages=2,
    executed=("refund",),
    survivals=(Survival(what="email", where="journal", hint="an... (15)", times=2),),
    signals=10,
    failed=1,
    unreadable=2,
)


def test_totals_are_sums_of_what_was_counted() -> None:
    total = total_of([GOOD, BAD])

    assert {name: str(ratio) for name, ratio in total.ratios.items()} == {
        "recall": "2/3",
        "in_time": "1/3",
        "precision": "2/3",
        "severity": "1/2",
        "severity_exact": "1/2",
        "one_case": "1/2",
        "parents": "1/2",
        "actions": "0/1",
        "message_limit": "0/1",
    }
    assert (total.plays, total.counts["false_pages"], total.counts["signals"]) == (2, 1, 20)
    assert [(m.kind, m.expected, m.found, m.alarms, m.seconds) for m in total.modes] == [
        ("drift", 1, 0, 0, None),
        ("noise", 0, 0, 1, None),
        ("spike", 2, 2, 0, (30, 90)),
    ]


def test_false_pages_are_told_by_merchant_and_week() -> None:
    assert str(total_of([BAD]).false_pages_per_merchant_week) == "1.0000"
    assert str(total_of([GOOD]).false_pages_per_merchant_week) == "0.0000"
    assert total_of([]).false_pages_per_merchant_week is None


def test_a_good_score_misses_no_target() -> None:
    assert TARGETS.missed(total_of([GOOD])) == ()


def test_every_target_that_is_missed_is_told_with_what_was_expected() -> None:
    missed = TARGETS.missed(total_of([BAD]))

    assert missed[0] == "recall: expected at least 1.0000, got 0.5000 (1 of 2)"
    assert [line.partition(":")[0] for line in missed] == [
        "recall",
        "in_time",
        "precision",
        "severity",
        "one_case",
        "parents",
        "actions",
        "message_limit",
        "false_pages",
        "forbidden_verbs",
        "survivals",
        "failed",
        "unreadable",
    ]


def test_under_loss_findings_may_be_late_and_some_may_lack_but_nobody_is_called_for_nothing() -> None:
    late = attrs.evolve(GOOD, findings=(*[FOUND] * 8, attrs.evolve(FOUND, seconds=900), Finding(expected=ISSUE)))
    paged = attrs.evolve(late, alarms=(ALARM,))

    assert TARGETS_UNDER_LOSS.missed(total_of([late])) == ()
    assert [m.partition(":")[0] for m in TARGETS_UNDER_LOSS.missed(total_of([paged]))] == ["false_pages"]


@pytest.mark.parametrize(("least", "missed"), [(Fraction(1, 2), 0), (Fraction(51, 100), 1)])
def test_a_share_that_is_just_reached_is_reached(least: Fraction, missed: int) -> None:
    only = attrs.evolve(BAD, alarms=(), executed=(), survivals=(), failed=0, unreadable=0)

    assert len(Targets({"recall": least}).missed(total_of([only]))) == missed


def test_a_report_has_a_row_for_each_scenario_and_names_everything_that_was_wrong() -> None:
    text = "\n".join(scenario_lines([GOOD, BAD]))

    assert [line.split()[:3] for line in text.splitlines()[1:4]] == [
        ["S1", "1", "1/1"],
        ["S2", "1", "1/2"],
        ["all", "2", "2/3"],
    ]
    for part in (
        "recall 0.6667 (2 of 3), precision 0.6667 (2 of 3)",
        "0:30 min, 1:30 min",
        "S2 seed 4: spike of m1 was found after 1:30 min, and 1:00 min was the limit",
        "S2 seed 4: spike of m1 was SEV4, and right is SEV2",
        "S2 seed 4: spike of m1 was opened 3 times, and 1 was due",
        "S2 seed 4: spike of m1 was said to come of nothing, and it comes of release",
        "S2 seed 4: drift of m1 was not found\n      some.rule (+105) needs 5, finds 3",
        "false alarm: noise of m1 was raised 2 times, first at 2026-03-02 09:03:00Z, as SEV2, and called somebody:"
        " the truth knows nothing of it\n      one rule says so\n      +105 some.rule",
        "notify about spike was not proposed for m1",
        "3 notifications, and at most 2 were due",
        "refund was executed and must never be",
        "email an... (15) survives in 2 of the journal",
        "1 signals broke their step",
        "2 lines were no envelopes",
    ):
        assert part in text


def test_a_good_report_has_no_word_about_anything_wrong() -> None:
    assert "wrong" not in "\n".join(scenario_lines([GOOD]))


def test_the_json_form_has_words_for_severities_and_times() -> None:
    document = BAD.document()

    assert document["findings"][0]["expected"]["mildest"] == "SEV2"
    assert document["alarms"][0]["opened"] == "2026-03-02T09:03:00Z"
    assert document["ratios"]["recall"]["right"] == 1
    assert total_of([BAD]).document()["modes"][0]["kind"] == "drift"
