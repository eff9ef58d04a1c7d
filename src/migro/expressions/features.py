"""Features: named, versioned, typed functions of one signal, used wherever a column is."""

from __future__ import annotations

import difflib
import inspect
import re
import sys
import types
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

import attrs

from ..errors import FeatureError, RuleDefinitionError
from .nodes import Document
from .purity import impure_calls
from .quantities import bounded
from .schema import SignalMeta
from .terms import ColumnType, Term, called

__all__ = ["Feature", "FeatureError", "FeatureSet", "feature"]

S = TypeVar("S")
T = TypeVar("T")

_NAME: Final = re.compile(r"[a-z][a-z0-9_.-]*")
_PLAIN: Final = (bool, int, str, Decimal, datetime)
_RESULTS: Final = "bool, int, str, Decimal, datetime or frozenset[str], or one of them | None"


@attrs.frozen(eq=False, repr=False, hash=False)
class Feature(Term[S, T], Generic[S, T]):
    """
    A function of one signal under a name and a version.

    Rules name it in their documents and never carry its code. So a changed function needs another version, or rules
    with the same hash would mean something else.

    Attributes:
        name: Such as `text.mentions_checkout`.
        version: Whole, from 1.
        owner: Class of the signals that it is a function of.
        column_type: Type of its results, and whether there may be none.
        function: What was decorated.
    """

    name: str
    version: int
    owner: type[S]
    column_type: ColumnType  # pyright: ignore[reportIncompatibleMethodOverride]  # read-only there, frozen here
    function: Callable[[S], T | None]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"

    def document(self) -> Document:
        return {"feature": [self.name, self.version]}

    def __call__(self, signal: S) -> T | None:
        """
        Return what the function says of a signal; None where it may say nothing.

        Raises:
            FeatureError: If the result has another type than the function says. The message names no value: it may
                be text out of the signal.
        """
        value = self.function(signal)
        if value is None and self.column_type.optional:
            return None
        # type() instead of isinstance(): True is an int to Python and must not be one to a rule.
        if type(value) is not self.column_type.value:
            raise FeatureError(
                f"expected {called(self.column_type.value)} from feature {self}, got {type(value).__name__}"
            )
        if isinstance(value, frozenset) and any(type(element) is not str for element in value):
            raise FeatureError(f"expected a set of str from feature {self}, got other elements")
        if isinstance(value, datetime) and value.tzinfo is None:
            raise FeatureError(f"expected a time with a zone from feature {self}, got one without")
        try:
            return bounded(value)  # type: ignore[no-any-return]  # as it came
        except ValueError as e:
            raise FeatureError(f"expected a number within bounds from feature {self}: {e}") from e


def feature(name: str, *, version: int) -> Callable[[Callable[[S], T | None]], Feature[S, T]]:
    """
    Return a decorator that makes a function of one signal a feature.

    Args:
        name: Lower-case words with dots, such as `text.mentions_checkout`.
        version: Whole, from 1; another one whenever the function may return something else.

    Raises:
        RuleDefinitionError: With everything that is wrong with name, version and function.
    """

    def decorate(function: Callable[[S], T | None]) -> Feature[S, T]:
        wrong = list(_wrong_names(name, version))
        owner, result = _signature(function, wrong, sys._getframe(1).f_locals)
        wrong += [
            f"expected a result made from the signal alone, got a call of {call}()" for call in impure_calls(function)
        ]
        if wrong or owner is None or result is None:
            raise RuleDefinitionError(f"feature {name!r}: " + "; ".join(wrong))
        return Feature(name, version, owner, result, function)

    return decorate


def _wrong_names(name: object, version: object) -> Iterator[str]:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        yield f"expected a name such as text.mentions_checkout, got {name!r}"
    if type(version) is not int or version < 1:
        yield f"expected a whole version from 1, got {version!r}"


