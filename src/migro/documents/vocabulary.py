"""Signal classes in documents: written down as columns, compared with those at hand, or made from the document."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import attrs

from ..expressions import UNSET, Attr, Col, ColumnType, Fact, Key, Maybe, MaybeKey, Node, operands_of, terms_in
from ..expressions.features import Feature, FeatureSet
from ..models import Signal
from ..rules import Premise, RuleSet, everything
from .forms import Form, field
from .parts import Part, Reported, near
from .places import Place
from .values import TEXT, TRUTH, Codec, one_of, optional

__all__ = ["SCHEMA", "SignalSchema", "ancestors", "check_columns", "features_in", "generated", "signal_schema"]

_TYPES: Final[Mapping[str, type]] = {
    "int": int,
    "str": str,
    "bool": bool,
    "decimal": Decimal,
    "time": datetime,
    "set": frozenset,
}
_WORDS: Final = {t: word for word, t in _TYPES.items()}


@attrs.frozen(kw_only=True)
class Column:
    """A column as a document declares it."""

    type: str
    optional: bool = False
    key: bool = False


@attrs.frozen(kw_only=True)
class SignalSchema:
    """
    A signal class as a document declares it.

    Attributes:
        name: Of the class; rules in words use it.
        extends: Kind of the parent class, where that is not `Signal` itself.
        columns: By name, those of `Signal` left out; None where the document does not say.
    """

    name: str = ""
    extends: str | None = None
    columns: Mapping[str, Column] | None = None


_COLUMN: Final = Form(
    Column,
    (
        field("type", one_of(*_TYPES)),
        field("optional", TRUTH, default=False),
        field("key", TRUTH, default=False),
    ),
    Column,
    line=True,
)


def _write_columns(columns: Mapping[str, Column], _: Any) -> dict[str, Any]:
    return {name: _COLUMN.write(column, None) for name, column in columns.items()}


def _read_columns(part: Part, place: Place) -> dict[str, Column]:
    table = place.table(part, "a table of columns")
    columns = place.all(_COLUMN.read, [(p, place.at(n)) for n, p in table.items()])
    return dict(zip(table, columns, strict=True))


_COLUMNS: Final = Codec(_write_columns, _read_columns, {"type": "object", "additionalProperties": _COLUMN.schema()})

SCHEMA: Final = Form(
    SignalSchema,
    (
        field("class", TEXT, "name", default=""),
        field("extends", optional(TEXT), default=None),
        field("columns", optional(_COLUMNS), default=None),
    ),
    SignalSchema,
)


# --- writing ----------------------------------------------------------------------------------------------------


def ancestors(ruleset: RuleSet, classes: Iterable[type[Signal]]) -> list[type[Signal]]:
    """Return the classes whose columns are read through a child: their schemas have to be written as well."""
    found: dict[str, type[Signal]] = {}
    for cls in classes:
        for parent in cls.__mro__[1:]:
            if isinstance(parent, type) and issubclass(parent, Signal) and parent.__signal_kind__:
                found[parent.__signal_kind__] = parent
    read = {owner.__signal_kind__ for rule in ruleset for owner in _owners(rule.when)}
    return [cls for kind, cls in sorted(found.items()) if kind in read and kind not in ruleset.signals]


def signal_schema(cls: type[Signal], written: Iterable[type[Signal]]) -> SignalSchema:
    """Return what a document declares of a class; `written` are those that it declares."""
    others = set(written)
    parent = next((p for p in cls.__mro__[1:] if p in others), None)
    base = parent.__columns__ if parent is not None else Signal.__columns__
    columns = {
        name: Column(type=_WORDS[t.value], optional=t.optional, key=t.key)
        for name, t in cls.__columns__.items()
        if base.get(name) != t
    }
    return SignalSchema(
        name=cls.__name__, extends=parent.__signal_kind__ if parent is not None else None, columns=columns
    )


def features_in(ruleset: RuleSet) -> FeatureSet:
    """Return the features that the rules use."""
    nodes = (node for rule in ruleset for node in _terms(rule.when))
    return FeatureSet(node for node in nodes if isinstance(node, Feature))


def _owners(premise: Premise[Any]) -> Iterator[type[Signal]]:
    for node in _terms(premise):
        if isinstance(node, Col):
            yield node.owner
        elif isinstance(node, Fact):
            yield node.column.owner


def _terms(premise: Premise[Any]) -> Iterator[Node]:
    """Yield the columns, features and facts anywhere in a premise."""
    for part in everything(premise):
        for pred in part.conditions:
            for operand in operands_of(pred):
                yield from terms_in(operand)
        yield from part.facts
        for term in part.terms:
            yield from terms_in(term)


# --- reading ----------------------------------------------------------------------------------------------------


def check_columns(cls: type[Signal], schema: SignalSchema, place: Place, at: Part) -> None:
    """Report where a class at hand is not what the document was written for; columns that came later are fine."""
    for name, column in (schema.columns or {}).items():
        found = cls.__columns__.get(name)
        said = _said(ColumnType(_TYPES[column.type], column.optional, column.key))
        if found is None:
            got = f"none of that name{near(name, cls.__columns__)}"
        elif _said(found) == said:
            continue
        else:
            got = _said(found)
        place.at("columns").at(name).reading.problems.add(
            "signal-schema", f"{place.path}.columns.{name}", at, f"expected {said} in {cls.__name__}, got {got}"
        )


def _said(t: ColumnType) -> str:
    return f"{_WORDS[t.value]}{' key' if t.key else ''}{', optional' if t.optional else ', always there'}"


def generated(schemas: Mapping[str, tuple[SignalSchema, Part]], place: Place) -> dict[str, type[Signal]]:
    """Return classes made from what a document declares; reports what no class can be made of."""
    made: dict[str, type[Signal]] = {}
    for kind in schemas:
        try:
            _generate(kind, schemas, place, made, ())
        except Reported:
            continue
    return made


def _generate(
    kind: str,
    schemas: Mapping[str, tuple[SignalSchema, Part]],
    place: Place,
    made: dict[str, type[Signal]],
    path: tuple[str, ...],
) -> type[Signal]:
    if kind in made:
        return made[kind]
    schema, part = schemas[kind]
    at = place.at(kind)
    if not kind:
        at.refuse(part, "signal-schema", "expected the kind of a signal, got an empty name")
    if kind in path:
        at.refuse(part, "signal-schema", f"expected no circle of parents, got {' -> '.join((*path, kind))}")
    parent: type[Signal] = Signal
    if schema.extends is not None:
        if schema.extends not in schemas:
            message = f"expected a kind of this document in extends, got {schema.extends!r}"
            at.refuse(part, "unknown-signal", message + near(schema.extends, schemas))
        parent = _generate(schema.extends, schemas, place, made, (*path, kind))
    if schema.columns is None:
        at.refuse(part, "missing-field", "expected the field 'columns' to make a class from, got none")
    name = schema.name or "".join(w.capitalize() for w in kind.replace(".", " ").replace("_", " ").split())
    taken = set(dir(Signal)) | set(Signal.model_fields)
    for column in schema.columns:
        if not column.isidentifier() or column.startswith("_") or (column in taken - set(Signal.__columns__)):
            message = f"expected the name of a column, which signals have no other use for; got {column!r}"
            at.refuse(part, "signal-schema", message)
    if not name.isidentifier():
        at.refuse(part, "signal-schema", f"expected the name of a class, got {name!r}")
    made[kind] = at.made(part, lambda: _class(name, kind, parent, schema.columns or {}))
    return made[kind]


def _class(name: str, kind: str, parent: type[Signal], columns: Mapping[str, Column]) -> type[Signal]:
    wrappers: Mapping[tuple[bool, bool], Any] = {
        (False, False): Attr,
        (True, False): Maybe,
        (False, True): Key,
        (True, True): MaybeKey,
    }
    inner: Mapping[str, Any] = {**_TYPES, "set": frozenset[str]}

    def body(namespace: dict[str, Any]) -> None:
        namespace["__module__"] = __name__
        namespace["__annotations__"] = {
            n: wrappers[column.optional, column.key][inner[column.type]] for n, column in columns.items()
        }
        namespace.update({n: UNSET for n, column in columns.items() if column.optional})

    made: type[Signal] = types.new_class(name, (parent,), {"kind": kind}, body)
    return made
