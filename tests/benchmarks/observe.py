"""
How fast raw material becomes signals: thin webhooks, a line of an access log, a ticket, and adding up by the minute.

Run it from the repository, on a quiet machine::

    python -m tests.benchmarks.observe

Time is that of the processor, and of several rounds the best counts, since the rest is what other programs took. The
floor is what nothing can be faster than that gives the same: reading the JSON (with `orjson`, where it is installed,
which keeps no exact numbers, and with the standard library), and validating one signal with its id.
"""

from __future__ import annotations

import argparse
import base64
import hmac
import importlib.util
import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from migro.models import Signal
from migro.observe import EndpointSettings, Envelope, Observer, ObserveSettings
from migro.observe.aggregation import REQUESTS, MinuteAggregator
from migro.observe.parsing import read_json

_NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
_SECRET = "a secret for made-up webhooks"
_SETTINGS = ObserveSettings(endpoints={"shopify": EndpointSettings(secrets_env=("SECRET",))})
_ROUNDS = 5


def bigcommerce(number: int) -> Envelope:
    """Return a thin webhook: ids only, unsigned."""
    body = (
        f'{{"store_id":"10{number % 50}","producer":"stores/abc{number % 50}","scope":"store/order/statusUpdated",'
        f'"data":{{"type":"order","id":{number}}},"hash":"dd70c0976e06b67aaf671e73f49dcb79230ebf9d",'
        f'"created_at":{1_772_355_603 + number}}}'
    )
    return Envelope(received_at=_NOW, kind="bigcommerce_webhook", body=body, raw=body.encode())


def shopify(number: int) -> Envelope:
    """Return a small signed webhook with the headers that come with it."""
    body = json.dumps(
        {
            "inventory_item_id": number,
            "location_id": 905684977,
            "available": 7,
            "updated_at": "2026-03-01T06:00:00-05:00",
        }
    )
    headers = {
        "X-Shopify-Topic": "inventory_levels/update",
        "X-Shopify-Shop-Domain": f"shop-{number % 50}.myshopify.com",
        "X-Shopify-Webhook-Id": f"b54557e4-bdd9-4b37-8a5f-{number:012x}",
        "X-Shopify-Event-Id": f"98880550-7158-44d4-b7cd-{number:012x}",
        "X-Shopify-API-Version": "2025-10",
        "X-Shopify-Hmac-SHA256": base64.b64encode(hmac.digest(_SECRET.encode(), body.encode(), "sha256")).decode(),
    }
    return Envelope(
        received_at=_NOW, kind="shopify_webhook", endpoint="shopify", headers=headers, body=body, raw=body.encode()
    )


def access_log(number: int) -> Envelope:
    """Return a hundred lines, as they are read from a file that grows."""
    lines = "\n".join(
        f"203.0.113.{n % 250} - - [01/Mar/2026:09:{number % 60:02}:{n // 10:02} +0000]"
        f' "GET /products/{n % 40} HTTP/1.1" 200 {n} "-" "Mozilla/5.0 (X11) Firefox/{n % 20}"'
        for n in range(100)
    )
    return Envelope(received_at=_NOW, kind="web_access_log", body=lines, raw=lines.encode())


def ticket(number: int) -> Envelope:
    """Return a ticket of a few sentences, no two with the same text."""
    text = (
        f"Hello, since this morning I cannot check out: after paying the cart is empty. My order is {number}."
        " I tried another browser and another card. Please help, my customers are waiting. Thank you."
    )
    body = {"id": str(number), "title": "Checkout does not work", "body": text, "created_at": "2026-03-01T09:00:00Z"}
    return Envelope(received_at=_NOW, kind="ticket", body=body)


def best(act: Callable[[Any], object], items: Sequence[Any]) -> float:
    """Return the seconds that one item takes in the best round."""
    found = []
    for _ in range(_ROUNDS):
        begun = time.process_time()
        for item in items:
            act(item)
        found.append((time.process_time() - begun) / len(items))
    return min(found)


def told(name: str, seconds: float, each: int = 1) -> None:
    """Print one row."""
    print(f"{name:<44} {each / seconds:>9.0f}/s {1e6 * seconds / each:>8.1f} us")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=5_000, help="deliveries of each kind (default: 5000)")
    count = parser.parse_args().count
    observer = Observer(_SETTINGS, secrets={"SECRET": _SECRET}, pseudonym_key=b"a key for made-up people only")
    thin = [bigcommerce(n) for n in range(count)]
    signals = [observer.observe(e).signals[0] for e in thin]
    fields = [{n: getattr(s, n) for n in Signal.model_fields if n != "id"} for s in signals]

    reading = best(lambda e: read_json(e.body), thin)
    validating = best(lambda data: Signal(**data), fields)
    if importlib.util.find_spec("orjson") is not None:
        loads = importlib.import_module("orjson").loads
        told("floor: orjson and validation", best(lambda e: loads(e.raw), thin) + validating)
    told("floor: exact JSON and validation", reading + validating)
    told("bigcommerce webhook (thin, unsigned)", best(observer.observe, thin))
    told("shopify webhook (small, signed)", best(observer.observe, [shopify(n) for n in range(count)]))
    hundreds = [access_log(n) for n in range(max(count // 100, 1))]
    told("line of an access log", best(observer.observe, hundreds), each=100)
    told("ticket (lexicons, features)", best(observer.observe, [ticket(n) for n in range(max(count // 10, 1))]))
    hits = [s for e in hundreds for s in observer.observe(e).signals]
    aggregator = MinuteAggregator((REQUESTS,))
    told("request added to its minute", best(aggregator.take, hits))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
