"""
BigCommerce's Management API: orders (v2), stock in places (v3), webhooks (v3).

Sources: https://developer.bigcommerce.com/docs/rest-management/orders,
https://developer.bigcommerce.com/docs/rest-management/inventory/items,
https://developer.bigcommerce.com/docs/webhooks/webhooks/manage-webhooks-bulk
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

import attrs

from ..errors import InputError
from ..observe.bigcommerce_poll import STORE, changed_at, items_of
from ..observe.parsing import at, moment, whole
from .asking import Answer, Ask, Page, Position
from .caller import Caller
from .changes import began_at, newest_change
from .poller import Poller
from .quotas import quota_of

__all__ = ["BigCommerceInventory", "BigCommerceOrders", "BigCommerceSubscriptions", "bigcommerce_caller"]


def bigcommerce_caller(store: str, token: str, **more: Any) -> Caller:
    """
    Return a caller for the Management API of a store.

    Args:
        store: The store's hash.
        token: The access token of an API account that may read what is polled, and nothing else.
        more: What else `Caller` takes.
    """
    headers = {"X-Auth-Token": token, "Accept": "application/json"}
    return Caller(f"https://api.bigcommerce.com/stores/{store}", headers=headers, **more)


@attrs.frozen(kw_only=True)
class _BigCommerce(Poller):
    """
    Attributes:
        store: The store's hash; webhooks name the store by its number instead, so give the endpoint a merchant.
        size: Items of a page.
    """

    store: str
    size: int = 250
    kind: str = attrs.field(default="bigcommerce_poll", init=False)

    @property
    def merchant(self) -> str | None:
        return self.store

    def headers(self) -> Mapping[str, str]:
        return {STORE: self.store}


@attrs.frozen(kw_only=True)
class BigCommerceOrders(_BigCommerce):
    """
    Orders by when they changed.

    Pages are told by time and not by number: an order that changes while the pages are read moves to their end, and
    every number behind it would then miss one.

    Attributes:
        lookback_s: How far back the first run looks, in seconds.
        overlap_s: How far each run reaches back behind the newest change that was read, in seconds.
    """

    source: str = "bigcommerce_orders"
    lookback_s: int = 3600
    overlap_s: int = 60

    def start(self, now: datetime) -> Position:
        return {"since": (now - timedelta(seconds=self.lookback_s)).isoformat()}

    def ask(self, position: Position) -> Ask:
        since = moment(position.get("since"))
        params = {
            **({"min_date_modified": f"{since:%Y-%m-%dT%H:%M:%SZ}"} if since is not None else {}),
            "sort": "date_modified:asc",
            "limit": str(self.size),
            "page": position.get("page", "1"),
        }
        return Ask(path="/v2/orders", params=params)

    def page(self, position: Position, body: Any, answer: Answer) -> Page:
        # No content is how an empty list is said here.
        orders = [] if body is None else body
        if not isinstance(orders, list) or (orders and items_of(orders) is None):
            raise InputError(f"expected a list of orders, got {type(orders).__name__}")
        times = [changed_at(o) for o in orders]
        known = newest_change((*times, moment(position.get("newest"))), answer.at)
        newest = {"newest": known.isoformat()} if known is not None else {}
        quota = quota_of(answer.headers)
        pause_ms = quota.pause_ms if quota is not None else 0
        if len(orders) < self.size:
            back = known - timedelta(seconds=self.overlap_s) if known is not None else None
            begin = back or began_at(position, answer.at, self.lookback_s)
            since = {"since": begin.isoformat()} if begin is not None else {}
            return Page(items=len(orders), position={**newest, **since}, pause_ms=pause_ms)
        # Who went on from a time that is still to come would not be asked about what changes until then.
        last = newest_change(times[-1:], answer.at)
        return Page(items=len(orders), position={**newest, **self._on(position, last)}, more=True, pause_ms=pause_ms)

    def _on(self, position: Position, last: datetime | None) -> Position:
        """Return from where a full page goes on: from the second of its last order, else from the next page."""
        since = moment(position.get("since"))
        if last is not None and (since is None or last > since):
            return {"since": last.isoformat()}
        number = (whole(position.get("page")) or 1) + 1
        return {**{n: v for n, v in position.items() if n == "since"}, "page": str(number)}


@attrs.frozen(kw_only=True)
class _List(_BigCommerce):
    """A list of version 3, with its pages counted in ``meta.pagination``."""

    snapshot: bool = attrs.field(default=True, init=False)

    path: ClassVar[str]
    what: ClassVar[str]

    def ask(self, position: Position) -> Ask:
        return Ask(path=self.path, params={"limit": str(self.size), "page": position.get("page", "1")})

    def page(self, position: Position, body: Any, answer: Answer) -> Page:
        items = at(body, "data")
        found = items_of(body)
        if not isinstance(items, list) or (items and (found is None or found[0] != self.what)):
            raise InputError(f"expected a list of {self.what} under data, got something else")
        asked = whole(position.get("page")) or 1
        page, pages = whole(at(body, "meta.pagination.current_page")), whole(at(body, "meta.pagination.total_pages"))
        if pages is None:
            raise InputError("expected the number of pages, got none - at meta.pagination.total_pages")
        if page is not None and page != asked:
            raise InputError(f"expected page {asked}, got another - at meta.pagination.current_page")
        quota = quota_of(answer.headers)
        return Page(
            items=len(items),
            position={"page": str(asked + 1)} if asked < pages else {},
            more=asked < pages,
            pause_ms=quota.pause_ms if quota is not None else 0,
        )


@attrs.frozen(kw_only=True)
class BigCommerceInventory(_List):
    """Stock of every variant in every place."""

    source: str = "bigcommerce_inventory"

    path: ClassVar[str] = "/v3/inventory/items"
    what: ClassVar[str] = "stock"


@attrs.frozen(kw_only=True)
class BigCommerceSubscriptions(_List):
    """Webhooks of the app whose token asks; those of other apps are not listed."""

    source: str = "bigcommerce_subscriptions"

    path: ClassVar[str] = "/v3/hooks"
    what: ClassVar[str] = "subscriptions"
