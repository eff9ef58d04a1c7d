"""Shopify bodies that come without headers and under no name, told by names that no other platform uses together."""

from __future__ import annotations

from typing import Any

import pytest

from migro.observe import guess_kind
from tests.observe.payloads import one


@pytest.mark.parametrize(
    ("body", "topic"),
    [
        ({"id": 5, "myshopify_domain": "mugs.myshopify.com", "plan_name": "basic"}, "shop/?"),
        ({"id": 5, "token": "t", "abandoned_checkout_url": "https://mugs.example/r"}, "checkouts/?"),
        ({"inventory_item_id": 5, "location_id": 6}, "inventory_levels/?"),
        ({"fulfillment_order": {"id": 5}, "created_fulfillment_hold": {"id": 6}}, "fulfillment_orders/?"),
        ({"id": 5, "order_number": 1001, "financial_status": "paid"}, "orders/?"),
        ({"id": 5, "order_id": 6, "refund_line_items": []}, "refunds/?"),
        ({"shop_id": 5, "shop_domain": "mugs.myshopify.com"}, "shop/redact"),
        ({"shop_id": 5, "shop_domain": "mugs.myshopify.com", "customer": {}, "orders_to_redact": []},
         "customers/redact"),
        ({"shop_id": 5, "shop_domain": "mugs.myshopify.com", "customer": {}, "data_request": {"id": 9}},
         "customers/data_request"),
    ],
)  # fmt: skip
def test_a_body_is_recognised_by_names_that_only_shopify_uses(body: dict[str, Any], topic: str) -> None:
    signal = one("shopify_webhook", body)

    assert guess_kind({}, body) == "shopify_webhook"
    assert (signal.attrs["raw_topic"], signal.attrs["topic_source"]) == (topic, "shape")
    assert (signal.kind == "compliance") == topic.endswith(("redact", "data_request"))


@pytest.mark.parametrize("body", [{"id": 5}, {"shop_id": 5, "shop_domain": "x.example", "title": "Help"}])
def test_what_others_could_have_sent_is_left_to_others(body: dict[str, Any]) -> None:
    assert guess_kind({}, body) != "shopify_webhook"
