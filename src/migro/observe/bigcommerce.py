"""
BigCommerce webhooks: thin, ids only; the scope is the topic.

Source: https://developer.bigcommerce.com/docs/webhooks/callbacks
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

import re2

from ..errors import InputError
from .claims import Claim, from_base64, seconds
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .parsing import at, exact_id, moment, whole, word

__all__ = ["NORMALISER", "topics_of"]

_SCOPES: Final = tuple(
    (re2.compile(f"^(?:{pattern})"), kind, topic)
    for pattern, kind, topic in (
        (r"order/refund/", "refund", "refund.created"),
        (r"order/transaction/", "payment", "payment.updated"),
        (r"order/message/", "platform.event", "order.message"),
        (r"order/created$", "order", "order.created"),
        (r"order/deleted$", "order", "order.deleted"),
        (r"order/", "order", "order.updated"),
        (r"cart/converted$", "cart", "cart.converted"),
        (r"cart/abandoned$", "cart", "cart.abandoned"),
        (r"cart/|abandonedCart/|checkout/", "cart", "cart.changed"),
        (r"(product|sku|channel/\d+/product)/inventory/|inventory/", "inventory", "inventory.changed"),
        (r"product/|sku/|category/|categoryTree/|brand/|metafield/|modifier/|priceList|price-list|channel/\d+/(product|category)",
         "product", "product.changed"),
        (r"shipment/", "fulfilment", "fulfilment.changed"),
        (r"customer/deleted$", "compliance", "compliance"),
        (r"customer/|subscriber/", "customer", "customer.changed"),
        (r"app/|information/", "app", "app.lifecycle"),
        (r"hook/", "hook", "hook.failure"),
    )
)  # fmt: skip
_STATUSES: Final = (
    "incomplete pending shipped partially_shipped refunded cancelled declined awaiting_payment awaiting_pickup "
    "awaiting_shipment completed awaiting_fulfillment manual_verification_required disputed partially_refunded"
).split()
_CHANNEL: Final = re2.compile(r"^channel/(\d+)/")
_CAMEL: Final = re2.compile(r"([a-z0-9])([A-Z])")
_STORE: Final = re2.compile(r"^stores/([A-Za-z0-9]+)$")
_PERSONAL: Final = ("customer", "compliance")
_PERSONS: Final = frozenset({"customer_id", "subscriber_id", "customer_address_id"})


@lru_cache(maxsize=1024)
def _snake(name: str) -> str:
    return str(_CAMEL.sub(r"\1_\2", name)).lower()


def _ids(data: Mapping[str, Any], about: str | None, kind: str) -> dict[str, str | None]:
    ids: dict[str, str | None] = {}
    if about:
        ids[f"{_snake(about)}_id"] = exact_id(data.get("id"))
    for name, value in data.items():
        if name == "status":
            # The numbers of an order's states name no thing.
            continue
        if not isinstance(value, (str, int)) and isinstance(value, Mapping):
            ids |= {_snake(n): exact_id(v) for n, v in value.items() if _snake(n).endswith("_id")}
            ids.setdefault(f"{_snake(name)}_id", exact_id(value.get("id")))
        elif _snake(name).endswith("_id"):
            ids[_snake(name)] = exact_id(value)
    if kind == "cart":
        ids["cart_token"] = word(data.get("token"))
        ids["cart_ref"] = ids.get("cart_id")
    if kind in _PERSONAL:
        # A metafield's resource is then the customer.
        ids.pop("resource_id", None)
    if about == "cart_line_item":
        ids["line_item_id"] = exact_id(data.get("id"))
    if kind == "customer" and isinstance(data.get("address"), Mapping):
        # The type says customer, yet the id is the address's; the customer is inside.
        ids["address_id"] = ids.get("address_id") or exact_id(data.get("id"))
    if kind == "payment":
        ids["payment_id"] = ids.get("transaction_id") or ids.get("order_transaction_id") or ids.get("order_id")
    if kind == "inventory":
        ids["sku"] = (
            word(at(data, "inventory.sku")) or ids.get("sku_id") or ids.get("variant_id") or ids.get("product_id")
        )
    return ids


# There are few scopes, and every webhook has one.
@lru_cache(maxsize=256)
def _classified(scope: str) -> tuple[str, str] | None:
    return next(((kind, topic) for pattern, kind, topic in _SCOPES if pattern.match(scope)), None)


def topics_of(scope: str) -> tuple[str, ...]:
    """Return the canonical topics that a scope brings; one such as ``store/order/*`` brings several."""
    bare = scope.removeprefix("store/")
    channel = _CHANNEL.match(bare)
    bare = bare[channel.end() :] if channel else bare
    if not bare.endswith("/*"):
        found = _classified(bare)
        return (found[1] if found is not None else bare.replace("/", "."),)
    family = bare.removesuffix("*")
    # `_classified` needs an event to tell families with several topics apart.
    events = ("created", "updated", "deleted", "converted", "abandoned", "refund/created", "transaction/created")
    told = {topic for event in events if (topic := (_classified(f"{family}{event}") or ("", ""))[1])}
    return tuple(sorted(told)) or (family.strip("/").replace("/", "."),)


def _merchant(body: Mapping[str, Any]) -> str | None:
    told = exact_id(body.get("store_id"))
    store = _STORE.match(word(body.get("producer")) or "") if told is None else None
    return told or (store.group(1) if store else None)


def _read(envelope: Envelope, _: Scope) -> Iterator[Draft | Refused]:
    body = envelope.value()
    if type(body) is not dict and not isinstance(body, Mapping):
        raise InputError(f"expected a BigCommerce callback as a JSON object, got {type(body).__name__}")
    scope = word(body.get("scope"))
    if scope is None:
        raise InputError("expected a BigCommerce callback with a scope, got none")
    bare = scope.removeprefix("store/")
    channel = _CHANNEL.match(bare) if bare.startswith("channel/") else None
    of_channel = bare[channel.end() :] if channel else bare
    kind, topic = _classified(of_channel) or ("platform.event", bare.replace("/", "."))
    given = body.get("data")
    data: Mapping[str, Any] = given if type(given) is dict or isinstance(given, Mapping) else {}
    about, number, stamp = word(data.get("type")), exact_id(data.get("id")), exact_id(body.get("created_at"))
    ids = _ids(data, about, kind)
    if kind == "order" and not ids.get("order_id"):
        kind, topic = "platform.event", bare.replace("/", ".")
    if channel:
        ids.setdefault("channel_id", channel.group(1))
    person = ids.get("customer_id") or ids.get("subscriber_id")
    status = whole(at(data, "status.new_status_id")) if "status" in data else None
    method = value = None
    if "inventory" in data:
        method, value = word(at(data, "inventory.method")), whole(at(data, "inventory.value"))
    yield Draft(
        kind=kind,
        topic=topic,
        raw_topic=scope,
        merchant=_merchant(body),
        occurred_at=moment(body.get("created_at")),
        # The hash alone is equal for different scopes, and created_at may not be part of it.
        dedup=("bigcommerce", scope, about, number, stamp,
               word(body.get("hash")), None if body.get("hash") else repr(data)),
        resource=(_snake(about), number) if about and kind not in _PERSONAL else None,
        ids={name: value for name, value in ids.items() if name not in _PERSONS},
        people={"customer_ref": person} if person else {},
        state=None if status is None else str(status),
        metrics={"available": value if method == "absolute" else None,
                 "change": value if method == "relative" else None},
        attrs={
            "status_name": _STATUSES[status] if status is not None and 0 <= status < len(_STATUSES) else None,
            "method": method,
            "action": bare.replace("/", ".") if kind == "app" else None,
            "request": scope if kind == "compliance" else None,
            "reason": word(data.get("reason")) if kind == "hook" else None,
        },
    )  # fmt: skip


def _claim(envelope: Envelope, raw: bytes) -> Claim | None:
    # The text of Standard Webhooks, with the client secret itself as the key.
    signed = envelope.header("webhook-signature")
    if not signed:
        return None
    name, stamp = envelope.header("webhook-id"), envelope.header("webhook-timestamp")
    values = tuple(from_base64(s.removeprefix("v1,")) for s in signed.split() if s.startswith("v1,"))
    message = f"{name or ''}.{stamp or ''}.".encode() + raw
    return Claim(signatures=values, message=message, stamp=seconds(stamp), timed=True)


def _fits(body: Mapping[str, Any]) -> bool:
    scope = body.get("scope")
    return isinstance(scope, str) and scope.startswith("store/")


NORMALISER: Final = Normaliser(
    kind="bigcommerce_webhook",
    provider="bigcommerce",
    source_kind="platform_webhook",
    version=2,
    read=_read,
    claim=_claim,
    fits=_fits,
)
