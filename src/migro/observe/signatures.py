"""
Did the sender send this: the recipes of each vendor, over the raw bytes, in constant time, with rotated secrets.

Source: the vendors' own documentation of webhook verification; BigCommerce follows the Standard Webhooks text.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final

import attrs

from ..models.canonical import to_microseconds
from ..models.scales import Auth
from .envelope import Envelope
from .settings import EndpointSettings

__all__ = ["TOLERANCE_SECONDS", "authenticate"]

TOLERANCE_SECONDS: Final = 300
"""How far a signed time may be from the time of receipt, in both directions."""


@attrs.frozen(kw_only=True)
class _Claim:
    """What a delivery claims: signatures over a message, and the second it was signed, where that is signed too."""

    signatures: tuple[bytes, ...]
    message: bytes
    stamp: int | None = None
    timed: bool = False


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _seconds(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) <= 12 else None


def _shopify(envelope: Envelope, raw: bytes) -> _Claim | None:
    signature = envelope.header("X-Shopify-Hmac-SHA256") or envelope.header("Shopify-Hmac-SHA256")
    return _Claim(signatures=(_base64(signature),), message=raw) if signature else None


def _bigcommerce(envelope: Envelope, raw: bytes) -> _Claim | None:
    name, stamp, signed = (envelope.header(f"webhook-{n}") for n in ("id", "timestamp", "signature"))
    if not signed:
        return None
    values = tuple(_base64(s.removeprefix("v1,")) for s in signed.split() if s.startswith("v1,"))
    message = f"{name or ''}.{stamp or ''}.".encode() + raw
    return _Claim(signatures=values, message=message, stamp=_seconds(stamp), timed=True)


def _stripe(envelope: Envelope, raw: bytes) -> _Claim | None:
    header = envelope.header("Stripe-Signature")
    if not header:
        return None
    parts = [part.strip().partition("=") for part in header.split(",")]
    stamp = next((value for name, _, value in parts if name == "t"), "")
    values = tuple(_hex(value) for name, _, value in parts if name == "v1")
    return _Claim(signatures=values, message=f"{stamp}.".encode() + raw, stamp=_seconds(stamp), timed=True)


def _sentry(envelope: Envelope, raw: bytes) -> _Claim | None:
    signature = envelope.header("Sentry-Hook-Signature")
    return _Claim(signatures=(_hex(signature),), message=raw) if signature else None


def _zendesk(envelope: Envelope, raw: bytes) -> _Claim | None:
    signature = envelope.header("X-Zendesk-Webhook-Signature")
    stamp = envelope.header("X-Zendesk-Webhook-Signature-Timestamp") or ""
    if not signature:
        return None
    return _Claim(signatures=(_base64(signature),), message=stamp.encode() + raw, stamp=_second_of(stamp), timed=True)


def _second_of(text: str) -> int | None:
    try:
        found = datetime.fromisoformat(text)
        return to_microseconds(found) // 1_000_000 if found.tzinfo else None
    except ValueError:
        return _seconds(text)


_RECIPES: Final[Mapping[str, Callable[[Envelope, bytes], _Claim | None]]] = {
    "shopify_webhook": _shopify,
    "bigcommerce_webhook": _bigcommerce,
    "stripe_event": _stripe,
    "sentry_webhook": _sentry,
    "zendesk_event": _zendesk,
}
_NOT_APPLICABLE: Final = frozenset({"host_signal", "web_access_log"})


def _fits(claim: _Claim, secrets: Iterable[str]) -> bool:
    # No short way out: every pair is compared, so that time tells nothing about which one came near.
    found = False
    for secret in secrets:
        expected = hmac.digest(secret.encode(), claim.message, hashlib.sha256)
        for signature in claim.signatures:
            found |= hmac.compare_digest(expected, signature)
    return found


def _in_time(claim: _Claim, now: datetime) -> bool:
    return claim.stamp is not None and abs(to_microseconds(now) // 1_000_000 - claim.stamp) <= TOLERANCE_SECONDS


def _static(envelope: Envelope, header: str, secrets: Iterable[str]) -> Auth:
    given = envelope.header(header)
    if given is None:
        return "failed"
    fits = False
    for secret in secrets:
        fits |= hmac.compare_digest(given.encode(), secret.encode())
    return "static_secret" if fits else "failed"


def authenticate(
    envelope: Envelope, endpoint: EndpointSettings, *, secrets: Mapping[str, str], now: datetime | None
) -> Auth:
    """
    Return how far the sender of an envelope is proven.

    `failed` is a signature that fits no secret or is missing where a secret is configured, or a signed time more
    than 300 seconds from `now`; `unchecked` is a
    signature that nothing here can check: no secret, no raw bytes, or no time of receipt. What the envelope says
    about itself is believed only where the endpoint has no secret.
    """
    known = [secrets[name] for name in endpoint.secrets_env if secrets.get(name)]
    if not endpoint.secrets_env:
        if envelope.auth is not None:
            return envelope.auth
        if endpoint.static_secret:
            return "static_secret"
    elif endpoint.secret_header is not None:
        return _static(envelope, endpoint.secret_header, known) if known else "unchecked"
    recipe = _RECIPES.get(envelope.kind)
    if recipe is None:
        return "static_secret" if endpoint.static_secret else _unsigned(envelope.kind)
    raw = envelope.exact_bytes()
    claim = recipe(envelope, raw or b"")
    if claim is None:
        # Where a secret is configured, whoever leaves the signature out proves no more than whoever forges it.
        return "failed" if endpoint.secrets_env else "unsigned"
    if raw is None or not known or (claim.timed and now is None):
        return "unchecked"
    in_time = not claim.timed or (now is not None and _in_time(claim, now))
    return "verified" if _fits(claim, known) and in_time else "failed"


def _unsigned(kind: str) -> Auth:
    return "not_applicable" if kind in _NOT_APPLICABLE else "unsigned"
