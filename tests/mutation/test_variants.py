"""Variants: an example moved, thinned out and given other values, one thing at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from migro.expressions import UNSET, Attr, Maybe, minutes
from migro.models import MerchantId, Signal
from migro.mutation.streams import Stream, numbered
from migro.mutation.variants import variants
from migro.rules import IssueKind, Rule, fires, on, silent, supports


class Call(Signal, kind="variants.call"):
    code: Attr[int] = UNSET
    region: Maybe[str] = UNSET


NINE = datetime(2026, 3, 1, 9, tzinfo=UTC)
WINDOW = 300_000_000


def call(code: int, second: int = 0, region: str | None = None) -> Call:
    at = NINE + timedelta(seconds=second)
    return Call(code=code, region=region, merchant=MerchantId("m1"), occurred_at=at)


failed = on(Call, Call.code >= 500, Call.region.one_of("eu", "us"), per=Call.merchant)
RULE = Rule(
    "two",
    when=failed.at_least(2, within=minutes(5)),
    then=supports(IssueKind[Any]("down", category="checkout"), 50, family="http"),
    examples=(
        fires("two", call(500, 0, "eu"), call(503, 60, "eu"), for_="m1"),
        silent("another region", call(500, 10, "asia")),
    ),
)

Said = tuple[tuple[int, str | None, int], ...]


@pytest.fixture(scope="module")
def streams() -> set[Said]:
    return {said(stream) for stream in variants(RULE, [WINDOW])}


def said(stream: Stream) -> Said:
    first = stream[0].received_at
    return tuple(
        (s.code, s.region, (s.received_at - first) // timedelta(microseconds=1)) for s in stream if isinstance(s, Call)
    )


def test_the_examples_themselves_come_first() -> None:
    found = [said(s) for _, s in zip(range(2), variants(RULE, []), strict=False)]

    assert found == [((500, "asia", 0),), ((500, "eu", 0), (503, "eu", 60_000_000))]


@pytest.mark.parametrize("distance", [WINDOW - 1, WINDOW, WINDOW + 1])
def test_signals_come_just_within_a_span_and_just_beyond(streams: set[Said], distance: int) -> None:
    assert ((500, "eu", 0), (503, "eu", distance)) in streams


@pytest.mark.parametrize(("code", "region"), [(499, "eu"), (501, "eu"), (503, None), (503, "us"), (503, "another")])
def test_a_column_has_each_value_that_the_rule_asks_for_and_others(
    streams: set[Said], code: int, region: str | None
) -> None:
    assert ((500, "eu", 0), (code, region, 60_000_000)) in streams


def test_a_signal_is_left_out_and_comes_twice(streams: set[Said]) -> None:
    assert ((500, "eu", 0),) in streams
    assert ((500, "eu", 0), (503, "eu", 60_000_000), (503, "eu", 60_000_000)) in streams


def test_what_another_example_ends_with_comes_after_the_last_signal(streams: set[Said]) -> None:
    assert ((500, "eu", 0), (503, "eu", 60_000_000), (500, "asia", 60_000_001)) in streams


def test_signals_are_numbered_in_order_of_time() -> None:
    later, sooner = call(500, 60), call(501)

    assert [(s.id, s.occurred_at) for s in numbered((later, sooner))] == [
        ("w-0001", sooner.occurred_at),
        ("w-0002", later.occurred_at),
    ]
