"""
ShipStation webhooks: thin in the first API, an address to be fetched; with tracking data in the second.

The address is the sender's word, and the first API signs nothing: only an address at ShipStation is believed, so that
nobody can have something else fetched.

Sources: https://docs.shipstation.com/apis/shipstation-v1/docs/models/webhook,
https://docs.shipstation.com/apis/docs/guides/webhooks-schemas,
https://docs.shipstation.com/apis/docs/guides/webhooks-validation
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import re2

from ..errors import InputError
from ..models.canonical import to_microseconds
from .claims import Claim, from_base64
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .parsing import at, exact_id, moment, word
from .public_keys import installed, rsa_fits
from .references import code_of

__all__ = ["NORMALISER", "address_at_shipstation"]

_HOST: Final = re2.compile(r"^(ssapi\d{0,3}\.shipstation\.com|api\.shipstation\.com|api\.shipengine\.com)$")
_PATH: Final = re2.compile(r"^[A-Za-z0-9_./-]{0,200}$")
_VALUE: Final = re2.compile(r"^[A-Za-z0-9_.-]{1,100}$")
_QUERY: Final[Mapping[str, str]] = {
    "batchid": "batch_id",
    "importbatch": "import_batch_id",
    "storeid": "store_id",
    "orderid": "order_id",
    "ordernumber": "order_ref",
    "shipmentid": "shipment_id",
    "fulfillmentid": "fulfilment_id",
    "labelid": "label_id",
    "includeshipmentitems": "",
}
"""Parameters of an address that may pass, without their underscores and in small letters, and the ids that they are."""
_THING: Final = re2.compile(r"/(batches|labels|shipments|fulfillments|orders)/((?:se-)?\d{1,20})(?:/|$)")
_THINGS: Final[Mapping[str, str]] = {
    "batches": "batch_id",
    "labels": "label_id",
    "shipments": "shipment_id",
    "fulfillments": "fulfilment_id",
    "orders": "order_id",
}
_ABOUT: Final = ("fulfilment_id", "shipment_id", "label_id", "batch_id", "order_id")
_FULFILS: Final = re2.compile(
    r"^(?:(?:ITEM_)?(?:ORDER|SHIP)_NOTIFY|(?:API_)?(?:FULFILLMENT|SHIPMENT|LABEL|TRACK)(?:_.*)?)$"
)
_TYPE: Final = re2.compile(r"^[A-Z][A-Z0-9_]{1,60}$")


def address_at_shipstation(text: object) -> str | None:
    """
    Return the address, made anew of what may pass in it, or None where it is not safe to be fetched.

    It has to be ``https`` at a host of ShipStation, on the usual port and without a user's name. Parameters that are
    not known stay behind, since a tracking number leads to a person.
    """
    if not isinstance(text, str) or len(text) > 2000:
        return None
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        return None
    host = parts.hostname or ""
    # The name as it is written: what looks at "\\@" or at a user's name in another way must not read another host.
    safe = parts.scheme == "https" and _HOST.match(host) and parts.netloc.lower() in (host, f"{host}:443")
    if not safe or port not in (None, 443) or not _PATH.match(parts.path) or ".." in parts.path:
        return None
    query = [(n, v) for n, v in _parameters(parts.query) if _plain(n) in _QUERY and _VALUE.match(v)]
    return f"https://{host}{parts.path}" + (f"?{urlencode(query)}" if query else "")


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _parameters(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, max_num_fields=50)
    except ValueError:
        return []


def _ids(address: str) -> dict[str, str | None]:
    parts = urlsplit(address)
    ids: dict[str, str | None] = {
        name: v for n, v in _parameters(parts.query) if (name := _QUERY.get(_plain(n))) and v.lower() != "null"
    }
    match = _THING.search(parts.path)
    if match:
        ids[_THINGS[match.group(1)]] = match.group(2)
    return ids


def _scanned(data: Mapping[str, Any]) -> datetime | None:
    """Return when the carrier last saw the parcel."""
    events = data.get("events")
    seen = [t for e in (events if isinstance(events, list) else []) if (t := moment(at(e, "occurred_at")))]
    return max(seen, default=None) or moment(data.get("actual_delivery_date"))


def _read(envelope: Envelope, _: Scope) -> Iterator[Draft | Refused]:
    body = envelope.value()
    if not isinstance(body, Mapping):
        raise InputError(f"expected a ShipStation webhook as a JSON object, got {type(body).__name__}")
    kind_of_event = word(body.get("resource_type"))
    if kind_of_event is None or not _TYPE.match(kind_of_event):
        raise InputError("expected a ShipStation webhook with a resource_type, got another or none")
    given = body.get("data")
    data: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    address = address_at_shipstation(body.get("resource_url"))
    if address is None and (body.get("resource_url") is not None or not data):
        raise InputError("expected a resource_url at a host of ShipStation over https, got another or none")
    ids = _ids(address or "")
    ids["label_id"] = ids.get("label_id") or exact_id(data.get("label_id"))
    ids["shipment_id"] = ids.get("shipment_id") or exact_id(data.get("shipment_id"))
    fulfils = _FULFILS.match(kind_of_event) is not None
    state = code_of(data.get("status_code")) or code_of(data.get("status"))
    scanned = _scanned(data)
    parcel = exact_id(data.get("tracking_number"))
    about = next(((name.removesuffix("_id"), ids[name]) for name in _ABOUT if ids.get(name)), None)
    yield Draft(
        kind="fulfilment" if fulfils else "platform.event",
        topic="fulfilment.changed" if fulfils else kind_of_event.lower(),
        raw_topic=kind_of_event,
        merchant=ids.get("store_id"),
        occurred_at=scanned,
        # There is no id of the delivery: the address names the batch of changes, and tracking data their latest.
        dedup=("shipstation", kind_of_event, word(body.get("resource_url")), parcel, state,
               None if scanned is None else to_microseconds(scanned)),
        resource=about,
        ids=ids,
        people={"tracking_code": parcel},
        state=state,
        attrs={
            "carrier": code_of(data.get("carrier_code")),
            "status_detail": code_of(data.get("status_detail_code")),
            "reason": "rejected" if kind_of_event.startswith("FULFILLMENT_REJECTED") else None,
        },
        exact={"resource_url": address} if address else {},
    )  # fmt: skip


def _claim(envelope: Envelope, raw: bytes) -> Claim | None:
    signed = envelope.header("X-ShipEngine-RSA-SHA256-Signature")
    if not signed:
        return None
    stamp = envelope.header("X-ShipEngine-Timestamp") or ""
    then = moment(stamp)
    message = f"{stamp}.".encode("utf-8", "surrogatepass") + raw
    signature = from_base64(signed)
    return Claim(
        proves=lambda secret: rsa_fits(secret, (signature,), message),
        stamp=None if then is None else to_microseconds(then) // 1_000_000,
        timed=True,
        checkable=installed(),
    )


def _fits(body: Mapping[str, Any]) -> bool:
    kind_of_event = body.get("resource_type")
    told = isinstance(kind_of_event, str) and _TYPE.match(kind_of_event) is not None
    return told and "resource_url" in body


NORMALISER: Final = Normaliser(
    kind="shipstation_webhook",
    provider="shipstation",
    source_kind="shipping_webhook",
    version=1,
    read=_read,
    claim=_claim,
    headers=("x-shipengine-",),
    fits=_fits,
)
