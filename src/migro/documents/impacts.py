"""Impact models in documents."""

from __future__ import annotations

from typing import Any, Final

from ..expressions import Fact
from ..models import Severity
from ..rules import Amounts, Exposure, ImpactModel, Orders, People, PerDay, Sessions
from .forms import Choice, Form, field, record
from .measures import MEASURE, METHOD, SELECTION
from .parts import Part
from .places import Place
from .premises import PREMISE
from .terms import COLUMN, FACT, TERM, read_fact, write_fact
from .values import SEVERITY, SHARE, SPAN, TEXT, TRUTH, Codec, Writing, listed, optional

__all__ = ["DEFINITIONS", "IMPACT"]

_TWO_HOURS = 120 * 60_000_000


def _read_fact(part: Part, place: Place) -> Any:
    if "fact" not in place.table(part, "a fact such as {fact: [kind, name]}"):
        place.expect(part, "a fact such as {fact: [kind, name]}")
    return read_fact(part, place)


_FACT: Final = Codec(write_fact, _read_fact, {"$ref": "#/$defs/fact"})


def _write_currency(value: Any, signal: Writing) -> Any:
    return write_fact(value, signal) if isinstance(value, Fact) else COLUMN.write(value, signal)


def _read_currency(part: Part, place: Place) -> Any:
    return COLUMN.read(part, place) if isinstance(part.value, str | tuple) else _read_fact(part, place)


_CURRENCY: Final = Codec(_write_currency, _read_currency, {"anyOf": [COLUMN.schema, _FACT.schema]})


def _read_floor(part: Part, place: Place) -> tuple[Severity, Fact[int]]:
    wanted = "a list of a severity and a fact"
    parts = place.items(part, wanted)
    if len(parts) != 2:
        place.expect(part, wanted)
    return SEVERITY.read(parts[0], place.at(0)), _read_fact(parts[1], place.at(1))


_FLOOR: Final = Codec(
    lambda floor, signal: [floor[0].word, write_fact(floor[1], signal)],
    _read_floor,
    {"type": "array", "prefixItems": [SEVERITY.schema, _FACT.schema], "minItems": 2, "maxItems": 2},
)

_AMOUNTS: Final = Form(
    Amounts,
    (
        field("of", SELECTION.codec),
        field("amount", TERM.codec, inner=True),
        field("currency", _CURRENCY, inner=True),
        field("each", optional(COLUMN), default=None, inner=True),
        field("within", SPAN),
        field("after", SPAN, default=0),
        field("after_first", TRUTH, default=False),
        field("alike", listed(COLUMN), default=(), inner=True),
        field("without", optional(SELECTION.codec), default=None),
        field("matching", optional(FACT), default=None),
        field("pieces", optional(TERM.codec), default=None, inner=True),
        field("pace", optional(TERM.codec), default=None, inner=True),
    ),
    Amounts,
)

AT_STAKE: Final = Choice("what is at stake", "at_stake")
AT_STAKE.define(
    Form(
        Exposure,
        (field("exposure", TEXT, "name"), field("amounts", record(_AMOUNTS))),
        lambda name, amounts: Exposure(name, amounts=amounts),
    ),
    Form(
        PerDay,
        (
            field("per_day", TEXT, "name"),
            field("told", optional(_FACT), default=None),
            field("sessions", optional(MEASURE.codec), default=None),
            field("share", SHARE),
        ),
        lambda name, **given: PerDay(name, **given),
    ),
)

_SESSIONS: Final = Form(
    Sessions,
    (
        field("per_minute", _FACT),
        field("conversion", SHARE),
        field("told", optional(_FACT), default=None),
        field("affected", SHARE),
    ),
    Sessions,
)
_ORDERS: Final = Form(Orders, (field("of", SELECTION.codec), field("usual", listed(METHOD.codec, at_least=1))), Orders)
_PEOPLE: Final = Form(People, (field("role", TEXT), field("of", MEASURE.codec)), lambda role, of: People(role, of=of))

IMPACT: Final = Form(
    ImpactModel,
    (
        field("step", TEXT),
        field("conversion", optional(SHARE), default=None),
        field("told", optional(_FACT), default=None),
        field("order_value", optional(_FACT), default=None),
        field("currency", optional(_FACT), default=None),
        field("usual", optional(MEASURE.codec), default=None),
        field("sessions", optional(record(_SESSIONS)), default=None),
        field("failed", optional(record(_AMOUNTS)), default=None),
        field("paid", TRUTH, default=False),
        field("orders", optional(record(_ORDERS)), default=None),
        field("exposures", listed(AT_STAKE.codec), default=()),
        field("people", listed(record(_PEOPLE)), default=()),
        field("lasts", SPAN, default=_TWO_HOURS),
        field("floors", listed(_FLOOR), default=()),
        field("daily_revenue", optional(_FACT), default=None),
        field("peak", optional(PREMISE.codec), default=None),
    ),
    ImpactModel,
)

DEFINITIONS: Final = {"at_stake": AT_STAKE.schema()}
"""What schemas of impact models refer to."""
