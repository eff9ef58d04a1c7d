from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from migro.models import Auth
from migro.observe import EndpointSettings, Envelope, ObserveSettings
from tests.observe.payloads import observer

RAW = b'{"id":1001,"total_price":"59.90","currency":"EUR"}'
STAMP = 1_700_000_000
AT = datetime.fromtimestamp(STAMP, UTC)
SETTINGS = ObserveSettings(endpoints={"shop": EndpointSettings(secrets_env=("NEW", "OLD"))})
ZENDESK = {"X-Zendesk-Webhook-Signature": "UvTo0tNlfwDKpCzM7FMsnC4eyrIyykxxGuBH6xnikJs=",
           "X-Zendesk-Webhook-Signature-Timestamp": "1700000000"}  # fmt: skip
STRIPE = {"Stripe-Signature": f"t={STAMP},v1=00ff,v1=90620ad4b086af393406389f73a6b79231b635c7e678ebb67b23b7851863bcb3"}
BIGCOMMERCE = {"webhook-id": "msg_1", "webhook-timestamp": str(STAMP),
               "webhook-signature": "v1,AAAA v1,ua2vphbydZryerbMYowAn+BIzUNE8WdAtume38E+9OU="}  # fmt: skip
VECTORS = [
    ("shopify_webhook", {"x-shopify-hmac-sha256": "1/zULvGIyvNiQWgeoMfAyLF1isJ8Y2YHkRSIZeWeCzY="}),
    ("sentry_webhook", {"Sentry-Hook-Signature": "d7fcd42ef188caf36241681ea0c7c0c8b1758ac27c63660791148865e59e0b36"}),
    ("stripe_event", STRIPE),
    ("zendesk_event", ZENDESK),
    ("bigcommerce_webhook", BIGCOMMERCE),
]
TIMED = [("stripe_event", STRIPE), ("zendesk_event", ZENDESK), ("bigcommerce_webhook", BIGCOMMERCE)]


def auth(
    kind: str,
    headers: dict[str, str],
    *,
    raw: bytes | None = RAW,
    at: datetime | None = AT,
    settings: ObserveSettings = SETTINGS,
    told: Auth | None = None,
    endpoint: str | None = "shop",
    **secrets: str,
) -> Auth:
    envelope = Envelope(received_at=at, kind=kind, endpoint=endpoint, headers=headers, body={}, raw=raw, auth=told)
    found = observer(settings, **(secrets or {"OLD": "migro_test_secret", "NEW": "another"})).observe(envelope)
    assert {signal.auth for signal in found.signals} == {found.signals[0].auth}
    return found.signals[0].auth


@pytest.mark.parametrize(("kind", "headers"), VECTORS)
def test_a_signature_over_the_raw_bytes_is_verified_with_any_of_the_secrets(kind: str, headers: dict[str, str]) -> None:
    assert auth(kind, headers) == "verified"


@pytest.mark.parametrize(("kind", "headers"), VECTORS)
def test_one_changed_byte_fails(kind: str, headers: dict[str, str]) -> None:
    assert auth(kind, headers, raw=RAW + b" ") == "failed"


@pytest.mark.parametrize(("kind", "headers"), VECTORS)
def test_another_secret_fails(kind: str, headers: dict[str, str]) -> None:
    assert auth(kind, headers, OLD="wrong") == "failed"


@pytest.mark.parametrize(("kind", "headers"), VECTORS)
def test_without_a_secret_or_the_raw_bytes_a_signature_is_unchecked(kind: str, headers: dict[str, str]) -> None:
    assert auth(kind, headers, settings=ObserveSettings()) == "unchecked"
    assert auth(kind, headers, OTHER="x") == "unchecked"
    assert auth(kind, headers, raw=None) == "unchecked"


@pytest.mark.parametrize(("kind", "headers"), VECTORS)
def test_without_a_signature_a_delivery_that_has_a_secret_fails(kind: str, headers: dict[str, str]) -> None:
    assert auth(kind, {}) == "failed"


@pytest.mark.parametrize(("kind", "headers"), TIMED)
@pytest.mark.parametrize(
    ("seconds", "expected"), [(300, "verified"), (-300, "verified"), (301, "failed"), (-301, "failed")]
)
def test_a_signed_time_is_good_for_300_seconds_both_ways(
    kind: str, headers: dict[str, str], seconds: int, expected: Auth
) -> None:
    assert auth(kind, headers, at=AT + timedelta(seconds=seconds)) == expected


@pytest.mark.parametrize(("kind", "headers"), TIMED)
def test_without_a_time_of_receipt_a_signed_time_is_unchecked(kind: str, headers: dict[str, str]) -> None:
    assert auth(kind, headers, at=None) == "unchecked"


@pytest.mark.parametrize("junk", ["", "zz", "é", "t=,v1=", "t=x,v1=00", "v1,====", "=" * 999])
def test_junk_in_a_signature_header_fails_and_never_raises(junk: str) -> None:
    for kind, headers in VECTORS:
        assert auth(kind, dict.fromkeys(headers, junk)) in ("failed", "unsigned")


def test_a_static_header_secret_is_compared() -> None:
    settings = ObserveSettings(
        endpoints={"shop": EndpointSettings(secrets_env=("OLD",), secret_header="X-Migro-Secret")}
    )

    assert auth("bigcommerce_webhook", {"x-migro-secret": "migro_test_secret"}, settings=settings) == "static_secret"
    assert auth("bigcommerce_webhook", {"x-migro-secret": "wrong"}, settings=settings) == "failed"
    assert auth("bigcommerce_webhook", {}, settings=settings) == "failed"


def test_an_address_that_is_the_secret_counts_as_one() -> None:
    settings = ObserveSettings(endpoints={"shop": EndpointSettings(static_secret=True)})

    assert auth("alertmanager_v4", {}, settings=settings) == "static_secret"
    assert auth("alertmanager_v4", {}, settings=ObserveSettings()) == "unsigned"


def test_an_envelope_is_believed_about_itself_only_where_no_secret_is_configured() -> None:
    assert auth("shopify_webhook", {}, told="verified", settings=ObserveSettings()) == "verified"
    assert auth("shopify_webhook", {}, told="verified") == "failed"


def test_a_body_that_is_still_text_can_be_verified() -> None:
    envelope = Envelope(
        received_at=AT, kind="shopify_webhook", endpoint="shop", headers=VECTORS[0][1], body=RAW.decode()
    )

    (signal,) = observer(SETTINGS, OLD="migro_test_secret").observe(envelope).signals

    assert signal.auth == "verified"


def test_a_secret_that_is_configured_but_not_set_makes_nothing_unsigned() -> None:
    settings = ObserveSettings(default=EndpointSettings(secrets_env=("NOT_SET",)))

    assert auth("shopify_webhook", {}, settings=settings) == "failed"
