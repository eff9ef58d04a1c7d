"""
Error logs: nginx, Apache, PHP and php-fpm, Caddy, and what Node programs write, stack traces folded to one event.

Most of these formats name no time zone; UTC is assumed then, or the ``assumed_zone`` of the endpoint, and
``attrs.time_zone`` says ``unknown`` or ``assumed``.

Sources: https://nginx.org/en/docs/ngx_core_module.html#error_log, https://httpd.apache.org/docs/2.4/logs.html#errorlog,
https://www.php.net/manual/en/errorfunc.configuration.php#ini.error-log, https://getpino.io/#/docs/api
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import attrs
import re2

from ..errors import InputError
from .access_json import instant_of, zoneless
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .hits import host_of
from .lines import Line, lines_of
from .log_events import LogEvent, log_draft, name_of
from .parsing import at, exact_id, moment, read_json, whole, word

__all__ = ["NORMALISER"]

_NGINX: Final = re2.compile(r"^(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) \[(\w{3,6})\] \d+#\d+: (?:\*\d+ )?(.*)$")
_APACHE: Final = re2.compile(
    r"^\[\w{3} (\w{3}) +(\d{1,2}) (\d\d:\d\d:\d\d)(?:\.\d+)? (\d{4})\] \[(?:[\w-]+:)?([a-z]+\d?)\] (.*)$"
)
_PHP: Final = re2.compile(r"^\[(\d\d)-(\w{3})-(\d{4}) (\d\d:\d\d:\d\d)(?: ([\w/+-]+))?\] (.*)$")
_TIMED: Final = re2.compile(
    r"^\[?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z| ?[+-]\d\d:?\d\d)?)\]?[ \t:|-]*(.*)$"
)
_LEVEL: Final = re2.compile(
    r"(?i)^\W{0,3}(?:PHP (?:message: )?)?(?:\w+ )??\[?\(?(trace|debug|verbose|info|notice|warning|warn|error|fatal|crit"
    r"|critical|alert|emerg|deprecated|parse)\b"
)
_FPM: Final = re2.compile(r"^(DEBUG|NOTICE|WARNING|ERROR|ALERT): (?:\[pool ([\w.-]+)\])?")
_FIELD: Final = re2.compile(r', (server|request|host): (?:"((?:[^"\\]|\\.)*)"|([^,\s]+))')
_ERROR: Final = re2.compile(r"^(?:Uncaught |Unhandled |\[?)(?:[A-Za-z_$][\w$]*\.)*[A-Z]?\w*(?:Error|Exception)\b")
_PLACE: Final = re2.compile(r"^(?:file://)?/\S+:\d+$")
_GOES_ON: Final = re2.compile(
    r"^(?:at |#\d+ |Stack trace:|Caused by|Next |\^|[\]})]|Node\.js v\d|goroutine \d|PHP +\d+\. |PHP Stack trace)"
)
_MONTHS: Final = {name: n for n, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), start=1)}
_NODE_LEVELS: Final = {10: "trace", 20: "debug", 30: "info", 40: "warn", 50: "error", 60: "fatal"}
_FIRST: Final = re2.compile(
    r"(?m)^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[\w{3,6}\] \d+#\d+: |^\[\w{3} \w{3} +\d{1,2} [\d:.]+ \d{4}\] \["
    r"|^\[\d\d-\w{3}-\d{4} \d\d:\d\d:\d\d(?: [\w/+-]+)?\] |^\w*(?:Error|Exception): .*\n\s+at "
)
_LONGEST: Final = 200
"""Lines of one event that are looked at; a stack that goes on is still the same event."""


@attrs.define
class _Entry:
    """What was read of an event so far."""

    line: Line
    at: datetime | None = None
    zoneless: bool = False
    level: str | None = None
    worker: str | None = None
    texts: list[str] = attrs.field(factory=list)

    def text(self) -> str:
        return "\n".join(self.texts)

    def named(self) -> bool:
        """Return whether the error itself has been read, and not only where it was or what came before."""
        awaited = _PLACE.match(self.texts[0]) or self.texts[0].startswith("Traceback (most recent")
        return not awaited or any(_ERROR.match(t) for t in self.texts[1:])


def _calendar(day: str, month: str, year: str, clock: str) -> str | None:
    number = _MONTHS.get(month[:3].title())
    return f"{year}-{number:02}-{int(day):02}T{clock}" if number else None


def _in_zone(text: str | None, zone: str | None) -> tuple[datetime | None, bool]:
    """Return an instant, and whether its zone is unknown."""
    if text is None:
        return None, False
    if zone in ("UTC", "GMT", "Z"):
        return moment(f"{text}Z"), False
    if zone is not None:
        try:
            local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
            return moment(local.astimezone(UTC).isoformat()), False
        except (OSError, ValueError, KeyError, OverflowError):
            pass  # a name of a zone that this machine does not know
    return moment(text), True


def _start(line: Line) -> _Entry | None:
    """Return the event that a line begins, where it begins with a time."""
    text = line.text
    match = _NGINX.match(text)
    if match is not None:
        when, level, said = match.groups()
        return _Entry(line, moment(when.replace("/", "-")), True, level, "nginx", [said])
    match = _APACHE.match(text)
    if match is not None:
        month, day, clock, year, level, said = match.groups()
        when = _calendar(day, month, year, clock)
        return _Entry(line, moment(when), True, level, "apache", [said])
    match = _PHP.match(text)
    if match is not None:
        day, month, year, clock, zone, said = match.groups()
        instant, unsure = _in_zone(_calendar(day, month, year, clock), zone)
        pool = _FPM.match(said)
        if pool is not None:
            worker = f"php-fpm {pool.group(2)}" if pool.group(2) else "php-fpm"
            return _Entry(line, instant, unsure, str(pool.group(1)).lower(), worker, [said])
        return _Entry(line, instant, unsure, _said_level(said), "php", [said])
    match = _TIMED.match(text)
    if match is not None:
        when, said = match.groups()
        return _Entry(line, moment(when.replace(",", ".")), zoneless(when), _said_level(said), None, [said])
    return None


def _said_level(text: str) -> str | None:
    match = _LEVEL.match(text)
    return str(match.group(1)).lower() if match is not None else "error" if _ERROR.match(text) else None


def _entries(lines: list[Line]) -> Iterator[_Entry | tuple[Line, Mapping[str, Any]]]:
    """Yield events, each with the lines that belong to it, and the objects of lines that are JSON."""
    current: _Entry | None = None
    for line in lines:
        item = line.item if line.item is not None else _object(line.text)
        begun = _start(line) if item is None and not line.indented else None
        if begun is None and item is None and current is not None and _belongs(line, current):
            if len(current.texts) < _LONGEST:
                # Frames are told by their indent.
                current.texts.append(f"  {line.text}" if line.indented else line.text)
            continue
        if current is not None:
            yield current
        current = None
        if item is not None:
            yield line, item
        else:
            current = begun or _Entry(line, level=_said_level(line.text), texts=[line.text])
    if current is not None:
        yield current


def _belongs(line: Line, current: _Entry) -> bool:
    if line.indented or _GOES_ON.match(line.text) or not current.named():
        return True
    # Under a line with a time, whatever has none goes on with it, except an error that begins for itself.
    begins = _PLACE.match(line.text) or line.text.startswith("Traceback (most recent")
    if begins or (current.worker or "").startswith("php-fpm"):
        return False
    return current.worker is not None or (current.at is not None and not _ERROR.match(line.text))


def _object(text: str) -> Mapping[str, Any] | None:
    if not text.startswith("{") or not text.endswith("}"):
        return None
    try:
        item = read_json(text)
    except InputError:
        return None
    return item if isinstance(item, Mapping) else None


def _fields(text: str) -> dict[str, str]:
    return {m.group(1): m.group(2) or m.group(3) for m in _FIELD.finditer(text)}


def _of_entry(entry: _Entry) -> LogEvent:
    text = entry.text()
    fields = _fields(text) if entry.worker == "nginx" else {}
    return LogEvent(
        text=text,
        dedup=("error_log", entry.line.digest(), *entry.line.place),
        at=entry.at,
        zoneless=entry.zoneless and entry.at is not None,
        level=entry.level or ("error" if any(_ERROR.match(t) for t in entry.texts) else None),
        merchant=host_of(fields.get("host")) or host_of(fields.get("server")),
        worker=entry.worker,
        request=fields.get("request"),
    )


def _of_object(line: Line, item: Mapping[str, Any]) -> LogEvent | str:
    error = next((e for n in ("err", "error", "exception") if isinstance(e := item.get(n), Mapping)), {})
    said = [item.get(n) for n in ("msg", "message", "error", "err")]
    said += [error.get("message"), error.get("stack"), item.get("stack"), item.get("stack_trace"), item.get("trace")]
    texts = [t for t in said if isinstance(t, str) and t.strip()]
    if not texts:
        return "expected a log entry with a message, got none"
    instant, unsure = instant_of(item)
    level = item.get("level", item.get("severity"))
    number = whole(level)
    request = at(item, "request.method"), at(item, "request.uri")
    asked = all(isinstance(r, str) for r in request)
    return LogEvent(
        text="\n".join(texts),
        dedup=("error_log", line.digest(), *line.place),
        at=instant,
        zoneless=unsure,
        level=_NODE_LEVELS.get(number) if number is not None else word(level),
        merchant=host_of(word(at(item, "request.host"))),
        worker=next((n for k in ("service", "name", "logger", "app", "worker") if (n := name_of(item.get(k)))), None),
        request=" ".join(map(str, request)) if asked else None,
        status=whole(item.get("status")) if asked else None,
        ids={n: exact_id(item.get(n)) for n in ("trace_id", "span_id")},
        release=name_of(item.get("release") or item.get("version")),
        exception=next((t for n in ("type", "name") if (t := name_of(error.get(n)))), None),
    )


def _read(envelope: Envelope, _: Scope) -> Iterator[Draft | Refused]:
    for found in _entries(lines_of(envelope)):
        if isinstance(found, _Entry):
            yield log_draft(_of_entry(found))
            continue
        line, item = found
        event = _of_object(line, item)
        yield line.refused(event) if isinstance(event, str) else log_draft(event)


def _fits_text(text: str) -> bool:
    return _FIRST.search(text[:4000]) is not None


def _fits(body: Mapping[str, Any]) -> bool:
    if str(body.get("logger", "")).startswith("http.log.error"):
        return True
    return {"level", "time", "pid", "hostname", "msg"} <= body.keys()


NORMALISER: Final = Normaliser(
    kind="web_error_log",
    provider="error_log",
    source_kind="app_log",
    version=1,
    read=_read,
    aliases=("error_log",),
    fits=_fits,
    fits_text=_fits_text,
    many=True,
    may_be_empty=True,
    without_claim="not_applicable",
)
