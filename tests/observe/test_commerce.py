"""What holds for every commerce platform: any JSON, personal data, redelivery, recognition."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro.models import Signal
from migro.observe import guess_kind
from migro.packs.headless.signals import VOCABULARY
from tests.observe.payloads import observed, one

ADA = {
    "email": "ada@planted.example",
    "customerEmail": "ada@planted.example",
    "first_name": "Ada",
    "lastName": "Planted",
    "phone": "+49 30 5550 1234",
    "address_1": "7 Planted Lane",
    "note": "Ada Planted called",
    "customer_note": "Ada Planted called",
    "browser_ip": "198.51.100.7",
    "token": "shpat_0123456789abcdef0123456789abcdef",
    "status": "Ada Planted",
    "orderState": "Ada Planted",
    "payment_method": "Planted card",
    "created_via": "by Ada Planted",
    "billing": {"first_name": "Ada", "country": "Planted"},
    "shippingAddress": {"firstName": "Ada", "country": "Planted"},
    "user": {"id": "77001", "email": "ada@planted.example", "firstName": "Ada"},
    "customer_id": "77001",
    "customerId": "77001",
    "metadata": {"note": "Planted"},
    "custom": {"fields": {"x": "Planted"}},
    "meta_data": [{"key": "x", "value": "Planted"}],
}
PLANTED = ("planted", "ada", "5550", "198.51.100", "shpat_", "77001")
HEADERS: dict[str, dict[str, str]] = {
    "woocommerce_webhook": {"X-WC-Webhook-Topic": "order.updated"},
    "saleor_webhook": {"Saleor-Event": "order_updated", "Saleor-Domain": "mugs.example"},
}
CLOUD = {"specversion": "1.0", "id": "e-1", "source": "mailto:ada@planted.example", "subject": "Ada Planted"}
BODIES: dict[str, dict[str, Any]] = {
    "woocommerce_webhook": {**ADA, "id": 1, "order_key": "wc_planted", "line_items": [ADA]},
    "saleor_webhook": {"order": {**ADA, "id": "o-1"}, "user": ADA["user"]},
    "commercetools_message": {
        "notificationType": "Message", "projectKey": "p", "type": "OrderCreated", "sequenceNumber": 1,
        "resource": {"typeId": "order", "id": "o-1"}, "order": ADA, **ADA,
    },
    "adobe_event": {**CLOUD, "type": "com.adobe.commerce.observer.sales_order_save_after", "data": {"value": {
        **ADA, "entity_id": 1}}},
    "medusa_event": {"name": "order.placed", "data": {**ADA, "id": "order_1"}, "user": ADA},
    "cloudevents": {**CLOUD, "type": "Ada Planted was here", "data": ADA},
    "shopify_graphql_error": {"errors": [{"message": "Ada Planted is unknown", "extensions": ADA, "path": ["a b"]}]},
    "shopify_eventbridge": {
        "detail-type": "shopifyWebhook", "source": "aws.partner/shopify.com/1/x",
        "detail": {"metadata": {"X-Shopify-Topic": "orders/create"}, "payload": {
            **ADA, "id": 1001, "status": None, "customer": {"id": 77001, "first_name": "Ada"}}},
    },
}  # fmt: skip
KINDS = sorted(BODIES)
CLASSES = {cls.__signal_kind__: cls for cls in VOCABULARY}

NAMES = st.sampled_from(
    "id type data source specversion event value name order checkout user transaction resource typeId projectKey "
    "notificationType sequenceNumber meta payload notify_event errors extensions cost throttleStatus message detail "
    "metadata Records Messages Message MessageId body messageId TopicArn subscription X-Shopify-Topic ids path field "
    "data_base64 customer_id number total currency status transaction.amount amount centAmount created_at".split()
) | st.text(max_size=4)
WORDS = st.sampled_from(
    ["1.0", "order.placed", "OrderCreated", "Message", "com.adobe.commerce.observer.x", "com.commercetools.order.x",
     "migro.signal", "migro.signal.change.deploy", "webhook_id=1", "orders/create", "{}", "[[]]", '{"id": 1}',
     base64.b64encode(b'{"id": 1}').decode(), "2026-03-01T09:00:00Z", "aws.partner/shopify.com/x"]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=8) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=30,
)
HEADER_NAMES = st.sampled_from(
    ["Saleor-Event", "Saleor-Api-Url", "Saleor-Signature", "X-WC-Webhook-Topic", "X-WC-Webhook-Signature", "ce-type",
     "ce-id", "ce-source", "ce-specversion", "x-adobe-event-code", "x-adobe-digital-signature-1", "X-Migro-Signature"]
)  # fmt: skip


@given(st.sampled_from(KINDS), VALUES, st.dictionaries(HEADER_NAMES, WORDS | st.text(max_size=8), max_size=4))
def test_no_json_stops_a_reader(kind: str, body: Any, headers: dict[str, str]) -> None:
    found = observed(kind, body, headers)

    for signal in found.signals:
        assert Signal.from_json(signal.json_line()) == signal
        assert len(signal.topic) <= 200
    # A reason that names an exception means that the reader has stumbled, and nobody learns why.
    assert [f.reason for f in found.failures if "the normaliser stopped" in f.reason] == []


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_that_a_person_wrote_or_is_survives(kind: str) -> None:
    signal = one(kind, BODIES[kind], HEADERS.get(kind))

    line = signal.json_line().lower()

    assert signal.kind != "unknown"
    assert [word for word in PLANTED if word in line] == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_vocabulary_reads_every_signal_back(kind: str) -> None:
    signal = one(kind, BODIES[kind], HEADERS.get(kind))

    if signal.kind != "platform.event":
        assert CLASSES[signal.kind].from_data(signal.model_dump()).id == signal.id


@pytest.mark.parametrize("kind", KINDS)
def test_a_redelivery_is_equal_as_text_and_with_a_mark_of_byte_order(kind: str) -> None:
    text = json.dumps(BODIES[kind])

    keys = [one(kind, body, HEADERS.get(kind)).dedup_key for body in (BODIES[kind], text, f"\ufeff{text}")]

    assert len(set(keys)) == 1


@pytest.mark.parametrize("kind", sorted({*KINDS} - {"adobe_event", "saleor_webhook"}))
def test_a_body_is_recognised_as_what_it_is(kind: str) -> None:
    assert guess_kind({}, json.dumps(BODIES[kind])) == kind


@pytest.mark.parametrize("kind", sorted(HEADERS))
def test_headers_tell_who_sends(kind: str) -> None:
    assert guess_kind(HEADERS[kind], "{}") == kind


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("body", [None, 5, "x", True, [], [[]], {}, {"data": None}, {"errors": {}}, {"Records": [5]}])
def test_what_is_no_event_is_refused_with_a_reason_and_without_content(kind: str, body: Any) -> None:
    found = observed(kind, body)

    assert [signal.kind for signal in found.signals] == ["unknown"]
    assert all(f.reason.startswith("expected ") for f in found.failures)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("commercetools_message", {**BODIES["commercetools_message"], "createdAt": "2026-03-01 09:00:00"}),
        ("saleor_webhook", {"order": {"id": "o"}, "issuedAt": "2026-03-01T09:00:00"}),
        ("adobe_event", {**BODIES["adobe_event"], "time": "2026-03-01T09:00:00"}),
        ("cloudevents", {**BODIES["cloudevents"], "time": "2026-03-01T09:00:00"}),
        ("medusa_event", {**BODIES["medusa_event"], "occurred_at": "2026-03-01T09:00:00"}),
    ],
)
def test_a_time_without_a_zone_is_taken_as_utc_and_says_so(kind: str, body: dict[str, Any]) -> None:
    signal = one(kind, body, HEADERS.get(kind))

    assert (signal.occurred_at, signal.attrs["time_zone"]) == (datetime(2026, 3, 1, 9, tzinfo=UTC), "unknown")
