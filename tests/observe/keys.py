"""An RSA key of the tests' own, and how a sender would sign with it."""

from __future__ import annotations

import base64
import json
from functools import cache

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


@cache
def private_key(name: str = "main", bits: int = 2048) -> RSAPrivateKey:
    """Return a key that is made once for each name."""
    return generate_private_key(public_exponent=65537, key_size=bits)


def pem(key: RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def url_text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def key_set(*keys: RSAPrivateKey, **more: str) -> str:
    numbers = [key.public_key().public_numbers() for key in keys]
    listed = [
        {
            "kty": "RSA",
            "use": "sig",
            "kid": "1",
            "e": url_text(n.e.to_bytes(3)),
            "n": url_text(n.n.to_bytes(256)),
            **more,
        }
        for n in numbers
    ]
    return json.dumps({"keys": listed})


def signature(key: RSAPrivateKey, message: bytes) -> bytes:
    return key.sign(message, PKCS1v15(), SHA256())


def detached(key: RSAPrivateKey, raw: bytes, header: str = '{"alg":"RS256","b64":false,"crit":["b64"]}') -> str:
    """Return a JSON Web Signature without its payload, which is the body."""
    protected = url_text(header.encode())
    plain = '"b64":false' in header
    message = protected.encode() + b"." + (raw if plain else url_text(raw).encode())
    return f"{protected}..{url_text(signature(key, message))}"
