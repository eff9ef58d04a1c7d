"""
Public keys: whether an RSA signature fits a key that an endpoint has been given as its secret.

Keys come as PEM (public keys and certificates, several in one text) or as a JSON Web Key Set, and never from the
network or from the delivery itself: a sender who could name his own key would prove nothing. A certificate counts as
the key in it; whoever configures it has decided to trust it.

The arithmetic is that of the package ``cryptography``, which is optional. Sources: RFC 8017 (RSASSA-PKCS1-v1_5),
RFC 7468 (PEM), RFC 7517 (JSON Web Key).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, Literal

import re2

from ..errors import InputError
from .parsing import read_json

__all__ = ["holds_public_key", "installed", "rsa_fits", "url_safe"]

_BLOCK: Final = re2.compile(r"(?s)-----BEGIN (PUBLIC KEY|RSA PUBLIC KEY|CERTIFICATE)-----.*?-----END [A-Z ]+-----")
_SMALLEST: Final = 2048
"""Bits; a shorter key can be broken, so it proves nothing."""


def installed() -> bool:
    """Return whether the optional package that checks RSA signatures is there."""
    return find_spec("cryptography") is not None


def holds_public_key(secret: str) -> bool:
    """
    Return whether a configured secret is a public key.

    Everybody knows a public key, so as the secret of an HMAC it must never be taken: whoever sends such an HMAC instead
    of an RSA signature would be believed.
    """
    return "-----BEGIN" in secret or (secret.lstrip().startswith("{") and '"kty"' in secret)


def url_safe(text: str) -> bytes:
    """Return the bytes of base64 as web tokens write it, without padding; none for what is no such text."""
    if "+" in text or "/" in text:
        return b""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""


def rsa_fits(
    secret: str, signatures: Iterable[bytes], message: bytes, *, digest: Literal["sha1", "sha256"] = "sha256"
) -> bool:
    """Return whether one of the RSA keys in a configured secret made one of the signatures; never raises."""
    if not installed():
        return False
    hashes = import_module("cryptography.hazmat.primitives.hashes")
    padding = import_module("cryptography.hazmat.primitives.asymmetric.padding").PKCS1v15()
    algorithm = hashes.SHA1() if digest == "sha1" else hashes.SHA256()
    wanted = tuple(signatures)
    return any(_verifies(key, s, message, padding, algorithm) for key in _keys(secret) for s in wanted)


def _verifies(key: Any, signature: bytes, message: bytes, padding: Any, algorithm: Any) -> bool:
    try:
        key.verify(signature, message, padding, algorithm)
    except Exception:
        # Nothing that a stranger or a slip in the configuration puts there may pass, or stop the delivery.
        return False
    return True


@lru_cache(maxsize=64)
def _keys(secret: str) -> tuple[Any, ...]:
    # In an environment variable line ends are often written as two characters.
    found = _of_set(secret) if secret.lstrip().startswith("{") else _of_pem(secret.replace("\\n", "\n"))
    return tuple(key for key in found if getattr(key, "key_size", 0) >= _SMALLEST and hasattr(key, "verify"))


def _of_pem(text: str) -> Iterator[Any]:
    serialization = import_module("cryptography.hazmat.primitives.serialization")
    x509 = import_module("cryptography.x509")
    for block in _BLOCK.finditer(text):
        data = block.group().encode()
        try:
            if block.group(1) == "CERTIFICATE":
                yield x509.load_pem_x509_certificate(data).public_key()
            else:
                yield serialization.load_pem_public_key(data)
        except Exception:
            continue


def _of_set(text: str) -> Iterator[Any]:
    rsa = import_module("cryptography.hazmat.primitives.asymmetric.rsa")
    try:
        found = read_json(text)
    except InputError:
        return
    listed = found.get("keys", [found])
    for key in listed if isinstance(listed, list) else []:
        if not isinstance(key, Mapping) or key.get("kty") != "RSA" or key.get("use", "sig") != "sig":
            continue
        exponent, modulus = (int.from_bytes(url_safe(str(key.get(name, "")))) for name in ("e", "n"))
        try:
            yield rsa.RSAPublicNumbers(exponent, modulus).public_key()
        except Exception:
            continue
