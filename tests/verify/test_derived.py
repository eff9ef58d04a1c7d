"""Signals that verify makes of others."""

from __future__ import annotations

from datetime import UTC, datetime

from migro.models import MerchantId, Signal
from migro.verify import shop_reached

WEBHOOK = Signal(
    kind="order",
    merchant=MerchantId("m_1"),
    occurred_at=datetime(2026, 3, 1, 9, tzinfo=UTC),
    received_at=datetime(2026, 3, 1, 9, 1, tzinfo=UTC),
    source_kind="platform_webhook",
    provider="shopify",
    resource=("order", "1001"),
    ids={"order_id": "1001"},
    env="production",
    auth="verified",
)


def test_what_the_platform_hears_of_a_shop_is_as_validation_would_have_it_and_nothing_of_what_was_told() -> None:
    found = shop_reached(WEBHOOK)

    assert Signal.from_json(found.json_line()) == found
    assert (found.merchant, dict(found.ids)) == ("m_1", {"platform": "shopify"})
    assert (found.occurred_at, found.received_at) == (WEBHOOK.occurred_at, WEBHOOK.received_at)
    assert (found.env, found.auth, found.dedup_key, found.resource) == ("production", "verified", WEBHOOK.id, None)
    assert (found.kind, found.topic) == ("migro.shop_reached", "migro.shop_reached")
