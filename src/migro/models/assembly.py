"""
Assembly: a signal out of parts that their maker has put right, without asking pydantic about each of them.

A normaliser scrubs, sorts and bounds what it read, so that nearly every signal is valid before anybody looks. That is
seen here in a few comparisons of exact types; whatever is not of them is validated whole, and fails as it always did.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, TypedDict, TypeVar, Unpack, cast, get_args

from ..expressions.quantities import bounded
from .scales import Auth, Environment, Hint
from .signal import MerchantId, ResourceRef, Signal

__all__ = ["Parts", "altered", "assembled"]

S = TypeVar("S", bound=Signal)


class Parts(TypedDict):
    """The fields of a plain signal; given in its order, which is how they are kept."""

    kind: str
    merchant: MerchantId | None
    occurred_at: datetime
    received_at: datetime
    source_kind: str
    provider: str
    topic: str
    dedup_key: str
    resource: ResourceRef | None
    ids: dict[str, str]
    severity_hint: Hint | None
    state: str | None
    status: int | None
    env: Environment
    auth: Auth
    metrics: dict[str, int | Decimal]
    attrs: dict[str, bool | str | tuple[str, ...]]
    features: frozenset[str]
    shifted: int
    normalizer: str
    id: str


_STR: Final = {str}
_HINTS: Final = frozenset({None, *get_args(Hint)})
_ENVIRONMENTS: Final = frozenset(get_args(Environment))
_AUTHS: Final = frozenset(get_args(Auth))
_NOTHING: Final = MappingProxyType[str, Any]({})
_put: Final = object.__setattr__


def assembled(**parts: Unpack[Parts]) -> Signal:
    """
    Return `Signal(**parts)`, by a shorter way where each part has exactly the type that a valid one has.

    Raises:
        ValidationError: What `Signal` itself says about them.
    """
    if not _is_valid(parts):
        return Signal(**parts)
    found = cast(dict[str, Any], parts)
    made = Signal.__new__(Signal)
    # As a copy is made: every field is there, and each is valid.
    _put(made, "__pydantic_fields_set__", set(found))
    _put(made, "__pydantic_extra__", None)
    _put(made, "__pydantic_private__", None)
    found["ids"] = _kept(parts["ids"])
    found["metrics"] = _kept(parts["metrics"])
    found["attrs"] = _kept(parts["attrs"])
    _put(made, "__dict__", found)
    return made


def altered(signal: S, told: Mapping[str, Any]) -> S:
    """Return ``signal.model_copy(update=told)`` by a shorter way: nobody validates what is told."""
    made = type(signal).__new__(type(signal))
    _put(made, "__pydantic_fields_set__", signal.__pydantic_fields_set__ | told.keys())
    _put(made, "__pydantic_extra__", None)
    _put(made, "__pydantic_private__", None)
    _put(made, "__dict__", {**vars(signal), **told})
    return made


def _kept(held: dict[str, Any]) -> Mapping[str, Any]:
    """Return what `read_only` does."""
    if not held:
        return _NOTHING
    return MappingProxyType(dict(sorted(held.items())) if len(held) > 1 else held.copy())


def _is_valid(parts: Parts) -> bool:
    """Return whether validation would take every part as it is; False where only validation itself can say."""
    ids, metrics, attrs, features = parts["ids"], parts["metrics"], parts["attrs"], parts["features"]
    if not (type(ids) is dict and type(metrics) is dict and type(attrs) is dict and type(features) is frozenset):
        return False
    words: list[Any] = [
        parts["kind"], parts["source_kind"], parts["provider"], parts["topic"], parts["dedup_key"], parts["env"],
        parts["auth"], parts["normalizer"], parts["id"],
        *ids, *ids.values(), *metrics, *attrs, *features,
    ]  # fmt: skip
    for value in attrs.values():
        if type(value) is tuple:
            words += value
        elif type(value) is not bool:
            words.append(value)
    for maybe in (parts["merchant"], parts["state"], parts["severity_hint"]):
        if maybe is not None:
            words.append(maybe)
    resource = parts["resource"]
    if resource is not None:
        if type(resource) is not tuple or len(resource) != 2:
            return False
        words += resource
    # Only `str` itself, of which nobody can have changed what being equal means.
    return (
        set(map(type, words)) == _STR
        and _is_writable("".join(words))
        and parts["severity_hint"] in _HINTS
        and parts["env"] in _ENVIRONMENTS
        and parts["auth"] in _AUTHS
        and bool(parts["dedup_key"] and parts["id"])
        and _is_utc(parts["occurred_at"])
        and _is_utc(parts["received_at"])
        and (parts["status"] is None or (type(parts["status"]) is int and _is_number(parts["status"])))
        and type(parts["shifted"]) is int
        and (not metrics or all(map(_is_number, metrics.values())))
    )


def _is_writable(text: str) -> bool:
    """Return whether there is no half of a surrogate pair in it."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_utc(value: object) -> bool:
    return type(value) is datetime and value.tzinfo is UTC


def _is_number(value: object) -> bool:
    if type(value) is not int and type(value) is not Decimal:
        return False
    try:
        bounded(value)
    except ValueError:
        return False
    return True
