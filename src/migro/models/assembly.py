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
from typing import Any, Final, get_args

from ..expressions.quantities import bounded
from .scales import Auth, Environment, Hint
from .signal import MerchantId, ResourceRef, Signal

__all__ = ["assembled"]

_STR: Final = {str}
_HINTS: Final = frozenset({None, *get_args(Hint)})
_ENVIRONMENTS: Final = frozenset(get_args(Environment))
_AUTHS: Final = frozenset(get_args(Auth))
_FIELDS: Final = frozenset(Signal.model_fields) - {"shifted"}
_put: Final = object.__setattr__


def assembled(
    *,
    kind: str,
    merchant: MerchantId | None,
    occurred_at: datetime,
    received_at: datetime,
    source_kind: str,
    provider: str,
    topic: str,
    dedup_key: str,
    resource: ResourceRef | None,
    ids: Mapping[str, str],
    severity_hint: Hint | None,
    state: str | None,
    status: int | None,
    env: Environment,
    auth: Auth,
    metrics: Mapping[str, int | Decimal],
    attrs: Mapping[str, bool | str | tuple[str, ...]],
    features: frozenset[str],
    normalizer: str,
    id: str,  # noqa: A002  # as the field is called
) -> Signal:
    """
    Return `Signal` with these fields, by a shorter way where each has exactly the type that a valid one has.

    Raises:
        ValidationError: What `Signal` itself says about them.
    """
    found: dict[str, Any] = {
        "kind": kind,
        "merchant": merchant,
        "occurred_at": occurred_at,
        "received_at": received_at,
        "source_kind": source_kind,
        "provider": provider,
        "topic": topic,
        "dedup_key": dedup_key,
        "resource": resource,
        "ids": ids,
        "severity_hint": severity_hint,
        "state": state,
        "status": status,
        "env": env,
        "auth": auth,
        "metrics": metrics,
        "attrs": attrs,
        "features": features,
        "shifted": 0,
        "normalizer": normalizer,
        "id": id,
    }
    if not _is_valid(found):
        del found["shifted"]
        return Signal(**found)
    for place in ("ids", "metrics", "attrs"):
        held = found[place]
        found[place] = MappingProxyType(dict(sorted(held.items())) if len(held) > 1 else {**held})
    made = Signal.__new__(Signal)
    # As a copy is made: every field is there, and each is valid.
    _put(made, "__dict__", found)
    _put(made, "__pydantic_fields_set__", set(_FIELDS))
    _put(made, "__pydantic_extra__", None)
    _put(made, "__pydantic_private__", None)
    return made


def _is_valid(found: Mapping[str, Any]) -> bool:
    """Return whether validation would take every value as it is; False where only validation itself can say."""
    ids, metrics, attrs, features = found["ids"], found["metrics"], found["attrs"], found["features"]
    resource, status = found["resource"], found["status"]
    if not (
        type(ids) is type(metrics) is type(attrs) is dict
        and type(features) is frozenset
        and _is_utc(found["occurred_at"])
        and _is_utc(found["received_at"])
        and (status is None or type(status) is int)
        and (resource is None or (type(resource) is tuple and len(resource) == 2))
        and found["dedup_key"]
        and found["id"]
    ):
        return False
    words = [found[name] for name in _WORDS]
    words += [found[name] for name in _MAYBE_WORDS if found[name] is not None]
    words += ids
    words += ids.values()
    words += attrs
    if resource is not None:
        words += resource
    if metrics:
        if not all(map(_is_number, metrics.values())):
            return False
        words += metrics
    if features:
        words += features
    for value in attrs.values():
        if type(value) is tuple:
            words += value
        elif type(value) is not bool:
            words.append(value)
    return (
        set(map(type, words)) == _STR
        and _is_text("".join(words))
        and found["severity_hint"] in _HINTS
        and found["env"] in _ENVIRONMENTS
        and found["auth"] in _AUTHS
    )


_WORDS: Final = ("kind", "source_kind", "provider", "topic", "dedup_key", "env", "auth", "normalizer", "id")
_MAYBE_WORDS: Final = ("merchant", "severity_hint", "state")


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


def _is_text(text: str) -> bool:
    """Return whether a text has a form in UTF-8: half a surrogate pair has none."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
