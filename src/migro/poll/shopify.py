"""
Shopify's Admin API, asked by GraphQL: orders, stock, webhook subscriptions. Nothing about people is asked for.

Sources: https://shopify.dev/docs/api/admin-graphql/latest/queries/orders,
https://shopify.dev/docs/api/usage/pagination-graphql, https://shopify.dev/docs/api/usage/limits
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

import attrs

from ..errors import InputError
from ..observe.parsing import at, moment, word
from ..observe.shopify_poll import items_of
from .asking import Answer, Ask, Page, Position, Trouble
from .caller import Caller
from .changes import began_at, newest_change
from .cursors import is_plain_cursor
from .poller import Poller
from .quotas import Quota, cost_of

__all__ = ["ShopifyInventory", "ShopifyOrders", "ShopifySubscriptions", "shopify_caller"]

_VERSION: Final = "2026-07"
_UNKNOWN: Final = frozenset({"undefinedField", "undefinedType", "argumentNotAccepted"})

_ORDERS: Final = """query($first: Int!, $after: String, $query: String) {
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    nodes {
      id createdAt updatedAt cancelledAt test currencyCode sourceName taxExempt
      displayFinancialStatus displayFulfillmentStatus
      totalPriceSet { shopMoney { amount currencyCode } }
      totalTaxSet { shopMoney { amount } }
    }
    pageInfo { hasNextPage endCursor }
  }
}"""
_STOCK: Final = """query($first: Int!, $after: String) {
  inventoryItems(first: $first, after: $after) {
    nodes {
      id sku tracked
      inventoryLevels(first: 10) {
        nodes { id location { id } quantities(names: ["available"]) { name quantity updatedAt } }
        pageInfo { hasNextPage }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}"""
_SUBSCRIPTIONS: Final = """query($first: Int!, $after: String) {
  webhookSubscriptions(first: $first, after: $after) {
    nodes {
      id topic
      endpoint { __typename ... on WebhookHttpEndpoint { callbackUrl } ... on WebhookEventBridgeEndpoint { arn } }
    }
    pageInfo { hasNextPage endCursor }
  }
}"""


def shopify_caller(shop: str, token: str, *, version: str = _VERSION, **more: Any) -> Caller:
    """
    Return a caller for the Admin API of a shop.

    Args:
        shop: Such as ``mugs.myshopify.com``.
        token: The access token of an app that may read what is polled, and nothing else.
        version: Of the API.
        more: What else `Caller` takes.
    """
    address = f"https://{shop}/admin/api/{version}"
    return Caller(address, headers={"X-Shopify-Access-Token": token}, version=version, **more)


@attrs.frozen(kw_only=True)
class _Shopify(Poller):
    """
    Attributes:
        shop: Such as ``mugs.myshopify.com``.
        size: Items of a page.
    """

    shop: str
    size: int = 50
    kind: str = attrs.field(default="shopify_poll", init=False)

    text: ClassVar[str]
    name: ClassVar[str]

    @property
    def merchant(self) -> str | None:
        return self.shop

    def ask(self, position: Position) -> Ask:
        variables = {"first": self.size, "after": position.get("after"), **self.variables(position)}
        return Ask(path="/graphql.json", method="POST", json={"query": self.text, "variables": variables})

    def variables(self, position: Position) -> Mapping[str, Any]:
        """Return what else the query needs."""
        return {}

    def page(self, position: Position, body: Any, answer: Answer) -> Page:
        found = items_of(body)
        info = at(body, f"data.{self.name}.pageInfo")
        if found is None or not isinstance(info, Mapping):
            raise InputError(f"expected {self.name} with pageInfo, got something else")
        more, after = info.get("hasNextPage") is True, word(info.get("endCursor"))
        if more and (after is None or after == position.get("after")):
            raise InputError(f"expected a cursor that goes on, got none - at data.{self.name}.pageInfo.endCursor")
        return Page(
            items=len(found[1]),
            position=self.moved(position, found[1], after if more else None, answer.at),
            more=more,
            pause_ms=quota.pause_ms if (quota := cost_of(body)) is not None else 0,
        )

    def kept(self, position: Position) -> Position:
        """Return the position; without a cursor that tells of people, so that the next process begins beside it."""
        after = position.get("after")
        return {n: v for n, v in position.items() if n != "after"} if after and not is_plain_cursor(after) else position

    @abstractmethod
    def moved(self, position: Position, items: list[Any], after: str | None, asked: datetime | None) -> Position:
        """Return the position behind a page that was asked for then; without `after` it was the last one."""

    def quota(self, body: Any) -> Quota | None:
        return cost_of(body)

    def refusal(self, body: Any) -> Trouble | None:
        errors = at(body, "errors")
        if not errors:
            return None
        told = errors if isinstance(errors, list) else [{"message": errors}]
        codes = {str(at(e, "extensions.code") or "") for e in told}
        texts = [str(at(e, "message") or "") for e in told]
        kind = "shopify_graphql_error"
        if "THROTTLED" in codes or any(t.startswith("Throttled") for t in texts):
            quota = cost_of(body)
            return Trouble(
                result="throttled",
                reason="expected a list, got THROTTLED: more points than are left",
                again=True,
                wait_ms=quota.pause_ms if quota is not None and quota.pause_ms else None,
                kind=kind,
            )
        if codes & _UNKNOWN:
            named = sorted(codes & _UNKNOWN)[0]
            return Trouble(result="unknown_field", reason=f"expected a list, got {named}", kind=kind)
        if any("cursor" in t.lower() for t in texts):
            reason = "expected a list, got a refusal of the cursor"
            return Trouble(result="failed", reason=reason, restart=True, kind=kind)
        again = "INTERNAL_SERVER_ERROR" in codes
        known = next((c for c in sorted(codes) if c.isupper()), "an error")
        return Trouble(result="failed", reason=f"expected a list, got {known[:60]}", again=again, kind=kind)

    def headers(self) -> Mapping[str, str]:
        return {"X-Shopify-Shop-Domain": self.shop}


@attrs.frozen(kw_only=True)
class ShopifyOrders(_Shopify):
    """
    Orders by when they changed.

    Attributes:
        lookback_s: How far back the first run looks, in seconds.
        overlap_s: How far each run reaches back behind the newest change that was read, in seconds: what is listed can
            lag behind what happened. What comes twice by that is known.
    """

    source: str = "shopify_orders"
    lookback_s: int = 3600
    overlap_s: int = 120

    text: ClassVar[str] = _ORDERS
    name: ClassVar[str] = "orders"

    def start(self, now: datetime) -> Position:
        return {"since": (now - timedelta(seconds=self.lookback_s)).isoformat()}

    def variables(self, position: Position) -> Mapping[str, Any]:
        since = moment(position.get("since"))
        return {"query": f"updated_at:>='{since:%Y-%m-%dT%H:%M:%SZ}'"} if since is not None else {}

    def moved(self, position: Position, items: list[Any], after: str | None, asked: datetime | None) -> Position:
        told = (*(moment(at(i, "updatedAt")) for i in items), moment(position.get("newest")))
        newest = newest_change(told, asked)
        kept = {"newest": newest.isoformat()} if newest is not None else {}
        if after is not None:
            # The filter has to stay as it was while its pages are read.
            return {**position, **kept, "after": after}
        back = newest - timedelta(seconds=self.overlap_s) if newest is not None else None
        since = back or began_at(position, asked, self.lookback_s)
        return {**kept, **({"since": since.isoformat()} if since is not None else {})}


@attrs.frozen(kw_only=True)
class ShopifyInventory(_Shopify):
    """
    Stock of every article in every place, up to ten places each; of an article with more nothing is known.

    A page is small, because what one query may cost is: each article costs about thirty points of a thousand.
    """

    source: str = "shopify_inventory"
    size: int = 10
    snapshot: bool = attrs.field(default=True, init=False)

    text: ClassVar[str] = _STOCK
    name: ClassVar[str] = "inventoryItems"

    def moved(self, position: Position, items: list[Any], after: str | None, asked: datetime | None) -> Position:
        return {"after": after} if after is not None else {}


@attrs.frozen(kw_only=True)
class ShopifySubscriptions(_Shopify):
    """
    Webhook subscriptions that the app made for this shop.

    Subscriptions that stand in the app's own configuration are not listed by Shopify.
    """

    source: str = "shopify_subscriptions"
    snapshot: bool = attrs.field(default=True, init=False)

    text: ClassVar[str] = _SUBSCRIPTIONS
    name: ClassVar[str] = "webhookSubscriptions"

    def moved(self, position: Position, items: list[Any], after: str | None, asked: datetime | None) -> Position:
        return {"after": after} if after is not None else {}
