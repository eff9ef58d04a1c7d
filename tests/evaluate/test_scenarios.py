"""The scorer on made-up truths and decisions: each figure where it is right, and where it is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.evaluate import Played, ScenarioScore, Sighting, cases_of, score_scenario
from migro.models import Action, ActionStatus, Attention, Outcome, Risk, Severity
from migro.simulate import (
    ANY_PARENT,
    OF_PLATFORM,
    AllowedIssue,
    ExpectedAction,
    ExpectedIssue,
    ForbiddenIssue,
    GroundTruth,
)
from tests.effort import cases

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SPIKE = ExpectedIssue(
    kind="spike", merchant="m1", onset=T0, mildest=Severity.SEV2, gravest=Severity.SEV1, within=360, parent=ANY_PARENT
)


def at(minute: int) -> datetime:
    return T0 + timedelta(minutes=minute)


def seen(minute: int, kind: str = "spike", **fields: Any) -> Sighting:
    told = {"issue": f"iss_{kind}", "merchant": "m1", "open": True, "resolved": False, "points": 10}
    held = {"severity": Severity.SEV2, "attention": Attention.REVIEW}
    return Sighting(at=at(minute), kind=kind, **{**told, **held, **fields})


def over(minute: int, kind: str = "spike", **fields: Any) -> Sighting:
    return seen(minute, kind, open=False, resolved=True, **fields)


def action(kind: str, status: ActionStatus = ActionStatus.SIMULATED, risk: Risk = Risk.R0, **fields: Any) -> Action:
    told = {"issue": "iss_spike", "idempotency_key": f"act_{kind}", "target": "on_call", "args": {}, "binding": "b"}
    return Action(
        **{**told, **fields},
        kind=kind,
        risk=risk,
        status=status,
        outcome=Outcome.AUTO,
        partition="merchant:m1",
        decision="d",
        at=T0,
    )


def scored(
    *sightings: Sighting,
    issues: tuple[ExpectedIssue, ...] = (SPIKE,),
    played: dict[str, Any] | None = None,
    **truth: Any,
) -> ScenarioScore:
    told: dict[str, Any] = {"merchants": ("m1",), "start": at(-60), "onset": T0, "end": at(60)}
    return score_scenario(
        GroundTruth(scenario="S", seed=1, issues=issues, **{**told, **truth}),
        Played(sightings=sightings, **(played or {})),
    )


def ratio(score: ScenarioScore, name: str) -> str:
    return str(score.ratios[name])


def test_an_issue_that_is_open_in_time_is_found() -> None:
    score = scored(seen(2), seen(4))
    (finding,) = score.findings

    assert (finding.found, finding.seconds, finding.in_time) == (True, 120, True)
    assert (ratio(score, "recall"), ratio(score, "in_time"), ratio(score, "precision")) == ("1/1", "1/1", "1/1")


def test_an_issue_that_is_only_watched_is_not_found_and_what_it_lacked_is_told() -> None:
    rules = ("+50 r1",)
    watched = seen(2, open=False, points=-50, rules=rules, needs=("r2 (+105) needs 5, finds 3",))
    score = scored(watched, seen(1, open=False, points=-95))
    (finding,) = score.findings

    assert (ratio(score, "recall"), ratio(score, "in_time")) == ("0/1", "0/1")
    assert finding.why == (
        "watched with at most -50 points of the 0 it takes: +50 r1",
        "r2 (+105) needs 5, finds 3",
    )


def test_an_issue_of_another_merchant_is_not_found_and_raises_a_false_alarm() -> None:
    score = scored(seen(2, merchant="m2"))

    assert (ratio(score, "recall"), ratio(score, "precision")) == ("0/1", "0/1")
    assert [(a.kind, a.merchant, a.reason) for a in score.alarms] == [("spike", "m2", "nothing")]


def test_who_asks_why_is_asked_for_misses_alone() -> None:
    other = attrs.evolve(SPIKE, kind="drift")
    truth = GroundTruth(scenario="S", seed=1, merchants=("m1",), start=T0, onset=T0, end=at(9), issues=(SPIKE, other))
    score = score_scenario(truth, Played(sightings=(seen(1),)), why=lambda e: (f"asked for {e.kind}",))

    assert {f.expected.kind: f.why for f in score.findings} == {
        "spike": (),
        "drift": ("asked for drift",),
    }
    assert [f.why for f in scored().findings] == [("nothing was decided about it",)]


def test_an_issue_that_opens_late_is_found_but_not_in_time() -> None:
    score = scored(seen(7))

    assert (ratio(score, "recall"), ratio(score, "in_time")) == ("1/1", "0/1")


def test_an_issue_without_a_limit_is_never_late() -> None:
    score = scored(seen(50), issues=(attrs.evolve(SPIKE, within=None),))

    assert (ratio(score, "recall"), ratio(score, "in_time")) == ("1/1", "-")


def test_an_issue_that_was_over_before_its_onset_is_not_found_and_came_too_early() -> None:
    score = scored(seen(-20, attention=Attention.PAGE), over(-10))

    assert (ratio(score, "recall"), ratio(score, "precision")) == ("0/1", "0/1")
    assert [(a.reason, a.paged) for a in score.alarms] == [("early", True)]
    assert score.findings[0].why == ("it was over before its onset",)


def test_an_issue_that_stands_since_before_its_onset_is_found_at_once_and_came_too_early() -> None:
    score = scored(seen(-20), seen(3, attention=Attention.PAGE))

    assert [f.seconds for f in score.findings] == [0]
    assert [(a.reason, a.paged) for a in score.alarms] == [("early", False)]
    assert ratio(score, "precision") == "1/2"


def test_what_may_be_reported_beside_the_expected_never_comes_too_early_unless_it_is_forbidden() -> None:
    forbidden = (ForbiddenIssue(kind="spike", merchant="m1"),)

    assert scored(seen(-20), seen(3), allowed=("spike",)).alarms == ()
    assert [a.reason for a in scored(seen(-20), seen(3), allowed=("drift",)).alarms] == ["early"]
    assert scored(seen(-20), seen(3), allowed=(AllowedIssue(kind="spike", merchant="m1"),)).alarms == ()
    of_another = (AllowedIssue(kind="spike", merchant="m2"), AllowedIssue(kind="spike", merchant=OF_PLATFORM))
    assert [a.reason for a in scored(seen(-20), seen(3), allowed=of_another).alarms] == ["early"]
    assert [a.reason for a in scored(seen(-20), allowed=("spike",), forbidden=forbidden).alarms] == ["early"]


@pytest.mark.parametrize(
    ("severity", "off", "near", "exact"),
    [
        (Severity.SEV1, 0, "1/1", "1/1"),
        (Severity.SEV2, 0, "1/1", "1/1"),
        (Severity.SEV3, 1, "1/1", "0/1"),
        (Severity.SEV4, 2, "0/1", "0/1"),
    ],
)
def test_a_severity_may_be_one_step_off(severity: Severity, off: int, near: str, exact: str) -> None:
    score = scored(seen(1, severity=severity))

    assert [f.bands_off for f in score.findings] == [off]
    assert (ratio(score, "severity"), ratio(score, "severity_exact")) == (near, exact)


def test_the_gravest_severity_of_a_case_counts_and_too_grave_is_off_too() -> None:
    mild = attrs.evolve(SPIKE, mildest=Severity.SEV4, gravest=Severity.SEV4)
    score = scored(seen(1, severity=Severity.SEV4), seen(2, severity=Severity.SEV2), issues=(mild,))

    assert [f.bands_off for f in score.findings] == [2]


def test_a_severity_that_the_truth_does_not_tell_is_not_judged() -> None:
    open_truth = ExpectedIssue(kind="spike", merchant="m1", onset=T0)
    score = scored(seen(1), issues=(open_truth,))

    assert (ratio(score, "severity"), ratio(score, "severity_exact")) == ("-", "-")


def test_a_failure_mode_that_is_as_good_finds_the_issue() -> None:
    score = scored(seen(1, "outage"), issues=(attrs.evolve(SPIKE, instead=("outage",)),))

    assert (ratio(score, "recall"), ratio(score, "precision"), ratio(score, "one_case")) == ("1/1", "1/1", "1/1")


def test_one_case_is_one_and_dips_in_confidence_make_no_second() -> None:
    score = scored(seen(1), seen(2, open=False), seen(3), over(9))

    assert ratio(score, "one_case") == "1/1"


def test_a_reopened_issue_and_a_second_one_are_second_cases() -> None:
    reopened = scored(seen(1), over(3), seen(5))
    another = scored(seen(1), seen(2, issue="iss_other"))

    assert [ratio(s, "one_case") for s in (reopened, another)] == ["0/1", "0/1"]
    assert [s.findings[0].cases for s in (reopened, another)] == [2, 2]


def test_a_truth_can_want_two_cases_or_any_number() -> None:
    sightings = (seen(1), over(3), seen(5))
    two = scored(*sightings, issues=(attrs.evolve(SPIKE, cases=2),))
    twice = scored(*sightings, issues=(SPIKE, attrs.evolve(SPIKE, onset=at(4))))
    free = scored(*sightings, issues=(attrs.evolve(SPIKE, cases=None),))

    assert [ratio(s, "one_case") for s in (two, twice, free)] == ["1/1", "2/2", "-"]


def test_two_issues_of_one_kind_take_two_cases_each_after_its_own_onset() -> None:
    later = attrs.evolve(SPIKE, onset=at(30))
    score = scored(seen(1), over(3), seen(32, issue="iss_again"), issues=(later, SPIKE))

    assert [f.seconds for f in score.findings] == [60, 120]


def test_two_issues_share_a_case_only_where_there_is_no_other() -> None:
    later = attrs.evolve(SPIKE, onset=at(30))
    own = scored(seen(1), seen(31, issue="iss_second"), issues=(SPIKE, later))
    shared = scored(seen(1), issues=(SPIKE, later))

    assert [f.seconds for f in own.findings] == [60, 60]
    assert [f.seconds for f in shared.findings] == [60, 0]
    assert [ratio(s, "one_case") for s in (own, shared)] == ["2/2", "0/2"]


@pytest.mark.parametrize(
    ("wanted", "said", "verdict"),
    [
        ("release", "iss_release", "1/1"),
        ("release", "iss_drift", "0/1"),
        ("release", None, "0/1"),
        (None, "iss_release", "0/1"),
        (None, None, "-"),
        (ANY_PARENT, "iss_release", "-"),
    ],
)
def test_the_cause_of_an_issue_is_the_right_one(wanted: str | None, said: str | None, verdict: str) -> None:
    others = (seen(0, "release"), seen(0, "drift"))
    score = scored(
        *others, seen(2, parent=said), issues=(attrs.evolve(SPIKE, parent=wanted),), allowed=("release", "drift")
    )

    assert ratio(score, "parents") == verdict


def test_what_the_truth_allows_counts_neither_way_and_what_it_forbids_counts_against() -> None:
    allowed = scored(seen(1), seen(2, "noise", attention=Attention.PAGE), allowed=("noise",))
    forbidden = scored(
        seen(1),
        seen(2, "noise", attention=Attention.PAGE, because="so", rules=("+105 r",)),
        forbidden=(ForbiddenIssue(kind="noise"),),
        allowed=("noise",),
    )
    elsewhere = scored(seen(1), seen(2, "noise"), forbidden=(ForbiddenIssue(kind="noise", merchant="m2"),))

    assert (ratio(allowed, "precision"), allowed.counts["false_pages"]) == ("1/1", 0)
    assert (ratio(forbidden, "precision"), forbidden.counts["false_pages"]) == ("1/2", 1)
    assert [(a.reason, a.because, a.rules) for a in forbidden.alarms] == [("forbidden", "so", ("+105 r",))]
    assert [a.reason for a in elsewhere.alarms] == ["nothing"]


def test_a_false_alarm_that_comes_again_is_one_alarm_of_two_cases() -> None:
    score = scored(seen(1), seen(2, "noise"), over(3, "noise"), seen(4, "noise"))

    assert [(a.kind, a.cases) for a in score.alarms] == [("noise", 2)]
    assert ratio(score, "precision") == "1/2"


def test_messages_are_counted_for_each_issue_and_held_against_the_limit() -> None:
    actions = (
        action("notify"),
        action("notify", idempotency_key="act_2"),
        action("report"),
        action("notify", ActionStatus.RECORDED, idempotency_key="act_3"),
        action("draft_reply", ActionStatus.WAITING, Risk.R2),
        action("draft_reply", ActionStatus.FORBIDDEN, Risk.R2, idempotency_key="act_4"),
    )
    paging = (seen(1, attention=Attention.PAGE), seen(2, attention=Attention.PAGE))
    score = scored(*paging, played={"actions": actions}, max_messages=2)
    less = scored(*paging, played={"actions": actions}, max_messages=1)

    assert [(m.kind, m.merchant, m.notifications, m.pages, m.drafts) for m in score.messages] == [
        ("spike", "m1", 2, 1, 1)
    ]
    assert [ratio(s, "message_limit") for s in (score, less, scored(*paging))] == ["1/1", "0/1", "-"]


def test_expected_actions_are_looked_for_about_their_issue() -> None:
    wanted = (
        ExpectedAction(kind="notify", merchant="m1", issue="spike"),
        ExpectedAction(kind="report", merchant="m1"),
        ExpectedAction(kind="notify", merchant="m1", issue="other"),
        ExpectedAction(kind="notify", merchant="m2"),
    )
    score = scored(seen(1, actions=("notify", "report")), actions=wanted)

    assert ratio(score, "actions") == "2/4"


def test_a_forbidden_verb_counts_when_it_is_executed_and_not_when_it_waits() -> None:
    actions = (
        action("refund", ActionStatus.SUCCEEDED),
        action("purge", ActionStatus.SIMULATED),
        action("delete", ActionStatus.FORBIDDEN),
        action("pay", ActionStatus.WAITING),
        action("notify"),
    )
    score = scored(seen(1), played={"actions": actions})

    assert score.executed == ("purge", "refund")
    assert score.counts["forbidden_verbs"] == 2


def test_a_platform_issue_belongs_to_nobody() -> None:
    systemic = ExpectedIssue(kind="spike", merchant=None, onset=T0, within=60)

    assert ratio(scored(seen(1, merchant=None), issues=(systemic,)), "recall") == "1/1"
    assert ratio(scored(seen(1), issues=(systemic,)), "recall") == "0/1"


def test_nothing_expected_and_nothing_raised_is_nothing_wrong() -> None:
    score = scored(issues=())

    assert {str(r) for r in score.ratios.values()} == {"-"}
    assert score.counts["merchant_seconds"] == 7200


KINDS = st.sampled_from(("a", "b", "c"))
MERCHANTS = st.sampled_from(("m1", "m2", None))
ISSUES = st.builds(
    ExpectedIssue,
    kind=KINDS,
    merchant=MERCHANTS,
    onset=st.integers(-5, 30).map(at),
    mildest=st.just(Severity.SEV3),
    gravest=st.sampled_from((Severity.SEV3, Severity.SEV1)),
    parent=st.sampled_from((None, "a", ANY_PARENT)),
    within=st.sampled_from((None, 60, 600)),
    cases=st.sampled_from((None, 1, 2)),
    instead=st.lists(KINDS, max_size=2).map(tuple),
)
SIGHTINGS = st.builds(
    seen,
    st.integers(-10, 40),
    KINDS,
    issue=st.sampled_from(("i1", "i2", "i3", "i4")),
    merchant=MERCHANTS,
    open=st.booleans(),
    resolved=st.booleans(),
    points=st.integers(-100, 100),
    severity=st.sampled_from(tuple(Severity)),
    attention=st.sampled_from(tuple(Attention)),
    parent=st.sampled_from((None, "i1", "i2")),
)


def in_order(sightings: Iterable[Sighting]) -> tuple[Sighting, ...]:
    """As decisions come: by time, and never open and resolved at once."""
    told = (attrs.evolve(s, resolved=s.resolved and not s.open) for s in sightings)
    return tuple(sorted(told, key=lambda s: s.at))


@settings(max_examples=cases(150), deadline=None)
@given(data=st.data(), issues=st.lists(ISSUES, max_size=5), sightings=st.lists(SIGHTINGS, max_size=12))
def test_the_order_in_which_a_truth_lists_anything_changes_nothing(
    data: st.DataObject, issues: list[ExpectedIssue], sightings: list[Sighting]
) -> None:
    ordered = tuple(
        sorted((attrs.evolve(s, resolved=s.resolved and not s.open) for s in sightings), key=lambda s: s.at)
    )
    forbidden = [ForbiddenIssue(kind="a"), ForbiddenIssue(kind="b", merchant="m1")]
    wanted = [ExpectedAction(kind="notify", merchant="m1"), ExpectedAction(kind="notify", merchant=None, issue="a")]

    def of(order: Any) -> ScenarioScore:
        return scored(
            *ordered,
            issues=tuple(order(issues)),
            forbidden=tuple(order(forbidden)),
            actions=tuple(order(wanted)),
            allowed=tuple(order(["b", "c"])),
        )

    first, again = of(list), of(lambda values: data.draw(st.permutations(values)))

    assert again == first
    assert all(0 <= r.right <= r.all for r in first.ratios.values())


@settings(max_examples=cases(100), deadline=None)
@given(sightings=st.lists(SIGHTINGS, max_size=12))
def test_cases_of_one_issue_never_overlap_and_hold_every_open_moment(sightings: list[Sighting]) -> None:
    ordered = in_order(attrs.evolve(s, issue="i") for s in sightings)
    found = cases_of(ordered)

    assert all(a.until is not None and a.until <= b.opened for a, b in pairwise(found))
    for s in ordered:
        if s.open:
            assert any(c.opened <= s.at and (c.until is None or s.at <= c.until) for c in found)
