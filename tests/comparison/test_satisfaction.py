"""Satisfaction: which signals can be, found by cases that leave nothing out."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro.comparison.domains import TooLarge
from migro.comparison.satisfaction import DEFINITE, MATCH, NO_MATCH, NOT_MATCH, impossible, models
from migro.engine import EngineState, NativeEngine
from migro.expressions import Pred, fact, feature
from migro.models import from_microseconds, to_microseconds
from migro.models.signal import MerchantId
from migro.rules import RuleSet, on

from .shop import Plan, Request, alone

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

Condition = Pred[Request]
atoms: st.SearchStrategy[Condition] = st.one_of(
    st.builds(lambda n: Request.millis >= n, st.integers(0, 4)),
    st.builds(lambda n: Request.millis == n, st.integers(0, 4)),
    st.builds(lambda n: Request.millis != n, st.integers(0, 4)),
    st.builds(lambda n: Request.millis - 1 < n, st.integers(0, 4)),
    st.builds(lambda n: Request.millis <= Request.size, st.just(0)),
    st.builds(lambda b: Request.bot == b, st.booleans()),
    st.builds(lambda w: Request.route.one_of(*w), st.lists(st.sampled_from("abc"), min_size=1)),
    st.builds(lambda w: Request.route.matches(w), st.sampled_from(["a|b", "a", "^c$", "x+y"])),
    st.builds(lambda w: Request.tags.has(w), st.sampled_from("pq")),
    st.builds(lambda w: Request.tags.covers(frozenset(w)), st.sampled_from(["", "p", "pq"])),
    st.builds(lambda w: Request.route.among(frozenset(w)), st.sampled_from(["", "a", "ab"])),
    st.sampled_from([Request.millis.present(), Request.tags.missing()]),
)
conditions: st.SearchStrategy[Condition] = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds(lambda a, b: a & b, inner, inner),
        st.builds(lambda a, b: a | b, inner, inner),
        st.builds(lambda a: ~a, inner),
    ),
    max_leaves=5,
)
requests: st.SearchStrategy[Request] = st.builds(
    lambda **columns: Request(merchant=MerchantId("m"), occurred_at=START, **columns),
    route=st.sampled_from(["a", "b", "c", "xy", "ab", ""]),
    bot=st.booleans(),
    millis=st.none() | st.integers(-1, 5),
    size=st.none() | st.integers(0, 4),
    tags=st.none() | st.frozensets(st.sampled_from("pqr")),
)


def selects(rules: RuleSet, request: Request) -> bool:
    engine, state = NativeEngine(rules), EngineState()
    engine.insert(state, request, to_microseconds(START))
    engine.settle(state)
    return bool(state.firings)


@given(conditions, conditions, st.lists(requests, min_size=5, max_size=20))
def test_no_signal_does_what_is_found_impossible(one: Condition, other: Condition, signals: list[Request]) -> None:
    apart = impossible(Request, ((one,), MATCH), ((other,), NOT_MATCH))
    left, right = (alone(on(Request, p, per=Request.merchant)) for p in (one, other))

    for signal in signals:
        assert not (apart and selects(left, signal) and not selects(right, signal))


@given(conditions)
def test_a_model_does_what_it_was_made_for(condition: Condition) -> None:
    rules = alone(on(Request, condition, per=Request.merchant))
    for model in islice(models(Request, ((condition,), MATCH)), 5):
        if not model.complete:
            continue
        columns: dict[str, Any] = {"route": "other", "bot": False, **model.columns}

        assert selects(rules, Request(merchant=MerchantId("m"), occurred_at=START, **columns))


def test_unknown_is_neither_yes_nor_no() -> None:
    slow: Condition = Request.millis > 5

    assert impossible(Request, ((slow,), MATCH), ((~slow,), MATCH))
    assert not impossible(Request, ((slow,), NOT_MATCH), ((~slow,), NOT_MATCH))
    assert impossible(Request, ((slow,), NOT_MATCH), ((~slow,), NOT_MATCH), ((slow,), DEFINITE))


def test_a_condition_that_can_fail_is_not_weakened_by_an_alternative() -> None:
    @feature("test.broken", version=1)
    def broken(signal: Request) -> bool:
        raise ValueError(signal.route)

    plain: Condition = Request.bot == True  # noqa: E712

    assert not impossible(Request, ((plain,), MATCH), ((plain | (broken == True),), NOT_MATCH))  # noqa: E712


def test_a_fact_without_a_default_may_be_unknown() -> None:
    limited = Request.size > fact(Plan.limit)

    assert not impossible(
        Request, ((limited,), NOT_MATCH), ((~limited,), NOT_MATCH), ((Request.size.present(),), MATCH)
    )


def test_only_the_values_that_a_column_can_have_are_tried() -> None:
    known = Request.env.one_of("production", "staging", "test")
    others = [m.columns["env"] for m in models(Request, ((known,), NO_MATCH))]

    assert others == ["unknown"]


def test_a_column_with_many_patterns_is_left_open() -> None:
    many = tuple(Request.route.matches(f"{c}+") for c in "abcdefg")

    assert not impossible(Request, (many, MATCH))
    with pytest.raises(TooLarge):
        list(models(Request, (many, MATCH)))


def test_times_are_compared_to_the_microsecond() -> None:
    early, late = START, from_microseconds(to_microseconds(START) + 1)

    assert impossible(Plan, ((Plan.begins > early, Plan.begins < late), MATCH))
    assert not impossible(Plan, ((Plan.begins >= early, Plan.begins < late), MATCH))
