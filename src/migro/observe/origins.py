"""Where a request comes from, as far as its address and the page before it tell: a mail, checkout, the old shop."""

from __future__ import annotations

from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from ..expressions.patterns import compile_pattern
from .routes import route_of

__all__ = ["origins_of"]

_MAIL: Final = compile_pattern(
    r"(?i)[?&](utm_(source|medium)=(e-?mails?|(news|mail)letters?|mailings?|[\w.%+-]*e?mail)(&|#|$)|_kx=|mc_eid=)"
)
# Doors of mails alone: the shop sends them to one person each, and links nowhere to them.
_DOOR: Final = compile_pattern(
    r"(?i)^/([a-z]{2}([-_][a-z]{2})?/)?account/(activate|reset)/|^/([0-9]+/)?orders/[0-9a-f]{20,}"
)
_OLD_ID: Final = compile_pattern(
    r"(?i)^/([\w-]+/)?(catalog/product/view/(.*/)?id/\d+"
    r"|(products?|items?|details?|shop|index|viewitem)\.(php|aspx?|html?|jsp|cfm)\?(.*&)?"
    r"(id|pid|p|sku|art|artikel|item|product|products|prod|id_product|product_?id|prod_?id|item_?id)=\d+"
    r"|\?(p|product_?id)=\d+)"
)
_CHECKOUT_HOST: Final = compile_pattern(r"^(secure-?)?(checkout|checkouts|kasse|pay)[.-]")
_CHECKOUT_PAGE: Final = compile_pattern(r"(?i)^/([\w-]+/)?checkouts?(/|$)")
_PAGES: Final = frozenset(("account", "cart", "home", "other", "pdp", "plp", "search"))


@lru_cache(maxsize=4096)
def origins_of(target: str, referer: str | None, host: str | None) -> frozenset[str]:
    """
    Return ``link.from_mail``, ``link.from_checkout`` and ``link.legacy_id`` as far as they are true.

    Args:
        target: What was asked for, with its query.
        referer: The page that led there, or None.
        host: The host that was asked, or None where nobody says; without it only a checkout's own host is known.
    """
    found: set[str] = set()
    path = "/" + target.split("://", 1)[1].partition("/")[2] if "://" in target[:12] else target
    if route_of(target).name not in _PAGES or path.startswith("/api/"):
        return frozenset()
    if _MAIL.found_in(path) or _DOOR.found_in(path):
        found.add("link.from_mail")
    if _OLD_ID.found_in(path):
        found.add("link.legacy_id")
    if referer is not None and _is_checkout(referer, host):
        found.add("link.from_checkout")
    return frozenset(found)


def _is_checkout(referer: str, host: str | None) -> bool:
    try:
        parts = urlsplit(referer)
        before = (parts.hostname or "").lower()
    except ValueError:
        return False
    if not before or before == host:
        return False  # a checkout on the shop's own host leads to its own pages
    return _CHECKOUT_HOST.found_in(before) or (host is not None and _CHECKOUT_PAGE.found_in(parts.path))
