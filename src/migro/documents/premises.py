"""Premises in documents."""

from __future__ import annotations

from datetime import timedelta
from functools import reduce
from operator import and_
from typing import Any, Final

from ..expressions import microseconds
from ..rules import (
    After,
    Both,
    Compared,
    Counted,
    Differs,
    Distinct,
    Drop,
    During,
    Fits,
    Given,
    Held,
    Holds,
    Known,
    Premise,
    Recent,
    Rising,
    Runs,
    Selection,
    Share,
    Silence,
    Together,
    Unless,
    Via,
    Without,
    during,
    given,
    known,
    on,
    silence,
    together,
)
from ..rules.timed import LATENESS
from .forms import Choice, Field, Form, field
from .keys import KEYS
from .measures import BOUND, MEASURE, SELECTION, TIMED, pair, write_sized
from .parts import Part
from .places import Place
from .predicates import PREDICATES
from .terms import COLUMN, KEY, SIGNAL, TERM
from .values import KIND_NAME, SHARE, SPAN, WHOLE, Codec, Writing, listed, one_of, optional

__all__ = ["DEFINITIONS", "PREMISE"]

PREMISE: Final = Choice("a premise", "premise")

_LATENESS: Final = field("lateness", SPAN, default=microseconds(LATENESS))
_COMPARISONS: Final = ("ge", "gt", "le", "lt", "eq", "ne")


def _write_keys(node: Any, signal: Writing) -> Any:
    return KEYS.write(node.key_names, signal)


def _read_keys(part: Part, place: Place) -> tuple[Any, ...]:
    if isinstance(part.value, str):
        return (place.key(part),)
    return tuple(place.each(part, lambda p, at: at.key(p), "the name of a key column, or a list of them"))


_PER: Final = Codec(_write_keys, _read_keys, KEYS.schema)


_KEYED: Final = Field("per", "per", lambda node: node, _PER, inner=True)


def _selection(signal: Any, per: Any, predicates: tuple[Any, ...] = (), weight: Any = None) -> Selection[Any, Any]:
    found: Selection[Any, Any] = on(signal, *predicates, per=per, weight=weight)
    return found


def _span(name: str, argument: str = "") -> Field:
    return Field(name, argument or name, lambda node: node.length, SPAN)


def _all(parts: tuple[Premise[Any], ...]) -> Premise[Any]:
    return reduce(and_, parts)


def _write_left(node: Any, signal: Writing) -> Any:
    return write_sized(node.left, node.right, signal)


def _write_right(node: Any, signal: Writing) -> Any:
    return write_sized(node.right, node.left, signal)


def _known(name: str, negated: bool) -> Form:
    def build(kind: Any, at_least_points: int = 0) -> Premise[Any]:
        found = known(kind, at_least_points=at_least_points)
        return ~found if negated else found

    fields = (field(name, KIND_NAME, "kind"), field("at_least_points", WHOLE, default=0))
    return Form(Known, fields, build, when=lambda node: node.negated is negated)


def _during(name: str, negated: bool) -> Form:
    def build(of: Any, starts: Any, ends: Any, lead: timedelta = timedelta(0), slack: timedelta = timedelta(0)) -> Any:
        found = during(of, starts=starts, ends=ends, lead=lead, slack=slack)
        return ~found if negated else found

    fields = (
        field(name, SELECTION.codec, "of"),
        field("starts", COLUMN, inner=True),
        field("ends", COLUMN, inner=True),
        field("lead", SPAN, default=0),
        field("slack", SPAN, default=0),
    )
    return Form(During, fields, build, when=lambda node: node.negated is negated)


def _given(name: str, negated: bool) -> Form:
    def build(owner: Any, predicates: tuple[Any, ...], per: Any) -> Any:
        found = given(owner, *predicates, per=per)
        return ~found if negated else found

    fields = (field(name, SIGNAL, "owner"), field("where", PREDICATES, "predicates", inner=True), _KEYED)
    return Form(Given, fields, build, when=lambda node: node.negated is negated)


SELECTION.define(
    Form(
        Selection,
        (
            field("signal", SIGNAL),
            field("where", PREDICATES, "predicates", default=(), inner=True),
            _KEYED,
            field("weight", optional(TERM.codec), default=None, inner=True),
        ),
        _selection,
    )
)

_OF: Final = field("of", TIMED.codec)

