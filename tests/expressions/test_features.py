"""Features: named, versioned functions of one signal, written and compared like columns."""

from __future__ import annotations

import datetime as clock
import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from random import choice
from typing import TYPE_CHECKING, Annotated, Any, NewType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro.engine.matching import compile_predicates
from migro.errors import FeatureError, MigroError, RuleDefinitionError
from migro.expressions import UNSET, Maybe, Pred, Truth
from migro.expressions.features import Feature, FeatureSet, feature
from migro.lexicons import Entry, Lexicon
from migro.models import Signal

if TYPE_CHECKING:
    from nowhere import Ghost  # type: ignore[import-not-found]

AT = datetime(2026, 3, 1, tzinfo=UTC)
LEXICON = Lexicon(
    name="words", version=1, language="en", negations=["not"], entries=[Entry("check ?out", {"checkout": 10})]
)
Language = NewType("Language", str)


class Note(Signal, kind="features.note"):
    subject: Maybe[str] = UNSET
    size: Maybe[int] = UNSET
    limit: Maybe[int] = UNSET


class Other(Signal, kind="features.other"):
    size: Maybe[int] = UNSET


@feature("text.mentions_checkout", version=2)
def mentions_checkout(note: Note) -> bool:
    return "checkout" in (note.subject or "").lower()


@feature("text.risk", version=1)
def risk(note: Note) -> int | None:
    return note.size


@feature("text.language", version=1)
def language(note: Note) -> Language:
    return Language("de")


@feature("text.languages", version=1)
def languages(note: Note) -> frozenset[str]:
    return frozenset((note.subject or "").split())


@feature("text.price", version=1)
def price(note: Note) -> Decimal:
    return Decimal("1.50")


@feature("text.sent", version=1)
def sent(note: Note) -> datetime:
    return note.occurred_at


@feature("text.topics", version=1)
def topics(note: Note) -> frozenset[str]:
    return LEXICON.read(note.subject or "").labels()


Loose: Any = language  # for a type checker a NewType of str is no str
LooseRisk: Any = risk  # what a type checker would stop is written through Any

ALL = (mentions_checkout, risk, language, languages, price, sent, topics)


def note(**fields: Any) -> Note:
    return Note(**{"occurred_at": AT, **fields})


def truth(pred: Pred[Any], signal: Signal) -> Truth:
    context: Any = None
    return compile_predicates((pred,))(signal, context)


# --- as a column -----------------------------------------------------------------------------------------------------


def test_a_feature_is_called_with_a_signal() -> None:
    assert mentions_checkout(note(subject="The Checkout fails")) is True
    assert risk(note(size=3)) == 3
    assert risk(note()) is None


@pytest.mark.parametrize(
    ("pred", "expected"),
    [
        (mentions_checkout == True, Truth.MATCH),  # noqa: E712  # a comparison of a rule
        (mentions_checkout != True, Truth.NO_MATCH),  # noqa: E712
        (risk >= 3, Truth.MATCH),
        (risk.between(4, 5), Truth.NO_MATCH),
        (risk > Note.limit, Truth.MATCH),
        (Note.limit < risk, Truth.MATCH),
        (risk - Note.limit == 2, Truth.MATCH),
        (risk.one_of(1, 3), Truth.MATCH),
        (risk.present(), Truth.MATCH),
        (Loose.matches("^d"), Truth.MATCH),
        (languages.has("checkout"), Truth.MATCH),
        (languages.overlaps(frozenset({"x"})), Truth.NO_MATCH),
        (price >= Decimal("1.5"), Truth.MATCH),
        (sent <= AT, Truth.MATCH),
        (topics.has("checkout"), Truth.MATCH),
        (~(risk >= 3) | mentions_checkout.missing(), Truth.NO_MATCH),
    ],
)
def test_a_feature_is_compared_like_a_column(pred: Pred[Note], expected: Truth) -> None:
    assert truth(pred, note(subject="no checkout", size=3, limit=1)) is expected


