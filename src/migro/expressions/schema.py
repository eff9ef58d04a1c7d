"""
Columns on a class: the one module that knows pydantic's metaclass.

pydantic takes fields out of the class namespace, so `Checkout.status` would raise; the metaclass here answers with a
column instead. If a later pydantic closes that door, ``Checkout.c.status`` says the same with the same types.
"""

from __future__ import annotations

import difflib
import sys
import types
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ForwardRef,
    Generic,
    Literal,
    TypeVar,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
    overload,
)

from pydantic import BaseModel, Field
from pydantic_core import core_schema

from ..errors import RuleDefinitionError, UnknownAttribute
from .columns import Col, KeyCol
from .quantities import bounded, exact_decimal
from .terms import ColumnType

__all__ = ["UNSET", "Attr", "ColumnNamespace", "Key", "Maybe", "MaybeKey", "SignalMeta", "preset"]

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
else:
    # pydantic exports the class but not its metaclass; this takes it without the private name.
    ModelMetaclass = type(BaseModel)

T = TypeVar("T")
S = TypeVar("S", bound=BaseModel)
C = TypeVar("C", bound="SignalMeta")

UNSET: Any = None
"""The default of an optional column: ``latency_ms: Maybe[int] = UNSET``."""

_VALUES = (int, str, bool, Decimal, datetime, frozenset)


def _asked_by_pydantic() -> bool:
    # While pydantic builds a class it asks the parents for attributes named like the new fields; an answer (a column)
    # would look to it like a field that shadows a method. A flag set in the metaclass' `__new__` would say the same,
    # but that frame hides the names of the function in which a class is written from pydantic.
    module: str = sys._getframe(2).f_globals.get("__name__", "")
    return module.partition(".")[0] == "pydantic"


def _value_type(inner: Any) -> Any:
    """Return the plain type behind a NewType, Annotated, Literal or generic alias."""
    inner = getattr(inner, "__supertype__", inner)
    if get_origin(inner) is Annotated:
        inner = get_args(inner)[0]
    if get_origin(inner) is Literal:
        return type(get_args(inner)[0])
    return get_origin(inner) or inner


def _decoder(inner: Any) -> Callable[[Any], Any] | None:
    """
    Return what reads a column back from its JSON form; strict mode would refuse the string or the list.

    None where a value and its JSON form are the same.
    """
    match _value_type(inner):
        case t if t is Decimal:
            return lambda v: bounded(exact_decimal(v))
        case t if t is int:
            return bounded
        case t if t is datetime:
            return _zoned
        case t if t is frozenset:
            return _hashed
        case _:
            return None


def _hashed(value: Any) -> Any:
    # What holds a list or an object is no set of words; pydantic says so, where building the set would only stop.
    held = isinstance(value, list | tuple) and all(isinstance(v, str | int) for v in value)
    return frozenset(value) if held else value


def _zoned(value: Any) -> Any:
    time = datetime.fromisoformat(value) if isinstance(value, str) else value
    if not isinstance(time, datetime):
        return value
    if time.tzinfo is None:
        raise ValueError("expected a time with a zone, such as 2026-03-01T09:00:03Z")
    return time.astimezone(UTC)


def preset(*, default: Any) -> Any:
    """Return a default for a column: ``provider: Attr[str] = preset(default="host")``."""
    return Field(default=default)


def _inner(source: Any) -> Any:
    arguments = get_args(source)
    if not arguments:
        raise RuleDefinitionError(f"expected the type of the column in brackets, such as {source.__name__}[str]")
    return arguments[0]


def _column_schema(inner: Any, schema: Any) -> Any:
    decoder = _decoder(inner)
    if decoder is None:
        return schema
    column = core_schema.no_info_before_validator_function(decoder, schema)
    if _value_type(inner) is frozenset:
        # A set has another order in every process; its JSON form may not.
        column["serialization"] = core_schema.plain_serializer_function_ser_schema(sorted, when_used="json-unless-none")
    return column


