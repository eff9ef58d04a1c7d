from __future__ import annotations

from datetime import timedelta

import pytest

from migro.models import Auth
from migro.observe import ObserveSettings
from migro.observe.migro_signature import HEADER, sign
from tests.observe.deliveries import AT, RAW, SECRET, STAMP, auth
from tests.observe.keys import key_set, pem, private_key

KINDS = ["medusa_event", "cloudevents", "commercetools_message", "shopify_eventbridge"]
VECTOR = f"t={STAMP},v1=90620ad4b086af393406389f73a6b79231b635c7e678ebb67b23b7851863bcb3"


def test_a_host_signs_as_the_vector_says() -> None:
    assert sign(RAW, SECRET, at=STAMP) == VECTOR


@pytest.mark.parametrize("kind", KINDS)
def test_a_signed_delivery_is_verified_with_any_of_the_secrets(kind: str) -> None:
    assert auth(kind, {HEADER: VECTOR}) == "verified"
    assert auth(kind, {HEADER.lower(): VECTOR.replace("v1=", "v1=00ff,v1=")}) == "verified"


@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_byte_another_secret_or_no_signature_fails(kind: str) -> None:
    assert auth(kind, {HEADER: VECTOR}, raw=RAW + b" ") == "failed"
    assert auth(kind, {HEADER: VECTOR}, OLD="wrong") == "failed"
    assert auth(kind, {}) == "failed"


@pytest.mark.parametrize(
    ("seconds", "expected"), [(300, "verified"), (-300, "verified"), (301, "failed"), (-301, "failed")]
)
def test_a_signature_is_good_for_300_seconds_both_ways(seconds: int, expected: Auth) -> None:
    assert auth("medusa_event", {HEADER: VECTOR}, at=AT + timedelta(seconds=seconds)) == expected


def test_without_a_secret_the_bytes_or_a_time_of_receipt_nothing_is_checked() -> None:
    assert auth("medusa_event", {HEADER: VECTOR}, settings=ObserveSettings()) == "unchecked"
    assert auth("medusa_event", {HEADER: VECTOR}, raw=None) == "unchecked"
    assert auth("medusa_event", {HEADER: VECTOR}, at=None) == "unchecked"
    assert auth("medusa_event", {}, settings=ObserveSettings()) == "unsigned"


@pytest.mark.parametrize("junk", ["", "zz", "é", "t=,v1=", "t=x,v1=00", "v1,====", "=" * 999, "t=1700000000"])
def test_junk_in_the_header_fails_and_never_raises(junk: str) -> None:
    assert auth("medusa_event", {HEADER: junk}) == "failed"


@pytest.mark.parametrize("secret", [pem(private_key()), key_set(private_key())])
def test_a_public_key_is_no_secret_to_sign_with(secret: str) -> None:
    assert auth("cloudevents", {HEADER: sign(RAW, secret, at=STAMP)}, OLD=secret) == "failed"
