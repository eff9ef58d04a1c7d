"""
Access logs as one JSON object a line: every server and content network has its own names for the same few things.

Sources: https://caddyserver.com/docs/caddyfile/directives/log,
https://doc.traefik.io/traefik/observe/logs-and-access-logs/,
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html,
https://www.fastly.com/documentation/guides/integrations/streaming-logs/custom-log-formats,
https://developers.cloudflare.com/logs/reference/log-fields/zone/http_requests/,
https://nginx.org/en/docs/http/ngx_http_log_module.html (the names of nginx are its variables).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from urllib.parse import unquote

import re2

from .hits import METHODS, Hit, host_of, target_of
from .parsing import at, moment, whole, word

__all__ = ["instant_of", "is_hit", "object_hit", "zoneless"]

_TIMES: Final = (
    "StartUTC", "EdgeStartTimestamp", "time_iso8601", "@timestamp", "timestamp", "ts", "start_time", "time_start",
    "time_local", "msec", "time", "EdgeEndTimestamp", "date_time", "datetime", "StartLocal",
)  # fmt: skip
_METHODS: Final = (
    "request.method", "request_method", "RequestMethod", "ClientRequestMethod", "cs-method", "http.request.method",
    "httpRequest.requestMethod", "proxy.method", "method", "http_method", "verb", "req.method",
)  # fmt: skip
_TARGETS: Final = (
    "request.uri", "request_uri", "RequestPath", "ClientRequestURI", "cs-uri-stem", "url.original", "url.path",
    "httpRequest.requestUrl", "proxy.path", "http.target", "uri", "path", "url", "req.url", "requestUrl",
)  # fmt: skip
_LINES: Final = ("request", "request_line", "requestLine")
_STATUSES: Final = (
    "status", "DownstreamStatus", "EdgeResponseStatus", "sc-status", "response_status", "http.response.status_code",
    "httpRequest.status", "proxy.statusCode", "response_code", "status_code", "statusCode", "OriginStatus",
    "response.status_code", "res.statusCode",
)  # fmt: skip
_HOSTS: Final = (
    "request.host", "http_host", "RequestHost", "RequestAddr", "ClientRequestHost", "x-host-header", "cs(Host)",
    "proxy.host", "url.domain", "authority", "vhost", "host", "server_name", "hostname", "origin_host",
)  # fmt: skip
_ADDRESSES: Final = (
    "request.client_ip", "request.remote_ip", "ClientHost", "ClientIP", "c-ip", "client_ip", "http_x_forwarded_for",
    "x_forwarded_for", "remote_addr", "source.ip", "client.ip", "httpRequest.remoteIp", "proxy.clientIp", "remote_ip",
    "ip", "clientip",
)  # fmt: skip
_AGENTS: Final = (
    "request.headers.User-Agent", "http_user_agent", "request_User-Agent", "ClientRequestUserAgent", "cs(User-Agent)",
    "request_user_agent", "user_agent.original", "httpRequest.userAgent", "proxy.userAgent", "user_agent", "userAgent",
    "agent",
)  # fmt: skip
_REFERERS: Final = (
    "request.headers.Referer", "http_referer", "request_Referer", "ClientRequestReferer", "cs(Referer)",
    "request_referer", "http.request.referrer", "httpRequest.referer", "referer", "referrer",
)  # fmt: skip
_SIZES: Final = (
    "size", "body_bytes_sent", "DownstreamContentSize", "EdgeResponseBytes", "sc-bytes", "response_body_size",
    "http.response.bytes", "httpRequest.responseSize", "bytes_sent", "bytes", "resp_body_size",
)  # fmt: skip
_DURATIONS: Final = (
    # The name and how many of its units make a millisecond, as a power of ten; Caddy may write units behind.
    ("Duration", 6), ("request_time", -3), ("time-taken", -3), ("time_elapsed", 3), ("duration", -3),
    ("event.duration", 6), ("httpRequest.latency", -3), ("duration_ms", 0), ("response_time_ms", 0), ("latency_ms", 0),
)  # fmt: skip
_POPS: Final = ("x-edge-location", "EdgeColoCode", "pop", "fastly_pop", "datacenter")
_ZONE: Final = re2.compile(r"(?i)(z|utc|gmt|[+-]\d\d:?\d\d)$")
_SPAN: Final = re2.compile(r"^(\d{1,12}(?:\.\d{1,12})?)(ns|us|µs|ms|s)?$")
_UNITS: Final[Mapping[str, int]] = {"ns": 6, "us": 3, "µs": 3, "ms": 0, "s": -3}
_LONGEST: Final = 10**12


def _found(item: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    for name in names:
        value = item.get(name)
        if value is None and "." in name:
            value = at(item, name)
        if isinstance(value, list):
            value = value[0] if value else None
        if value not in (None, "", "-") and not isinstance(value, Mapping):
            return value
    return None


def _word(item: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    value = _found(item, names)
    return word(value) if isinstance(value, str) else None


def zoneless(value: Any) -> bool:
    """Return whether a time is in words and names no zone."""
    text = value.strip() if isinstance(value, str) else ""
    return bool(text) and not _ZONE.search(text) and not text.replace(".", "", 1).isdigit()


def instant_of(item: Mapping[str, Any]) -> tuple[datetime | None, bool]:
    """Return when something happened, and whether its zone is unknown."""
    day, clock = item.get("date"), item.get("time")
    if isinstance(day, str) and isinstance(clock, str):
        # Two columns, as the extended log file format has them, which says that they are in UTC.
        return moment(f"{day}T{clock}Z"), False
    for name in _TIMES:
        value = item.get(name)
        found = moment(value)
        if found is not None:
            return found, zoneless(value)
    return None, False


def _status(item: Mapping[str, Any]) -> int | None:
    return next((n for name in _STATUSES if (n := whole(_found(item, (name,)))) is not None), None)


def _asked(item: Mapping[str, Any]) -> tuple[str, str] | None:
    method, target = _word(item, _METHODS), _word(item, _TARGETS)
    line = _word(item, _LINES)
    if method is None and line is not None and line.upper() in METHODS:
        method = line  # Fastly's examples call the method the request
    elif line is not None and (method is None or target is None):
        return target_of(line)
    if target is None:
        return None
    query = _word(item, ("cs-uri-query",))
    if query is not None and "?" not in target:
        target = f"{target}?{query}"
    return (method or "GET").upper() if (method or "GET").upper() in METHODS else "-", target


def _duration(item: Mapping[str, Any]) -> int | None:
    for name, power in _DURATIONS:
        value = _found(item, (name,))
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            continue
        match = _SPAN.match(str(value).strip())
        if match is None:
            continue
        try:
            exact = Decimal(match.group(1)).scaleb(-_UNITS.get(match.group(2) or "", power))
        except InvalidOperation:
            continue
        if exact < _LONGEST:
            return int(exact)
    return None


def is_hit(item: Mapping[str, Any]) -> bool:
    """Return whether an object tells a request to a web server: when, what for, and with which status."""
    told = _word(item, _METHODS) is not None or _word(item, _LINES) is not None
    status = _status(item)
    answered = status is not None and (status == 0 or 100 <= status <= 599)
    return told and answered and instant_of(item)[0] is not None and _asked(item) is not None


def object_hit(item: Mapping[str, Any]) -> Hit | str:
    """Return the request that an object tells, or what was expected of it."""
    instant, unsure = instant_of(item)
    if instant is None:
        return "expected an access log entry with a time, such as timestamp or ts, got none"
    asked = _asked(item)
    if asked is None:
        return "expected an access log entry with a method and a path, got none"
    method, target = asked
    status = _status(item)
    if status is None:
        return "expected an access log entry with a status, got none"
    agent = _word(item, _AGENTS) or ""
    return Hit(
        at=instant,
        zoneless=unsure,
        method=method,
        target=target if method != "-" else "/",
        # Caddy's 0 says that nobody waited for the answer.
        status=status or None,
        address=(_word(item, _ADDRESSES) or "").split(",")[0].strip() or None,
        # CloudFront writes blanks as %20.
        agent=unquote(agent) if "%20" in agent and " " not in agent else agent,
        host=host_of(_word(item, _HOSTS)),
        size=whole(_found(item, _SIZES)),
        duration_ms=_duration(item),
        referer=_word(item, _REFERERS),
        pop=_word(item, _POPS),
    )
