"""Attending: an escalation is acknowledged, assigned, overdue, resolved, and each of it is an input."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from migro.agent.snapshots import restore, snapshot
from migro.models import Action, PersonActed, Tick
from tests.agent.test_approvals import PATIENT, POLICY, agent, card, quiet
from tests.agent.world import OPEN_POLICY, Run, after, call, written


def said(run: Run, verb: str, at: int, by: str = "Ada", **fields: str) -> None:
    issue = run.state.held["down", ("m_1",)].issue.id
    run.give(PersonActed(at=after(at), verb=verb, by=by, target=issue, why="seen", **fields))  # type: ignore[arg-type]


def overdue(run: Run) -> list[Action]:
    held = run.state.held["down", ("m_1",)]
    return [a for a in held.actions.values() if a.about == held.issue.id and "overdue" in a.args["text"]]


def test_the_next_role_is_told_once_of_what_nobody_takes_up() -> None:
    run = quiet()

    run.give(Tick(at=after(4 * 3600)))
    assert overdue(run) == []
    fired = run.give(Tick(at=after(4 * 3600 + 10))).timers
    (told,) = overdue(run)
    assert [(t.what, t.name) for t in fired if t.what != "approval"] == [("overdue", "down")]
    assert (told.target, told.args["text"]) == ("owner", "overdue: SEV3 Checkout is down: nobody has taken it up")
    run.give(Tick(at=after(20 * 3600)))
    assert len(overdue(run)) == 1


def test_what_pages_is_overdue_after_a_quarter_of_an_hour() -> None:
    run = quiet()
    run.give(*(call(10 + n, 5 + n) for n in range(20)))
    assert run.state.held["down", ("m_1",)].issue.attention.word == "page"

    run.give(Tick(at=after(14 * 60)))
    assert overdue(run) == []
    run.give(Tick(at=after(16 * 60)))
    assert len(overdue(run)) == 1


def test_whoever_takes_it_up_has_the_longer_time_and_then_the_next_role_hears_of_it() -> None:
    run = quiet()
    said(run, "acknowledge", 60, by="Cem")
    said(run, "acknowledge", 7000, by="Cem")

    run.give(Tick(at=after(8 * 3600)))
    assert overdue(run) == []
    run.give(Tick(at=after(8 * 3600 + 61)))
    (told,) = overdue(run)
    assert told.args["text"] == "overdue: SEV3 Checkout is down: Cem took it up and it goes on"


def test_what_rests_is_not_overdue_and_has_the_time_anew_when_it_goes_on() -> None:
    run = quiet()
    issue = run.state.held["down", ("m_1",)].issue.id
    run.give(PersonActed(at=after(60), verb="mute", by="Ada", target=issue, until=after(9 * 3600), why="later"))
    said(run, "acknowledge", 120, by="Cem")
    assert run.state.overdue == {}

    run.give(Tick(at=after(17 * 3600 - 1)))
    assert overdue(run) == []
    run.give(Tick(at=after(17 * 3600 + 1)))
    assert [a.args["text"].rpartition(": ")[2] for a in overdue(run)] == ["Cem took it up and it goes on"]


def test_whoever_it_is_handed_to_has_the_time_anew() -> None:
    run = quiet()
    said(run, "acknowledge", 60)
    said(run, "assign", 7 * 3600, to="Ben")

    run.give(Tick(at=after(10 * 3600)))
    assert overdue(run) == []
    assert run.state.held["down", ("m_1",)].taken_up == "Ben"
    run.give(Tick(at=after(15 * 3600 + 1)))
    assert len(overdue(run)) == 1


@pytest.mark.parametrize(("verb", "by", "to"), [("acknowledge", "Eve", None), ("assign", "Ada", "Eve")])
def test_strangers_take_nothing_up(verb: str, by: str, to: str | None) -> None:
    run = quiet()
    said(run, verb, 60, by=by, **({"to": to} if to else {}))

    held = run.state.held["down", ("m_1",)]
    assert held.taken_up == ""
    (refused,) = [a for a in held.actions.values() if a.about == held.issue.id]
    assert (refused.status.value, "one of the people who are listed, got Eve" in refused.args["text"]) == (
        "recorded",
        True,
    )


def test_what_has_ended_is_not_overdue() -> None:
    run = quiet()
    said(run, "resolve", 60)

    run.give(Tick(at=after(20 * 3600)))
    assert run.state.overdue == {}
    assert [t for step in run.steps for t in step.record.timers if t.what == "overdue"] == []


def test_where_nobody_is_listed_nobody_is_late() -> None:
    run = quiet(attrs.evolve(OPEN_POLICY, stale_after=timedelta(hours=30)))
    run.give(Tick(at=after(20 * 3600)))

    assert overdue(run) == []


def test_who_looks_after_it_goes_on_alike_behind_a_snapshot() -> None:
    run = quiet()
    said(run, "acknowledge", 60)
    kept = restore(run.fold.engine, PATIENT.version, snapshot(run.fold.engine, PATIENT.version, run.state))
    again = Run(fold=run.fold, state=kept)

    for one in (run, again):
        said(one, "assign", 100, to="Ben")
    late = Tick(at=after(10 * 3600))
    assert written(run.give(late)) == written(again.give(late))
    assert len(overdue(again)) == 1


def test_the_agent_says_what_became_of_it() -> None:
    made = agent(policy=POLICY)
    issue = card(made, "reply").issue.id

    assert made.acknowledge(issue, by="Ada").words == "Ada looks after it"
    assert made.assign(issue, "Ben", by="Ada", why="his shop").counted
    stranger = made.assign(issue, "Eve", by="Ada", why="her shop")
    assert (stranger.counted, stranger.words) == (
        False,
        "expected to assign it to one of the people who are listed, got Eve",
    )
    assert made.resolve(issue, by="Ben", why="mended").counted
    over = made.acknowledge(issue, by="Ada")
    assert (over.counted, over.words) == (False, "expected an issue that goes on, got one that has ended, or none")
