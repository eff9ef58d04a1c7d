"""
EasyPost events: trackers of parcels, and batches, labels and claims beside them.

Sources: https://docs.easypost.com/docs/events, https://docs.easypost.com/guides/webhooks-guide
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final

import re2

from ..errors import InputError
from ..models.canonical import to_microseconds
from .claims import Claim, from_hex
from .drafts import Draft, Normaliser, Refused, Scope, environment
from .envelope import Envelope
from .parsing import at, exact_id, moment, whole, word
from .references import code_of, named
from .zones import unsaid_zone

__all__ = ["NORMALISER"]

_PREFIX: Final = "hmac-sha256-hex="
_FAILING: Final = frozenset({"failure", "error", "return_to_sender", "cancelled", "exception"})
_TYPE: Final = re2.compile(r"^[a-z_]{1,30}(\.[a-z_]{1,30}){1,3}$")
_CAMEL: Final = re2.compile(r"([a-z0-9])([A-Z])")
_COUNTS: Final = (
    ("shipments", "num_shipments"),
    ("purchased", "status.postage_purchased"),
    ("purchase_failed", "status.postage_purchase_failed"),
    ("creation_failed", "status.creation_failed"),
)


def _snake(name: str) -> str:
    return str(_CAMEL.sub(r"\1_\2", name)).lower()


def _read(envelope: Envelope, _: Scope) -> Iterator[Draft | Refused]:
    body = envelope.value()
    if not isinstance(body, Mapping):
        raise InputError(f"expected an EasyPost event as a JSON object, got {type(body).__name__}")
    kind_of_event = word(body.get("description"))
    if kind_of_event is None or not _TYPE.match(kind_of_event):
        raise InputError("expected an EasyPost event with a description such as tracker.updated, got another or none")
    given = body.get("result")
    thing: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    tracked = kind_of_event.startswith("tracker.")
    name = _snake(code_of(thing.get("object")) or kind_of_event.partition(".")[0])
    own, event = exact_id(thing.get("id")), exact_id(body.get("id"))
    state = code_of(thing.get("status")) or code_of(thing.get("state"))
    previous = code_of(at(body, "previous_attributes.status")) or code_of(at(body, "previous_attributes.state"))
    references, persons = named({"order_ref": thing.get("reference")})
    yield Draft(
        kind="fulfilment" if tracked else "platform.event",
        topic="fulfilment.changed" if tracked else kind_of_event,
        raw_topic=kind_of_event,
        merchant=exact_id(body.get("user_id")),
        occurred_at=moment(body.get("created_at")) or moment(thing.get("updated_at")),
        dedup=("easypost", event, kind_of_event, own, state, None if event else repr(body)),
        resource=(name, own),
        ids={
            **references,
            "event_id": event,
            f"{name}_id": own,
            "shipment_id": exact_id(thing.get("shipment_id")) or (own if name == "shipment" else None),
            "batch_id": exact_id(thing.get("batch_id")) or (own if name == "batch" else None),
        },
        people={**persons, "tracking_code": exact_id(thing.get("tracking_code"))},
        state=state,
        env=environment(word(body.get("mode")) or word(thing.get("mode"))),
        metrics={n: whole(at(thing, path)) for n, path in _COUNTS} if name == "batch" else {},
        attrs={
            "time_zone": unsaid_zone(body.get("created_at")),
            "carrier": code_of(thing.get("carrier")),
            "changed_from": previous,
            "status_detail": code_of(thing.get("status_detail")),
            "reason": (code_of(thing.get("status_detail")) or state) if tracked and state in _FAILING else None,
        },
    )


def _key(secret: str) -> bytes:
    return unicodedata.normalize("NFKD", secret).encode("utf-8", "surrogatepass")


def _signature(header: str) -> tuple[bytes, ...]:
    return (from_hex(header[len(_PREFIX) :] if header.lower().startswith(_PREFIX) else header),)


def _second_of(text: str) -> int | None:
    found = moment(text)
    if found is None:
        try:
            found = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    return to_microseconds(found) // 1_000_000 if found.tzinfo else None


def _claim(envelope: Envelope, raw: bytes) -> Claim | None:
    first = envelope.header("X-Hmac-Signature")
    if first:
        return Claim(signatures=_signature(first), message=raw, key=_key)
    second = envelope.header("X-Hmac-Signature-V2")
    if not second:
        return None
    stamp, path = envelope.header("X-Timestamp") or "", envelope.header("X-Path") or ""
    message = f"{stamp}POST{path}".encode("utf-8", "surrogatepass") + raw
    return Claim(signatures=_signature(second), message=message, key=_key, stamp=_second_of(stamp), timed=True)


def _fits(body: Mapping[str, Any]) -> bool:
    said = body.get("description")
    event = body.get("object") == "Event" or {"mode", "previous_attributes"} <= body.keys()
    return event and isinstance(said, str) and _TYPE.match(said) is not None and "result" in body


NORMALISER: Final = Normaliser(
    kind="easypost_webhook",
    provider="easypost",
    source_kind="shipping_webhook",
    version=1,
    read=_read,
    claim=_claim,
    headers=("x-hmac-signature",),
    fits=_fits,
)
