"""Hits: one request to a storefront, as any access log tells it, and the draft that comes of it."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

import attrs
import re2

from .bots import is_bot
from .drafts import Draft
from .lines import Line
from .origins import origins_of
from .routes import route_of

__all__ = ["HOST", "METHODS", "Hit", "draft_of", "host_of", "network_of", "referring_shop", "target_of"]

METHODS: Final = frozenset("GET HEAD POST PUT PATCH DELETE OPTIONS CONNECT TRACE PROPFIND PURGE".split())
HOST: Final = re2.compile(r"(?i)^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+(:\d+)?$")
_ADDRESS: Final = re2.compile(r"^\d{1,3}(\.\d{1,3}){3}(:\d+)?$")
_REQUEST: Final = re2.compile(r"^([A-Za-z]{3,10}) (\S.*?)(?: HTTP/[\d.]+)?$")
_PRODUCT: Final = re2.compile(r"(?i)/products?/(\d{2,20})(?:/|$|\?)")
_POP: Final = re2.compile(r"^[A-Za-z]{3,4}[A-Za-z0-9-]{0,8}$")
_FOREIGN: Final = (
    "google.", "bing.", "yahoo.", "duckduckgo.", "baidu.", "yandex.", "facebook.", "instagram.", "pinterest.", "t.co",
    "twitter.", "tiktok.", "youtube.", "reddit.", "linkedin.", "ecosia.",
)  # fmt: skip


@attrs.frozen(kw_only=True)
class Hit:
    """
    One request.

    Attributes:
        at: When, in UTC.
        zoneless: Whether the log gave no zone, so that UTC is assumed.
        method, target: As asked for; ``-`` and ``/`` for what is no HTTP.
        status: What was answered; None where nothing was.
        address, agent: Whose request it was; both leave as a pseudonym only.
        host: Host that was asked.
        size: Bytes of the answer.
        duration_ms: How long it took.
        referer: Page that led to it.
        pop: Point of presence of the content network.
    """

    at: datetime
    zoneless: bool = False
    method: str
    target: str
    status: int | None
    address: str | None
    agent: str
    host: str | None = None
    size: int | None = None
    duration_ms: int | None = None
    referer: str | None = None
    pop: str | None = None


@lru_cache(maxsize=1024)
def target_of(request: str) -> tuple[str, str]:
    """Return method and target of a request line; ``-`` and ``/`` where it is none."""
    match = _REQUEST.match(request)
    if match is None or match.group(1).upper() not in METHODS:
        return "-", "/"
    return match.group(1).upper(), match.group(2)


def host_of(text: str | None) -> str | None:
    """Return a host's name without port in small letters; None for an address or what is no name."""
    if not text or not HOST.match(text) or _ADDRESS.match(text):
        return None
    return text.split(":")[0].lower()


@lru_cache(maxsize=4096)
def network_of(address: str) -> str | None:
    """Return the network of an address, cut to 24 bits, or 48 of the newer kind; None for a name or what is neither."""
    text = address.strip().rstrip(",")
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return str(ip_network((found, 24 if found.version == 4 else 48), strict=False))


def referring_shop(hit: Hit) -> str | None:
    """Return the shop whose page loaded a picture or script, or None."""
    # Only for pictures and scripts: these are loaded by a page of the same shop, while a link comes from anywhere.
    if hit.referer is None or route_of(hit.target).name != "asset":
        return None
    try:
        host = urlsplit(hit.referer).hostname
    except ValueError:
        return None
    if host is None or not HOST.match(host) or any(host.startswith(f) or f".{f}" in host for f in _FOREIGN):
        return None
    return host.lower()


@lru_cache(maxsize=4096)
def _product_in(target: str) -> str | None:
    match = _PRODUCT.search(target)
    return str(match.group(1)) if match is not None else None


def draft_of(hit: Hit, line: Line, shop: str | None) -> Draft:
    """Return the draft of a hit; `shop` is the host where the log names none."""
    route = route_of(hit.target)
    well_formed = hit.method != "-"
    host = hit.host or shop
    return Draft(
        kind="http.request",
        topic="http.request",
        merchant=host,
        occurred_at=hit.at,
        dedup=("access_log", line.digest(), *line.place),
        ids={"product_id": _product_in(hit.target)},
        people={"visitor": f"{hit.address}|{hit.agent}" if hit.address else None},
        status=hit.status if hit.status is not None and 100 <= hit.status <= 599 else None,
        metrics={"bytes": hit.size, "duration_ms": hit.duration_ms},
        features=frozenset({"request.scan"}) if route.scan else origins_of(hit.target, hit.referer, host),
        attrs={
            "handoff": route.handoff,
            "bot": is_bot(hit.agent),
            "host": host,
            "pop": hit.pop if hit.pop and _POP.match(hit.pop) else None,
            "time_zone": "unknown" if hit.zoneless else None,
        },
        sealed={
            "agent": hit.agent if hit.agent not in ("", "-") else None,
            "network": network_of(hit.address) if hit.address else None,
        },
        exact={
            "raw_topic": "http_access",
            "method": hit.method,
            "route_class": route.name if well_formed else "other",
            "route": route.template if well_formed else "/",
        },
    )
