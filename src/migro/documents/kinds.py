"""Issue kinds and conclusions in documents."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final, get_args

from ..models import Category, Risk, Severity
from ..rules import PRIOR, SAME_ONSET, Conclusion, IssueKind, Response, SeverityScale, refutes, supports, vetoes
from .forms import Choice, Field, Form, field, record
from .impacts import IMPACT
from .keys import KEYS
from .parts import Part
from .places import Place
from .values import (
    KIND_NAME,
    SEVERITY,
    SHARE,
    SPAN,
    TEXT,
    TRUTH,
    WHOLE,
    Codec,
    Writing,
    listed,
    one_of,
    optional,
    scale,
)

__all__ = ["CONCLUSION", "DEFINITIONS", "KIND", "RESPONSE", "SCALE"]


_TEXTS: Final = listed(TEXT)


def _read_step(part: Part, place: Place) -> tuple[Severity, Fraction]:
    wanted = "a list of a severity and the lowest share at which it holds"
    parts = place.items(part, wanted)
    if len(parts) != 2:
        place.expect(part, wanted)
    read: list[Any] = place.all(
        lambda p, at: SEVERITY.read(p, at) if p is parts[0] else SHARE.read(p, at),
        [(p, place.at(i)) for i, p in enumerate(parts)],
    )
    return read[0], read[1]


_STEP: Final = Codec(
    lambda step, _: [step[0].word, SHARE.write(step[1], _)],
    _read_step,
    {"type": "array", "prefixItems": [SEVERITY.schema, SHARE.schema], "minItems": 2, "maxItems": 2},
)


def _read_words(part: Part, place: Place) -> Mapping[str, str]:
    table = place.table(part, "a table of words by name")
    values = place.all(lambda p, at: at.text(p), [(p, place.at(n)) for n, p in table.items()])
    return dict(zip(table, values, strict=True))


def _write_words(words: tuple[tuple[str, str], ...], _: Writing) -> dict[str, str]:
    return dict(words)


_WORDS: Final = Codec(_write_words, _read_words, {"type": "object", "additionalProperties": TEXT.schema})

SCALE: Final = Form(
    SeverityScale,
    (
        field("default", SEVERITY),
        field("by_share", listed(_STEP), default=()),
        field("below", SEVERITY, default=Severity.SEV4),
        field("customer_facing", TRUTH, default=False),
    ),
    SeverityScale,
    line=True,
)
RESPONSE: Final = Form(
    Response,
    (
        field("kind", TEXT),
        field("risk", scale(Risk)),
        field("target", TEXT),
        field("args", _WORDS, default=()),
        field("from", SEVERITY, "from_severity", default=Severity.SEV4),
        field("every", optional(SPAN), default=None),
        field("times", WHOLE, default=1),
    ),
    lambda kind, risk, target, **given: Response(kind, risk, target, **given),
)


def _build_kind(name: str, **given: Any) -> IssueKind[Any]:
    return IssueKind(name, **given)


KIND: Final = Form(
    IssueKind,
    (
        field("name", TEXT),
        field("category", one_of(*get_args(Category))),
        field("per", KEYS),
        field("title", TEXT, default=""),
        field("what", TEXT, default=""),
        field("severity", record(SCALE)),
        field("harm", TEXT, default=""),
        field("impact", optional(record(IMPACT)), default=None),
        field("responses", listed(record(RESPONSE)), default=()),
        field("human_only", _TEXTS, default=()),
        field("false_positives", TEXT, default=""),
        field("related", _TEXTS, default=()),
        field("sources", _TEXTS, default=()),
        field("prior", WHOLE, default=PRIOR),
        field("systemic", TRUTH, default=False),
        field("causes", _TEXTS, default=()),
        field("lag", SPAN, default=SAME_ONSET),
        field("lead", SPAN, default=SAME_ONSET),
        field("about", _TEXTS, default=()),
    ),
    _build_kind,
)

CONCLUSION: Final = Choice("a conclusion", "conclusion")


def _field(name: str) -> Field:
    return field(name, KIND_NAME, "kind")


_POINTS: Final = Field("points", "points", lambda node: abs(node.points), WHOLE)
_FAMILY: Final = field("family", TEXT)

CONCLUSION.define(
    Form(
        Conclusion,
        (_field("supports"), _POINTS, _FAMILY, field("severity", optional(SEVERITY), default=None)),
        lambda kind, points, family, severity=None: supports(kind, points, family=family, severity=severity),
        when=lambda node: node.effect == "supports",
    ),
    Form(
        Conclusion,
        (_field("refutes"), _POINTS, _FAMILY),
        lambda kind, points, family: refutes(kind, points, family=family),
        when=lambda node: node.effect == "refutes",
    ),
    Form(
        Conclusion,
        (_field("vetoes"), _FAMILY),
        lambda kind, family: vetoes(kind, family=family),
        when=lambda node: node.effect == "vetoes",
    ),
)

DEFINITIONS: Final = {"conclusion": CONCLUSION.schema(), "kind": KIND.schema()}
"""What schemas of kinds refer to."""