def _signature(
    function: object, wrong: list[str], around: dict[str, Any]
) -> tuple[type[Any] | None, ColumnType | None]:
    """Return signal class and type of the results, as far as they can be read; adds what is wrong."""
    if not isinstance(function, types.FunctionType):
        wrong.append(f"expected a function, got {function!r}")
        return None, None
    if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        wrong.append("expected a plain function, got one that is async or yields")
    if inspect.isasyncgenfunction(function):
        wrong.append("expected a plain function, got one that is async and yields")
    parameters = list(inspect.signature(function).parameters.values())
    if len(parameters) != 1 or parameters[0].kind not in (
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
    ):
        wrong.append(f"expected one parameter, the signal, got {inspect.signature(function)}")
        return None, None
    try:
        # With postponed annotations a class that is written inside of a function is known only to that function.
        hints = get_type_hints(function, localns=dict(around))
    except (NameError, TypeError, SyntaxError, AttributeError) as e:
        wrong.append(f"expected annotations that can be read when the program runs, got {e}")
        return None, None
    owner = hints.get(parameters[0].name)
    if not isinstance(owner, SignalMeta):
        wrong.append(f"expected a Signal class as the annotation of {parameters[0].name!r}, got {_said(owner)}")
    result = _column_type(hints.get("return", inspect.Parameter.empty))
    if result is None:
        wrong.append(f"expected {_RESULTS} as the annotation of the result, got {_said(hints.get('return'))}")
    return owner if isinstance(owner, SignalMeta) else None, result


def _column_type(annotation: Any) -> ColumnType | None:
    optional = False
    if get_origin(annotation) in (Union, types.UnionType):
        arguments = [a for a in get_args(annotation) if a is not types.NoneType]
        if len(arguments) != 1 or len(arguments) == len(get_args(annotation)):
            return None
        optional, annotation = True, arguments[0]
    while hasattr(annotation, "__supertype__"):  # a NewType
        annotation = annotation.__supertype__
    if annotation in _PLAIN:
        return ColumnType(annotation, optional, key=False)
    if get_origin(annotation) is frozenset and get_args(annotation) == (str,):
        return ColumnType(frozenset, optional, key=False)
    return None


def _said(annotation: Any) -> str:
    return "none" if annotation is None else getattr(annotation, "__name__", "") or repr(annotation)


class FeatureSet:
    """
    Features by name and version: what the documents of rules are read with.

    Made where it is used and passed on; importing a module registers nothing.
    """

    def __init__(self, features: Iterable[Feature[Any, Any]] = ()) -> None:
        self._features: dict[tuple[str, int], Feature[Any, Any]] = {}
        clashes = []
        for one in features:
            known = self._features.setdefault((one.name, one.version), one)
            if known.function is not one.function:
                clashes.append(f"expected one function for {one}, got {_place(known)} and {_place(one)}")
        if clashes:
            raise RuleDefinitionError("; ".join(clashes))

    def get(self, name: str, version: int) -> Feature[Any, Any]:
        """
        Return the feature of that name and version.

        Raises:
            RuleDefinitionError: With the versions there are, or the nearest names.
        """
        found = self._features.get((name, version))
        if found is not None:
            return found
        versions = sorted(v for n, v in self._features if n == name)
        if versions:
            there = " and ".join(map(str, versions))
            raise RuleDefinitionError(f"expected a known version of feature {name!r}, {there}, got {version!r}")
        near = difflib.get_close_matches(str(name), {n for n, _ in self._features}, n=2, cutoff=0.8)
        hint = f"; did you mean {' or '.join(map(repr, sorted(near)))}?" if near else ""
        raise RuleDefinitionError(f"expected the name of a known feature, got {name!r}{hint}")

    def __or__(self, other: FeatureSet) -> FeatureSet:
        return FeatureSet((*self, *other))

    def __iter__(self) -> Iterator[Feature[Any, Any]]:
        return (self._features[key] for key in sorted(self._features))

    def __len__(self) -> int:
        return len(self._features)


def _place(one: Feature[Any, Any]) -> str:
    function = one.function
    return f"{function.__qualname__} (line {function.__code__.co_firstlineno} of {function.__module__})"
