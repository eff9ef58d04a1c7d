"""
Access logs in the combined format of Apache and nginx, with or without a virtual host before and fields behind.

Source: https://httpd.apache.org/docs/2.4/logs.html#combined
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

import attrs
import re2

from ..errors import InputError
from .bots import is_bot
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .parsing import moment
from .routes import route_of

__all__ = ["NORMALISER"]

_LINE: Final = re2.compile(
    r'^(\S.*?)\s+\[(\d[^\]]*)\]\s+(?:([\w.:-]+)\s+)?"((?:[^"\\]|\\.)*)"\s+(\d{3}|-)'
    r'\s+(\d{1,15}|-)(?:\s+"((?:[^"\\]|\\.)*)"\s+"((?:[^"\\]|\\.)*)")?(.*)$'
)
_TIME: Final = re2.compile(
    r"^(\d{1,2})/([A-Za-z]{3})/(\d{4}):(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?: ([+-])(\d\d):?(\d\d)| Z)?$"
)
_MONTHS: Final[tuple[str, ...]] = tuple("jan feb mar apr may jun jul aug sep oct nov dec".split())
_REQUEST: Final = re2.compile(r"^([A-Za-z]{3,10}) (\S.*?)(?: HTTP/[\d.]+)?$")
_ADDRESS: Final = re2.compile(r"(?i)^(\d{1,3}(\.\d{1,3}){3}|\[?[0-9a-f]*:[0-9a-f:.%\w]*\]?|-|unknown)(:\d+)?,?$")
_HOST: Final = re2.compile(r"(?i)^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+(:\d+)?$")
_DURATION: Final = re2.compile(r'(?:\brt|\brequest_time)[=:]"?(\d{1,6}\.\d{1,6})')
_PRODUCT: Final = re2.compile(r"(?i)/products?/(\d{2,20})(?:/|$|\?)")
_METHODS: Final = frozenset("GET HEAD POST PUT PATCH DELETE OPTIONS CONNECT TRACE PROPFIND PURGE".split())
_FOREIGN: Final = (
    "google.", "bing.", "yahoo.", "duckduckgo.", "baidu.", "yandex.", "facebook.", "instagram.", "pinterest.", "t.co",
    "twitter.", "tiktok.", "youtube.", "reddit.", "linkedin.", "ecosia.",
)  # fmt: skip
_LOG_LINE: Final = re.compile(r'^\S+.{0,200}\[\d{1,2}/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "', re.MULTILINE)


@attrs.frozen(kw_only=True)
class _Hit:
    """One line, taken apart."""

    line: str
    address: str
    vhost: str | None
    at: datetime
    request: str
    status: int | None
    size: int | None
    referer: str | None
    agent: str
    rest: str


# Lines of one second stand together.
@lru_cache(maxsize=64)
def _instant(text: str) -> datetime | None:
    match = _TIME.match(text)
    if match is None:
        return moment(text)
    if match.group(2).lower() not in _MONTHS:
        return None
    day, month, year, hour, minute, second, sign, hours, minutes = match.groups()
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
    try:
        zone = timezone(offset)
        found = datetime(
            int(year), _MONTHS.index(month.lower()) + 1, int(day), int(hour), int(minute), min(int(second), 59), 0, zone
        )
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _hit(line: str) -> _Hit | str:
    match = _LINE.match(line)
    if match is None:
        return 'expected a line like: address - - [time] "request" status bytes; got another shape'
    head, time, served, request, status, size, referer, agent, rest = match.groups()
    instant = _instant(time)
    if instant is None:
        return "expected a time like 01/Mar/2026:09:00:03 +0000 in brackets, got another"
    words = head.split()
    vhost = None
    named = len(words) > 3 and _HOST.match(words[0]) and not _ADDRESS.match(words[0])
    if named and words[1] != "-" and (_ADDRESS.match(words[1]) or _HOST.match(words[1])):
        vhost, words = words[0], words[1:]
    elif served and _HOST.match(served) and not _ADDRESS.match(served):
        vhost = served
    return _Hit(
        line=line,
        address=words[0],
        vhost=vhost.split(":")[0].lower() if vhost else None,
        at=instant,
        request=request,
        status=None if status in ("-", "000") else int(status),
        size=None if size == "-" else int(size),
        referer=referer if referer not in (None, "", "-") else None,
        agent=agent or "",
        rest=rest or "",
    )


def _referer_host(hit: _Hit) -> str | None:
    # Only for pictures and scripts: these are loaded by a page of the same shop, while a link comes from anywhere.
    if hit.referer is None or route_of(_target(hit.request)[1]).name != "asset":
        return None
    try:
        host = urlsplit(hit.referer).hostname
    except ValueError:
        return None
    if host is None or not _HOST.match(host) or any(host.startswith(f) or f".{f}" in host for f in _FOREIGN):
        return None
    return host.lower()


@lru_cache(maxsize=1024)
def _target(request: str) -> tuple[str, str]:
    match = _REQUEST.match(request)
    if match is None or match.group(1).upper() not in _METHODS:
        return "-", "/"
    return match.group(1).upper(), match.group(2)


def _draft(hit: _Hit, ordinal: int, shop: str | None) -> Draft:
    method, target = _target(hit.request)
    route = route_of(target)
    well_formed = method != "-"
    duration = _DURATION.search(hit.rest)
    product = _PRODUCT.search(target)
    status = hit.status if hit.status is not None and 100 <= hit.status <= 599 else None
    host = hit.vhost or shop
    return Draft(
        kind="http.request",
        topic="http.request",
        merchant=host,
        occurred_at=hit.at,
        # A repeated line in one file is another request; the same file observed again is a redelivery.
        dedup=("access_log", hashlib.sha256(hit.line.encode("utf-8", "replace")).hexdigest(), ordinal),
        ids={"product_id": product.group(1) if product else None},
        people={"visitor": f"{hit.address}|{hit.agent}" if hit.address != "-" else None},
        status=status,
        metrics={
            "bytes": hit.size,
            "duration_ms": int(Decimal(duration.group(1)) * 1000) if duration else None,
        },
        attrs={
            "handoff": route.handoff,
            "bot": is_bot(hit.agent),
            "host": host,
        },
        exact={
            "raw_topic": "http_access",
            "method": method,
            "route_class": route.name if well_formed else "other",
            "route": route.template if well_formed else "/",
        },
    )


def _lines(envelope: Envelope) -> list[str]:
    body = envelope.body
    if isinstance(body, list) and all(isinstance(line, str) for line in body):
        return body
    if not isinstance(body, str):
        raise InputError(f"expected an access log as text, got {type(body).__name__}")
    return body.split("\n")


def _read(envelope: Envelope, _: Scope) -> Iterator[Draft | Refused]:
    lines = [line.strip("\r\ufeff ") for line in _lines(envelope)]
    found = [(number, line, _hit(line)) for number, line in enumerate(lines, start=1) if line.strip()]
    hosts = {host for _, _, hit in found if isinstance(hit, _Hit) and (host := _referer_host(hit))}
    named = any(isinstance(hit, _Hit) and hit.vhost for _, _, hit in found)
    shop = hosts.pop() if len(hosts) == 1 and not named else None
    seen: Counter[str] = Counter()
    for number, line, hit in found:
        seen[line] += 1
        if isinstance(hit, _Hit):
            yield _draft(hit, seen[line], shop)
        else:
            yield Refused(reason=f"{hit} (line {number})", content=line, ordinal=seen[line])


def _fits_text(text: str) -> bool:
    return _LOG_LINE.search(text[:4000]) is not None


NORMALISER: Final = Normaliser(
    kind="web_access_log",
    provider="access_log",
    source_kind="access_log",
    version=2,
    read=_read,
    aliases=("access_log",),
    fits_text=_fits_text,
    many=True,
    may_be_empty=True,
    without_claim="not_applicable",
)
