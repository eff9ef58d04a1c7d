"""
OpenTelemetry logs as OTLP/JSON: records under scopes under resources, one signal for each record.

Source: https://opentelemetry.io/docs/specs/otel/logs/data-model/ and https://opentelemetry.io/docs/specs/otlp/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any, Final

import attrs
import re2

from ..errors import InputError
from ..models.scales import Hint
from .drafts import Draft, Normaliser, Refused, Scope, environment
from .envelope import Envelope
from .log_events import LogEvent, log_draft, name_of
from .parsing import exact_id, moment, read_json, whole, word

__all__ = ["NORMALISER"]

_MERCHANT: Final = (
    "merchant", "merchant.id", "merchant_id", "shop", "shop.domain", "shop.id", "shop_id", "store", "store.id",
    "store_id", "tenant", "tenant.id",
)  # fmt: skip
_IDS: Final = {
    "order_id": ("order.id", "order_id"),
    "cart_ref": ("cart.id", "cart_id", "cart_ref"),
    "product_id": ("product.id", "product_id"),
    "request_id": ("http.request.id", "request.id", "request_id"),
}
_ENVIRONMENT: Final = ("deployment.environment.name", "deployment.environment", "environment", "env")
_METHOD: Final = ("http.request.method", "http.method")
_ROUTE: Final = ("http.route", "url.path", "http.target", "url.full", "http.url")
_STATUS: Final = ("http.response.status_code", "http.status_code")
_SEVERITIES: Final[tuple[tuple[int, str, Hint], ...]] = (
    (24, "fatal", "critical"), (20, "error", "high"), (16, "warn", "medium"), (12, "info", "info"),
    (8, "debug", "info"), (4, "trace", "info"),
)  # fmt: skip
_HEX: Final = re2.compile(r"^(?:[0-9A-Fa-f]{16}|[0-9A-Fa-f]{32})$")
_DEEPEST: Final = 4


def _value(value: Any, depth: int = 0) -> Any:
    """Return what an AnyValue holds: a word, a number, a truth value; None for bytes and what lies too deep."""
    if not isinstance(value, Mapping) or depth > _DEEPEST:
        return None
    if "intValue" in value:
        return whole(value["intValue"])
    for name in ("stringValue", "boolValue", "doubleValue"):
        if name in value:
            return value[name]
    held = value.get("arrayValue")
    if isinstance(held, Mapping) and isinstance(held.get("values"), list):
        return [_value(v, depth + 1) for v in held["values"][:50]]
    held = value.get("kvlistValue")
    if isinstance(held, Mapping):
        return _attributes(held.get("values"), depth + 1)
    return None


def _attributes(pairs: Any, depth: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pair in pairs[:200] if isinstance(pairs, list) else ():
        if isinstance(pair, Mapping) and isinstance(pair.get("key"), str):
            found[pair["key"]] = _value(pair.get("value"), depth)
    return found


def _first(names: tuple[str, ...], *holders: Mapping[str, Any]) -> str | None:
    return next((text for held in holders for n in names if (text := exact_id(held.get(n))) is not None), None)


def _texts(value: Any) -> Iterator[str]:
    """Yield the words of a body: the whole of it, or those under the names that a message goes by."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (v for n in ("message", "msg", "body", "error", "stack") if isinstance(v := value.get(n), str))
    elif isinstance(value, list):
        yield from (v for v in value if isinstance(v, str))


def _severity(record: Mapping[str, Any]) -> tuple[str | None, Hint | None]:
    """Return the word for a severity and its hint; a number says more exactly what was meant than the word."""
    told = word(record.get("severityText"))
    number = whole(record.get("severityNumber"))
    if number is None and isinstance(name := record.get("severityNumber"), str):
        # Some writers send the name of the enumeration's value, such as SEVERITY_NUMBER_ERROR2.
        name = name.removeprefix("SEVERITY_NUMBER_").rstrip("1234").lower()
        number = next((n for n, known, _ in _SEVERITIES if known == name), None)
    if number is not None and 0 < number <= 24:
        _, known, hint = next(s for s in reversed(_SEVERITIES) if number <= s[0])
        return told or known, hint
    return told, None


def _hex(value: Any) -> str | None:
    text = word(value)
    return text if text is not None and _HEX.match(text) and text.strip("0") else None


