"""Predicates: what they mean on a signal, what they refuse, and how they are written down."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.engine.matching import SelectionIndex, compile_predicates
from migro.errors import MigroError, PatternRefused, RuleDefinitionError, UnknownAttribute
from migro.expressions import (
    UNSET,
    Comparison,
    Conjunction,
    Disjunction,
    Fact,
    FirstSeen,
    Key,
    Maybe,
    Membership,
    Negation,
    Pred,
    Truth,
    columns_of,
    compile_pattern,
    fact,
    facts_of,
)
from migro.models import Signal
from migro.rules import RuleSet, Selection, on
from tests.effort import cases
from tests.oracle import World
from tests.oracle.history import at_receipt

AT = datetime(2026, 3, 1, tzinfo=UTC)


class Thing(Signal, kind="predicates.thing"):
    number: Maybe[int] = UNSET
    flag: Maybe[bool] = UNSET
    word: Maybe[str] = UNSET
    amount: Maybe[Decimal] = UNSET
    when: Maybe[datetime] = UNSET
    words: Maybe[frozenset[str]] = UNSET
    name: Key[str]


class Shop(Signal, kind="predicates.shop"):
    host: Maybe[str] = UNSET
    limit: Maybe[int] = UNSET


Loose: Any = Thing
LooseShop: Any = Shop
ONE: Any = 1  # what a type checker would stop is written through Any
TRUE: Any = True
TEXT: Any = "1"
DECIMAL: Any = Decimal(1)


def thing(**fields: Any) -> Thing:
    return Thing(**{"name": "n", "occurred_at": AT, **fields})


class Told:
    """A context in which every fact has one value, and everything is new."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def fact(self, operand: Fact[Any], signal: Signal) -> Any:
        return self.value

    def is_new(self, part: FirstSeen[Any], signal: Signal, value: Any) -> bool:
        return True


def truth(pred: Pred[Any], signal: Signal, value: Any = None) -> Truth:
    return compile_predicates((pred,))(signal, Told(value))


def index_of(*selections: Selection[Any, Any]) -> SelectionIndex:
    return SelectionIndex(enumerate(selections))


# --- types -----------------------------------------------------------------------------------------------------------

COLUMNS: dict[str, Any] = {
    "number": 1,
    "flag": True,
    "word": "1",
    "amount": Decimal(1),
    "when": AT,
    "words": frozenset(),
}


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("other", COLUMNS)
def test_a_column_is_compared_with_its_own_type_only(column: str, other: str) -> None:
    found = getattr(Loose, column)
    if column == other:
        assert truth(found == COLUMNS[other], thing(**{column: COLUMNS[column]})) is Truth.MATCH
        return
    for write in (found.__eq__, found.__ne__, found.one_of):
        with pytest.raises(RuleDefinitionError, match=f"Thing.{column} is .*; it is compared here with"):
            write(COLUMNS[other])


@pytest.mark.parametrize("column", ["flag", "word", "words"])
@pytest.mark.parametrize("operator", ["__lt__", "__le__", "__gt__", "__ge__"])
def test_only_numbers_times_and_spans_have_an_order(column: str, operator: str) -> None:
    with pytest.raises(RuleDefinitionError, match="only numbers, times and spans have an order"):
        getattr(getattr(Loose, column), operator)(COLUMNS[column])


def test_a_rule_never_takes_true_one_and_the_digit_for_the_same() -> None:
    signal = thing(number=1, flag=True, word="1", amount=Decimal(1))
    raw = [("number", 1), ("flag", True), ("word", "1"), ("amount", Decimal(1))]
    for name, _ in raw:
        for _, value in raw:
            # Built past the check at definition, as a document from elsewhere could be.
            same = type(getattr(signal, name)) is type(value)
            column = getattr(Loose, name)
            expected = Truth.MATCH if same else Truth.NO_MATCH
            assert truth(Comparison("eq", column, value), signal) is expected
            assert truth(Comparison("ne", column, value), signal) is ~expected
            assert truth(Membership(column, (value,)), signal) is expected
            selection = on(Thing, Comparison("eq", column, value), per=Thing.name)
            assert list(index_of(selection).candidates(signal)) == ([0] if same else [])


def test_an_order_between_two_types_is_an_error_and_not_a_no() -> None:
    assert truth(Comparison("ge", Thing.c.number, "5"), thing(number=7)) is Truth.ERROR
    assert truth(~Comparison("ge", Thing.c.number, "5"), thing(number=7)) is Truth.ERROR


# --- meaning ---------------------------------------------------------------------------------------------------------

