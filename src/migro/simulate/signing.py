"""How senders sign: the headers that prove a delivery, by wire format."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from ..models import to_microseconds

__all__ = ["RECIPES", "Recipe", "genuine"]

Recipe = Callable[[Mapping[str, str], str, str, datetime], dict[str, str]]
"""Takes the other headers, the raw text, the secret and the time of receipt; returns the headers that prove it."""


def _stamp(received_at: datetime) -> str:
    return str(to_microseconds(received_at) // 1_000_000 - 1)


def _mac(secret: str, text: str) -> bytes:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()


def _base64(mac: bytes) -> str:
    return base64.b64encode(mac).decode()


def _shopify(headers: Mapping[str, str], text: str, secret: str, received_at: datetime) -> dict[str, str]:
    return {"X-Shopify-Hmac-SHA256": _base64(_mac(secret, text))}


def _bigcommerce(headers: Mapping[str, str], text: str, secret: str, received_at: datetime) -> dict[str, str]:
    stamp = _stamp(received_at)
    signed = f"{headers['webhook-id']}.{stamp}.{text}"
    return {"webhook-timestamp": stamp, "webhook-signature": "v1," + _base64(_mac(secret, signed))}


def _stripe(headers: Mapping[str, str], text: str, secret: str, received_at: datetime) -> dict[str, str]:
    stamp = _stamp(received_at)
    return {"Stripe-Signature": f"t={stamp},v1={_mac(secret, f'{stamp}.{text}').hex()}"}


def _sentry(headers: Mapping[str, str], text: str, secret: str, received_at: datetime) -> dict[str, str]:
    return {"Sentry-Hook-Timestamp": _stamp(received_at), "Sentry-Hook-Signature": _mac(secret, text).hex()}


def _zendesk(headers: Mapping[str, str], text: str, secret: str, received_at: datetime) -> dict[str, str]:
    stamp = received_at.isoformat().replace("+00:00", "Z")
    return {
        "X-Zendesk-Webhook-Signature-Timestamp": stamp,
        "X-Zendesk-Webhook-Signature": _base64(_mac(secret, stamp + text)),
    }


def _grafana(headers: Mapping[str, str], text: str, secret: str, received_at: datetime) -> dict[str, str]:
    return {"X-Grafana-Alerting-Signature": _mac(secret, text).hex()}


def _pagerduty(headers: Mapping[str, str], text: str, secret: str, received_at: datetime) -> dict[str, str]:
    return {"X-PagerDuty-Signature": f"v1={_mac(secret, text).hex()}"}


def _saleor(headers: Mapping[str, str], text: str, secret: str, received_at: datetime) -> dict[str, str]:
    return {"Saleor-Signature": _mac(secret, text).hex()}


def _woocommerce(headers: Mapping[str, str], text: str, secret: str, received_at: datetime) -> dict[str, str]:
    return {"X-WC-Webhook-Signature": _base64(_mac(secret, text))}


def _migro(headers: Mapping[str, str], text: str, secret: str, received_at: datetime) -> dict[str, str]:
    stamp = _stamp(received_at)
    return {"X-Migro-Signature": f"t={stamp},v1={_mac(secret, f'{stamp}.{text}').hex()}"}


RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        "bigcommerce_webhook": _bigcommerce,
        "grafana_alert": _grafana,
        "medusa_event": _migro,
        "pagerduty_v3": _pagerduty,
        "saleor_webhook": _saleor,
        "sentry_webhook": _sentry,
        "shopify_webhook": _shopify,
        "stripe_event": _stripe,
        "woocommerce_webhook": _woocommerce,
        "zendesk_event": _zendesk,
    }
)
"""Every wire format whose sender signs; a delivery that is sent again is signed again by the same recipe."""


def genuine(kind: str, headers: Mapping[str, str], text: str, secret: str) -> bool:
    """Return whether a delivery of a format that is signed carries the signature that its sender would write."""
    proof = RECIPES[kind](headers, text, secret, _received(headers))
    return all(headers.get(name) == value for name, value in proof.items())


def _received(headers: Mapping[str, str]) -> datetime:
    """Return the time of receipt that the stamp in the headers was made from; any time where there is no stamp."""
    if zendesk := headers.get("X-Zendesk-Webhook-Signature-Timestamp"):
        return datetime.fromisoformat(zendesk)
    timed = headers.get("Stripe-Signature") or headers.get("X-Migro-Signature", "")
    stamp = headers.get("webhook-timestamp") or headers.get("Sentry-Hook-Timestamp")
    stamp = stamp or timed.partition(",")[0].removeprefix("t=")
    return datetime.fromtimestamp(int(stamp or 0) + 1, UTC)
