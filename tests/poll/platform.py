"""
Platforms on the loopback: Shopify's GraphQL, BigCommerce's lists and a REST list, with their throttling and faults.

Shapes are those of the vendors' documentation; shops, orders and people are made up.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import EllipsisType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.loopback import Reply, serving

__all__ = ["NOW", "Platform", "Reply", "listening"]

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PERSON = "jo.doe@mail.example"


def _body(value: Any) -> bytes:
    return json.dumps(value).encode()


class Platform:
    """
    What the platforms know, and what goes wrong next.

    Attributes:
        orders: By number, when it was placed and when it changed.
        stock: By sku, pieces by place.
        hooks: Topic or scope, and address.
        faults: What the next answers are instead of what was asked for, by name; used up one by one.
        asked: Every request: method, path, query, headers in small letters, body.
        left, points: Calls that are left, counted down by each, and points that are.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        self.orders: dict[int, tuple[datetime, datetime]] = {}
        self.stock: dict[str, dict[int, int]] = {}
        self.hooks: list[tuple[str, str]] = []
        self.faults: list[str] = []
        self.asked: list[tuple[str, str, dict[str, str], dict[str, str], Any]] = []
        self.left = 1_000
        self.points = 1_000
        self.version = "2026-07"

    def place(self, number: int, seconds: int, changed: int | None = None) -> None:
        placed = NOW + timedelta(seconds=seconds)
        self.orders[number] = (placed, NOW + timedelta(seconds=seconds if changed is None else changed))

    def changed_since(self, since: datetime) -> list[int]:
        found = [(changed, n) for n, (_, changed) in self.orders.items() if changed >= since]
        return [n for _, n in sorted(found)]

    # --- answering ----------------------------------------------------------------------------------------------

    def answer(self, method: str, path: str, headers: dict[str, str], raw: bytes) -> Reply | None:
        """Return the answer to a request; None for a line that is cut."""
        url = urlsplit(path)
        query = {n: v[0] for n, v in parse_qs(url.query).items()}
        body = json.loads(raw) if raw else None
        with self.lock:
            self.asked.append((method, url.path, query, headers, body))
            self.left = max(self.left - 1, 0)
            if self.faults:
                found: Reply | EllipsisType | None = self._fault(self.faults.pop(0))
                if not isinstance(found, EllipsisType):
                    return found
            if url.path.endswith("/graphql.json"):
                return self._graphql(body)
            if url.path.endswith("/v2/orders"):
                return self._bigcommerce_orders(query)
            if "/v3/" in url.path:
                return self._bigcommerce_list(url.path, query)
            return self._rest(url.path, query, headers)

    def _fault(self, name: str) -> Any:
        kind, _, value = name.partition(":")
        match kind:
            case "none":
                return ...
            case "cut":
                return None
            case "throttled":
                return self._throttled(lacking=int(value or 10))
            case "status":
                status, _, wait = value.partition("@")
                return int(status), ({"Retry-After": wait} if wait else {}), b'{"errors":"no"}'
            case "reset":
                quota = {"X-Rate-Limit-Requests-Left": "0", "X-Rate-Limit-Requests-Quota": "150"}
                return 429, {**quota, "X-Rate-Limit-Time-Reset-Ms": value, "X-Retry-After": "0"}, b""
            case "html":
                return 200, {"Content-Type": "text/html"}, b"<!doctype html><title>502</title>"
            case "half":
                return 200, {}, b'{"data": {"orders": {"nodes": [{"id": "gid:'
            case "robot":
                return 403, {"cf-mitigated": "challenge"}, b"<html>Attention Required"
            case "error":
                codes = {"extensions": {"code": value}} if value else {}
                text = f"refused: {value}" if value else "Invalid cursor for current pagination sort."
                return 200, {}, _body({"errors": [{"message": text} | codes]})
            case "elsewhere":
                return 302, {"Location": "https://elsewhere.example/steal"}, b""
            case "large":
                return 200, {}, b" " * int(value)
        raise AssertionError(name)

    # --- Shopify ------------------------------------------------------------------------------------------------

    def _cost(self, asked: int, left: int) -> dict[str, Any]:
        status = {"maximumAvailable": 1000.0, "currentlyAvailable": left, "restoreRate": 1000.0}
        return {"cost": {"requestedQueryCost": asked, "actualQueryCost": None, "throttleStatus": status}}

    def _throttled(self, lacking: int) -> Reply:
        errors = [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]
        return 200, {}, _body({"errors": errors, "extensions": self._cost(40 + lacking, 40)})

    def _graphql(self, body: Any) -> Reply:
        variables = body["variables"]
        name, nodes = next(
            (n, f(variables))
            for n, f in (
                ("webhookSubscriptions", self._shopify_hooks),
                ("inventoryItems", self._shopify_stock),
                ("orders", self._shopify_orders),
            )
            if n in body["query"]
        )
        after, first = int(variables["after"] or 0), variables["first"]
        more = after + first < len(nodes)
        page = {
            "nodes": nodes[after : after + first],
            "pageInfo": {"hasNextPage": more, "endCursor": str(after + first) if more else None},
        }
        answer = {"data": {name: page}, "extensions": self._cost(42, self.points)}
        return 200, {"X-Shopify-API-Version": self.version, "Date": format_datetime(NOW)}, _body(answer)

    def _shopify_orders(self, variables: Any) -> list[Any]:
        since = re.search(r"updated_at:>='([^']+)'", variables.get("query") or "")
        numbers = self.changed_since(datetime.fromisoformat(since.group(1)) if since else NOW - timedelta(days=365))
        return [self._shopify_order(n) for n in numbers]

    def _shopify_order(self, number: int) -> dict[str, Any]:
        placed, changed = (t.isoformat().replace("+00:00", "Z") for t in self.orders[number])
        return {
            "id": f"gid://shopify/Order/{5_000_000_000_000_000_000 + number}",
            "createdAt": placed,
            "updatedAt": changed,
            "cancelledAt": None,
            "test": False,
            "currencyCode": "EUR",
            "sourceName": "web",
            "taxExempt": False,
            "displayFinancialStatus": "PAID",
            "displayFulfillmentStatus": "UNFULFILLED",
            "totalPriceSet": {"shopMoney": {"amount": "59.90", "currencyCode": "EUR"}},
            "totalTaxSet": {"shopMoney": {"amount": "9.56"}},
            "email": PERSON,
        }

    def _shopify_stock(self, _: Any) -> list[Any]:
        return [
            {
                "id": f"gid://shopify/InventoryItem/{100 + place}",
                "sku": sku,
                "tracked": True,
                "inventoryLevels": {
                    "nodes": [
                        {
                            "id": f"gid://shopify/InventoryLevel/{shelf}?inventory_item_id={100 + place}",
                            "location": {"id": f"gid://shopify/Location/{shelf}"},
                            "quantities": [
                                {"name": "available", "quantity": pieces, "updatedAt": "2026-01-01T00:00:00Z"}
                            ],
                        }
                        for shelf, pieces in [*shelves.items()][:10]
                    ],
                    "pageInfo": {"hasNextPage": len(shelves) > 10},
                },
            }
            for place, (sku, shelves) in enumerate(sorted(self.stock.items()))
        ]

    def _shopify_hooks(self, _: Any) -> list[Any]:
        return [
            {
                "id": f"gid://shopify/WebhookSubscription/{900 + place}",
                "topic": topic,
                "endpoint": {"__typename": "WebhookHttpEndpoint", "callbackUrl": address}
                if address.startswith("http")
                else {"__typename": "WebhookEventBridgeEndpoint", "arn": address},
            }
            for place, (topic, address) in enumerate(self.hooks)
        ]

    # --- BigCommerce --------------------------------------------------------------------------------------------

    def _bigcommerce_headers(self) -> dict[str, str]:
        return {
            "X-Rate-Limit-Requests-Left": str(min(self.left, 150)),
            "X-Rate-Limit-Requests-Quota": "150",
            "X-Rate-Limit-Time-Window-Ms": "30000",
            "X-Rate-Limit-Time-Reset-Ms": "15",
        }

    def _bigcommerce_orders(self, query: dict[str, str]) -> Reply:
        since = datetime.fromisoformat(query["min_date_modified"])
        numbers = self.changed_since(since)
        size, page = int(query["limit"]), int(query["page"])
        numbers = numbers[(page - 1) * size : page * size]
        if not numbers:
            return 204, self._bigcommerce_headers(), b""
        return 200, self._bigcommerce_headers(), _body([self._bigcommerce_order(n) for n in numbers])

    def _bigcommerce_order(self, number: int) -> dict[str, Any]:
        placed, changed = (format_datetime(t) for t in self.orders[number])
        return {
            "id": number,
            "status_id": 11,
            "status": "Awaiting Fulfillment",
            "date_created": placed,
            "date_modified": changed,
            "currency_code": "EUR",
            "total_inc_tax": "59.9000",
            "total_tax": "9.5600",
            "payment_status": "captured",
            "cart_id": "a8458391-ef68-4fe5-9ec1-442e6a767364",
            "channel_id": 1,
            "order_source": "www",
            "is_deleted": False,
            "billing_address": {"email": PERSON, "last_name": "Doe"},
            "customer_message": "please ring at Doe",
        }

    def _bigcommerce_list(self, path: str, query: dict[str, str]) -> Reply:
        items = self._bigcommerce_stock() if path.endswith("/inventory/items") else self._bigcommerce_hooks()
        size, page = int(query["limit"]), int(query["page"])
        some = items[(page - 1) * size : page * size]
        pagination = {
            "total": len(items),
            "count": len(some),
            "per_page": size,
            "current_page": page,
            "total_pages": max(-(-len(items) // size), 1),
            "links": {"current": f"?page={page}&limit={size}"},
        }
        return 200, self._bigcommerce_headers(), _body({"data": some, "meta": {"pagination": pagination}})

    def _bigcommerce_stock(self) -> list[Any]:
        return [
            {
                "identity": {"sku": sku, "sku_id": place, "variant_id": 70 + place, "product_id": 120},
                "locations": [
                    {
                        "location_id": shelf,
                        "location_code": f"L-{shelf}",
                        "location_name": "Doe's garage",
                        "available_to_sell": pieces,
                        "total_inventory_onhand": pieces,
                        "location_enabled": True,
                        "settings": {"safety_stock": 0, "is_in_stock": pieces > 0},
                    }
                    for shelf, pieces in shelves.items()
                ],
            }
            for place, (sku, shelves) in enumerate(sorted(self.stock.items()))
        ]

    def _bigcommerce_hooks(self) -> list[Any]:
        return [
            {
                "id": 10 + place,
                "client_id": "abc",
                "store_hash": "k1n4",
                "scope": scope,
                "destination": address.removesuffix("#off"),
                "headers": {"X-Secret": "hush-hush"},
                "is_active": not address.endswith("#off"),
                "created_at": 1_710_000_000,
                "updated_at": 1_710_003_600,
            }
            for place, (scope, address) in enumerate(self.hooks)
        ]

    # --- a REST list --------------------------------------------------------------------------------------------

    def _rest(self, path: str, query: dict[str, str], headers: dict[str, str]) -> Reply:
        size, begin = int(query.get("limit", "2")), int(query.get("page_info", "0"))
        numbers = sorted(self.orders)
        body = _body({"orders": [self._rest_order(n) for n in numbers[begin : begin + size]]})
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        kept = {"ETag": etag, "X-Shopify-Shop-Api-Call-Limit": f"{40 - min(self.left, 40)}/40"}
        if headers.get("if-none-match") == etag:
            return 304, kept, b""
        if begin + size < len(numbers):
            host = "https://elsewhere.example"
            following = f'<{host}{path}?limit={size}&page_info={begin + size}>; rel="next"'
            kept["Link"] = f'<{host}{path}?page_info=0>; rel="previous", {following}'
        return 200, kept, body

    def _rest_order(self, number: int) -> dict[str, Any]:
        placed, changed = (t.isoformat() for t in self.orders[number])
        return {
            "id": 5_000_000_000_000_000_000 + number,
            "admin_graphql_api_id": f"gid://shopify/Order/{5_000_000_000_000_000_000 + number}",
            "created_at": placed,
            "updated_at": changed,
            "currency": "EUR",
            "total_price": "59.90",
            "financial_status": "paid",
            "email": PERSON,
        }


def listening(platform: Platform) -> AbstractContextManager[str]:
    """Serve a platform on a free port of the loopback, and give its address."""
    return serving(platform.answer)
