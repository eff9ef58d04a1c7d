"""Classes have columns and signals have values, wherever and however the class is written."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal, NewType

import pytest

from migro.errors import RuleDefinitionError
from migro.expressions import UNSET, Attr, Col, Key, KeyCol, Maybe, preset
from migro.models import MerchantId, Signal

META: Any = type(Signal)
AT = datetime(2026, 3, 1, tzinfo=UTC)


class Parent(Signal, kind="schema.parent"):
    count: Attr[int]
    word: Attr[Literal["a", "b"]] = preset(default="a")


class Child(Parent, kind="schema.child"):
    extra: Maybe[Decimal] = UNSET


def test_a_class_gives_columns_and_a_signal_gives_values() -> None:
    signal = Parent(count=3, occurred_at=AT)

    assert isinstance(Parent.count, Col)
    assert not isinstance(Parent.count, KeyCol)
    assert isinstance(Parent.merchant, KeyCol)
    assert (signal.count, signal.word, signal.merchant) == (3, "a", None)


def test_a_subclass_has_the_columns_of_its_parent_as_its_own() -> None:
    assert str(Child.count) == "Child.count"
    column: Any = Child.count  # mypy takes a column inherited twice for its value; pyright does not
    assert column.document() == {"column": ["schema.child", "count"]}
    assert set(Parent.__columns__) < set(Child.__columns__)


def test_a_class_may_be_written_inside_a_function_with_types_of_that_function() -> None:
    Local = NewType("Local", str)

    class Inside(Signal, kind="schema.inside"):
        local: Key[Local]

    assert Inside.__columns__["local"].key
    assert Inside(local=Local("x"), occurred_at=AT).local == "x"


def test_a_column_may_be_declared_again_without_a_warning() -> None:
    class Again(Parent, kind="schema.again"):
        count: Attr[int] = preset(default=7)
        merchant: Key[MerchantId]

    assert Again(merchant=MerchantId("m"), occurred_at=AT).count == 7
    assert not Again.__columns__["merchant"].optional


def test_the_type_behind_a_literal_or_a_new_type_is_the_columns_type() -> None:
    assert Parent.word.column_type.value is str
    assert Parent.features.column_type.value is frozenset


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (Attr[float], "Bad.x has the type <class 'float'>; a column can hold int, str, bool, Decimal"),
        (Attr[list[str]], "a column can hold"),
        (Attr[int | None], "write Maybe[...] for a column that may be missing"),
        (Key[int], "Bad.x is a key of type int; keys are strings, exact to the digit"),
        (Attr, "expected the type of the column in brackets, such as Attr[str]"),
        (int, "Bad.x is no column: write `x: Attr[...]`"),
        ("Attr[Nowhere]", "Bad.x: expected an annotation whose names are known here"),
    ],
)
def test_a_type_that_no_rule_can_use_is_refused_with_its_class(annotation: Any, words: str) -> None:
    with pytest.raises(RuleDefinitionError) as caught:
        META("Bad", (Signal,), {"__annotations__": {"x": annotation}, "__module__": __name__}, kind="schema.bad")

    assert words in str(caught.value)


@pytest.mark.filterwarnings("ignore:Field name")  # pydantic sees it too, and only warns
def test_no_column_can_take_the_name_of_the_namespace() -> None:
    with pytest.raises(
        RuleDefinitionError, match=r"Bad\.c: expected another name, Bad\.c is the namespace of all columns"
    ):
        META("Bad", (Signal,), {"__annotations__": {"c": Attr[int]}, "__module__": __name__}, kind="schema.bad")


def test_a_class_without_a_kind_is_refused() -> None:
    with pytest.raises(RuleDefinitionError, match="Bad needs a kind"):
        META("Bad", (Signal,), {"__module__": __name__})


def test_pydantic_finds_no_columns_where_it_looks_for_its_own() -> None:
    with pytest.raises(AttributeError):
        _ = Parent.__not_there__  # type: ignore[attr-defined]
    assert Parent.model_json_schema()["title"] == "Parent"
