"""A plain signal narrowed to its kind's class is what validating it whole gives."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, field_validator, model_validator

from migro.errors import InputError
from migro.expressions import UNSET, Attr, Key, Maybe, MaybeKey
from migro.models import MerchantId, Signal
from migro.packs.headless import RULES

T0 = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


class Wide(Signal, kind="narrow.wide"):
    """Columns of every type, in all places."""

    merchant: Key[MerchantId]
    code: Attr[int]
    price: Maybe[Decimal] = UNSET
    ends: Maybe[datetime] = UNSET
    words: Maybe[frozenset[str]] = UNSET
    ok: Maybe[bool] = UNSET
    cart: MaybeKey[str] = UNSET


class Finer(Wide, kind="narrow.finer"):
    """A class of a class."""

    region: Maybe[str] = UNSET


class Checked(Signal, kind="narrow.checked"):
    code: Attr[int]

    @model_validator(mode="after")
    def _even(self) -> Self:
        if self.code % 2:
            raise ValueError("expected an even code")
        return self


class Bounded(Signal, kind="narrow.bounded"):
    """Columns of which more is checked than their types."""

    code: Attr[int] = Field(ge=100)
    region: Maybe[str] = Field(default=UNSET, pattern="^[a-z]+$")
    cart: MaybeKey[str] = Field(default=UNSET, min_length=1)


class Rounded(Signal, kind="narrow.rounded"):
    code: Attr[int]

    @field_validator("code")
    @classmethod
    def _tens(cls, code: int) -> int:
        return code - code % 10


class Completed(Signal, kind="narrow.completed"):
    code: Attr[int]

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, data: Any) -> Any:
        return {**data, "metrics": {**data["metrics"], "code": 7}}


_WORDS = {
    "code": st.one_of(st.integers(-5, 600), st.just(Decimal("2.5"))),
    "price": st.one_of(st.decimals(0, 10, places=2), st.integers(0, 9)),
    "ends": st.sampled_from(["2026-03-01T09:00:03Z", "2026-03-01T10:00:03+01:00", "2026-03-01T09:00:03"]),
    "words": st.sampled_from([["a", "b"], [], ["b", "b"], "a"]),
    "ok": st.sampled_from([True, False, "true"]),
    "cart": st.sampled_from(["c1", ""]),
    "region": st.sampled_from(["eu", True]),
    "other": st.just("kept"),
}
_PLACES = {
    "code": "metrics", "price": "metrics", "cart": "ids",  "ends": "attrs", "words": "attrs",
    "ok": "attrs", "region": "attrs", "other": "attrs",
}  # fmt: skip


@st.composite
def plain(draw: st.DrawFn, cls: type[Signal] = Wide) -> Signal:
    """Return a signal that fits the class or not."""
    data: dict[str, Any] = {"kind": cls.__signal_kind__, "occurred_at": T0, "ids": {}, "metrics": {}, "attrs": {}}
    for name, values in _WORDS.items():
        if draw(st.integers(0, 3)):
            data[_PLACES[name]][name] = draw(values)
    if draw(st.integers(0, 5)):
        data["merchant"] = "m_1"
    return Signal.from_data(data)


def validated(cls: type[Signal], signal: Signal) -> tuple[Any, ...]:
    """Return everything about a signal that was validated whole, or the error."""
    try:
        return seen(cls.from_data(vars(signal), where=f"signal {signal.id}"))
    except InputError as e:
        return ("error", str(e))


def seen(signal: Signal) -> tuple[Any, ...]:
    types = {n: type(v) for n, v in vars(signal).items()}
    return (type(signal), dict(vars(signal)), types, signal.model_fields_set, signal.json_line(), hash(signal))


def narrowed(cls: type[Signal], signal: Signal) -> tuple[Any, ...]:
    try:
        return seen(cls.of(signal))
    except InputError as e:
        return ("error", str(e))


_DECLARING: list[type[Signal]] = [Wide, Finer, Bounded]


@given(st.sampled_from(_DECLARING).flatmap(lambda cls: st.tuples(st.just(cls), plain(cls))))
def test_narrowing_gives_what_validating_whole_gives_or_the_same_error(case: tuple[type[Signal], Signal]) -> None:
    cls, signal = case
    before = signal.json_line()

    assert narrowed(cls, signal) == validated(cls, signal)
    assert signal.json_line() == before


def test_a_signal_that_fits_is_narrowed_and_one_that_does_not_is_explained() -> None:
    fits = Signal(kind="narrow.wide", merchant=MerchantId("m_1"), occurred_at=T0, metrics={"code": 3})
    misfit = Signal(kind="narrow.wide", occurred_at=T0, metrics={"code": 3})

    assert Wide.of(fits) == Wide(
        merchant=MerchantId("m_1"), occurred_at=T0, code=3, dedup_key=fits.dedup_key, id=fits.id
    )
    with pytest.raises(InputError, match=r"^merchant: expected.* at signal sig_"):
        Wide.of(misfit)


def test_a_narrowed_signal_is_frozen_like_any_other() -> None:
    fits = Signal(kind="narrow.wide", merchant=MerchantId("m_1"), occurred_at=T0, metrics={"code": 3}, attrs={"a": "b"})
    found = Wide.of(fits)

    with pytest.raises(ValueError, match="frozen"):
        found.code = 4  # type: ignore[misc]  # that is the point
    with pytest.raises(TypeError):
        found.attrs["a"] = "c"


@pytest.mark.parametrize("cls", [Checked, Rounded, Completed])
def test_a_class_that_checks_more_than_its_columns_is_validated_whole(cls: type[Signal]) -> None:
    for code in (3, 14):
        signal = Signal(kind=cls.__signal_kind__, occurred_at=T0, metrics={"code": code})
        assert narrowed(cls, signal) == validated(cls, signal)


def test_every_class_of_the_shipped_pack_is_narrowed() -> None:
    assert [c.__name__ for c in RULES.signals.values() if c.__narrow__ is None] == []
