"""
Narrowing: from a plain signal to one of its kind's class, without validating again what is valid already.

Every signal is validated once, as a plain one, when it is read. What its class adds are columns, and only they are
looked at here: folding a journal narrows each of its signals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, get_args, get_origin

from pydantic import ConfigDict, ValidationError, create_model
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from ..expressions import Attr, Key, Maybe, MaybeKey

if TYPE_CHECKING:
    from .signal import Signal

__all__ = ["Narrowing", "narrowing"]

Narrowing = Callable[["Signal"], "Signal | None"]
"""Returns a plain signal as one of a class; None where it does not fit, which validating it whole explains."""

_KINDS_OF_COLUMN = (Attr, Key, Maybe, MaybeKey)
_COLUMNS = ConfigDict(strict=True, extra="forbid")
_NOTHING: Final = MappingProxyType[str, Any]({})
_put: Final = object.__setattr__

_SHAPES = 256
"""For how many sets of names a class remembers which are its columns; a source has a few."""


class _Shape(NamedTuple):
    """
    How signals with the same names are narrowed.

    Attributes:
        moves: By place, the names that are columns, and those that stay.
        wanted: The types of all columns that are told; None where one is missing that has to be.
        missing: The defaults of the other columns.
        given: The fields that are set.
    """

    moves: list[tuple[str, list[str], list[str]]]
    wanted: list[type | None] | None
    missing: dict[str, Any]
    given: set[str]


def narrowing(cls: type[Signal], plain: type[Signal]) -> Narrowing | None:
    """Return how a plain signal is narrowed to a class; None where the class checks more than its columns."""
    if not _only_declares(cls, plain):
        return None
    declared = {n for c in _between(cls, plain) for n in vars(c).get("__annotations__", {})}
    again = [n for n in plain.model_fields if n in declared]
    fields: dict[str, Any] = {
        n: (cls.model_fields[n].annotation, cls.model_fields[n]) for n in (*again, *cls.__own_columns__)
    }
    validate = create_model(cls.__name__, __config__=_COLUMNS, **fields).__pydantic_validator__.validate_python
    places = tuple((place, frozenset(names)) for place, names in cls.__own_places__.items())
    types = {n: _plain_type(cls.model_fields[n]) for n in fields}
    defaults = {n: cls.model_fields[n].default for n in fields}
    required = frozenset(n for n, default in defaults.items() if default is PydanticUndefined)

    def shape_of(signal: Signal, kept: tuple[tuple[str, ...], ...]) -> _Shape:
        """Return how signals are narrowed that keep these names by place."""
        told, moves = list(again), []
        for (place, names), held in zip(places, kept, strict=True):
            mine = [n for n in held if n in names]
            if mine:
                moves.append((place, mine, [n for n in held if n not in names]))
                told += mine
        wanted = [types[n] for n in told] if required <= set(told) else None
        missing = {n: default for n, default in defaults.items() if n not in told}
        return _Shape(moves, wanted, missing, {*vars(signal), *told})

    held_in = tuple(cls.__own_places__)
    shapes: dict[tuple[tuple[str, ...], ...], _Shape] = {}

    def narrow(signal: Signal) -> Signal | None:
        held_by = vars(signal)
        kept = tuple(map(tuple, map(held_by.__getitem__, held_in)))
        shape = shapes.get(kept)
        if shape is None:
            if len(shapes) >= _SHAPES:
                shapes.clear()
            shape = shapes[kept] = shape_of(signal, kept)
        found = {**held_by, **shape.missing}
        told: dict[str, Any] = {n: found[n] for n in again} if again else {}
        for place, mine, left in shape.moves:
            held = held_by[place]
            for n in mine:
                told[n] = held[n]
            # What is left of a sorted mapping is sorted.
            found[place] = MappingProxyType({n: held[n] for n in left}) if left else _NOTHING
        if list(map(type, told.values())) == shape.wanted:
            found.update(told)
        else:
            try:
                found.update(vars(validate(told)))
            except ValidationError:
                return None
        # As a copy is made: every field is there, and each is valid.
        made = cls.__new__(cls)
        # Nobody changes the set of a frozen model; who copies one, copies it.
        _put(made, "__pydantic_fields_set__", shape.given)
        _put(made, "__pydantic_extra__", None)
        _put(made, "__pydantic_private__", None)
        _put(made, "__dict__", found)
        return made

    return narrow


def _plain_type(field: FieldInfo) -> type | None:
    """Return the type of a column of which the plain signal has checked all there is to check; None for any other."""
    if get_origin(field.annotation) not in _KINDS_OF_COLUMN:
        return None
    inner = get_args(field.annotation)[0]
    inner = getattr(inner, "__supertype__", inner)  # behind a NewType
    checks_more = field.metadata or field.alias or field.validation_alias or field.validate_default
    return inner if inner in (str, int, bool) and not checks_more else None


def _between(cls: type[Signal], plain: type[Signal]) -> Iterator[type]:
    """Yield a class and what it is derived from, up to the plain signal."""
    for one in cls.__mro__:
        if one is plain:
            return
        yield one


def _only_declares(cls: type[Signal], plain: type[Signal]) -> bool:
    """Return whether a class adds nothing to reading a signal but columns."""
    mine, base = cls.__pydantic_decorators__, plain.__pydantic_decorators__
    hooks = {*base.model_validators, "__init__", "__new__", "model_post_init"}
    return (
        not (mine.validators or mine.field_validators or mine.root_validators)
        and mine.model_validators.keys() == base.model_validators.keys()
        and not any(hooks & vars(c).keys() for c in _between(cls, plain))
        and not cls.__private_attributes__
        and cls.model_config == plain.model_config
    )
