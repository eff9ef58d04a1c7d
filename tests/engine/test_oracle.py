"""The oracle itself, on cases a reader can work out by hand: what both engines get wrong together shows here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from migro.expressions import UNSET, Attr, Maybe, fact, minutes, percent
from migro.models import Signal, to_microseconds
from migro.rules import IssueKind, Rule, RuleSet, known, on, refutes, supports
from tests.oracle import evaluate, reached

NINE = datetime(2026, 3, 1, 9, tzinfo=UTC)
DOWN = IssueKind[Any]("down", category="checkout")
STUCK = IssueKind[Any]("stuck", category="checkout")


class Request(Signal, kind="oracle.request"):
    status: Attr[int]
    host: Maybe[str] = UNSET


class Shop(Signal, kind="oracle.shop"):
    host: Maybe[str] = UNSET


def minute(n: int) -> int:
    return to_microseconds(NINE + timedelta(minutes=n))


def request(status: int, at: int, **fields: Any) -> Request:
    return Request(**{"status": status, "merchant": "m", "occurred_at": NINE + timedelta(minutes=at), **fields})


def rule(id: str, when: Any, then: Any = None, **options: Any) -> Rule[Any]:
    return Rule(id, when=when, then=then or supports(DOWN, 50, family="http"), **options)


ERRORS = on(Request, Request.status >= 500, per=Request.merchant)
PAID = on(Request, Request.status == 200, per=Request.merchant)


@pytest.mark.parametrize(
    ("when", "signals", "as_of", "anchor"),
    [
        (ERRORS, [request(500, 1), request(500, 2), request(200, 3)], 3, 2),
        (ERRORS, [request(500, 1), request(500, 4)], 3, 1),
        (ERRORS.at_least(2, within=minutes(5)), [request(500, 0), request(500, 5), request(500, 11)], 11, 5),
        (ERRORS.unless(PAID), [request(500, 2), request(200, 1)], 3, 2),
        (ERRORS.unless(PAID), [request(500, 2), request(200, 2)], 3, None),
        (ERRORS & PAID, [request(500, 2), request(200, 4)], 5, 4),
        (ERRORS & PAID, [request(500, 2)], 5, None),
        (ERRORS.within(minutes(2)), [request(500, 2)], 4, 2),
        (ERRORS.within(minutes(2)), [request(500, 2)], 5, None),
        (on(Request, Request.host != fact(Shop.host), per=Request.merchant), [request(200, 1, host="a")], 2, None),
    ],
)
def test_cases_worked_out_by_hand(when: Any, signals: list[Signal], as_of: int, anchor: int | None) -> None:
    expected = {} if anchor is None else {("a", ("m",)): minute(anchor)}

    assert evaluate(RuleSet("r", rule("a", when)), signals, minute(as_of)) == expected


def test_raw_points_take_the_strongest_of_a_family_on_either_side() -> None:
    chain = [rule(f"at-{n}", known(STUCK, at_least_points=n), supports(DOWN, 5, family="chain")) for n in (0, 40, 41)]
    rules = RuleSet(
        "r",
        rule("one", ERRORS, supports(STUCK, 30, family="a")),
        rule("two", ERRORS, supports(STUCK, 50, family="a")),
        rule("three", ERRORS, supports(STUCK, 10, family="b")),
        rule("against", ERRORS, refutes(STUCK, 20, family="b")),
        *chain,
    )

    found = evaluate(rules, [request(500, 0)], minute(0))
    assert {r for r, _ in found} == {"one", "two", "three", "against", "at-0", "at-40"}
    assert found["at-0", ("m",)] is None


def test_a_share_of_a_few_needs_more_than_the_share() -> None:
    assert reached(1, 20, percent(5), "plain")
    assert not reached(1, 20, percent(5), "wilson")
    assert reached(3, 20, percent(5), "wilson")
    assert reached(5, 100, percent(5), "wilson")
    assert not reached(0, 1, Fraction(1, 100), "plain")
