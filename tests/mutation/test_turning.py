"""Turning: from a stream in which a rule fires to both sides of everything at which it begins or ceases to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from migro.engine import NativeEngine
from migro.expressions import UNSET, Attr, Maybe, hours, minutes, percent, permille
from migro.models import MerchantId, Signal
from migro.mutation import Effort, derive, edges_text, judge, read_edges
from migro.mutation.axes import counts
from migro.mutation.reading import Reading
from migro.mutation.shapes import merged, shape_of
from migro.mutation.streams import Stream
from migro.mutation.turning import Turning
from migro.rules import IssueKind, Premise, Rule, RuleSet, fires, on, supports, trailing

TEN_MINUTES = minutes(10)
NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
DOWN = IssueKind[Any]("down", category="checkout")


class Visit(Signal, kind="turning.visit"):
    code: Attr[int] = UNSET
    views: Attr[int] = UNSET
    account: Maybe[str] = UNSET


class Pause(Signal, kind="turning.pause"):
    until_code: Maybe[int] = UNSET


def visit(code: int = 200, second: float = 0, *, views: int = 1, account: str | None = None) -> Visit:
    at = NINE + timedelta(seconds=second)
    return Visit(code=code, views=views, account=account, merchant=MerchantId("m1"), occurred_at=at)


every = on(Visit, per=Visit.merchant)
failed = on(Visit, Visit.code >= 500, per=Visit.merchant)
counted = on(Visit, per=Visit.merchant, weight=Visit.views)
pause = on(Pause, per=Pause.merchant)
five = fires("five", *(visit(500 + n, 7 * n) for n in range(5)), for_="m1")


def rule(when: Premise[Any], *examples: Any, lasts: timedelta = TEN_MINUTES) -> Rule[Any]:
    return Rule("r", when=when, lasts=lasts, then=supports(DOWN, 50, family="http"), examples=examples)


def turning(one: Rule[Any], effort: int = 100_000) -> list[Stream]:
    ruleset = RuleSet("shop", one)
    search = Turning(ruleset, one, NativeEngine(ruleset), Reading.of([one], one.lasts_us), effort)
    return list(search.streams([e.signals for e in one.examples]))


def codes_and_seconds(stream: Stream) -> tuple[list[int], timedelta]:
    ordered = sorted(stream, key=lambda s: s.received_at)
    return [s.code for s in ordered if isinstance(s, Visit)], ordered[-1].received_at - ordered[0].received_at


THREE = rule(failed.at_least(3, within=minutes(5)), five)


@pytest.fixture(scope="module")
def three() -> list[tuple[list[int], timedelta]]:
    return [codes_and_seconds(s) for s in turning(THREE)]


def test_what_a_rule_does_not_need_to_fire_is_left_out_first(three: list[tuple[list[int], timedelta]]) -> None:
    codes, length = three[0]

    assert (len(codes), length) == (3, timedelta(0))


def test_both_ends_of_a_window_are_found_to_the_microsecond(three: list[tuple[list[int], timedelta]]) -> None:
    lengths = {length for codes, length in three if len(codes) == 3}

    assert {minutes(5), minutes(5) + timedelta(microseconds=1)} <= lengths


def test_one_signal_less_and_one_unit_less_are_found(three: list[tuple[list[int], timedelta]]) -> None:
    assert any(len(codes) == 2 for codes, _ in three)
    assert any(499 in codes and len(codes) == 3 for codes, _ in three)


def test_a_search_ends_when_its_effort_is_spent() -> None:
    assert len(turning(THREE, 200)) < len(turning(THREE, 2_000))


def test_a_stream_in_which_a_rule_does_not_fire_leads_nowhere() -> None:
    assert turning(rule(failed.at_least(6, within=minutes(5)), five)) == []


def test_signals_more_are_told_apart_where_the_rule_counts_what_is_different() -> None:
    one = rule(every.distinct(Visit.account, at_least=2, within=minutes(5)))
    reading = Reading.of([one], one.lasts_us)
    axis = next(counts(shape_of((visit(account="a"),), reading), [0], reading))
    more = axis.at(3)

    assert more is not None
    assert len({s.account for s in merged(more) if isinstance(s, Visit)}) == 3


usual = counted.count(within=hours(1)).baseline(trailing(hours(4)))
HISTORY = tuple(visit(200, -3600 * n - 1800, views=10) for n in range(6, 0, -1))

RULES = {
    "a share of a hundred": rule(
        every.share(Visit.code >= 500, at_least=percent(5), floor=50, within=minutes(5)),
        fires("five of 100", *(visit(500 if n % 20 == 0 else 200, n) for n in range(100)), for_="m1"),
    ),
    "a history": rule(
        counted.count(within=hours(1)) >= 3 * usual,
        fires("many", *HISTORY, visit(views=200), for_="m1"),
    ),
    "fifty accounts": rule(
        every.distinct(Visit.account, at_least=50, within=minutes(5)),
        fires("fifty", *(visit(second=n, account=f"a{n}") for n in range(60)), for_="m1"),
    ),
    "what takes it back": rule(
        failed.at_least(60, within=minutes(5)).unless(on(Pause, Pause.until_code == 7, per=Pause.merchant)),
        fires("sixty", *(visit(500, n) for n in range(60)), for_="m1"),
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_every_small_change_of_a_rule_of_many_signals_is_noticed_at_its_edges(name: str) -> None:
    shop = RuleSet("shop", RULES[name])
    pinned = derive(shop, RULES[name]).pinned
    verdicts = list(judge(shop, RULES[name], edges=pinned))

    assert [(v.operator, v.change) for v in verdicts if v.outcome == "survived"] == []


def test_many_signals_that_differ_in_a_text_are_one_row_of_a_file() -> None:
    one = RULES["fifty accounts"]
    shop = RuleSet("shop", one)
    pinned = derive(shop, one).pinned
    text = edges_text({"r": pinned})

    assert '2, "0:00:00", {"account": ["' not in text
    assert '"0:00:00", {"account": ["' in text
    assert read_edges(text, shop) == {"r": pinned}


def test_a_history_of_weeks_is_told_by_its_last_hours_where_the_rule_fires_after_those_too() -> None:
    of_a_day = counted.count(within=hours(1)).baseline(trailing(hours(24)))
    weeks = tuple(visit(200, -86_400 * day - 3_600 * hour, views=10) for day in range(14, 0, -1) for hour in (2, 4, 6))
    one = rule(counted.count(within=hours(1)) >= 3 * of_a_day, fires("many", *weeks, visit(views=200), for_="m1"))
    _, length = codes_and_seconds(turning(one, 50_000)[0])

    assert length < timedelta(hours=12)


LONG = fires("many", *(visit(500 + n % 5, 7 * n) for n in range(900)), for_="m1")


def test_an_example_that_is_longer_than_any_stream_is_pared_down_as_well() -> None:
    first = turning(rule(failed.at_least(3, within=minutes(5)), LONG))[0]

    assert len(first) == 3


@pytest.mark.parametrize("effort", [0, 1, 10, 100])
def test_a_search_that_is_spent_before_its_example_is_pared_ends(effort: int) -> None:
    assert len(turning(rule(failed.at_least(3, within=minutes(5)), LONG), effort)) <= 50


NEVER = on(Visit, Visit.code >= 600, Visit.code < 500, per=Visit.merchant)


@pytest.mark.parametrize(
    ("one", "effort", "why"),
    [
        (rule(NEVER), 800, "in no example of it the rule fires"),
        (rule(failed.at_least(5, within=minutes(5)), five), 1, "the search was spent"),
        (rule(failed.at_least(5, within=minutes(5)).unless(NEVER), five), 800, "no stream that was tried"),
    ],
)
def test_what_is_missed_is_said_with_the_reason(one: Rule[Any], effort: int, why: str) -> None:
    found = derive(RuleSet("shop", one), one, effort=Effort(effort, min(effort, 20), 10))

    assert found.missed
    assert found.why.startswith(why)


def test_a_rule_that_begins_to_fire_after_the_last_signal_is_watched_for_as_long() -> None:
    good = on(Visit, Visit.code < 500, per=Visit.merchant).count(within=hours(1))
    dropped = good.drop(good.baseline(trailing(hours(24))), p=permille(10), floor=5, every=minutes(30))
    one = rule(dropped, fires("silence", *(visit(200, 120 * n) for n in range(180)), for_="m1", after=minutes(65)))
    found = derive(RuleSet("shop", one), one, effort=Effort(400, 10, 10))

    noticed = {name for edge in found.pinned.edges for name in edge.notices}
    assert {"part dropped", "boundary flipped", "window doubled"} <= noticed


def test_an_example_that_fails_already_notices_no_change() -> None:
    one = rule(failed.at_least(3, within=minutes(5)), fires("wrong", visit(500), for_="m1"))

    assert derive(RuleSet("shop", one), one).pinned.edges
