"""What an observer finds out about the sender of one delivery."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from migro.models import Auth
from migro.observe import EndpointSettings, Envelope, ObserveSettings
from tests.observe.payloads import observer

STAMP = 1_772_355_600
AT = datetime.fromtimestamp(STAMP, UTC)
ROTATING = ObserveSettings(endpoints={"shop": EndpointSettings(secrets_env=("NEW", "OLD"))})


def auth(
    kind: str,
    headers: dict[str, str],
    raw: bytes,
    *,
    at: datetime | None = AT,
    settings: ObserveSettings = ROTATING,
    **secrets: str,
) -> Auth:
    """Return the verdict on a delivery whose secret OLD is known beside another one, where nothing else is said."""
    envelope = Envelope(
        received_at=at, kind=kind, endpoint="shop", headers=headers, body=raw.decode("utf-8", "replace"), raw=raw
    )
    found = observer(settings, **{"NEW": "another", **secrets}).observe(envelope)
    assert len({signal.auth for signal in found.signals}) == 1
    return found.signals[0].auth


@lru_cache(maxsize=4)
def private_key(number: int = 0) -> rsa.RSAPrivateKey:
    """Return an RSA key, another one for each number."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def rsa_signature(message: bytes, number: int = 0) -> bytes:
    return private_key(number).sign(message, padding.PKCS1v15(), hashes.SHA256())


def certificate(number: int = 0) -> str:
    """Return a certificate of the key, as PEM."""
    key = private_key(number)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "messages.example")])
    made: Any = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2030, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    return str(made.public_bytes(serialization.Encoding.PEM).decode())


def key_set(number: int = 0) -> str:
    """Return the public key as a JSON Web Key Set."""
    numbers = private_key(number).public_key().public_numbers()

    def text(value: int) -> str:
        return base64.urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8)).rstrip(b"=").decode()

    return json.dumps({"keys": [{"kty": "RSA", "kid": "k1", "use": "sig", "n": text(numbers.n), "e": text(numbers.e)}]})
