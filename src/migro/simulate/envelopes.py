"""Raw envelopes: what a receiver stores of one delivery, with the headers and signatures of its wire format."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import attrs

from ..models import canonical_json
from .signing import RECIPES, genuine

__all__ = [
    "Endpoint",
    "RawEnvelope",
    "access_log",
    "alertmanager",
    "bigcommerce",
    "host_signal",
    "iso",
    "sent_again",
    "sentry",
    "shopify",
    "signed",
    "stripe",
    "ticket",
    "zendesk",
]


@attrs.frozen(kw_only=True)
class Endpoint:
    """
    Where deliveries arrive.

    Attributes:
        name: What the envelope says; deliveries without a secret use the merchant's own id.
        merchant: Whose deliveries these are.
        kind: The one wire format that arrives here, or None for several.
        secret_env: Name of the environment variable that holds the signing secret.
        secret: The invented secret of the simulation.
        static_secret: Whether the sender proves itself by a secret address or header instead of a signature.
    """

    name: str
    merchant: str
    kind: str | None = None
    secret_env: str | None = None
    secret: str = ""
    static_secret: bool = False

    def settings(self) -> dict[str, Any]:
        return {
            "merchant": self.merchant,
            "env": "production",
            "kind": self.kind,
            "secrets_env": [self.secret_env] if self.secret_env else [],
            "static_secret": self.static_secret,
        }


def _own(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(copy.deepcopy(dict(value)))


def _own_body(value: Mapping[str, Any] | str) -> Mapping[str, Any] | str:
    return value if isinstance(value, str) else _own(value)


@attrs.frozen(kw_only=True)
class RawEnvelope:
    """
    One delivery as it came in.

    Attributes:
        body: The exact text for formats that are signed, so that signatures fit; else the parsed object.
        auth: What the host already knows about the sender; only for deliveries that it collects itself.
        events: How many events the body contains; a line of an access log is one.
    """

    received_at: datetime
    kind: str
    endpoint: str | None
    headers: Mapping[str, str] = attrs.field(factory=dict, converter=_own)
    body: Mapping[str, Any] | str = attrs.field(converter=_own_body)
    auth: str | None = None
    events: int = 1

    def data(self) -> dict[str, Any]:
        """Return the envelope as plain data, a copy that is the caller's."""
        held: dict[str, Any] = {
            "received_at": iso(self.received_at),
            "kind": self.kind,
            "endpoint": self.endpoint,
            "headers": dict(self.headers),
            "body": self.body if isinstance(self.body, str) else copy.deepcopy(dict(self.body)),
        }
        return held if self.auth is None else {**held, "auth": self.auth}

    def json_line(self) -> str:
        """Return the envelope as one line of canonical JSON."""
        return canonical_json(self.data())


def iso(when: datetime) -> str:
    """Return a UTC time the way envelopes write it."""
    return when.isoformat().replace("+00:00", "Z")


def signed(
    endpoint: Endpoint, kind: str, headers: Mapping[str, str], text: str, *, received_at: datetime, events: int = 1
) -> RawEnvelope:
    """Return a delivery with the headers that prove it, as the senders of this wire format write them."""
    proof = RECIPES[kind](headers, text, endpoint.secret, received_at)
    return RawEnvelope(
        received_at=received_at,
        kind=kind,
        endpoint=endpoint.name,
        headers={**headers, **proof},
        body=text,
        events=events,
    )


def _compact(body: Mapping[str, Any]) -> str:
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)


def sent_again(
    envelope: RawEnvelope,
    secret: str,
    *,
    new_secret: str | None = None,
    received_at: datetime | None = None,
    text: str | None = None,
) -> RawEnvelope:
    """
    Return a delivery as its sender would send it at another time, or with another raw text: signed anew.

    What its sender did not sign, such as a forged delivery or one that was cut off, stays unsigned by it.

    Args:
        secret: The endpoint's secret that the delivery was signed with.
        new_secret: What it is signed with now; None for the same.
        received_at: When it arrives; None leaves the time.
        text: The new body of a delivery whose body is text; None leaves the body.
    """
    at, body = received_at or envelope.received_at, envelope.body if text is None else text
    proof: Mapping[str, str] = {}
    texts = isinstance(envelope.body, str) and isinstance(body, str) and envelope.kind in RECIPES
    if texts and genuine(envelope.kind, envelope.headers, str(envelope.body), secret):
        proof = RECIPES[envelope.kind](envelope.headers, str(body), new_secret or secret, at)
    return attrs.evolve(envelope, received_at=at, body=body, headers={**envelope.headers, **proof})