def test_nothing_from_an_optional_feature_is_unknown() -> None:
    assert truth(risk >= 3, note()) is Truth.UNKNOWN
    assert truth(risk.missing(), note()) is Truth.MATCH


def test_a_feature_that_raises_or_returns_another_type_is_an_error() -> None:
    lying: Any = lambda note: 1  # noqa: E731
    lying.__annotations__ = {"note": Note, "return": bool}
    broken: Any = lambda note: 1 // 0  # noqa: E731
    broken.__annotations__ = {"note": Note, "return": int}

    assert truth(feature("x.lying", version=1)(lying) == True, note()) is Truth.ERROR  # noqa: E712
    assert truth(feature("x.broken", version=1)(broken) == 1, note()) is Truth.ERROR


def test_a_feature_knows_its_class_and_its_type() -> None:
    assert {one.owner for one in ALL} == {Note}
    assert [(one.column_type.value, one.column_type.optional) for one in ALL] == [
        (bool, False), (int, True), (str, False), (frozenset, False), (Decimal, False), (datetime, False),
        (frozenset, False),
    ]  # fmt: skip
    assert not any(one.column_type.key for one in ALL)


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda: mentions_checkout == 1, "text.mentions_checkout v2 is bool; it is compared here with 1 (int)"),
        (lambda: risk == True, "text.risk v1 is int; it is compared here with True (bool)"),  # noqa: E712
        (lambda: mentions_checkout >= True, "only numbers, times and spans have an order"),
        (lambda: LooseRisk.has("x"), ".has() is for set columns"),
        (lambda: LooseRisk == Other.size, "belongs to Other: both sides are read from one signal"),
        (lambda: bool(risk), "is not known while the rule is being written"),
    ],
)
def test_a_wrong_comparison_is_refused_where_it_is_written(write: Callable[[], object], message: str) -> None:
    with pytest.raises(RuleDefinitionError) as refused:
        write()

    assert message in str(refused.value)


def test_a_document_names_the_feature_and_never_its_code() -> None:
    assert mentions_checkout.document() == {"feature": ["text.mentions_checkout", 2]}
    assert (risk >= 3).document() == {"ge": [{"feature": ["text.risk", 1]}, 3]}
    assert str(risk >= 3) == "text.risk v1 >= 3"


# --- what a result may be --------------------------------------------------------------------------------------------

VALUES: dict[type, Any] = {
    bool: True,
    int: 1,
    str: "secret",
    Decimal: Decimal(1),
    datetime: AT,
    frozenset: frozenset({"a"}),
    float: 1.5,
    type(None): None,
    list: [],
}
ANNOTATIONS: dict[type, Any] = {t: t for t in (bool, int, str, Decimal, datetime)} | {frozenset: frozenset[str]}


def returning(value: object, annotation: Any) -> Feature[Note, Any]:
    def made(note: Note) -> Any:
        return value

    made.__annotations__["return"] = annotation
    return feature("x.made", version=1)(made)


@pytest.mark.parametrize("said", ANNOTATIONS)
@pytest.mark.parametrize("returned", VALUES)
def test_a_result_has_exactly_the_type_that_the_function_says(said: type, returned: type) -> None:
    one = returning(VALUES[returned], ANNOTATIONS[said])
    if said is returned:
        assert one(note()) == VALUES[said]
        return
    with pytest.raises(FeatureError, match=r"from feature x.made v1, got") as wrong:
        one(note())

    assert isinstance(wrong.value, MigroError)
    assert "secret" not in str(wrong.value)


@pytest.mark.parametrize("said", ANNOTATIONS)
def test_only_an_optional_feature_may_return_nothing(said: type) -> None:
    assert returning(None, ANNOTATIONS[said] | None)(note()) is None
    with pytest.raises(FeatureError, match="got NoneType"):
        returning(None, ANNOTATIONS[said])(note())


