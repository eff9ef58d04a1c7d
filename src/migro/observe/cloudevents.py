"""
CloudEvents 1.0 over HTTP: the door for everything that has no file of its own.

Structured, batched and binary deliveries are read. Types of vendors that are known go to their readers, the type
``migro.signal`` carries signals that the host has made itself, and everything else becomes a ``platform.event``.

Sources: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md and, beside it, ``formats/json-format.md``
and ``bindings/http-protocol-binding.md``.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

from attrs import evolve

from ..errors import InputError
from ..models.signal import Signal
from . import adobe_commerce, commercetools, host, migro_signature
from .claims import Claim
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .parsing import exact_id, moment, read_json, whole
from .slugs import slug
from .zones import unsaid_zone

__all__ = ["NORMALISER"]

_REQUIRED: Final = ("id", "source", "specversion", "type")
_VENDORS: Final[tuple[tuple[str, Callable[[Mapping[str, Any]], Draft | Refused]], ...]] = (
    (commercetools.EVENTS, commercetools.from_event),
    (adobe_commerce.EVENTS, adobe_commerce.from_event),
)
_SIGNAL: Final = "migro.signal"
_STRUCTURED: Final = "application/cloudevents"


def _events(envelope: Envelope) -> Iterator[Any]:
    """Yield what a delivery holds, each as the object of the JSON format."""
    if _is_binary(envelope):
        yield _binary(envelope)
        return
    body = _body(envelope)
    yield from body if isinstance(body, list) else [body]


def _body(envelope: Envelope) -> Any:
    try:
        return envelope.value()
    except InputError:
        # Files and queues hold one event a line.
        lines = [line for line in str(envelope.body).splitlines() if line.strip()]
        if len(lines) < 2 or not isinstance(_line(lines[0]), Mapping):
            raise
        return [_line(line) for line in lines]


def _line(text: str) -> Any:
    try:
        return read_json(text)
    except InputError:
        return text


def _is_binary(envelope: Envelope) -> bool:
    if (envelope.header("Content-Type") or "").lower().startswith(_STRUCTURED):
        return False
    return all(envelope.header(f"ce-{name}") for name in ("type", "id"))


def _binary(envelope: Envelope) -> dict[str, Any]:
    named = ((name.lower(), value) for name, value in envelope.headers.items())
    event: dict[str, Any] = {n.removeprefix("ce-"): unquote(v) for n, v in named if n.startswith("ce-")}
    try:
        data = envelope.value()
    except InputError:
        data = envelope.body
    return event if data in (None, "") else {**event, "data": data}


def _decoded(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the event with its data as JSON, where they came as base64 or as text."""
    data, encoded = event.get("data"), event.get("data_base64")
    if data is None and isinstance(encoded, str):
        try:
            data = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, ValueError):
            return event
    if isinstance(data, str):
        try:
            data = read_json(data)
        except InputError:
            return event
    return {**event, "data": data}


def _missing(event: Any) -> str | None:
    """Return why something is no CloudEvent, or None."""
    if not isinstance(event, Mapping):
        return f"expected a CloudEvent as a JSON object, got {type(event).__name__}"
    absent = [name for name in _REQUIRED if exact_id(event.get(name)) is None]
    if absent:
        return f"expected a CloudEvent with {', '.join(_REQUIRED)}, got none of the name {absent[0]}"
    if str(event["specversion"]) not in ("1.0", "0.3"):
        return "expected specversion 1.0 or 0.3, got another"
    return None


def _read(envelope: Envelope, scope: Scope) -> Iterator[Draft | Refused | Signal]:
    for place, event in enumerate(_events(envelope)):
        reason = _missing(event)
        if reason is not None:
            yield Refused(reason=f"{reason} at event {place + 1}", content=event, ordinal=place)
            continue
        for found in _one(_decoded(event), envelope, scope):
            yield evolve(found, ordinal=place) if isinstance(found, Refused) else found


def _one(event: Mapping[str, Any], envelope: Envelope, scope: Scope) -> Iterator[Draft | Refused | Signal]:
    kind = str(event["type"])
    vendor = next((read for start, read in _VENDORS if kind.startswith(start)), None)
    if vendor is not None:
        yield vendor(event)
    elif kind == _SIGNAL or kind.startswith(f"{_SIGNAL}."):
        body = _signals(event, kind.removeprefix(_SIGNAL).removeprefix("."))
        yield from host.NORMALISER.read(envelope.model_copy(update={"body": body, "raw": None}), scope)
    else:
        yield _unknown(event, kind)


def _signals(event: Mapping[str, Any], kind: str) -> Any:
    """Return the data as the host would have sent them, with what the event says where they say nothing."""
    data = event.get("data")
    items = data if isinstance(data, list) else [data]
    known = {"kind": kind or None, "occurred_at": event.get("time"), "source_kind": "host", "provider": "host"}
    made = [
        {**{n: v for n, v in known.items() if v is not None}, "dedup_key": f"{event['source']}:{event['id']}:{place}",
         **item} if isinstance(item, Mapping) else item
        for place, item in enumerate(items)
    ]  # fmt: skip
    return made if isinstance(data, list) else made[0]


def _unknown(event: Mapping[str, Any], kind: str) -> Draft:
    source, name = exact_id(event.get("source")), slug(kind)
    sequence = whole(event.get("sequence"))
    return Draft(
        kind="platform.event",
        # A type is a name with dots by the specification; whoever puts a text there keeps it.
        topic=name.lower() if name is not None else "cloudevents.unnamed",
        raw_topic=name,
        occurred_at=moment(event.get("time")),
        dedup=("cloudevents", source, exact_id(event.get("id"))),
        ids={"event_id": exact_id(event.get("id"))},
        # A source is an address that may name a person; two events of one source still show that they are.
        sealed={"source_ref": source},
        metrics={"sequence": sequence},
        attrs={"specversion": slug(event.get("specversion")), "time_zone": unsaid_zone(event.get("time"))},
    )


def _claim(envelope: Envelope, raw: bytes) -> Claim | None:
    return adobe_commerce.claim(envelope, raw) or migro_signature.claim(envelope, raw)


def _fits(body: Mapping[str, Any]) -> bool:
    return set(_REQUIRED) <= body.keys()


NORMALISER: Final = Normaliser(
    kind="cloudevents",
    aliases=("cloudevent", "cloud_event"),
    provider="cloudevents",
    source_kind="cloud_event",
    version=1,
    read=_read,
    claim=_claim,
    headers=("ce-specversion", "ce-type"),
    fits=_fits,
    many=True,
)