def shopify(
    endpoint: Endpoint,
    body: Mapping[str, Any],
    *,
    topic: str,
    occurred_at: datetime,
    received_at: datetime,
    delivery: str,
    event: str,
) -> RawEnvelope:
    """Return a Shopify webhook; the signature covers the raw body."""
    headers = {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": endpoint.merchant,
        "X-Shopify-API-Version": "2026-01",
        "X-Shopify-Webhook-Id": delivery,
        "X-Shopify-Event-Id": event,
        "X-Shopify-Triggered-At": iso(occurred_at),
    }
    return signed(endpoint, "shopify_webhook", headers, _compact(body), received_at=received_at)


def bigcommerce(endpoint: Endpoint, body: Mapping[str, Any], *, received_at: datetime, delivery: str) -> RawEnvelope:
    """Return a BigCommerce webhook, signed over id, time and raw body."""
    headers = {"Content-Type": "application/json", "webhook-id": delivery}
    return signed(endpoint, "bigcommerce_webhook", headers, _compact(body), received_at=received_at)


def stripe(endpoint: Endpoint, body: Mapping[str, Any], *, received_at: datetime) -> RawEnvelope:
    """Return a Stripe event; Stripe sends indented JSON, and the signature covers the blanks too."""
    text = json.dumps(body, indent=2, ensure_ascii=False)
    headers = {"Content-Type": "application/json; charset=utf-8"}
    return signed(endpoint, "stripe_event", headers, text, received_at=received_at)


def sentry(
    endpoint: Endpoint, body: Mapping[str, Any], *, resource: str, received_at: datetime, request: str
) -> RawEnvelope:
    """Return a Sentry integration webhook."""
    headers = {"Content-Type": "application/json", "Request-ID": request, "Sentry-Hook-Resource": resource}
    return signed(endpoint, "sentry_webhook", headers, _compact(body), received_at=received_at)


def zendesk(endpoint: Endpoint, body: Mapping[str, Any], *, received_at: datetime, invocation: str) -> RawEnvelope:
    """Return a Zendesk event; the signature covers the time and the raw body without anything between."""
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "X-Zendesk-Account-Id": str(body["account_id"]),
        "X-Zendesk-Webhook-Invocation-Id": invocation,
    }
    return signed(endpoint, "zendesk_event", headers, _compact(body), received_at=received_at)


def alertmanager(endpoint: Endpoint, body: Mapping[str, Any], *, received_at: datetime) -> RawEnvelope:
    """Return an Alertmanager notification; it is not signed."""
    return RawEnvelope(
        received_at=received_at,
        kind="alertmanager_v4",
        endpoint=endpoint.name,
        headers={"Content-Type": "application/json", "User-Agent": "Alertmanager/0.28.1"},
        body=body,
        events=len(body["alerts"]),
    )


def ticket(endpoint: Endpoint, body: Mapping[str, Any], *, received_at: datetime) -> RawEnvelope:
    """Return one ticket of a help desk's export."""
    return RawEnvelope(received_at=received_at, kind="ticket", endpoint=endpoint.name, body=body)


def access_log(endpoint: Endpoint, lines: tuple[str, ...], *, received_at: datetime) -> RawEnvelope:
    """Return a batch of lines in combined format, which the host's own shipper collected."""
    return RawEnvelope(
        received_at=received_at,
        kind="web_access_log",
        endpoint=endpoint.name,
        headers={"Content-Type": "text/plain; charset=utf-8"},
        body="\n".join(lines) + "\n",
        auth="not_applicable",
        events=len(lines),
    )


def host_signal(endpoint: Endpoint, body: Mapping[str, Any], *, received_at: datetime) -> RawEnvelope:
    """Return a signal that the trusted host wrote itself."""
    return RawEnvelope(
        received_at=received_at, kind="host_signal", endpoint=endpoint.name, body=body, auth="not_applicable"
    )
