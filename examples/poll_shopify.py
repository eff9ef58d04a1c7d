"""
Polling Shopify: orders that webhooks should have told of, and the subscriptions that should tell.

Install with ``pip install '.[poll]'`` in the repository, run with
``python examples/poll_shopify.py``: it pretends to be a shop.
With ``SHOPIFY_SHOP`` and ``SHOPIFY_TOKEN`` set it asks that shop instead, and changes nothing there.

Expect::

    shopify_orders: ok, 2 signals
    shopify_subscriptions: ok, 2 signals
    of 2 changed orders no webhook told 2
    inventory.changed: no subscription
    order.created: listed
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import httpx2

from migro import Agent, VolatileMemory
from migro.models import Signal, SignalReceived
from migro.observe import EndpointSettings, Observer, ObserveSettings
from migro.packs.headless import RULES
from migro.poll import (
    Listing,
    Polling,
    Reconciliation,
    Required,
    Resource,
    ShopifyOrders,
    ShopifySubscriptions,
    SubscriptionEntry,
    shopify_caller,
)

SHOP = os.environ.get("SHOPIFY_SHOP", "mugs.myshopify.com")
TOKEN = os.environ.get("SHOPIFY_TOKEN", "")
NOW = datetime.now(UTC) if TOKEN else datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
KEY = os.environ.get("MIGRO_PSEUDONYM_KEY", "a key of at least 16 characters").encode()
NEEDED = (Required(hook_topic="order.created"), Required(hook_topic="inventory.changed"))

sides = Reconciliation(merchant=SHOP, env="production", settle_s=600)


def pretend(request: httpx2.Request) -> httpx2.Response:
    """Answer as the Admin API does."""
    if "webhookSubscriptions" in request.content.decode():
        endpoint = {"callbackUrl": "https://hooks.example.org/in/shop"}
        name, nodes = "webhookSubscriptions", [{"id": "1", "topic": "ORDERS_CREATE", "endpoint": endpoint}]
    else:
        at = (NOW - timedelta(minutes=30)).isoformat()
        name, nodes = "orders", [{"id": str(n), "createdAt": at, "updatedAt": at} for n in (1001, 1002)]
    page = {"nodes": nodes, "pageInfo": {"hasNextPage": False, "endCursor": None}}
    return httpx2.Response(200, json={"data": {name: page}})


def held_against_needs(listing: Listing) -> tuple[Signal, ...]:
    """Return for each needed topic whether the platform lists a subscription for it."""
    present = SubscriptionEntry.of(listing.signals)
    return sides.subscriptions(NEEDED, present, at=listing.at, complete=listing.complete)


def main() -> None:
    """Poll once, think about what came, and show what it says."""
    memory = VolatileMemory()
    observer = Observer(
        ObserveSettings(endpoints={"shop": EndpointSettings(merchant=SHOP, env="production")}), pseudonym_key=KEY
    )
    with httpx2.Client(transport=None if TOKEN else httpx2.MockTransport(pretend)) as client:
        admin = shopify_caller(SHOP, TOKEN, client=client)
        polling = Polling(
            Agent(rules=RULES, memory=memory),
            observer,
            [
                Resource(poller=ShopifyOrders(endpoint="shop", shop=SHOP), via=admin, webhooks=sides),
                Resource(poller=ShopifySubscriptions(endpoint="shop", shop=SHOP), via=admin, then=held_against_needs),
            ],
        )
        for run in polling.poll_once(NOW):
            print(f"{run.source}: {run.result}, {run.signals} signals")
    polling.think(NOW)
    for entry in memory.read("journal"):
        if isinstance(entry.input, SignalReceived):
            show(entry.input.signal)


def show(signal: Signal) -> None:
    """Print what a signal says about webhooks."""
    if signal.kind == "poll.subscription":
        print(f"{signal.ids['hook_topic']}: {'listed' if signal.attrs['listed'] else 'no subscription'}")
    elif signal.kind == "poll.resource":
        print(f"of {signal.metrics['changed']} changed orders no webhook told {signal.metrics['unseen']}")


if __name__ == "__main__":
    main()
