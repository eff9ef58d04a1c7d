"""Labels and tags of alerts: which of them may pass, and what they are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .parsing import exact_id

__all__ = ["environment_of", "first", "label_ids", "label_words", "labels_in", "merchant_of", "severity_of", "tags_in"]

_WORDS: Final = ("service", "component", "journey", "region", "route_class", "severity", "team")
_IDS: Final = ("host", "instance", "job", "namespace", "pod", "cluster", "node", "deployment", "release", "service")
_MERCHANT: Final = ("merchant", "merchant_id", "shop", "shop_domain", "shop_id", "store", "store_id", "tenant")
_ENVIRONMENT: Final = ("environment", "env", "stage", "deployment_environment")
_SEVERITY: Final = ("severity", "priority", "level")
_MOST: Final = 500
"""Tags of one alert that are looked at."""


def labels_in(*holders: Any) -> dict[str, str]:
    """Return the labels of several mappings as one; a later one wins, and what is no mapping holds none."""
    found: dict[str, str] = {}
    for holder in holders:
        if isinstance(holder, Mapping):
            found |= {n: text for n, v in holder.items() if (text := exact_id(v)) is not None}
    return found


def tags_in(value: Any) -> dict[str, str]:
    """Return tags written as ``env:prod,host:web-1``, as one text or as a list; of equal names the first counts."""
    texts: list[Any] = value.split(",", _MOST) if isinstance(value, str) else value if isinstance(value, list) else []
    found: dict[str, str] = {}
    for text in texts[:_MOST]:
        name, colon, rest = (text if isinstance(text, str) else "").strip().partition(":")
        if colon and name and rest.strip():
            found.setdefault(name.strip().lower().replace("-", "_"), rest.strip())
    return found


def first(labels: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    """Return the value of the first name that is there."""
    return next((labels[n] for n in names if n in labels), None)


def merchant_of(labels: Mapping[str, str]) -> str | None:
    """Return the merchant whom the labels name, or None."""
    return first(labels, _MERCHANT)


def environment_of(labels: Mapping[str, str]) -> str | None:
    """Return the label that says where it happened, as written."""
    return first(labels, _ENVIRONMENT)


def severity_of(labels: Mapping[str, str]) -> str | None:
    """Return the label that says how bad it is, as written."""
    return first(labels, _SEVERITY)


def label_words(labels: Mapping[str, str]) -> dict[str, str | None]:
    """Return the labels that may pass as words."""
    return {n: labels.get(n) for n in _WORDS}


def label_ids(labels: Mapping[str, str]) -> dict[str, str | None]:
    """Return the labels that may pass as ids."""
    return {n: labels.get(n) for n in _IDS}
