"""
Did the sender send this: over the raw bytes, in constant time, with rotated secrets.

What each vendor signs is said by the claim of its format; sources stand there.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from ..models.canonical import to_microseconds
from ..models.scales import Auth
from .claims import Claim
from .drafts import Normaliser
from .envelope import Envelope
from .settings import EndpointSettings

__all__ = ["TOLERANCE_SECONDS", "authenticate"]

TOLERANCE_SECONDS: Final = 300
"""How far a signed time may be from the time of receipt, in both directions."""


def _in_time(claim: Claim, now: datetime) -> bool:
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
    envelope: Envelope,
    normaliser: Normaliser,
    endpoint: EndpointSettings,
    *,
    secrets: Mapping[str, str],
    now: datetime | None,
) -> Auth:
    """
    Return how far the sender of an envelope is proven.

    `failed` is a signature that fits no secret or is missing where a secret is configured, or a signed time more than
    300 seconds from `now`; `unchecked` is a signature that nothing here can check: no secret, no raw bytes, no time of
    receipt, or an optional package that is not installed. What the envelope says about itself is believed only where
    the endpoint has no secret.
    """
    known = [secrets[name] for name in endpoint.secrets_env if secrets.get(name)]
    if not endpoint.secrets_env:
        if envelope.auth is not None:
            return envelope.auth
        if endpoint.static_secret:
            return "static_secret"
    elif endpoint.secret_header is not None:
        return _static(envelope, endpoint.secret_header, known) if known else "unchecked"
    if normaliser.claim is None:
        return "static_secret" if endpoint.static_secret else normaliser.without_claim
    raw = envelope.exact_bytes()
    claimed = normaliser.claim(envelope, raw or b"")
    if not claimed:
        # Where a secret is configured, whoever leaves the signature out proves no more than whoever forges it.
        return "failed" if endpoint.secrets_env else normaliser.without_claim
    claims = (claimed,) if isinstance(claimed, Claim) else tuple(claimed)
    timed = any(c.timed for c in claims)
    if raw is None or not known or (timed and now is None) or not all(c.checkable for c in claims):
        return "unchecked"
    # A delivery of several items is proven when every one of them is.
    proven = [c.fits(known) and (not c.timed or (now is not None and _in_time(c, now))) for c in claims]
    return "verified" if all(proven) else "failed"
