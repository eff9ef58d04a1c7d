"""How pydantic's findings are told: place, what was expected, what came; one finding for a value, whatever its type."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from pydantic import ValidationError

__all__ = ["explain_validation"]

_Place = tuple[int | str, ...]

# pydantic names the branch of a union by its schema; these names have no bracket that would tell them from a field.
_PLAIN_BRANCHES = frozenset(
    {"bool", "bytes", "constrained-str", "date", "datetime", "decimal", "dict", "float", "int", "list", "str"}
)
_NAME = re.compile(r"[A-Za-z_][\w.-]{0,60}")


def explain_validation(error: ValidationError, *, quoting: bool = False) -> str:
    """
    Return pydantic's findings on one line.

    Args:
        error: What pydantic raised.
        quoting: Whether short values and names are shown as they came. Only for what its reader wrote himself, such as
            a configuration: everything else is personal data until proven otherwise, and only its type is told.
    """
    items: Sequence[Any] = error.errors(include_url=False)
    placed = [(_place(item, items), item) for item in items]
    return "; ".join(
        _finding(place, [item for _, item in group], quoting) for place, group in groupby(placed, key=lambda p: p[0])
    )


def _place(item: Mapping[str, Any], items: Sequence[Any]) -> _Place:
    """Return where the value lies, without the branches of unions that were tried on it."""
    place: _Place = item["loc"]
    for depth, part in enumerate(place):
        branch = isinstance(part, str) and (
            "[" in part or (part in _PLAIN_BRANCHES and _is_tried(place[:depth], items))
        )
        if branch:
            return place[:depth]
    return place


def _is_tried(union: _Place, items: Sequence[Any]) -> bool:
    """Return whether several branches were tried on the value at a place; a mere field of that name has no other."""
    tried = {i["loc"][len(union)] for i in items if len(i["loc"]) > len(union) and i["loc"][: len(union)] == union}
    return len(tried) > 1 and all(isinstance(t, str) and ("[" in t or t in _PLAIN_BRANCHES) for t in tried)


def _finding(place: _Place, items: Sequence[Mapping[str, Any]], quoting: bool) -> str:
    where = ".".join(_part(p, quoting) for p in place) or "the whole value"
    kinds = {item["type"] for item in items}
    if kinds == {"extra_forbidden"} and not quoting:
        return f"{where}: {_expected(items[0], quoting)}"
    # What is missing was looked for in its container, and that is not what came.
    got = "none" if kinds == {"missing"} else _got(items[0]["input"], quoting)
    # What the value has to be in memory says nothing to somebody who writes words.
    told = [i for i in items if i["type"] != "is_instance_of"] or items
    # A branch for lists may have failed at one of its items.
    inside = [" for each item" if len(i["loc"]) > len(place) + 1 else "" for i in told]
    wanted = list(dict.fromkeys(_expected(i, quoting) + of for i, of in zip(told, inside, strict=True)))
    joined = " or ".join([wanted[0], *(w.removeprefix("expected ") for w in wanted[1:])])
    # Words of our own have said what came.
    return f"{where}: {joined}" if all(", got " in w for w in wanted) else f"{where}: {joined}, got {got}"


def _part(part: int | str, quoting: bool) -> str:
    return str(part) if quoting or isinstance(part, int) or _NAME.fullmatch(part) else "(another name)"


def _got(value: Any, quoting: bool) -> str:
    if value is None:
        return "none"
    shown = repr(value) if quoting else ""
    return shown if 0 < len(shown) <= 60 else type(value).__name__


def _expected(item: Mapping[str, Any], quoting: bool) -> str:
    context = item.get("ctx", {})
    if item["type"] == "value_error":
        # Words of our own, and some of them say what came.
        told = str(context["error"])
        return told if quoting else told.partition(", got ")[0]
    if item["type"] in ("literal_error", "enum"):
        words = re.findall("'([^']*)'", str(context["expected"]))
        return f"expected one of {', '.join(words)}"
    if item["type"] == "string_unicode":
        return "expected text without half a surrogate pair"
    message = str(item["msg"])
    start, found, rest = message.partition("Input should be ")
    # Where memory has a tuple, its writer wrote a list.
    return f"expected {rest.replace('a valid tuple', 'a list')}" if found and not start else message.lower()
