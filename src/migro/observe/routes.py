"""Paths of a storefront: what class of page they are, and the path without anything that names a person or thing."""

from __future__ import annotations

from functools import lru_cache
from typing import Final
from urllib.parse import unquote

import attrs

from ..expressions.patterns import compile_pattern

__all__ = ["Route", "route_in", "route_of"]

_HANDOFF: Final = compile_pattern(r"^/(cart/c/|checkouts?(/|$)|cart\.php|embedded-checkout)")
_SHORT: Final = frozenset({"c", "p", "dp"})
_SCAN: Final = compile_pattern(
    r"(?i)^/(wp-(admin|login|config|includes)|wordpress/|xmlrpc\.php|(old/|shop/|admin/)?phpmyadmin|pma(/|$)|adminer|cgi-bin/"
    r"|vendor/phpunit|actuator(/|$)|server-status$|solr/|manager/html|boaform|owa/|autodiscover/|telescope/|_ignition/)"
    r"|/\.(env|git|aws|ssh|svn|htpasswd|ds_store)|/(eval-stdin|shell|config|setup-config|phpinfo)\.php|/id_rsa$"
)
_LOCALE: Final = compile_pattern(r"(?i)^/([a-z]{2}([-_][a-z]{2})?|m|mobile)$")

# First match wins: what costs money before what only shows.
_CLASSES: Final = tuple(
    (name, compile_pattern(f"(?i){pattern}"))
    for name, pattern in (
        ("webhook", r"/(web)?hooks?(/|$)"),
        (
            "asset",
            r"\.(js|mjs|css|map|png|jpe?g|gif|webp|avif|svg|ico|woff2?|ttf|eot|mp4|webm|txt|xml|webmanifest)$"
            r"|^/(static|assets?|_next/(static|image)|_nuxt|cdn|images?|img|media|fonts?|favicon)(/|$)",
        ),
        (
            "payment",
            r"/(payments?|pay|paypal|klarna|stripe|adyen|mollie|braintree)(/|$)"
            r"|^/[0-9]+/(checkouts|orders)/.*/(processing|thank_you)",
        ),
        ("delivery", r"/(shipping|delivery|shipments?|tracking|track-order|order-status)(/|$|-)"),
        ("cart", r"^/(cart\.(js|json)|cart/(add|change|update|clear))"),
        (
            "checkout",
            r"^/(cart/c/|checkouts?(/|$|-)|embedded-checkout|onepage|kasse(/|$)|basket/checkout|order/confirm"
            r"|api/(checkouts?|storefront/checkouts?)(/|$)|[0-9]+/checkouts/|cart\.php\?.*checkout|place-?order)"
            r"|/checkouts?(/|$)",
        ),
        ("cart", r"^/(cart|basket|bag|warenkorb|panier)(/|$|\.php)|/carts?(/|$)|/basket(/|$)"),
        (
            "account",
            r"/(account|login|logout|log-in|sign-?in|sign-?up|sign-?out|register|my-?account|password|customers?|oauth"
            r"|auth|wishlist|profile)(/|$|\.php)|^/(account|login)",
        ),
        ("api", r"^/(api|graphql|rest|v[0-9]+|wp-json|store-api|\.well-known)(/|$)|/graphql(/|$)|\.json$|\.data$"),
        ("search", r"/(search|suggest|recherche|suche|find|catalogsearch)(/|$|\.php)"),
        ("pdp", r"/(products?|p|item|items|dp|pdp|artikel|produkt|prd)/.+|^/product-[^/]+|\.html$"),
        (
            "plp",
            r"/(collections?|categor(y|ies)|c|shop|catalog|brands?|filter|browse|products?|sale|new|departments?)(/|$)",
        ),
        ("home", r"^/?(index\.(html?|php))?$"),
    )
)

_ID: Final = compile_pattern(
    r"(?i)^[0-9]+$|^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{20,}$|^[0-9a-f]{12,}$|^[A-Za-z]{1,5}[_-]?[0-9]{3,}\w*$"
    r"|^[\w~-]{24,}$|^#?[0-9]{3,}[\w-]*$|^[0-9]+x[0-9]+$|^gid:"
)
_PLAIN: Final = compile_pattern(r"^[A-Za-z]{1,20}(\.(php|html?|txt|xml|json|js|ico))?$|^v[0-9]{1,2}$|^_[a-z]{2,8}$")
_KNOWN: Final = frozenset(
    "add all api auth c callback cart change checkout clear complete confirm confirmation contact create delivery "
    "details edit forgot graphql index.html information list login logout new payment payments pay place-order process "
    "processing rates register review shipping shipping-methods status steps submit success summary thank-you "
    "thank_you totals update validate address addresses customer billing session sessions items line-items "
    "products orders "
    "collections categories search webhooks hooks shopify stripe bigcommerce graphql.json cart.js cart.json".split()
)


@attrs.frozen(kw_only=True)
class Route:
    """
    What a path says without saying too much.

    Attributes:
        name: Class of the page, see `migro.packs.headless.signals.HttpRequest`.
        template: The path with ids, names and query taken out, such as ``/products/:slug``.
        handoff: Whether the path hands the shopper over to the platform's checkout.
        scan: Whether scanners for weak spots ask for such paths, and next to nobody else.
    """

    name: str
    template: str
    handoff: bool
    scan: bool = False


def _segment(text: str, *, leading: bool) -> str:
    if text.lower() in _KNOWN:
        return text.lower()
    if _ID.found_in(text):
        return ":id"
    # Names of people and things stand behind the first word, which names the section.
    return text.lower() if leading and _PLAIN.found_in(text) else ":slug"


def _template(path: str) -> str:
    found: list[str] = []
    leading = True
    for part in [p for p in path.split("/") if p][:8]:
        found.append(_segment(part, leading=leading))
        leading = leading and _LOCALE.found_in(f"/{part}") and part.lower() not in _SHORT
    return "/" + "/".join(found)


@lru_cache(maxsize=4096)
def route_of(target: str) -> Route:
    """Return the route of a request target: an absolute URL, or a path with or without a query."""
    path = target.split("#", 1)[0].split("?", 1)[0]
    if "://" in path[:12]:
        path = "/" + path.split("://", 1)[1].partition("/")[2]
    path = "/" + unquote(path, errors="replace").lstrip("/")
    head, _, tail = path[1:].partition("/")
    bare = f"/{tail}" if _LOCALE.found_in(f"/{head}") and head.lower() not in _SHORT else path
    name = next((n for n, pattern in _CLASSES if pattern.found_in(bare)), "other")
    return Route(name=name, template=_template(path), handoff=_HANDOFF.found_in(bare), scan=_SCAN.found_in(path))


def route_in(text: str | None) -> str | None:
    """Return the class of a route that a culprit, transaction or tag names, such as ``GET /checkout``, or None."""
    if not text:
        return None
    for part in text.split():
        if part.startswith(("/", "http://", "https://")):
            name = route_of(part).name
            return None if name == "other" else name
        for word in ("checkout", "payment", "cart", "search"):
            if word in part.lower() and ("/" in part or "." in part):
                return word
    return None