SEVEN = thing(
    number=7, flag=False, word="a checkout error", amount=Decimal("7.50"), when=AT, words=frozenset({"x", "y"})
)
MEANINGS: list[tuple[Pred[Any], Truth, Truth]] = [
    (Thing.number == 7, Truth.MATCH, Truth.UNKNOWN),
    (Thing.number != 7, Truth.NO_MATCH, Truth.UNKNOWN),
    (Thing.number > 7, Truth.NO_MATCH, Truth.UNKNOWN),
    (Thing.number >= 7, Truth.MATCH, Truth.UNKNOWN),
    (Thing.number < 8, Truth.MATCH, Truth.UNKNOWN),
    (Thing.number <= 6, Truth.NO_MATCH, Truth.UNKNOWN),
    (Thing.number.between(7, 7), Truth.MATCH, Truth.UNKNOWN),
    (Thing.number.between(8, 9), Truth.NO_MATCH, Truth.UNKNOWN),
    (Thing.number.one_of(1, 7), Truth.MATCH, Truth.UNKNOWN),
    (Thing.number.present(), Truth.MATCH, Truth.NO_MATCH),
    (Thing.number.missing(), Truth.NO_MATCH, Truth.MATCH),
    (~(Thing.number == 8), Truth.MATCH, Truth.UNKNOWN),
    (Thing.flag == False, Truth.MATCH, Truth.UNKNOWN),  # noqa: E712  # a column, no boolean
    (Thing.word.matches("checkout|payment"), Truth.MATCH, Truth.UNKNOWN),
    (Thing.word.matches("^checkout"), Truth.NO_MATCH, Truth.UNKNOWN),
    (Thing.word.matches("(?i)CHECKOUT"), Truth.MATCH, Truth.UNKNOWN),
    (Thing.amount == Decimal("7.5"), Truth.MATCH, Truth.UNKNOWN),
    (Thing.amount > Decimal("7.49"), Truth.MATCH, Truth.UNKNOWN),
    (Thing.when == AT, Truth.MATCH, Truth.UNKNOWN),
    (Thing.words.has("x"), Truth.MATCH, Truth.UNKNOWN),
    (Thing.words.has("z"), Truth.NO_MATCH, Truth.UNKNOWN),
    (Thing.words == frozenset({"y", "x"}), Truth.MATCH, Truth.UNKNOWN),
    ((Thing.number == 7) & Thing.word.present(), Truth.MATCH, Truth.NO_MATCH),
    ((Thing.number == 8) | Thing.word.missing(), Truth.NO_MATCH, Truth.MATCH),
    ((Thing.number == 7) | (Thing.word == "b"), Truth.MATCH, Truth.UNKNOWN),
]


@pytest.mark.parametrize(("pred", "there", "missing"), MEANINGS, ids=[str(m[0]) for m in MEANINGS])
def test_a_predicate_means_what_it_says_and_is_unknown_without_a_value(
    pred: Pred[Any], there: Truth, missing: Truth
) -> None:
    assert truth(pred, SEVEN) is there
    assert truth(pred, thing()) is missing


@pytest.mark.parametrize(("pred", "there", "missing"), MEANINGS, ids=[str(m[0]) for m in MEANINGS])
def test_the_index_never_hides_a_signal_that_matches(pred: Pred[Any], there: Truth, missing: Truth) -> None:
    index = index_of(on(Thing, pred, per=Thing.name))
    for signal, expected in ((SEVEN, there), (thing(), missing)):
        assert expected is not Truth.MATCH or list(index.candidates(signal)) == [0]


def test_the_index_offers_only_selections_that_may_match() -> None:
    many = [on(Thing, Thing.number == n, per=Thing.name) for n in range(1000)]

    assert list(index_of(*many).candidates(SEVEN)) == [7]
    assert list(index_of(*many).candidates(thing())) == []


def test_a_comparison_with_an_unknown_fact_is_unknown() -> None:
    above = Thing.number > fact(Shop.limit)

    assert truth(above, SEVEN, value=6) is Truth.MATCH
    assert truth(above, SEVEN, value=None) is Truth.UNKNOWN
    assert truth(above, thing(), value=6) is Truth.UNKNOWN
    assert truth(above, SEVEN, value="6") is Truth.ERROR


def predicates(depth: int = 3) -> st.SearchStrategy[Pred[Any]]:
    leaves = st.sampled_from([m[0] for m in MEANINGS])
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(lambda a, b: a & b, inner, inner),
            st.builds(lambda a, b: a | b, inner, inner),
            st.builds(lambda a: ~a, inner),
        ),
        max_leaves=depth,
    )