TIMED.define(
    *SELECTION.forms,
    Form(
        Counted,
        (field("count", SELECTION.codec, "of"), field("at_least", WHOLE, "n"), _span("within")),
        lambda of, n, within: of.at_least(n, within=within),
    ),
    Form(
        Distinct,
        (
            field("distinct", SELECTION.codec, "of"),
            field("column", TERM.codec, inner=True),
            field("at_least", WHOLE, "n"),
            _span("within"),
        ),
        lambda of, column, n, within: of.distinct(column, at_least=n, within=within),
    ),
    Form(
        Share,
        (
            field("share", SELECTION.codec, "of"),
            field("where", PREDICATES, "predicates", inner=True),
            field("at_least", SHARE),
            field("floor", WHOLE),
            field("bound", BOUND),
            _span("within"),
        ),
        lambda of, predicates, **given: of.share(*predicates, **given),
    ),
    Form(
        Fits,
        (field("fits", SELECTION.codec, "of"), field("where", PREDICATES, "predicates", inner=True)),
        lambda of, predicates: of.fits(*predicates),
    ),
    Form(
        Compared,
        (
            field("compare", one_of(*_COMPARISONS), "operator"),
            Field("left", "left", lambda node: node, Codec(_write_left, MEASURE.read, MEASURE.codec.schema)),
            Field("right", "right", lambda node: node, Codec(_write_right, MEASURE.read, MEASURE.codec.schema)),
        ),
        lambda operator, left, right: getattr(left, f"__{operator}__")(right),
        first="left",
    ),
    Form(
        Rising,
        (field("rising", MEASURE.codec, "left"), field("samples", WHOLE)),
        lambda left, samples: left.rising(samples=samples),
    ),
    Form(
        Drop,
        (
            field("drop", MEASURE.codec, "left"),
            field("expected", MEASURE.codec),
            field("p", SHARE),
            field("every", SPAN),
            field("floor", WHOLE),
        ),
        lambda left, expected, **given: left.drop(expected, **given),
    ),
    Form(
        Differs,
        (Field("differs", "pair", lambda node: node, pair(lambda node: (node.left, node.right))), field("z", WHOLE)),
        lambda pair, z: pair[0].differs(pair[1], z=z),
    ),
    Form(
        After,
        (field("after", TIMED.codec, "earlier"), _OF, _span("within")),
        lambda of, earlier, within: of.after(earlier, within=within),
        first="of",
    ),
    Form(
        Without,
        (
            field("without", TIMED.codec, "expected"),
            _OF,
            _span("within"),
            field("before", SPAN, default=0),
            _LATENESS,
        ),
        lambda of, expected, **given: of.without(expected, **given),
        first="of",
    ),
    Form(
        Together,
        (field("together", listed(TIMED.codec, at_least=2), "parts"), _span("within")),
        lambda parts, within: together(*parts, within=within),
    ),
    Form(Held, (field("held", TIMED.codec, "of"), _span("for", "length")), lambda of, length: of.held(length)),
    Form(
        Holds,
        (
            field("holds", TIMED.codec, "premise", get=lambda node: node.of),
            field("at_least", WHOLE, "k"),
            field("of", WHOLE, "n"),
            field("every", SPAN),
        ),
        lambda premise, k, n, every: premise.holds(k, of=n, every=every),
    ),
    Form(
        Runs,
        (
            field("runs", TIMED.codec, "premise", get=lambda node: node.of),
            field("at_least", WHOLE, "k"),
            field("of", WHOLE, "n"),
            _span("within"),
        ),
        lambda premise, k, n, within: premise.runs(k, of=n, within=within),
    ),
    Form(
        Via,
        (Field("via", "column", lambda node: node.value.column, KEY), _OF),
        lambda column, of: of.via(column),
        first="of",
    ),
    Form(
        Silence,
        (
            field("silence", TIMED.codec, "premise", get=lambda node: node.of),
            field("expected", SELECTION.codec),
            field("ended", optional(SELECTION.codec), default=None),
            _span("longer_than"),
            _LATENESS,
        ),
        lambda premise, **given: silence(premise, **given),
    ),
)

PREMISE.define(
    *TIMED.forms,
    _known("known", False),
    _known("not_known", True),
    _during("during", False),
    _during("not_during", True),
    _given("given", False),
    _given("not_given", True),
    Form(
        Recent,
        (field("recent", PREMISE.codec, "of"), _span("within")),
        lambda of, within: of.within(within),
    ),
    Form(
        Unless,
        (field("unless", PREMISE.codec, "recovery"), field("of", PREMISE.codec)),
        lambda recovery, of: of.unless(recovery),
        first="of",
    ),
    Form(Both, (field("all", listed(PREMISE.codec, at_least=1), "parts"),), _all),
)

DEFINITIONS: Final = {"selection": SELECTION.schema(), "timed": TIMED.schema(), "premise": PREMISE.schema()}
"""What schemas of premises refer to."""
