"""Addresses: which endpoint a path names, and what else stands in it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote

import attrs

__all__ = ["Address", "address_of"]


@attrs.frozen(kw_only=True)
class Address:
    """
    Where a request goes.

    Attributes:
        endpoint: The endpoint's name.
        secret: What stands behind it; None for nothing. Part of the secret, so never shown.
        query: The first value of each parameter.
    """

    endpoint: str
    secret: str | None = attrs.field(default=None, repr=False)
    query: Mapping[str, str] = attrs.field(factory=dict, repr=False)


def address_of(path: str, prefix: str) -> Address | None:
    """Return what ``/in/shop-a``, ``/in/shop-a/secret`` or ``/in/shop-a?challenge=x`` means; None for another path."""
    path, _, query = path.partition("?")
    if not path.startswith(prefix):
        return None
    parts = [unquote(part) for part in path.removeprefix(prefix).removesuffix("/").split("/")]
    if not 1 <= len(parts) <= 2 or not all(parts):
        return None
    # The first of several values: what a proxy in front may have looked at.
    found: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, max_num_fields=None):
        found.setdefault(name, value)
    return Address(endpoint=parts[0], secret=parts[1] if len(parts) == 2 else None, query=found)