@given(
    predicates(),
    st.sampled_from([SEVEN, thing(), thing(number=7), thing(word="b"), thing(number=8, words=frozenset())]),
)
def test_compiled_and_plain_evaluation_agree(pred: Pred[Any], signal: Thing) -> None:
    selection = on(Thing, pred, per=Thing.name)
    plain = World(RuleSet("r"), at_receipt([signal]), signal.effective_at).truth(selection, pred, signal)

    assert truth(pred, signal) is plain


# --- form ------------------------------------------------------------------------------------------------------------


@given(predicates(5))
def test_negating_twice_gives_the_same_predicate(pred: Pred[Any]) -> None:
    assert (~~pred).document() == pred.document()
    if not isinstance(pred, Negation):
        assert ~~pred is pred


@given(st.lists(predicates(1), min_size=3, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_operands_is_no_part_of_the_document(parts: list[Pred[Any]], r: random.Random) -> None:
    def joined(kind: str) -> str:
        shuffled = r.sample(parts, len(parts))
        pred = shuffled[0]
        for p in shuffled[1:]:
            pred = pred & p if kind == "all" else pred | p
        return json.dumps(pred.document(), sort_keys=True)

    assert joined("all") == joined("all")
    assert joined("any") == joined("any")


def test_joining_flattens() -> None:
    a, b, c = Thing.number == 1, Thing.number == 2, Thing.number == 3

    assert isinstance(both := a & (b & c), Conjunction)
    assert both.parts == (a, b, c)
    assert isinstance(either := (a | b) | c, Disjunction)
    assert either.parts == (a, b, c)
    assert isinstance(mixed := a & (b | c), Conjunction)
    assert len(mixed.parts) == 2


def test_documents_tell_values_of_different_types_apart() -> None:
    documents = [
        (Thing.number == 1).document(),
        (Thing.flag == True).document(),  # noqa: E712
        (Thing.word == "1").document(),
        (Thing.amount == Decimal(1)).document(),
    ]
    operands = [json.dumps(d["eq"][1]) for d in documents]

    assert operands == ["1", "true", '"1"', '{"decimal": "1"}']
    assert (Thing.amount == Decimal("1.0")).document() == (Thing.amount == Decimal(1)).document()


def test_one_of_is_a_set() -> None:
    assert Thing.number.one_of(2, 1, 2).document() == Thing.number.one_of(1, 2).document()


def test_predicates_print_as_they_were_written() -> None:
    pred = (Thing.number >= 1) & ~(Thing.word.matches("a") | Thing.words.has("x")) & Thing.flag.missing()

    assert str(pred) == "(Thing.number >= 1 & ~(Thing.word.matches('a') | Thing.words.has('x')) & Thing.flag.missing())"
    assert str(~(Thing.number == 1)) == "~(Thing.number == 1)"
    assert str(Thing.words == frozenset({"b", "a"})) == "Thing.words == {'a', 'b'}"
    assert str(Thing.number > fact(Shop.limit, default=3)) == "Thing.number > fact(Shop.limit, default=3)"
    assert repr(Thing.number) == "<Col Thing.number>"
    assert (Thing.number < 1)._repr_html_() == "<code>Thing.number &lt; 1</code>"


def test_a_predicate_knows_its_columns_and_its_facts() -> None:
    pred = ~((Thing.number > fact(Shop.limit)) | Thing.word.present()) & (Thing.flag == True)  # noqa: E712

    assert [str(c).removeprefix("Thing.") for c in columns_of(pred)] == ["number", "word", "flag"]
    assert [f.column.name for f in facts_of(pred)] == ["limit"]


# --- mistakes --------------------------------------------------------------------------------------------------------

COLUMN: Any = Thing.number
PRED: Any = Thing.number >= 1


@pytest.mark.parametrize(
    ("write", "instead"),
    [
        (lambda: PRED and PRED, "write (a) & (b) instead of `a and b`"),
        (lambda: PRED or PRED, "(a) | (b) instead of `a or b`"),
        (lambda: not PRED, "~(a) instead of `not a`"),
        (lambda: 1 <= COLUMN < 5, "write column.between(low, high)"),
        (lambda: COLUMN in (1, 2), "write column.one_of(x, y)"),
        (lambda: 1 if PRED else 2, "the truth of `Thing.number >= 1` is not known while the rule is being written"),
        (lambda: bool(COLUMN), "the truth of `Thing.number` is not known"),
        (lambda: "x" in Loose.words, "write Thing.words.has(x)"),
        (lambda: [p for p in (PRED,) if p], "is not known"),
    ],
)
def test_python_words_that_cannot_make_a_rule_say_what_to_write(write: Callable[[], object], instead: str) -> None:
    with pytest.raises(RuleDefinitionError) as caught:
        write()

    assert instead in str(caught.value)


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (lambda: Loose.number == TEXT, "Thing.number is int; it is compared here with '1' (str)"),
        (lambda: Loose.number == TRUE, "Thing.number is int; it is compared here with True (bool)"),
        (lambda: Loose.number == None, "it is compared here with None (NoneType)"),  # noqa: E711
        (lambda: Loose.flag == ONE, "Thing.flag is bool; it is compared here with 1 (int)"),
        (lambda: Loose.amount > ONE, "Thing.amount is Decimal; it is compared here with 1 (int)"),
        (lambda: Loose.number > 1.5, "compared here with 1.5 (float)"),
        (lambda: Loose.words == TEXT, "Thing.words is a set"),
        (lambda: Loose.when == datetime(2026, 1, 1), "which has no time zone"),  # noqa: DTZ001
        (lambda: Loose.number.one_of(), "needs at least one value"),
        (lambda: Loose.number.one_of(1, TEXT), "compared here with '1'"),
        (lambda: Loose.number.matches("x"), "Thing.number is int; .matches() is for str columns"),
        (lambda: Loose.word.has("x"), "Thing.word is str; .has() is for set columns"),
        (lambda: Loose.words.has(1.5), "a rule can hold int, str, bool"),
        (lambda: Loose.word.between("a", "b"), "only numbers, times and spans have an order"),
        (lambda: Loose.number > fact(LooseShop.host), "it is compared here with fact(Shop.host), which is str"),
        (lambda: fact(LooseShop.limit, default=TEXT), "Shop.limit is int"),
        (lambda: Loose.nubmer, "Thing has no column 'nubmer'; did you mean 'number' or 'name'? It has: "),
        (lambda: Loose.zzz, "Thing has no column 'zzz'. It has: amount, "),
    ],
)
def test_a_mistake_raises_where_it_is_written(write: Callable[[], object], words: str) -> None:
    with pytest.raises(RuleDefinitionError) as caught:
        write()

    assert words in str(caught.value)


