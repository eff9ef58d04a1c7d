"""Cases that a reader can work out by hand: what oracle and engine get wrong together shows here."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from math import exp, factorial
from typing import Any

import pytest

from migro.engine import EngineState, NativeEngine
from migro.expressions import minutes, percent
from migro.models import from_microseconds
from migro.rules import IssueKind, Rule, RuleSet, known, refutes, supports
from tests.engine.cases import NINE, Case, X, x
from tests.engine.cases_measures import MEASURES
from tests.engine.cases_states import STATES
from tests.engine.cases_timed import TIMED
from tests.engine.playing import advance, apply, say
from tests.oracle import evaluate, reached
from tests.oracle.statistics import improbable, median

CASES = (*TIMED, *STATES, *MEASURES)


def test_every_case_has_a_name_of_its_own() -> None:
    assert len({c.name for c in CASES}) == len(CASES)
    assert all(a.now <= b.now for c in CASES for a, b in pairwise(c.steps))


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_the_oracle_says_what_was_worked_out_by_hand(case: Case) -> None:
    assert evaluate(case.rules, case.steps, case.as_of) == case.expected


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_the_engine_says_what_was_worked_out_by_hand(case: Case) -> None:
    engine, state = NativeEngine(case.rules), EngineState()
    for step in case.steps:
        advance(engine, state, step.now)
        apply(engine, state, step)
        engine.settle(state)
    advance(engine, state, case.as_of)

    # What has no anchor holds since the engine looked; that is no part of the meaning.
    found = {k: (None, v[1]) if case.expected.get(k, v)[0] is None else v for k, v in say(state).items()}
    assert found == case.expected


DOWN = IssueKind[Any]("down", category="checkout")
STUCK = IssueKind[Any]("stuck", category="checkout")


def rule(id: str, when: Any, then: Any) -> Rule[Any]:
    return Rule(id, when=when, then=then, lasts=minutes(1))


def test_raw_points_take_the_strongest_of_a_family_on_either_side() -> None:
    chain = [rule(f"at-{n}", known(STUCK, at_least_points=n), supports(DOWN, 5, family="chain")) for n in (0, 40, 41)]
    rules = RuleSet(
        "r",
        rule("one", X, supports(STUCK, 30, family="a")),
        rule("two", X, supports(STUCK, 50, family="a")),
        rule("three", X, supports(STUCK, 10, family="b")),
        rule("against", X, refutes(STUCK, 20, family="b")),
        *chain,
    )

    found = evaluate(rules, [x(0)], NINE)
    assert {r for r, _ in found} == {"one", "two", "three", "against", "at-0", "at-40"}
    assert found["at-0", ("m",)] == (None, False)


def test_a_bare_signal_arrives_when_it_was_received() -> None:
    late = x(0).signal.model_copy(update={"received_at": from_microseconds(NINE) + timedelta(microseconds=7)})
    rules = RuleSet("r", rule("one", X, supports(DOWN, 30, family="a")))

    assert evaluate(rules, [late], NINE + 7) == {("one", ("m",)): (NINE, False)}


def test_a_share_of_a_few_needs_more_than_the_share() -> None:
    assert reached(1, 20, percent(5), "plain")
    assert not reached(1, 20, percent(5), "wilson")
    assert reached(3, 20, percent(5), "wilson")
    assert reached(5, 100, percent(5), "wilson")
    assert not reached(0, 1, Fraction(1, 100), "plain")


@pytest.mark.parametrize("mean", [1, 3, 7, 20])
@pytest.mark.parametrize("count", range(0, 25, 3))
def test_poisson_tails_agree_with_arithmetic_in_floats(mean: int, count: int) -> None:
    tail = sum(exp(-mean) * mean**k / factorial(k) for k in range(count + 1))

    for p in (Fraction(1, 1000), Fraction(1, 10), Fraction(1, 2)):
        assert improbable(Fraction(count), Fraction(mean), p) is (tail < p)
    assert improbable(Fraction(-1), Fraction(mean), Fraction(1, 1000))


def test_the_median_of_an_even_number_is_between_the_middle_two() -> None:
    assert median([Fraction(n) for n in (1, 9, 4)]) == 4
    assert median([Fraction(n) for n in (1, 4)]) == Fraction(5, 2)
