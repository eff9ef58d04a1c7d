"""An issue that is not clear is looked at again, a few times, and then a person has to look."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from migro.agent import Fold
from migro.decide import recompute
from migro.documents import dump, load
from migro.errors import RuleDefinitionError
from migro.expressions import minutes, seconds
from migro.models import ActionStatus, Attention, Band, IssueStatus, Outcome, PersonActed, Risk, Tick
from migro.rules import IssueKind, Response, Rule, RuleSet, on, refutes, supports
from tests.agent.world import Call, Probe, Run, after, alert, call, failing, maintenance, probe

AGAIN = Response("recheck", Risk.R0, "orders", every=minutes(10), times=3)
UNCLEAR = IssueKind[Any]("unclear", category="checkout", responses=(AGAIN,))
RULES = RuleSet(
    "again",
    Rule("calls", when=failing.at_least(1, within=minutes(5)), then=supports(UNCLEAR, 105, family="http"),
         lasts=minutes(600)),
    Rule("some", when=failing.at_least(1, within=minutes(5)), then=supports(UNCLEAR, 50, family="count"),
         lasts=minutes(600)),
    Rule("probe", when=on(Probe, Probe.ok == False, per=Probe.merchant),  # noqa: E712
         then=supports(UNCLEAR, 105, family="probe"), lasts=minutes(600)),
    Rule("fine", when=on(Probe, Probe.ok == True, per=Probe.merchant),  # noqa: E712
         then=refutes(UNCLEAR, 150, family="probe"), lasts=minutes(600)),
)  # fmt: skip
"""One failed call makes it medium; a probe makes it sure, or nearly nothing."""


@pytest.fixture
def run() -> Run:
    run = Run(Fold(RULES))
    run.give(call(1))
    assert run.decisions[-1].issue.band is Band.MID
    return run


def attempts(run: Run) -> list[str]:
    """Which attempts were planned, by what the actuator is told."""
    planned = [a for s in run.steps for a in s.record.actions if a.status is ActionStatus.PLANNED]
    return [a.args["attempt"] for a in planned if a.kind == "recheck"]


def wait(run: Run, minutes: float) -> None:
    run.give(Tick(at=after(0) + timedelta(minutes=minutes)))


def test_nothing_is_asked_again_before_its_time(run: Run) -> None:
    run.give(Tick(at=after(600) - timedelta(microseconds=1)))

    assert attempts(run) == []
    (timer,) = run.give(Tick(at=after(600))).timers
    assert (timer.what, timer.name, timer.key, timer.deadline) == ("recheck", "unclear", ("m_1",), after(600))
    assert attempts(run) == ["1 of 3"]


def test_each_attempt_is_an_action_of_its_own_in_a_decision_that_says_so(run: Run) -> None:
    for n in (10, 20, 30):
        wait(run, n)
    told = run.decisions[1:]

    assert attempts(run) == ["1 of 3", "2 of 3", "3 of 3"]
    assert [d.because for d in told] == [f"not clear: looked at again, {n} of 3" for n in (1, 2, 3)]
    assert len({a.idempotency_key for d in told for a in d.actions}) == 3
    assert all(recompute(d) == () for d in told)
    assert all(d.outcome is Outcome.AUTO for d in told)


def test_a_person_has_to_look_when_the_answer_to_the_last_attempt_has_had_its_time(run: Run) -> None:
    for n in (10, 20, 30, 40, 50, 60, 200):
        wait(run, n)

    assert attempts(run) == ["1 of 3", "2 of 3", "3 of 3"]
    last = run.decisions[-1]
    assert last.at == after(2400)
    assert last.because == "looked at again 3 times, and it is still not clear: a person has to look"
    assert last.attention is Attention.REVIEW
    assert not run.state.rechecks


def test_all_that_was_missed_is_made_up_for_in_order(run: Run) -> None:
    record = run.give(Tick(at=after(7200)))

    assert [(t.deadline, t.late_by // 60_000_000) for t in record.timers] == [
        (after(600 * n), 120 - 10 * n) for n in (1, 2, 3, 4)
    ]


def test_an_answer_that_makes_it_sure_ends_the_asking(run: Run) -> None:
    wait(run, 10)
    run.give(probe(1, 660))
    for n in (20, 30, 40):
        wait(run, n)

    assert run.decisions[-1].issue.band is Band.HIGH
    assert attempts(run) == ["1 of 3"]


def test_an_answer_that_speaks_against_it_ends_the_asking_and_takes_back_what_has_not_begun(run: Run) -> None:
    wait(run, 10)
    run.give(probe(1, 660, ok=True))
    for n in (20, 30, 40):
        wait(run, n)

    assert run.decisions[-1].issue.band is Band.LOW
    assert attempts(run) == ["1 of 3"]
    assert run.action("recheck").status is ActionStatus.EXPIRED


def test_what_becomes_unclear_again_has_the_attempts_that_are_left(run: Run) -> None:
    wait(run, 10)
    run.give(probe(1, 660), Tick(at=after(700)))
    run.give(probe(2, 800, ok=True), Tick(at=after(900)))
    slot = ("unclear", ("m_1",))

    assert run.state.held[slot].attempts == 1


def test_nothing_is_asked_again_about_an_issue_that_a_person_closed(run: Run) -> None:
    issue = run.decisions[-1].issue
    run.give(PersonActed(at=after(60), verb="resolve", by="ann", target=issue.id), Tick(at=after(7200)))

    assert attempts(run) == []
    assert run.decisions[-1].issue.status is IssueStatus.RESOLVED


def test_other_kinds_are_not_looked_at_again() -> None:
    run = Run()
    run.give(alert(1), Tick(at=after(7200)))

    assert not any(t.what == "recheck" for s in run.steps for t in s.record.timers)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"every": minutes(0)}, "expected a span above 0"),
        ({"every": "10 min"}, "expected a span above 0"),
        ({"times": 3}, "expected 1 to 10, beside every="),
        ({"every": minutes(1), "times": 11}, "expected 1 to 10"),
        ({"every": minutes(1), "times": True}, "expected 1 to 10"),
    ],
)
def test_a_wrong_span_or_number_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(RuleDefinitionError, match=words):
        Response("recheck", Risk.R0, "orders", **given)


def test_responses_of_one_kind_that_look_again_do_so_at_the_same_times() -> None:
    other = Response("recheck", Risk.R0, "stock", every=seconds(30), times=3)
    with pytest.raises(RuleDefinitionError, match="issue kind 'odd': expected responses that look again to agree"):
        IssueKind[Any]("odd", category="checkout", responses=(AGAIN, other))


def test_a_document_says_it_too() -> None:
    assert load(dump(RULES, "json"), signals=(Call, Probe)).version == RULES.version


def test_what_rests_is_not_looked_at_again_and_keeps_its_attempts(run: Run) -> None:
    run.give(maintenance(1, 60, active=True))
    for n in (10, 20, 30, 40):
        wait(run, n)
    assert attempts(run) == []
    run.give(maintenance(2, 2_460, active=False))
    for n in (51, 61, 71, 81, 91):
        wait(run, n)

    assert attempts(run) == ["1 of 3", "2 of 3", "3 of 3"]


def test_while_automation_is_halted_nothing_is_looked_at_again(run: Run) -> None:
    run.give(PersonActed(at=after(60), verb="halt", by="op", why="check"))
    wait(run, 30)
    assert attempts(run) == []
    run.give(PersonActed(at=after(1_860), verb="resume", by="op", why="checked"))
    wait(run, 41)

    assert attempts(run) == ["1 of 3"]