def test_a_column_that_is_not_there_is_an_attribute_error_too() -> None:
    assert not hasattr(Thing, "nubmer")
    assert hasattr(Thing, "number")
    with pytest.raises(UnknownAttribute):
        _ = Loose.c.nubmer


def test_the_namespace_gives_the_same_columns() -> None:
    assert Thing.c.number.document() == Thing.number.document()
    assert type(Thing.c.name) is type(Thing.name)
    assert {"number", "name", "merchant", "status"} <= set(dir(Thing.c))


@pytest.mark.parametrize(
    "pattern", [r"(?=a)", r"(?!a)", r"(?<=a)b", r"(?<!a)b", r"(a)\1", r"(?P<x>a)(?P=x)", "(", r"a**"]
)
def test_a_pattern_outside_re2_is_refused_at_its_line(pattern: str) -> None:
    with pytest.raises(PatternRefused, match="expected a pattern in RE2 syntax") as caught:
        Thing.word.matches(pattern)

    assert repr(pattern) in str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, MigroError)


def test_a_pattern_that_is_no_text_is_refused() -> None:
    with pytest.raises(PatternRefused, match="as a string, got 5"):
        Loose.word.matches(5)


def test_a_pattern_that_would_explode_elsewhere_answers_on_a_long_text() -> None:
    # A backtracking engine needs longer than the universe for this; how long RE2 takes is measured elsewhere.
    assert not compile_pattern(r"(a+)+$").found_in("a" * 1_000_000 + "b")


PLAIN = ("a", "b", "k", "ab", "A b", "/a-1")


@settings(deadline=None, max_examples=cases(100))
@given(
    st.sampled_from(["", "(?i)"]),
    st.sampled_from(["{}", "^{}", "^({})", "({})", "{}$"]),
    st.lists(st.sampled_from(PLAIN), min_size=1, max_size=3),
    st.lists(st.sampled_from([*PLAIN, "B", "x", "\n", "\u212a"]), max_size=4).map("".join),
)
def test_a_pattern_of_plain_words_finds_what_re2_finds(case: str, form: str, words: list[str], text: str) -> None:
    pattern = case + form.format("|".join(words))

    assert compile_pattern(pattern).found_in(text) == (re2.compile(pattern).search(text) is not None)


def test_a_fact_is_not_a_predicate() -> None:
    assert isinstance(fact(Shop.limit), Fact)
    assert not isinstance(fact(Shop.limit), Pred)