def test_a_set_holds_words_and_a_time_has_a_zone() -> None:
    with pytest.raises(FeatureError, match=r"expected a set of str from feature x\.made v1, got other elements"):
        returning(frozenset({1}), frozenset[str])(note())
    with pytest.raises(FeatureError, match="expected a time with a zone"):
        returning(datetime(2026, 3, 1), datetime)(note())  # noqa: DTZ001


# --- what is refused at definition -----------------------------------------------------------------------------------


def no_parameter() -> bool:
    return True


def two_parameters(note: Note, other: Note) -> bool:
    return True


def many(*notes: Note) -> bool:
    return True


def by_name(*, note: Note) -> bool:
    return True


def no_annotation(note):  # type: ignore[no-untyped-def]
    return True


def no_signal(note: str) -> bool:
    return True


def a_float(note: Note) -> float:
    return 1.0


def ints(note: Note) -> frozenset[int]:
    return frozenset()


def any_set(note: Note) -> frozenset:  # type: ignore[type-arg]
    return frozenset()


def either(note: Note) -> int | str:
    return 1


def nothing(note: Note) -> None:
    return None


def ghost(note: Ghost) -> bool:
    return True


def misspelled(note: Note) -> bol:  # type: ignore[name-defined]  # noqa: F821
    return True


async def later(note: Note) -> bool:
    return True


def yielding(note: Note) -> Iterator[bool]:
    yield True


async def both(note: Note) -> Any:
    yield True


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (no_parameter, "expected one parameter, the signal, got ()"),
        (two_parameters, "expected one parameter, the signal, got (note: 'Note', other: 'Note')"),
        (many, "expected one parameter"),
        (by_name, "expected one parameter"),
        (no_annotation, "expected a Signal class as the annotation of 'note', got none"),
        (no_annotation, "as the annotation of the result, got none"),
        (no_signal, "expected a Signal class as the annotation of 'note', got str"),
        (a_float, "expected bool, int, str, Decimal, datetime or frozenset[str], or one of them | None as the"),
        (a_float, "got float"),
        (ints, "got frozenset"),
        (any_set, "got frozenset"),
        (either, "got int | str"),
        (nothing, "as the annotation of the result, got NoneType"),
        (ghost, "expected annotations that can be read when the program runs, got name 'Ghost' is not defined"),
        (misspelled, "got name 'bol' is not defined"),
        (later, "expected a plain function, got one that is async or yields"),
        (yielding, "expected a plain function, got one that is async or yields"),
        (both, "expected a plain function, got one that is async and yields"),
        (len, "expected a function, got <built-in function len>"),
    ],
)
def test_what_is_no_function_of_one_signal_is_refused(function: Any, message: str) -> None:
    with pytest.raises(RuleDefinitionError) as refused:
        feature("x.y", version=1)(function)

    assert str(refused.value).startswith("feature 'x.y': expected ")
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("name", "version", "message"),
    [
        ("Text", 1, "expected a name such as text.mentions_checkout, got 'Text'"),
        ("", 1, "expected a name such as"),
        ("a b", 1, "expected a name such as"),
        (3, 1, "expected a name such as"),
        ("x", 0, "expected a whole version from 1, got 0"),
        ("x", True, "expected a whole version from 1, got True"),
        ("x", "1", "expected a whole version from 1, got '1'"),
    ],
)
def test_names_and_versions_are_checked(name: Any, version: Any, message: str) -> None:
    with pytest.raises(RuleDefinitionError, match=message):
        feature(name, version=version)(lambda note: True)


def test_all_that_is_wrong_with_a_feature_is_said_at_once() -> None:
    with pytest.raises(RuleDefinitionError) as refused:
        feature("X", version=0)(no_annotation)

    assert str(refused.value).count("expected") == 4


def test_a_class_that_only_the_surrounding_function_knows_is_found() -> None:
    class Local(Signal, kind="features.local"):
        size: Maybe[int] = UNSET

    @feature("local.size", version=1)
    def size(signal: Local) -> int | None:
        return signal.size

    assert size.owner is Local