class Attr(Generic[T]):
    """A column that every signal of the class has: `Checkout.status` is a column, `signal.status` its value."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, obj: None, owner: type[S]) -> Col[S, T]: ...
        @overload
        def __get__(self, obj: BaseModel, owner: type[Any]) -> T: ...
        def __get__(self, obj: BaseModel | None, owner: type[Any]) -> Any: ...
        def __set__(self, obj: BaseModel, value: T) -> None: ...

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        inner = _inner(source)
        return _column_schema(inner, handler.generate_schema(inner))


class Maybe(Generic[T]):
    """A column that a signal may come without; a comparison with nothing is UNKNOWN."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, obj: None, owner: type[S]) -> Col[S, T]: ...
        @overload
        def __get__(self, obj: BaseModel, owner: type[Any]) -> T | None: ...
        def __get__(self, obj: BaseModel | None, owner: type[Any]) -> Any: ...
        def __set__(self, obj: BaseModel, value: T | None) -> None: ...

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        inner = _inner(source)
        schema = core_schema.nullable_schema(handler.generate_schema(inner))
        return _column_schema(inner, schema)


class Key(Attr[T]):
    """A column that may be grouped by and joined on."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, obj: None, owner: type[S]) -> KeyCol[S, T]: ...
        @overload
        def __get__(self, obj: BaseModel, owner: type[Any]) -> T: ...
        def __get__(self, obj: BaseModel | None, owner: type[Any]) -> Any: ...


class MaybeKey(Maybe[T]):
    """A key column that a signal may come without; such a signal is listed as unkeyed."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, obj: None, owner: type[S]) -> KeyCol[S, T]: ...
        @overload
        def __get__(self, obj: BaseModel, owner: type[Any]) -> T | None: ...
        def __get__(self, obj: BaseModel | None, owner: type[Any]) -> Any: ...


_WRAPPERS = (Attr, Maybe, Key, MaybeKey)


def _column_type(annotation: Any, where: str) -> ColumnType | None:
    """Return what the engine knows of a field, or None for a field that is no column."""
    if isinstance(annotation, str | ForwardRef):
        raise RuleDefinitionError(f"{where}: expected an annotation whose names are known here, got {annotation!r}")
    wrapper = get_origin(annotation)
    if wrapper not in _WRAPPERS:
        return None
    inner = get_args(annotation)[0]
    if get_origin(inner) in (Union, types.UnionType):
        raise RuleDefinitionError(f"{where} is {annotation}: write Maybe[...] for a column that may be missing")
    value = _value_type(inner)
    if value not in _VALUES:
        wanted = ", ".join(v.__name__ for v in _VALUES)
        raise RuleDefinitionError(f"{where} has the type {inner!r}; a column can hold {wanted}")
    if wrapper in (Key, MaybeKey) and value is not str:
        raise RuleDefinitionError(f"{where} is a key of type {value.__name__}; keys are strings, exact to the digit")
    return ColumnType(value=value, optional=wrapper in (Maybe, MaybeKey), key=wrapper in (Key, MaybeKey))


class ColumnNamespace:
    """Answers ``Checkout.c.status``: the columns of a class by name, whatever pydantic does with attributes."""

    def __init__(self, owner: SignalMeta) -> None:
        self._owner = owner

    def __getattr__(self, name: str) -> Any:
        return self._owner.__column__(name)

    def __dir__(self) -> list[str]:
        return sorted(self._owner.__columns__)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(Field, preset))
class SignalMeta(ModelMetaclass):
    """The metaclass of signals: class-level access to a field gives its column."""

    __columns__: Mapping[str, ColumnType] = types.MappingProxyType({})
    __signal_kind__: str = ""

    def __column__(cls, name: str) -> Col[Any, Any]:
        known = cls.__columns__
        if name in known:
            return (KeyCol if known[name].key else Col)(cls, name)
        near = difflib.get_close_matches(name, known, n=2, cutoff=0.6)
        hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else "."
        raise UnknownAttribute(f"{cls.__name__} has no column {name!r}{hint} It has: {', '.join(sorted(known))}")

    if TYPE_CHECKING:

        @property
        def c(cls: C) -> C: ...
    else:

        @property
        def c(cls) -> ColumnNamespace:
            return ColumnNamespace(cls)

        def __getattr__(cls, name: str) -> Any:
            if name.startswith("_") or _asked_by_pydantic():
                return super().__getattr__(name)
            return cls.__column__(name)

    def __collect_columns__(cls, fields: Mapping[str, Any]) -> None:
        """Read the columns off the finished fields; raises `RuleDefinitionError` for a type no rule can use."""
        if "c" in fields:
            raise RuleDefinitionError(
                f"{cls.__name__}.c: expected another name, {cls.__name__}.c is the namespace of all columns"
            )
        columns = {n: _column_type(f.annotation, f"{cls.__name__}.{n}") for n, f in fields.items()}
        cls.__columns__ = types.MappingProxyType({n: t for n, t in columns.items() if t is not None})
