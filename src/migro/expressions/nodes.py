"""What every expression shares: it prints, it turns into a document, and it has no truth value of its own."""

from __future__ import annotations

import html
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Context, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NoReturn

from ..errors import RuleDefinitionError
from .quantities import microseconds

__all__ = ["Document", "Node", "encode", "literal_text"]

Document = Mapping[str, Any]
"""The JSON form of an expression: named keys, no floats. Hashes and indexes are made from it."""


class Node:
    """The base of columns, predicates and premises: frozen trees that know nothing of their parents."""

    __slots__ = ()

    def document(self) -> Document:
        """Return the JSON form: equal meaning gives an equal document."""
        raise NotImplementedError(type(self).__name__)

    # Hidden from type checkers: without a `__bool__` mypy's truthy-bool reports `if`, `and` and `not` on a node.
    if not TYPE_CHECKING:

        def __bool__(self) -> NoReturn:
            raise RuleDefinitionError(
                f"the truth of `{self}` is not known while the rule is being written\n"
                "  - write (a) & (b) instead of `a and b`, (a) | (b) instead of `a or b`, ~(a) instead of `not a`\n"
                "  - write column.between(low, high) instead of `low <= column <= high`\n"
                "  - write column.one_of(x, y) instead of `column in (x, y)`"
            )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"

    def _repr_html_(self) -> str:
        return f"<code>{html.escape(str(self))}</code>"


def encode(value: object) -> Any:
    """
    Return a literal of a rule as JSON, so that values of different types never look alike.

    Raises:
        RuleDefinitionError: For a type that rules do not have; floats are one.
    """
    match value:
        case bool() | int() | str():
            return value
        case Decimal() if not value.is_finite():
            raise RuleDefinitionError(f"a rule can hold finite numbers, got {value!r}")
        case Decimal():
            # Normalised with all its digits: the context of the process would round, and two numbers could look alike.
            digits = max(1, len(value.as_tuple().digits))
            return {"decimal": str(value.normalize(Context(prec=digits)))}
        case Fraction():
            return {"ratio": f"{value.numerator}/{value.denominator}"}
        case datetime():
            return {"time": value.isoformat()}
        case timedelta():
            return {"microseconds": microseconds(value)}
        case frozenset():
            return {"set": sorted(value)}
        case _:
            raise RuleDefinitionError(
                f"a rule can hold int, str, bool, Decimal, ratios and times, got {value!r} ({type(value).__name__})"
            )


def literal_text(value: object) -> str:
    """Return a literal as people read it; a set is sorted, since its own order changes from run to run."""
    if isinstance(value, frozenset):
        return "{" + ", ".join(map(repr, sorted(value))) + "}"
    return repr(value)
