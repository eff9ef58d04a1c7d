"""
migro's own signature, for senders that have none: any host that can compute an HMAC can prove itself.

The header ``X-Migro-Signature: t=<seconds>,v1=<hex>`` signs the time, a full stop and the exact bytes of the body with
HMAC-SHA256. It is made like Stripe's, which many a program can make already; several ``v1`` may stand there while a
secret is replaced.
"""

from __future__ import annotations

import hmac
from typing import Final

from .claims import Claim, from_hex, seconds
from .envelope import Envelope
from .public_keys import holds_public_key

__all__ = ["HEADER", "claim", "sign"]

HEADER: Final = "X-Migro-Signature"


def sign(raw: bytes, secret: str, *, at: int) -> str:
    """Return the value of the header for a body that is sent at `at`, in whole seconds since 1970."""
    return f"t={at},v1={hmac.digest(secret.encode(), _signed(str(at), raw), 'sha256').hex()}"


def claim(envelope: Envelope, raw: bytes) -> Claim | None:
    """Return what a delivery with the header claims, or None without it; for `Normaliser.claim`."""
    header = envelope.header(HEADER)
    if not header:
        return None
    parts = [part.strip().partition("=") for part in header.split(",")]
    stamp = next((value for name, _, value in parts if name == "t"), "")
    signatures = [from_hex(value) for name, _, value in parts if name == "v1"]
    message = _signed(stamp, raw)

    def proves(secret: str) -> bool:
        expected = hmac.digest(secret.encode(), message, "sha256")
        found = False
        for signature in signatures:
            found |= hmac.compare_digest(expected, signature)
        return found and not holds_public_key(secret)

    return Claim(proves=proves, stamp=seconds(stamp), timed=True)


def _signed(stamp: str, raw: bytes) -> bytes:
    return f"{stamp}.".encode() + raw
