"""Sorting signals by the values that decide: the same answer as asking each predicate."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro import Key, Maybe, Signal, on
from migro.engine.matching import compile_predicates
from migro.engine.sorting import Matched, Sorter, is_sortable
from migro.engine.sources import Source
from migro.expressions import UNSET, Pred, Truth


class Parcel(Signal, kind="sorting.parcel"):
    shelf: Key[str]
    pieces: Maybe[int] = UNSET
    fragile: Maybe[bool] = UNSET
    word: Maybe[str] = UNSET
    weight: Maybe[Decimal] = UNSET
    marks: Maybe[frozenset[str]] = UNSET


WORDS = ("a", "b", "c")
numbers = st.integers(0, 3)
leaves: st.SearchStrategy[Pred[Any]] = st.one_of(
    numbers.flatmap(
        lambda n: st.sampled_from([Parcel.pieces < n, Parcel.pieces <= n, Parcel.pieces > n, Parcel.pieces >= n])
    ),
    numbers.flatmap(
        lambda n: st.sampled_from([Parcel.pieces == n, Parcel.pieces != n, Parcel.pieces.one_of(n, n + 2)])
    ),
    st.sampled_from([Parcel.pieces.missing(), Parcel.fragile == True, Parcel.fragile != True]),  # noqa: E712
    st.sampled_from([Parcel.word == "a", Parcel.word.one_of("b", "c"), Parcel.word.present()]),
    st.sampled_from([Parcel.word.matches("^[ad]"), Parcel.word.matches("b|^$")]),
    st.sampled_from([Parcel.marks.has(w) for w in WORDS]),
)
predicates = st.recursive(
    leaves, lambda inner: st.one_of(st.builds(lambda a, b: a & b, inner, inner), inner.map(lambda p: ~p)), max_leaves=4
)
parcels = st.builds(
    lambda **fields: Parcel(shelf="s", occurred_at=datetime(2026, 3, 1, tzinfo=UTC), **fields),
    pieces=st.none() | st.integers(-1, 6),
    fragile=st.none() | st.booleans(),
    word=st.none() | st.sampled_from([*WORDS, "d", ""]),
    marks=st.frozensets(st.sampled_from([*WORDS, "d"])),
)
rows = st.lists(st.tuples(predicates, st.none() | predicates), min_size=1, max_size=4)


def source_of(number: int, selecting: Pred[Any], further: Pred[Any] | None) -> Source:
    selection = on(Parcel, selecting, per=Parcel.shelf)
    source = Source(number, selection, selection.key_names, compile_predicates(selection.predicates))
    source.predicates = [*selection.predicates, *([further] if further is not None else [])]
    if further is not None:
        source.tests.append(("further", compile_predicates((further,))))
    return source


def asked(sources: list[Source], signal: Signal) -> list[tuple[int, tuple[bool | None, ...]]]:
    """Return what each predicate says, one by one."""
    asking: Any = None
    said = {Truth.MATCH: True, Truth.NO_MATCH: False, Truth.UNKNOWN: None}
    matching = [s for s in sources if s.matcher is not None and s.matcher(signal, asking) is Truth.MATCH]
    return [(s.number, tuple(said[test(signal, asking)] for _, test in s.tests)) for s in matching]


def told(matched: Matched | None) -> list[tuple[int, tuple[bool | None, ...] | None]]:
    assert matched is not None
    return [(one.source.number, one.hits) for one in matched]


@settings(deadline=None)
@given(rows, st.lists(parcels, min_size=4, max_size=20))
def test_what_is_remembered_is_what_every_predicate_says(
    given_rows: list[tuple[Pred[Any], Pred[Any] | None]], signals: list[Parcel]
) -> None:
    sources = [source_of(n, selecting, further) for n, (selecting, further) in enumerate(given_rows)]
    assert all(map(is_sortable, sources))
    sorter = Sorter(sources)

    for signal in signals:
        assert told(sorter.matching(signal)) == asked(sources, signal)


def test_many_sources_divided_by_what_they_want_match_as_each_alone() -> None:
    wanted: list[Pred[Any]] = [Parcel.word == "a", Parcel.word.one_of("a", "b"), Parcel.pieces == 2, Parcel.pieces >= 1]
    wanted += [(Parcel.word == word) & (Parcel.pieces >= n) for word in (*WORDS, "d") for n in range(4)]
    wanted += [(Parcel.word == "c") & (Parcel.pieces == n) for n in range(12)]
    sources = [source_of(n, pred, Parcel.fragile == True) for n, pred in enumerate(wanted)]  # noqa: E712
    sorter = Sorter(sources)
    at = datetime(2026, 3, 1, tzinfo=UTC)

    for word in (*WORDS, "d", "nobody wants it", None):
        for pieces in (*range(14), None):
            parcel = Parcel(shelf="s", word=word, pieces=pieces, fragile=pieces == 3, occurred_at=at)
            assert told(sorter.matching(parcel)) == asked(sources, parcel)


def test_in_a_divided_sorter_a_value_is_asked_only_of_those_who_may_want_it() -> None:
    sources = [source_of(n, (Parcel.word == str(n)) & (Parcel.pieces >= n), None) for n in range(20)]
    calls: list[int] = []
    for source in sources:
        matcher = source.matcher
        assert matcher is not None

        def counting(signal: Signal, asking: Any, number: int = source.number, inner: Any = matcher) -> Truth:
            calls.append(number)
            return Truth(inner(signal, asking))

        source.matcher = counting
    sorter = Sorter(sources)
    for pieces in (3, 7, 8, 9):
        sorter.matching(Parcel(shelf="s", word="7", pieces=pieces, occurred_at=datetime(2026, 3, 1, tzinfo=UTC)))

    assert calls == [7, 7, 7]  # below, at, and above the one number that it asks for


def test_values_on_the_same_side_of_every_literal_are_judged_once() -> None:
    source = source_of(0, Parcel.pieces >= 5, None)
    calls: list[Signal] = []
    matcher = source.matcher
    assert matcher is not None

    def counting(signal: Signal, asking: Any) -> Truth:
        calls.append(signal)
        return matcher(signal, asking)

    source.matcher = counting
    sorter = Sorter([source])
    for pieces in (1, 2, 3, 5, 6, 7, 8):
        sorter.matching(Parcel(shelf="s", pieces=pieces, occurred_at=datetime(2026, 3, 1, tzinfo=UTC)))

    assert len(calls) == 3  # below, at, and above the literal


@pytest.mark.parametrize(
    "pred",
    [Parcel.weight > Decimal(1), Parcel.pieces + 1 > 3, Parcel.word == Parcel.shelf],
    ids=str,
)
def test_what_asks_more_than_how_columns_compare_with_literals_is_not_sorted(pred: Pred[Any]) -> None:
    assert not is_sortable(source_of(0, pred, None))


def test_a_value_that_no_column_can_hold_is_not_sorted() -> None:
    odd = Parcel.model_construct(shelf="s", pieces="5", fragile=None, word=None, marks=frozenset())
    torn = Parcel.model_construct(shelf="s", pieces=5, fragile=None, word="half a pair: \ud800", marks=frozenset())

    assert Sorter([source_of(0, Parcel.pieces >= 5, None)]).matching(odd) is None
    assert Sorter([source_of(0, Parcel.word.matches("a"), None)]).matching(torn) is None
    assert Sorter([source_of(n, Parcel.pieces == n, None) for n in range(20)]).matching(odd) is None
