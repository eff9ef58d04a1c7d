"""
Access logs of web servers and content networks, one request a line.

Read are the combined format of Apache and nginx, with or without a virtual host before and fields behind; one JSON
object a line; and the extended log file format, whose columns a line ``#Fields`` names.

Sources: https://httpd.apache.org/docs/2.4/logs.html#combined, https://www.w3.org/TR/WD-logfile.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

import re2

from ..errors import InputError
from .access_json import is_hit, object_hit, zoneless
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .hits import HOST, Hit, draft_of, referring_shop, target_of
from .lines import FIELDS, Line, lines_of
from .parsing import moment, read_json

__all__ = ["NORMALISER"]

_LINE: Final = re2.compile(
    r'^(\S.*?)\s+\[(\d[^\]]*)\]\s+(?:([\w.:-]+)\s+)?"((?:[^"\\]|\\.)*)"\s+(\d{3}|-)'
    r'\s+(\d{1,15}|-)(?:\s+"((?:[^"\\]|\\.)*)"\s+"((?:[^"\\]|\\.)*)")?(.*)$'
)
# What nearly every line is. Not RE2, whose Python side takes ten times as long; nothing here can be read in two ways.
_USUAL: Final = re.compile(
    r'([^\s"\[\]]+) [^\s"\[\]]+ [^\s"\[\]]+ \[(\d[^\]]*)\] "([^"\\]*)" (\d{3}) (\d{1,15}|-)'
    r'(?: "([^"\\]*)" "([^"\\]*)"( .*)?)?',
    re.ASCII,
)
_TIME: Final = re.compile(
    r"(\d{1,2})/([A-Za-z]{3})/(\d{4}):(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?: ([+-])(\d\d):?(\d\d)| Z)?", re.ASCII
)
_MONTHS: Final[tuple[str, ...]] = tuple("jan feb mar apr may jun jul aug sep oct nov dec".split())
_ADDRESS: Final = re2.compile(r"(?i)^(\d{1,3}(\.\d{1,3}){3}|\[?[0-9a-f]*:[0-9a-f:.%\w]*\]?|-|unknown)(:\d+)?,?$")
_DURATION: Final = re2.compile(r'(?:\brt|\brequest_time)[=:]"?(\d{1,6}\.\d{1,6})')
_TRAEFIK: Final = re2.compile(r" (\d{1,9})ms$")
_LOG_LINE: Final = re2.compile(r'(?m)^\S+.{0,200}\[\d{1,2}/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "')
_COLUMNS: Final = re2.compile(r"(?m)^#Fields:.*\bsc-status\b")


# Lines of one second stand together.
@lru_cache(maxsize=64)
def _instant(text: str) -> tuple[datetime, bool] | None:
    match = _TIME.fullmatch(text)
    if match is None:
        found = moment(text)
        return None if found is None else (found, zoneless(text))
    if match.group(2).lower() not in _MONTHS:
        return None
    day, month, year, hour, minute, second, sign, hours, minutes = match.groups()
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
    try:
        zone = timezone(offset)
        found = datetime(
            int(year), _MONTHS.index(month.lower()) + 1, int(day), int(hour), int(minute), min(int(second), 59), 0, zone
        )
        return found.astimezone(UTC), sign is None and not text.endswith("Z")
    except (ValueError, OverflowError):
        return None


def _milliseconds(rest: str) -> int | None:
    if not rest:
        return None
    told = _DURATION.search(rest)
    if told is not None:
        return int(Decimal(told.group(1)) * 1000)
    told = _TRAEFIK.search(rest)
    return int(told.group(1)) if told is not None else None


def _combined(line: str) -> Hit | str:
    usual = _USUAL.fullmatch(line)
    match = usual or _LINE.match(line)
    if match is None:
        return 'expected a line like: address - - [time] "request" status bytes; got another shape'
    if usual is not None:
        head, time, request, status, size, referer, agent, rest = usual.groups()
        served = None
    else:
        head, time, served, request, status, size, referer, agent, rest = match.groups()
    instant = _instant(time)
    if instant is None:
        return "expected a time like 01/Mar/2026:09:00:03 +0000 in brackets, got another"
    words = head.split()
    vhost = None
    named = len(words) > 3 and HOST.match(words[0]) and not _ADDRESS.match(words[0])
    if named and words[1] != "-" and (_ADDRESS.match(words[1]) or HOST.match(words[1])):
        vhost, words = words[0], words[1:]
    elif served and HOST.match(served) and not _ADDRESS.match(served):
        vhost = served
    method, target = target_of(request)
    return Hit(
        at=instant[0],
        zoneless=instant[1],
        method=method,
        target=target,
        status=None if status in ("-", "000") else int(status),
        address=words[0] if words[0] != "-" else None,
        agent=agent or "",
        host=vhost.split(":")[0].lower() if vhost else None,
        size=None if size == "-" else int(size),
        duration_ms=_milliseconds(rest or ""),
        referer=referer if referer not in (None, "", "-") else None,
    )


def _columns(line: str) -> tuple[str, ...] | None:
    name, _, told = line.partition(":")
    return tuple(told.split()) if name.strip().lower() == "#fields" else None


def _table(line: str, columns: tuple[str, ...]) -> Hit | str:
    cells = line.split("\t") if "\t" in line else line.split()
    if len(cells) != len(columns):
        return f"expected {len(columns)} columns as #Fields says, got {len(cells)}"
    return object_hit(dict(zip(columns, cells, strict=True)))


def _object(line: Line) -> Hit | str:
    item: Any = line.item
    if item is None:
        try:
            item = read_json(line.text)
        except InputError as e:
            return str(e)
    return object_hit(item)


def _hits(envelope: Envelope) -> Iterator[tuple[Line, Hit | str]]:
    columns = _columns(envelope.header(FIELDS) or "")
    for line in lines_of(envelope):
        if line.item is not None or line.text.startswith("{"):
            yield line, _object(line)
        elif line.text.startswith("#"):
            columns = _columns(line.text) or columns
        elif columns is not None:
            yield line, _table(line.text, columns)
        else:
            yield line, _combined(line.text)


def _read(envelope: Envelope, _: Scope) -> Iterator[Draft | Refused]:
    found = list(_hits(envelope))
    named = any(isinstance(hit, Hit) and hit.host for _, hit in found)
    hosts = set() if named else {h for _, hit in found if isinstance(hit, Hit) and (h := referring_shop(hit))}
    shop = hosts.pop() if len(hosts) == 1 else None
    for line, hit in found:
        if isinstance(hit, Hit):
            yield draft_of(hit, line, shop)
        else:
            yield line.refused(hit)


def _fits_text(text: str) -> bool:
    return _LOG_LINE.search(text[:4000]) is not None or _COLUMNS.search(text[:4000]) is not None


def _fits(body: Mapping[str, Any]) -> bool:
    return is_hit(body)


NORMALISER: Final = Normaliser(
    kind="web_access_log",
    provider="access_log",
    source_kind="access_log",
    version=4,
    read=_read,
    aliases=("access_log",),
    fits=_fits,
    fits_text=_fits_text,
    many=True,
    may_be_empty=True,
    without_claim="not_applicable",
)
