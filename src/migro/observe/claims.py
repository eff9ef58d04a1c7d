"""
Claims: what a delivery says to prove its sender, for the recipe of each vendor, which lies with the vendor's format.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Iterable

import attrs

__all__ = ["Claim", "from_base64", "from_hex", "seconds"]


@attrs.frozen(kw_only=True)
class Claim:
    """
    Signatures over a message, one of which has to fit.

    Attributes:
        signatures: As bytes; several while secrets are rotated.
        message: What was signed.
        stamp: When it was signed, in seconds since 1970, where that is signed too.
        timed: Whether it has to be: then no stamp, or one far from the time of receipt, fails.
        digest: Name of the hash.
        key: The bytes of a secret as it is configured.
        proves: Where it is no HMAC: whether a secret, or public key, fits; `signatures` are then not looked at.
        checkable: False where this takes an optional package that is not installed; then nothing was checked.
    """

    signatures: tuple[bytes, ...] = ()
    message: bytes = b""
    stamp: int | None = None
    timed: bool = False
    digest: str = "sha256"
    key: Callable[[str], bytes] = str.encode
    proves: Callable[[str], bool] | None = None
    checkable: bool = True

    def fits(self, secrets: Iterable[str]) -> bool:
        """Return whether one of the secrets made one of the signatures."""
        # No short way out: every pair is compared, so that time tells nothing about which one came near.
        found = False
        for secret in secrets:
            if self.proves is not None:
                found |= self.proves(secret)
                continue
            expected = hmac.digest(self.key(secret), self.message, self.digest)
            for signature in self.signatures:
                found |= hmac.compare_digest(expected, signature)
        return found


def from_base64(text: str) -> bytes:
    """Return the bytes, or none for what is no base64: that fits nothing."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def from_hex(text: str) -> bytes:
    """Return the bytes, or none for what is no hexadecimal number: that fits nothing."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def seconds(text: str | None) -> int | None:
    """Return whole seconds since 1970, or None."""
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) <= 12 else None
