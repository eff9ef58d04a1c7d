"""Raw envelopes: what a receiver stores of one delivery, with the headers and signatures of its wire format."""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import attrs

from ..models import canonical_json, to_microseconds

__all__ = [
    "Endpoint",
    "RawEnvelope",
    "access_log",
    "alertmanager",
    "bigcommerce",
    "hex_mac",
    "host_signal",
    "iso",
    "sentry",
    "shopify",
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


def _stamp(received_at: datetime) -> str:
    return str(to_microseconds(received_at) // 1_000_000 - 1)


def _mac(secret: str, text: str) -> bytes:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()


def hex_mac(secret: str, text: str) -> str:
    """Return the HMAC-SHA256 of a text as hex digits, which many senders put into a header as it is."""
    return _mac(secret, text).hex()


def _base64(mac: bytes) -> str:
    return base64.b64encode(mac).decode()


def _compact(body: Mapping[str, Any]) -> str:
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)


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
    text = _compact(body)
    return RawEnvelope(
        received_at=received_at,
        kind="shopify_webhook",
        endpoint=endpoint.name,
        headers={
            "Content-Type": "application/json",
            "X-Shopify-Topic": topic,
            "X-Shopify-Shop-Domain": endpoint.merchant,
            "X-Shopify-API-Version": "2026-01",
            "X-Shopify-Webhook-Id": delivery,
            "X-Shopify-Event-Id": event,
            "X-Shopify-Triggered-At": iso(occurred_at),
            "X-Shopify-Hmac-SHA256": _base64(_mac(endpoint.secret, text)),
        },
        body=text,
    )


def bigcommerce(endpoint: Endpoint, body: Mapping[str, Any], *, received_at: datetime, delivery: str) -> RawEnvelope:
    """Return a BigCommerce webhook, signed over id, time and raw body."""
    text, stamp = _compact(body), _stamp(received_at)
    return RawEnvelope(
        received_at=received_at,
        kind="bigcommerce_webhook",
        endpoint=endpoint.name,
        headers={
            "Content-Type": "application/json",
            "webhook-id": delivery,
            "webhook-timestamp": stamp,
            "webhook-signature": "v1," + _base64(_mac(endpoint.secret, f"{delivery}.{stamp}.{text}")),
        },
        body=text,
    )


def stripe(endpoint: Endpoint, body: Mapping[str, Any], *, received_at: datetime) -> RawEnvelope:
    """Return a Stripe event; Stripe sends indented JSON, and the signature covers the blanks too."""
    text, stamp = json.dumps(body, indent=2, ensure_ascii=False), _stamp(received_at)
    return RawEnvelope(
        received_at=received_at,
        kind="stripe_event",
        endpoint=endpoint.name,
        headers={
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": f"t={stamp},v1={_mac(endpoint.secret, f'{stamp}.{text}').hex()}",
        },
        body=text,
    )


def sentry(
    endpoint: Endpoint, body: Mapping[str, Any], *, resource: str, received_at: datetime, request: str
) -> RawEnvelope:
    """Return a Sentry integration webhook."""
    text = _compact(body)
    return RawEnvelope(
        received_at=received_at,
        kind="sentry_webhook",
        endpoint=endpoint.name,
        headers={
            "Content-Type": "application/json",
            "Request-ID": request,
            "Sentry-Hook-Resource": resource,
            "Sentry-Hook-Timestamp": _stamp(received_at),
            "Sentry-Hook-Signature": _mac(endpoint.secret, text).hex(),
        },
        body=text,
    )


def zendesk(endpoint: Endpoint, body: Mapping[str, Any], *, received_at: datetime, invocation: str) -> RawEnvelope:
    """Return a Zendesk event; the signature covers the time and the raw body without anything between."""
    text, stamp = _compact(body), iso(received_at)
    return RawEnvelope(
        received_at=received_at,
        kind="zendesk_event",
        endpoint=endpoint.name,
        headers={
            "Content-Type": "application/json; charset=utf-8",
            "X-Zendesk-Account-Id": str(body["account_id"]),
            "X-Zendesk-Webhook-Invocation-Id": invocation,
            "X-Zendesk-Webhook-Signature-Timestamp": stamp,
            "X-Zendesk-Webhook-Signature": _base64(_mac(endpoint.secret, stamp + text)),
        },
        body=text,
    )


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
