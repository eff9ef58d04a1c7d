"""
Lists that BigCommerce gives when it is asked: orders (v2), stock in places (v3), webhooks (v3).

Sources: https://developer.bigcommerce.com/docs/rest-management/orders,
https://developer.bigcommerce.com/docs/rest-management/inventory/items,
https://developer.bigcommerce.com/docs/webhooks/webhooks/manage-webhooks-bulk
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import re2

from ..errors import InputError
from .bigcommerce import topics_of
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .parsing import at, exact_id, moment, whole, word
from .polled import SOURCE_KIND, drafts_of, host_of, http_date, order_draft, polled_at, stock_draft, subscription_draft
from .slugs import slug

__all__ = ["NORMALISER", "STORE", "changed_at", "items_of"]

STORE: Final = "x-bigcommerce-store"
"""The header that names the store which was asked; the poller itself writes it into the envelope."""

_HASH: Final = re2.compile(r"^[a-z0-9]{1,40}$")
_ORDER: Final = frozenset({"id", "status_id", "date_created"})


def items_of(body: Any) -> tuple[str, list[Any]] | None:
    """Return what a list is of (orders, stock or subscriptions) and its items; None for an answer that is no list."""
    items = body if isinstance(body, list) else at(body, "data")
    if not isinstance(items, list):
        return None
    first = next((i for i in items if isinstance(i, Mapping)), None)
    if first is None:
        return ("orders" if isinstance(body, list) else "stock"), items
    if isinstance(body, list):
        return ("orders", items) if first.keys() >= _ORDER else None
    if "identity" in first and "locations" in first:
        return "stock", items
    return ("subscriptions", items) if {"scope", "destination"} <= first.keys() else None


def changed_at(order: Any) -> datetime | None:
    """Return when an order was last changed, to the second."""
    told = at(order, "date_modified")
    return http_date(told) or moment(told)


def _store(envelope: Envelope) -> str | None:
    told = word(envelope.header(STORE)) or ""
    return told if _HASH.match(told) else None


def _order(item: Mapping[str, Any], envelope: Envelope) -> Draft:
    order_id = exact_id(item.get("id"))
    if order_id is None:
        raise InputError("expected an order with an id, got none")
    created = item.get("date_created")
    paid = word(item.get("payment_status"))
    return order_draft(
        "bigcommerce",
        order_id=order_id,
        merchant=_store(envelope),
        placed_at=http_date(created) or moment(created),
        changed_at=changed_at(item),
        currency=word(item.get("currency_code")),
        # Amounts have four decimals here.
        total=_plain(item.get("total_inc_tax")),
        tax=_plain(item.get("total_tax")),
        financial_status=paid.lower().replace(" ", "_")[:40] if paid is not None and len(paid) <= 40 else None,
        cancelled=whole(item.get("status_id")) == 5,
        ids={"cart_ref": word(item.get("cart_id")), "channel_id": exact_id(item.get("channel_id"))},
        words={
            "status_id": exact_id(item.get("status_id")),
            "source_name": slug(item.get("order_source")),
            "deleted": True if item.get("is_deleted") is True else None,
        },
    )


def _plain(amount: Any) -> Any:
    """Return an amount without zeros that no currency has."""
    return amount.rstrip("0").rstrip(".") if isinstance(amount, str) and "." in amount else amount


def _stock(item: Mapping[str, Any], envelope: Envelope, scope: Scope) -> Iterator[Draft]:
    identity = at(item, "identity")
    variant, product = exact_id(at(identity, "variant_id")), exact_id(at(identity, "product_id"))
    sku = word(at(identity, "sku")) or variant or product
    if sku is None:
        raise InputError("expected stock with a sku or the id of an article, got none")
    places = item.get("locations")
    for place in places if isinstance(places, list) else []:
        yield stock_draft(
            "bigcommerce",
            merchant=_store(envelope),
            at=polled_at(envelope, scope),
            available=whole(at(place, "available_to_sell")),
            changed_at=None,
            tracked=None,
            ids={"sku": sku, "variant_id": variant, "product_id": product,
                 "location_id": exact_id(at(place, "location_id"))},
            words={"enabled": False if at(place, "location_enabled") is False else None},
        )  # fmt: skip


def _subscriptions(item: Mapping[str, Any], envelope: Envelope, scope: Scope) -> Iterator[Draft]:
    told = word(item.get("scope"))
    if told is None or len(told) > 120 or not told.startswith("store/"):
        raise InputError("expected a webhook with a scope that starts with store/, got another")
    for canonical in topics_of(told):
        yield subscription_draft(
            "bigcommerce",
            merchant=_store(envelope),
            at=polled_at(envelope, scope),
            hook_topic=canonical,
            raw_topic=told,
            subscription=exact_id(item.get("id")),
            active=item.get("is_active") is True,
            destination=host_of(item.get("destination")),
            queued=False,
        )


def _read(envelope: Envelope, scope: Scope) -> Iterator[Draft | Refused]:
    found = items_of(envelope.value())
    if found is None:
        raise InputError("expected a list of orders, stock or webhooks, got something else")
    what, items = found

    def read(item: Mapping[str, Any]) -> Iterator[Draft]:
        if what == "orders":
            yield _order(item, envelope)
        elif what == "stock":
            yield from _stock(item, envelope, scope)
        else:
            yield from _subscriptions(item, envelope, scope)

    yield from drafts_of(items, read)


def _fits(body: Mapping[str, Any]) -> bool:
    if body.keys() >= _ORDER | {"total_inc_tax"}:
        return True  # the first of a list of orders
    found = items_of(body)
    return found is not None and bool(found[1]) and any(isinstance(i, Mapping) for i in found[1])


NORMALISER: Final = Normaliser(
    kind="bigcommerce_poll",
    provider="bigcommerce",
    source_kind=SOURCE_KIND,
    version=1,
    read=_read,
    headers=(STORE,),
    without_claim="not_applicable",
    fits=_fits,
    many=True,
)
