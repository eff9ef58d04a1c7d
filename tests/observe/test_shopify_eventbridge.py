from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from migro.observe import guess_kind
from tests.observe.payloads import observed, one

KIND = "shopify_eventbridge"
METADATA = {
    "Content-Type": "application/json",
    "X-Shopify-Topic": "orders/create",
    "X-Shopify-Shop-Domain": "mugs.myshopify.com",
    "X-Shopify-Event-Id": "ev-1",
    "X-Shopify-Hmac-SHA256": "not checked: the bytes are gone",
}
ORDER = {"id": 1001, "created_at": "2026-03-01T09:00:00Z", "total_price": "59.90", "currency": "EUR"}
BUS = {"version": "0", "id": "b-1", "detail-type": "shopifyWebhook", "source": "aws.partner/shopify.com/1/mugs"}
DELIVERIES: dict[str, dict[str, Any]] = {
    "eventbridge": {**BUS, "detail": {"metadata": METADATA, "payload": ORDER}},
    "metadata beside the payload": {**BUS, "detail": {**METADATA, "payload": ORDER}},
    "eventbridge in sqs": {
        "Records": [{"messageId": "x", "body": json.dumps({**BUS, "detail": {"metadata": METADATA, "payload": ORDER}})}]
    },
    "pub/sub": {
        "subscription": "projects/p/subscriptions/s",
        "message": {"data": base64.b64encode(json.dumps(ORDER).encode()).decode(), "attributes": METADATA},
    },
}


@pytest.mark.parametrize("name", DELIVERIES)
def test_metadata_stand_for_headers_and_the_event_is_that_of_the_webhook(name: str) -> None:
    webhook = one("shopify_webhook", ORDER, METADATA)

    signal = one(KIND, DELIVERIES[name])

    assert (signal.kind, signal.topic, signal.merchant, signal.ids, signal.metrics) == (
        webhook.kind,
        webhook.topic,
        webhook.merchant,
        webhook.ids,
        webhook.metrics,
    )
    assert signal.dedup_key == webhook.dedup_key
    assert guess_kind({}, json.dumps(DELIVERIES[name])) == KIND


def test_what_came_without_https_is_not_signed() -> None:
    assert one(KIND, DELIVERIES["eventbridge"]).auth == "unsigned"


def test_without_metadata_nobody_knows_what_it_is() -> None:
    for detail in ({"payload": ORDER}, {"payload": ORDER, "metadata": {"Content-Type": "application/json"}}):
        found = observed(KIND, {**BUS, "detail": detail})

        assert [failure.reason for failure in found.failures] == [
            "expected a Shopify webhook with metadata such as X-Shopify-Topic, got none"
        ]


def test_one_broken_record_stops_no_other() -> None:
    records = [{"messageId": "x", "body": "{"}, {"messageId": "y", "body": json.dumps(DELIVERIES["eventbridge"])}]

    assert [signal.kind for signal in observed(KIND, {"Records": records}).signals] == ["unknown", "order"]


def test_an_event_of_somebody_else_is_not_taken_for_one_of_shopify() -> None:
    assert guess_kind({}, json.dumps({**BUS, "source": "aws.ec2", "detail": {"state": "running"}})) == "unknown"
