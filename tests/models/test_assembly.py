"""A signal assembled from checked parts is what validating them gives, and what is wrong fails as it does there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType
from typing import Any, cast, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from migro.models import Signal, assembly
from migro.models.scales import Auth, Environment, Hint
from tests.effort import cases

T0 = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
GOOD: Any = {
    "kind": "order",
    "merchant": "m_1",
    "occurred_at": T0,
    "received_at": T0 + timedelta(seconds=3),
    "source_kind": "platform_webhook",
    "provider": "shopify",
    "topic": "order.created",
    "dedup_key": "dk_1",
    "resource": ("order", "1001"),
    "ids": {"order_id": "1001", "cart": "ü"},
    "severity_hint": "high",
    "state": "open",
    "status": 200,
    "env": "production",
    "auth": "verified",
    "metrics": {"total": 1999, "share": Decimal("0.10")},
    "attrs": {"raw_topic": "orders/create", "test": False, "tags": ("x", "y")},
    "features": frozenset({"intent.refund"}),
    "shifted": 0,
    "normalizer": "shopify/1",
    "id": "sig_1",
}


class Shouted(str):
    """A string that says of itself to be another."""

    __slots__ = ()

    def __str__(self) -> str:
        return self.upper()


_TEXTS = st.sampled_from(["", "a", "b", "é", "\U0001f600", "open", "a" * 300])
_TIMES = st.sampled_from(
    [T0, T0.astimezone(timezone(timedelta(hours=2))), T0.replace(fold=1), T0 - timedelta(days=900)]
)
_NUMBERS = st.sampled_from([0, -1, 10**18, 2**70, 10**99, Decimal("1.50"), Decimal("-0"), Decimal("1E+9")])
_RIGHT: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(("kind", "source_kind", "provider", "topic", "normalizer", "dedup_key", "id"), _TEXTS),
    **dict.fromkeys(("merchant", "state"), st.none() | _TEXTS),
    **dict.fromkeys(("occurred_at", "received_at"), _TIMES),
    "resource": st.none() | st.tuples(_TEXTS, _TEXTS),
    "ids": st.dictionaries(_TEXTS, _TEXTS, max_size=3),
    "severity_hint": st.none() | st.sampled_from(get_args(Hint)),
    "status": st.none() | st.sampled_from([200, 0, -1, 2**70]),
    "env": st.sampled_from(get_args(Environment)),
    "auth": st.sampled_from(get_args(Auth)),
    "metrics": st.dictionaries(_TEXTS, _NUMBERS, max_size=3),
    "attrs": st.dictionaries(_TEXTS, _TEXTS | st.booleans() | st.lists(_TEXTS, max_size=2).map(tuple), max_size=3),
    "features": st.frozensets(_TEXTS, max_size=3),
    "shifted": st.integers(-5, 5),
}
# What is of another type, or of the right one and still no value of a signal.
_ODD: tuple[Any, ...] = (
    None, True, 1, 0, 1.5, 10**100, Decimal("nan"), Decimal("1E+101"), Decimal(1), "\ud800", "\udc00", "word", b"word",
    Shouted("open"), Shouted("high"), [], ["a"], (), ("a",), ("a", "b"), ("a", 1), ("\ud83d", "\ude00"), {}, {"a": "b"},
    {"a": 1}, {1: "a"}, {"\ud800": "a"}, {"a": []}, MappingProxyType({"a": "b"}), frozenset(), frozenset({1}), {"a"},
    frozenset({"\ud800"}), T0.replace(tzinfo=None), T0, "2026-03-01T09:00:00Z", T0.date(),
)  # fmt: skip


def odd_parts(name: str, odd: object) -> Iterator[dict[str, Any]]:
    """Yield right parts with an odd one: alone, and as one value among right ones."""
    yield {**GOOD, name: odd}
    if isinstance(GOOD[name], dict):
        yield {**GOOD, name: {**GOOD[name], "z": odd}}
        yield {**GOOD, name: {**GOOD[name], "z": ("a", odd)}}


def seen(make: Any, given_parts: dict[str, Any]) -> tuple[Any, ...]:
    """Return everything about what a way of making a signal gives, or its error."""
    try:
        signal = make(**given_parts)
    except ValidationError as e:
        return ("error", repr(e.errors(include_url=False, include_context=False)))
    try:
        line = signal.json_line()
    except PydanticSerializationError as e:
        line = str(e)
    # The order in a set says nothing.
    values = [(n, type(v), sorted(v) if n == "features" else repr(v)) for n, v in vars(signal).items()]
    inner = [(type(k), type(v)) for m in (signal.ids, signal.metrics, signal.attrs) for k, v in m.items()]
    return (type(signal), values, inner, signal.model_fields_set, line)


@given(st.fixed_dictionaries(_RIGHT))
@settings(max_examples=cases(100))
def test_assembling_gives_what_validating_gives(values: dict[str, Any]) -> None:
    made = {name: values[name] for name in assembly.Parts.__annotations__}

    assert seen(assembly.assembled, made) == seen(Signal, made)


@pytest.mark.parametrize("name", GOOD)
def test_an_odd_part_gives_what_validating_gives_or_the_same_error(name: str) -> None:
    for odd in _ODD:
        for made in odd_parts(name, odd):
            assert seen(assembly.assembled, made) == seen(Signal, made), made


def test_the_parts_are_the_fields_of_a_signal_in_their_order() -> None:
    assert list(assembly.Parts.__annotations__) == list(Signal.model_fields)


class Unasked(Signal, kind="assembly.unasked"):
    def __init__(self, **_: Any) -> None:
        raise AssertionError("validated again")


def test_parts_of_the_right_types_are_not_validated_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assembly, "Signal", Unasked)
    found = assembly.assembled(**GOOD)

    assert vars(found) == vars(Signal(**GOOD))
    with pytest.raises(AssertionError, match="validated again"):
        assembly.assembled(**(GOOD | {"status": True}))


def test_an_assembled_signal_is_frozen_and_shares_no_dict_with_its_parts() -> None:
    ids: dict[str, str] = dict(GOOD["ids"])
    found = assembly.assembled(**(GOOD | {"ids": ids}))
    ids["order_id"], attrs = "1002", cast(Any, found.attrs)

    assert found == Signal(**GOOD)
    with pytest.raises(ValidationError, match="frozen"):
        setattr(found, "status", 500)  # noqa: B010  # as a column it has no setter
    with pytest.raises(TypeError):
        attrs["a"] = "c"
