"""The wire formats that are understood: one normaliser each, in a file of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from . import access_log, alertmanager, bigcommerce, host, sentry, shopify, stripe, tickets, zendesk
from .drafts import Normaliser

__all__ = ["FORMATS", "KINDS", "NORMALISERS", "kind_of"]

FORMATS: Final[tuple[Normaliser, ...]] = (
    stripe.NORMALISER,
    bigcommerce.NORMALISER,
    alertmanager.NORMALISER,
    zendesk.NORMALISER,
    sentry.NORMALISER,
    host.NORMALISER,
    shopify.NORMALISER,
    access_log.NORMALISER,
    tickets.NORMALISER,
)
"""In the order in which an unnamed payload is compared with them."""

NORMALISERS: Final[Mapping[str, Normaliser]] = {n.kind: n for n in sorted(FORMATS, key=lambda n: n.kind)}
"""By the name of the wire format."""

KINDS: Final = tuple(NORMALISERS)
"""The wire formats that are understood; every other becomes a signal of kind ``unknown``."""

_ALIASES: Final = {alias: n.kind for n in FORMATS for alias in n.aliases}


def kind_of(name: str) -> str:
    """Return the wire format that a name stands for."""
    return _ALIASES.get(name, name)
