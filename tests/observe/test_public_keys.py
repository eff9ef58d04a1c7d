from __future__ import annotations

import sys
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from migro.observe.public_keys import holds_public_key, installed, rsa_fits, url_safe
from tests.observe.keys import key_set, pem, private_key, signature, url_text

KEY, OTHER = private_key(), private_key("other")
MESSAGE = b"a message"
SIGNED = signature(KEY, MESSAGE)


def certificate() -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sender.example")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEY.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2027, 1, 1, tzinfo=UTC))
        .sign(KEY, SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode()


@pytest.mark.parametrize(
    "secret",
    [
        pem(KEY),
        pem(OTHER) + pem(KEY),
        "recipient: abc\n" + pem(KEY),
        pem(KEY).replace("\n", "\\n"),
        certificate(),
        key_set(KEY),
        key_set(OTHER, KEY),
    ],
    ids=["pem", "several", "text above", "one line", "certificate", "key set", "second of a set"],
)
def test_a_signature_fits_its_key_however_the_key_is_written(secret: str) -> None:
    assert rsa_fits(secret, (b"no signature", SIGNED), MESSAGE)
    assert not rsa_fits(secret, (SIGNED,), MESSAGE + b".")
    assert not rsa_fits(secret, (), MESSAGE)
    assert holds_public_key(secret)


@pytest.mark.parametrize(
    "secret",
    [
        pem(OTHER),
        key_set(OTHER),
        key_set(KEY, use="enc"),
        key_set(KEY, kty="EC"),
        key_set(KEY, e="AA"),
        pem(private_key("short", 1024)),
        pem(KEY)[:200],
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        '{"keys": 5}',
        '{"keys": [5]}',
        "{",
        "[]",
        "a secret",
        "",
    ],
)
def test_another_key_or_none_fits_nothing(secret: str) -> None:
    key = private_key("short", 1024) if secret == pem(private_key("short", 1024)) else KEY

    assert not rsa_fits(secret, (signature(key, MESSAGE),), MESSAGE)


@given(st.text(max_size=60) | st.sampled_from([pem(KEY), key_set(KEY)]), st.binary(max_size=300))
def test_nothing_that_is_configured_or_sent_raises_or_fits(secret: str, signed: bytes) -> None:
    assert not rsa_fits(secret, (signed,), MESSAGE)


@given(st.binary(max_size=50))
def test_what_web_tokens_write_is_read_back(data: bytes) -> None:
    assert url_safe(url_text(data)) == data


def test_what_is_no_base64_is_no_bytes() -> None:
    assert [url_safe(t) for t in ("a", "ä", "a b", "a+b/")] == [b"", b"", b"", b""]


def test_without_the_optional_package_nothing_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert installed()
    monkeypatch.setitem(sys.modules, "cryptography", None)

    assert not installed()
    assert not rsa_fits(pem(KEY), (SIGNED,), MESSAGE)


def test_a_secret_with_a_brace_in_front_is_still_a_secret() -> None:
    assert not any(holds_public_key(secret) for secret in ("{not json", "s3cret", ""))