def test_annotations_may_be_annotated_and_new_types() -> None:
    @feature("x.tagged", version=1)
    def tagged(note: Annotated[Note, "a note"]) -> Annotated[Language, "ISO 639"] | None:
        return None

    assert tagged.owner is Note
    assert (tagged.column_type.value, tagged.column_type.optional) == (str, True)


# --- a cheap look at purity ------------------------------------------------------------------------------------------


def now(note: Note) -> bool:
    return note.occurred_at < datetime.now(UTC)


def now_by_another_name(note: Note) -> bool:
    return note.occurred_at < clock.datetime.now(UTC)


def dice(note: Note) -> int:
    return random.randint(1, 6)


def chosen(note: Note) -> str:
    return choice("ab")


def reads_a_file(note: Note) -> str:
    return open(note.subject or "").read()


def inside(note: Note) -> bool:
    return any(time.time() > n for n in range(3))


def pure(note: Note) -> int:
    # `now`, `random` and `time` occur here as names of other things.
    random = {"now": note.size or 0}
    parts = time.gmtime(0)
    return random["now"] + parts.tm_year + len([c for c in "open" if datetime(2026, 3, 1, tzinfo=UTC) > AT])


@pytest.mark.parametrize(
    ("function", "call"),
    [
        (now, "datetime.datetime.now"),
        (now_by_another_name, "datetime.datetime.now"),
        (dice, "random.randint"),
        (chosen, "random.choice"),
        (reads_a_file, "open"),
        (inside, "time.time"),
    ],
)
def test_clock_chance_and_files_are_refused_where_they_are_plain_to_see(function: Any, call: str) -> None:
    with pytest.raises(RuleDefinitionError) as refused:
        feature("x.y", version=1)(function)

    assert f"expected a result made from the signal alone, got a call of {call}()" in str(refused.value)


def test_what_only_looks_impure_is_taken() -> None:
    assert feature("x.y", version=1)(pure)(note(size=1)) == 1971


# --- sets of features ------------------------------------------------------------------------------------------------


def test_features_are_looked_up_by_name_and_version() -> None:
    found = FeatureSet(ALL)

    assert all(found.get(one.name, one.version) is one for one in ALL)
    assert len(found) == len(ALL)
    assert [one.name for one in found] == sorted(one.name for one in ALL)


def test_an_unknown_feature_is_refused_with_the_nearest() -> None:
    found = FeatureSet(ALL)

    with pytest.raises(RuleDefinitionError, match=r"got 'text.rsk'; did you mean 'text.risk'\?"):
        found.get("text.rsk", 1)
    with pytest.raises(RuleDefinitionError, match=r"expected a known version of feature 'text.risk', 1, got 2"):
        found.get("text.risk", 2)
    with pytest.raises(RuleDefinitionError, match=r"expected the name of a known feature, got 'zzz'$"):
        found.get("zzz", 1)


def test_two_functions_under_one_name_and_version_are_refused() -> None:
    @feature("text.risk", version=1)
    def another(note: Note) -> int | None:
        return 7

    @feature("text.risk", version=2)
    def newer(note: Note) -> int | None:
        return 7

    assert len(FeatureSet([risk, risk, newer])) == 2
    assert len(FeatureSet([risk]) | FeatureSet([newer, risk])) == 2
    with pytest.raises(RuleDefinitionError, match=r"expected one function for text.risk v1, got risk \(line \d+ of .*"):
        FeatureSet([risk, newer, another])
    with pytest.raises(RuleDefinitionError, match=r"expected one function for text\.risk v1"):
        FeatureSet([risk]) | FeatureSet([another])


@given(st.lists(st.sampled_from(ALL)), st.lists(st.sampled_from(ALL)))
def test_the_union_of_sets_is_the_set_of_both(here: list[Feature[Any, Any]], there: list[Feature[Any, Any]]) -> None:
    union = FeatureSet(here) | FeatureSet(there)

    assert list(union) == list(FeatureSet([*there, *here]))
    assert {one.name for one in union} == {one.name for one in (*here, *there)}
