"""Envelopes carry the headers and signatures of their wire formats."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from migro.simulate.envelopes import Endpoint, RawEnvelope, access_log, bigcommerce, sentry, shopify

BODY = {"id": 1001, "total_price": "59.90", "currency": "EUR"}
# A second before receipt is when the sender signs.
SIGNED_AT_1700000000 = datetime.fromtimestamp(1_700_000_001, UTC)
ENDPOINT = Endpoint(name="e", merchant="m.myshopify.com", secret_env="MIGRO_DEMO_E", secret="migro_test_secret")


def test_a_shopify_signature_is_the_one_computed_elsewhere_for_this_body() -> None:
    envelope = shopify(
        ENDPOINT,
        BODY,
        topic="orders/create",
        occurred_at=SIGNED_AT_1700000000,
        received_at=SIGNED_AT_1700000000,
        delivery="d",
        event="e",
    )

    assert envelope.headers["X-Shopify-Hmac-SHA256"] == "1/zULvGIyvNiQWgeoMfAyLF1isJ8Y2YHkRSIZeWeCzY="


def test_a_sentry_signature_is_the_one_computed_elsewhere_for_this_body() -> None:
    envelope = sentry(ENDPOINT, BODY, resource="issue", received_at=SIGNED_AT_1700000000, request="r")

    assert (
        envelope.headers["Sentry-Hook-Signature"] == "d7fcd42ef188caf36241681ea0c7c0c8b1758ac27c63660791148865e59e0b36"
    )


def test_a_standard_webhooks_signature_is_the_one_computed_elsewhere_for_this_body() -> None:
    envelope = bigcommerce(ENDPOINT, BODY, received_at=SIGNED_AT_1700000000, delivery="msg_1")

    assert envelope.headers["webhook-signature"] == "v1,ua2vphbydZryerbMYowAn+BIzUNE8WdAtume38E+9OU="


def test_a_batch_of_log_lines_counts_as_many_events_as_it_has_lines() -> None:
    envelope = access_log(ENDPOINT, ("one", "two", "three"), received_at=SIGNED_AT_1700000000)

    assert (envelope.events, envelope.body) == (3, "one\ntwo\nthree\n")
    assert envelope.data()["auth"] == "not_applicable"


def test_an_envelope_keeps_its_own_copy_of_headers_and_body() -> None:
    headers, body = {"A": "1"}, {"list": [1]}
    envelope = RawEnvelope(received_at=SIGNED_AT_1700000000, kind="k", endpoint=None, headers=headers, body=body)
    headers["A"] = "2"
    body["list"].append(2)

    assert (envelope.data()["headers"], envelope.data()["body"]) == ({"A": "1"}, {"list": [1]})
    with pytest.raises(TypeError, match="does not support item assignment"):
        envelope.headers["A"] = "3"  # type: ignore[index]
