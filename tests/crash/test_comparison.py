"""The comparison sees what it should: otherwise a matrix without findings would say nothing."""

from __future__ import annotations

import attrs
import pytest

from .comparison import Line, Records, differences, lost

ONE = Line(seq=1, text="one", thread="", bare="one", done=True, repeats=None, idle=False, timers=("t1",))
TWO = attrs.evolve(ONE, seq=2, text="two", bare="two", timers=())
AGAIN = Line(seq=3, text="one dropped", thread="", bare="one", done=True, repeats=1, idle=True, timers=())
TICK = Line(seq=4, text="tick", thread="tick", bare="tick", done=True, repeats=None, idle=True, timers=("t2",))
ACT = Line(seq=5, text="started", thread="act_1", bare="started", done=True, repeats=None, idle=True, timers=())
KINDS = ("issues", "decisions", "actions", "due", "shadow")


def records(*lines: Line, **kept: dict[str, str]) -> Records:
    return Records(
        journal={"m": tuple(attrs.evolve(line, seq=n) for n, line in enumerate(lines, 1))},
        kept={what: kept.get(what, {}) for what in KINDS},
    )


WHOLE = records(ONE, TWO, TICK, ACT, decisions={"d": "text"}, actions={"a": "planned"}, issues={"i": "open"})


def test_what_is_there_is_not_lost_whatever_came_behind_it() -> None:
    decisions = {"d": "text", "e": "new"}
    more = records(ONE, TWO, TICK, ACT, AGAIN, decisions=decisions, actions={"a": "done"}, issues={"i": "over"})

    assert list(lost(WHOLE, WHOLE)) == list(lost(WHOLE, more)) == []


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (attrs.evolve(WHOLE, journal={}), "input 1 of m is gone"),
        (attrs.evolve(WHOLE, journal=records(ONE, TWO, TICK).journal), "input 4 of m is gone"),
        (attrs.evolve(WHOLE, journal=records(TWO, ONE, TICK, ACT).journal), "input 1 of m is another"),
        (
            attrs.evolve(WHOLE, journal=records(attrs.evolve(ONE, text="x"), TWO, TICK, ACT).journal),
            "what became of input 1",
        ),
        (
            attrs.evolve(WHOLE, journal=records(attrs.evolve(ONE, done=False), TWO, TICK, ACT).journal),
            "input 1 of m is pending again",
        ),
        (
            attrs.evolve(WHOLE, journal=records(attrs.evolve(ONE, timers=()), TWO, TICK, ACT).journal),
            "the timers of input 1",
        ),
        (attrs.evolve(WHOLE, kept={**WHOLE.kept, "decisions": {}}), "decisions d is gone"),
        (attrs.evolve(WHOLE, kept={**WHOLE.kept, "decisions": {"d": "other"}}), "decisions d has changed"),
        (attrs.evolve(WHOLE, kept={**WHOLE.kept, "issues": {}}), "issues i is gone"),
        (attrs.evolve(WHOLE, kept={**WHOLE.kept, "actions": {}}), "actions a is gone"),
    ],
)
def test_what_was_acknowledged_and_is_gone_is_seen(now: Records, said: str) -> None:
    assert [p for p in lost(WHOLE, now) if p.startswith(said)] != []


def test_a_run_may_hold_what_was_tried_again_and_another_order_of_actions_and_ticks() -> None:
    other = attrs.evolve(WHOLE, journal=records(ACT, ONE, AGAIN, TICK, TWO).journal)

    assert list(differences(WHOLE, other, repeats=1)) == []
    assert list(differences(WHOLE, other, repeats=0)) == ["1 inputs of m were repeated, expected 0 at most"]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (attrs.evolve(WHOLE, journal=records(TWO, ONE, TICK, ACT).journal), "input 1 of m: expected one, got two"),
        (attrs.evolve(WHOLE, journal=records(ONE, TWO, TICK).journal), "1 inputs of m are missing, first started"),
        (attrs.evolve(WHOLE, journal=records(ONE, TWO, ACT).journal), "timers of m: expected ['t1', 't2'], got ['t1']"),
        (
            attrs.evolve(WHOLE, journal=records(ONE, TWO, TICK, TICK, ACT).journal),
            "timers of m: expected ['t1', 't2'], got ['t1', 't2', 't2']",
        ),
        (
            attrs.evolve(WHOLE, journal=records(ONE, TWO, TICK, attrs.evolve(ACT, done=False)).journal),
            "input 4 of m was never consumed",
        ),
        (attrs.evolve(WHOLE, kept={**WHOLE.kept, "actions": {"a": "done"}}), "actions a: expected planned, got done"),
        (attrs.evolve(WHOLE, kept={**WHOLE.kept, "issues": {}}), "issues i: expected open, got None"),
        (attrs.evolve(WHOLE, kept={**WHOLE.kept, "due": {"m": "now"}}), "due m: expected None, got now"),
    ],
)
def test_another_ending_is_seen(found: Records, said: str) -> None:
    assert [p for p in differences(WHOLE, found, repeats=1) if p.startswith(said)] != []
