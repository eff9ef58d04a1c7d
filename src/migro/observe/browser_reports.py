"""
What browsers report by themselves: violations of the content security policy, and how long pages took.

Anybody can send these, nothing is signed, and one page view may send twenty; add them up by the minute with
`migro.observe.aggregation` before rules see them.

Sources: https://www.w3.org/TR/CSP3/#deprecated-serialize-violation, https://www.w3.org/TR/reporting-1/,
https://github.com/GoogleChrome/web-vitals#send-the-results-to-an-analytics-endpoint
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit

import re2

from ..errors import InputError
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .hits import host_of
from .lines import Line, lines_of
from .parsing import exact_id, moment, read_json, whole, word
from .routes import route_of

__all__ = ["CSP", "VITALS"]

_EXTENSION: Final = re2.compile(r"(?i)^(?:chrome|moz|safari|safari-web|ms-browser|edge|opera)-extension\b")
_SCHEMES: Final = frozenset("about blob chrome data eval filesystem inline mediastream self wasm-eval".split())
_DIRECTIVE: Final = re2.compile(r"^[a-z]{3,12}(?:-[a-z]{2,10}){0,3}$")
_COUNTRY: Final = re2.compile(r"^[A-Za-z]{2}$")
_EDGES: Final = (
    100, 200, 300, 400, 500, 600, 800, 1_000, 1_200, 1_500, 1_800, 2_000, 2_500, 3_000, 3_500, 4_000, 5_000, 6_000,
    8_000, 10_000, 15_000, 20_000, 30_000, 60_000,
)  # fmt: skip
"""Upper ends of the classes of speed, in milliseconds; every limit of the shipped rules is one."""
_COLUMNS: Final = {"TTFB": "ttfb_ms", "LCP": "lcp_ms", "INP": "inp_ms"}
_VITALS: Final = frozenset({*_COLUMNS, "CLS", "FCP", "FID"})
_LONGEST: Final = 10**7


def _items(envelope: Envelope) -> Iterator[tuple[Line, Mapping[str, Any] | Refused]]:
    for line in lines_of(envelope):
        try:
            item = line.item if line.item is not None else read_json(line.text)
        except InputError as e:
            yield line, line.refused(str(e))
            continue
        if isinstance(item, Mapping):
            yield line, item
        else:
            yield line, line.refused(f"expected a report as a JSON object, got {type(item).__name__}")


def _session(envelope: Envelope, item: Mapping[str, Any]) -> str | None:
    """Return what stands for a visit: what the page says, else address and user agent."""
    told = next((s for n in ("session", "sessionId", "session_id", "visit_id") if (s := exact_id(item.get(n)))), None)
    if told is not None:
        return told
    names = ("CF-Connecting-IP", "True-Client-IP", "X-Real-IP", "X-Forwarded-For")
    address = next((a for n in names if (a := envelope.header(n))), None)
    return f"{address.split(',')[0].strip()}|{envelope.header('User-Agent') or ''}" if address else None


def _place(envelope: Envelope) -> str | None:
    """Return when the delivery came: browsers have no ids, and the same report at another time is another one."""
    return None if envelope.received_at is None else envelope.received_at.isoformat()


def _page(text: object) -> tuple[str | None, dict[str, str]]:
    """Return the host of a page, and its route."""
    address = word(text)
    if address is None:
        return None, {}
    try:
        host = urlsplit(address).hostname
    except ValueError:
        return None, {}
    route = route_of(address)
    return host_of(host), {"route_class": route.name, "route": route.template}


def _blocked(text: object) -> str:
    """Return the host that was blocked, or the keyword for what has none, such as ``inline``."""
    address = (word(text) or "inline").lower()
    try:
        host = urlsplit(address).hostname
    except ValueError:
        host = None
    if host is not None and not _EXTENSION.match(address):
        return host
    scheme = address.partition(":")[0]
    return scheme if scheme in _SCHEMES else "extension" if _EXTENSION.match(address) else "other"


def _csp(line: Line, item: Mapping[str, Any], envelope: Envelope) -> Draft | Refused:
    """Return the draft of one report; both serialisations name the same things differently."""
    held, old = item.get("csp-report"), True
    if not isinstance(held, Mapping):
        held, old = item.get("body"), False
        if item.get("type") != "csp-violation" or not isinstance(held, Mapping):
            return _other(line, item, envelope)
    names = (
        ("blocked-uri", "effective-directive", "document-uri", "source-file")
        if old
        else ("blockedURL", "effectiveDirective", "documentURL", "sourceFile")
    )
    blocked, directive, page, source = (word(held.get(n)) for n in names)
    directive = directive or word(held.get("violated-directive"))
    directive = directive.split()[0].lower() if directive else None
    host, route = _page(page or item.get("url"))
    foreign = any(_EXTENSION.match(t) for t in (blocked, source) if t is not None)
    return Draft(
        kind="rum.csp",
        topic="rum.csp",
        raw_topic="csp-violation",
        merchant=host,
        occurred_at=_then(item, envelope),
        dedup=("csp", line.digest(), _session(envelope, item), _place(envelope), *line.place),
        people={"session": _session(envelope, item)},
        metrics={"sessions": 1},
        attrs={
            "host": _blocked(blocked),
            "report_only": word(held.get("disposition")) == "report",
            "foreign": foreign,
            "directive": directive if directive and _DIRECTIVE.match(directive) else None,
        },
        exact=route,
    )


def _other(line: Line, item: Mapping[str, Any], envelope: Envelope) -> Draft | Refused:
    told = word(item.get("type"))
    if told is None or not isinstance(item.get("body"), Mapping) or not _DIRECTIVE.match(told):
        return line.refused("expected a report with csp-report, or with type and body, got neither")
    host, route = _page(item.get("url"))
    return Draft(
        kind="platform.event",
        topic=f"browser.{told}",
        raw_topic=told,
        merchant=host,
        occurred_at=_then(item, envelope),
        dedup=("report", line.digest(), _session(envelope, item), _place(envelope), *line.place),
        exact=route,
    )


def _then(item: Mapping[str, Any], envelope: Envelope) -> datetime | None:
    """Return when it happened: browsers say how old a report is, not what time it was."""
    age = whole(item.get("age"))
    if age is None or envelope.received_at is None or not 0 <= age <= 86_400_000:
        return None
    return envelope.received_at - timedelta(milliseconds=age)


def _read_csp(envelope: Envelope, _: Scope) -> Iterator[Draft | Refused]:
    for line, item in _items(envelope):
        yield item if isinstance(item, Refused) else _csp(line, item, envelope)


def _milliseconds(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not 0 <= value < _LONGEST:
        return None
    return next((edge for edge in _EDGES if value <= edge), _EDGES[-1])


def _vital(line: Line, item: Mapping[str, Any], envelope: Envelope) -> Draft | Refused:
    name = (word(item.get("name")) or word(item.get("metric")) or "").upper()
    if name not in _VITALS:
        return line.refused(f"expected a measure such as LCP, got {'another' if name else 'none'}")
    column = _COLUMNS.get(name)
    spent = _milliseconds(item.get("value"))
    if column is not None and spent is None:
        return line.refused(f"expected {name} with a value in milliseconds, got another")
    host, route = _page(next((u for n in ("url", "href", "page", "path") if (u := word(item.get(n)))), None))
    country = next((c for n in ("CF-IPCountry", "X-Vercel-IP-Country") if (c := envelope.header(n))), "")
    view = exact_id(item.get("id"))
    told = next((t for n in ("timestamp", "time", "ts") if (t := moment(item.get(n)))), None)
    return Draft(
        # Rules read times; a shift of the layout is none, and the others have successors.
        kind="rum.timings" if column is not None else "rum.vital",
        topic="rum.timings" if column is not None else "rum.vital",
        raw_topic=name,
        merchant=host,
        occurred_at=told,
        # The library numbers the views of a page; without a number it is the delivery that tells them apart.
        dedup=("vitals", name, view) if view else ("vitals", name, line.digest(), _place(envelope), *line.place),
        ids={"view": view},
        people={"session": _session(envelope, item)},
        metrics={"views": 1} | ({column: spent} if column is not None else {}),
        attrs={"region": country.upper() if _COUNTRY.match(country) else None},
        exact=route,
    )


def _read_vitals(envelope: Envelope, _: Scope) -> Iterator[Draft | Refused]:
    for line, item in _items(envelope):
        yield item if isinstance(item, Refused) else _vital(line, item, envelope)


def _fits_csp(body: Mapping[str, Any]) -> bool:
    old = isinstance(body.get("csp-report"), Mapping)
    return old or (body.get("type") == "csp-violation" and isinstance(body.get("body"), Mapping))


def _fits_vitals(body: Mapping[str, Any]) -> bool:
    named = isinstance(body.get("name"), str) and body["name"] in _VITALS
    return named and {"value", "id"} <= body.keys()


CSP: Final = Normaliser(
    kind="csp_report",
    provider="browser",
    source_kind="rum",
    version=1,
    read=_read_csp,
    fits=_fits_csp,
    many=True,
)

VITALS: Final = Normaliser(
    kind="web_vitals",
    provider="browser",
    source_kind="rum",
    version=1,
    read=_read_vitals,
    fits=_fits_vitals,
    many=True,
)