def _event(record: Mapping[str, Any], resource: Mapping[str, Any], logger: str | None) -> LogEvent:
    said = _attributes(record.get("attributes"))
    level, severe = _severity(record)
    service = name_of(resource.get("service.name"))
    trace, span = _hex(record.get("traceId")), _hex(record.get("spanId"))
    body = _value(record.get("body"))
    thrown = [said.get(f"exception.{n}") for n in ("type", "message", "stacktrace")]
    texts = [*_texts(body), *(t for t in thrown if isinstance(t, str))]
    times = word(str(record.get("timeUnixNano", ""))), word(str(record.get("observedTimeUnixNano", "")))
    method, route = _first(_METHOD, said), _first(_ROUTE, said)
    return LogEvent(
        text="\n".join(texts),
        # A collector that had no answer sends the same records again, perhaps in another batch.
        dedup=("otel", service, *times, trace, span, level, logger, "\n".join(texts)),
        at=moment(record.get("timeUnixNano")) or moment(record.get("observedTimeUnixNano")),
        level=level,
        severe=severe,
        merchant=_first(_MERCHANT, said, resource) or service,
        worker=service,
        request=f"{method or 'GET'} {route}" if route is not None else None,
        status=next((n for name in _STATUS if (n := whole(said.get(name))) is not None), None),
        env=environment(_first(_ENVIRONMENT, resource, said)),
        release=name_of(resource.get("service.version")),
        ids={
            "trace_id": trace,
            "span_id": span,
            "service_instance": exact_id(resource.get("service.instance.id")),
            **{name: _first(names, said) for name, names in _IDS.items()},
        },
        raw_topic=name_of(record.get("eventName")) or "otel.log",
        exception=thrown[0] if isinstance(thrown[0], str) else None,
    )


def _requests(envelope: Envelope) -> Iterator[Any]:
    """Yield the messages of a body: one, a list of them, or one a line as a collector's file exporter writes them."""
    try:
        body = envelope.value()
    except InputError:
        lines = [line for line in str(envelope.body).splitlines() if line.strip()]
        requests = [_request(line) for line in lines]
        if all(isinstance(request, Refused) for request in requests):
            raise  # one message that is broken, and no file of them
        yield from requests
        return
    yield from body if isinstance(body, list) else [body]


def _request(line: str) -> Any:
    try:
        return read_json(line)
    except InputError as e:
        return Refused(reason=str(e), content=line)


def _parts(held: Any, *names: str) -> list[Any]:
    if not isinstance(held, Mapping):
        return []
    return next((v for n in names if isinstance(v := held.get(n), list)), [])


def _records(request: Any) -> Iterator[tuple[dict[str, Any], str | None, Any]]:
    """Yield the records of an export, each with the attributes of its resource and the name of its logger."""
    for group in _parts(request, "resourceLogs", "resource_logs"):
        resource = _attributes(_parts(group.get("resource") if isinstance(group, Mapping) else None, "attributes"))
        for scoped in _parts(group, "scopeLogs", "scope_logs", "instrumentationLibraryLogs"):
            scope = scoped.get("scope") if isinstance(scoped, Mapping) else None
            logger = name_of(scope.get("name")) if isinstance(scope, Mapping) else None
            for record in _parts(scoped, "logRecords", "log_records", "logs"):
                yield resource, logger, record


def _read(envelope: Envelope, _: Scope) -> Iterator[Draft | Refused]:
    seen: dict[tuple[Any, ...], int] = {}
    # Equal ones of a delivery that are not understood are told apart by their number.
    numbers = count()
    for request in _requests(envelope):
        if isinstance(request, Refused):
            yield attrs.evolve(request, ordinal=next(numbers))
            continue
        if not isinstance(request, Mapping) or not request.keys() & {"resourceLogs", "resource_logs"}:
            reason = "expected OpenTelemetry logs as a JSON object with resourceLogs, got none"
            yield Refused(reason=reason, content=request, ordinal=next(numbers))
            continue
        for resource, logger, record in _records(request):
            if not isinstance(record, Mapping):
                reason = f"expected a log record as a JSON object, got {type(record).__name__}"
                yield Refused(reason=reason, content=record, ordinal=next(numbers))
                continue
            # Two equal records of one delivery are two events: a program may say a thing twice at one instant.
            event = _event(record, resource, logger)
            seen[event.dedup] = seen.get(event.dedup, 0) + 1
            yield log_draft(attrs.evolve(event, dedup=(*event.dedup, seen[event.dedup])))


def _fits(body: Mapping[str, Any]) -> bool:
    return "resourceLogs" in body


NORMALISER: Final = Normaliser(
    kind="otel_logs",
    provider="otel",
    source_kind="app_log",
    version=1,
    read=_read,
    aliases=("otlp_logs",),
    fits=_fits,
    many=True,
    without_claim="unsigned",
)
