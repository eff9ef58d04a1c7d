"""Bodies of what shops and payment providers send, in their shapes, full of invented personal data."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .envelopes import iso
from .people import Person
from .shops import Shop

__all__ = [
    "bigcommerce_event",
    "payment_intent",
    "shopify_inventory",
    "shopify_order",
]


def money(minor: int) -> str:
    """Return minor units as the decimal text that shop platforms write."""
    return f"{minor // 100}.{minor % 100:02d}"


def shopify_order(
    shop: Shop, person: Person, *, number: int, token: str, total: int, at: datetime, note: str | None = None
) -> dict[str, Any]:
    """Return the body of ``orders/create``."""
    order = 5_900_000_000_000 + number
    return {
        "id": order,
        "admin_graphql_api_id": f"gid://shopify/Order/{order}",
        "browser_ip": person.ip,
        "buyer_accepts_marketing": False,
        "cancelled_at": None,
        "cart_token": token,
        "checkout_token": token[::-1],
        "client_details": {"browser_ip": person.ip, "user_agent": person.agent, "accept_language": "en"},
        "confirmed": True,
        "contact_email": person.email,
        "created_at": iso(at),
        "currency": shop.currency,
        "current_total_price": money(total),
        "customer_locale": "en",
        "email": person.email,
        "financial_status": "paid",
        "fulfillment_status": None,
        "landing_site": f"/products/oak-stool?utm_source=mail&email={person.email.replace('@', '%40')}",
        "name": f"#{number}",
        "note": note,
        "note_attributes": [],
        "number": number - 1_000,
        "order_number": number,
        "order_status_url": f"https://{shop.checkout_host}/orders/{token}/authenticate?key={token[8:24]}",
        "phone": person.phone,
        "presentment_currency": shop.currency,
        "processed_at": iso(at),
        "source_name": "580111",
        "subtotal_price": money(total),
        "tags": "",
        "test": False,
        "total_price": money(total),
        "updated_at": iso(at),
        "billing_address": person.address(),
        "customer": {
            "id": person.customer_id,
            "email": person.email,
            "first_name": person.first,
            "last_name": person.last,
            "phone": person.phone,
            "default_address": person.address(),
        },
        "line_items": [
            {
                "id": order + 1,
                "product_id": 8_100_000_000_101,
                "sku": "OAK-STOOL-S",
                "quantity": 1,
                "price": money(total),
            }
        ],
        "shipping_address": person.address(),
    }


def shopify_inventory(*, item: int, available: int, at: datetime) -> dict[str, Any]:
    """Return the body of ``inventory_levels/update``."""
    stocked = 44_000_000_000_000 + item
    return {
        "inventory_item_id": stocked,
        "location_id": 71_000_000_001,
        "available": available,
        "updated_at": iso(at),
        "admin_graphql_api_id": f"gid://shopify/InventoryLevel/71000000001?inventory_item_id={stocked}",
    }


def bigcommerce_event(shop: Shop, *, scope: str, kind: str, number: int, digest: str, at: int) -> dict[str, Any]:
    """Return a BigCommerce callback; it is thin and names only ids."""
    return {
        "scope": scope,
        "store_id": shop.id,
        "data": {"type": kind, "id": number},
        "hash": digest,
        "created_at": at,
        "producer": f"stores/{shop.name}01",
    }


def payment_intent(
    shop: Shop, person: Person, *, event: str, number: int, total: int, at: int, declined: bool = False
) -> dict[str, Any]:
    """Return ``payment_intent.succeeded``, or ``payment_intent.payment_failed`` for a declined card."""
    details = {
        "address": {
            "city": person.town,
            "country": person.country,
            "line1": person.street,
            "line2": None,
            "postal_code": person.postcode,
            "state": None,
        },
        "email": person.email,
        "name": person.name,
        "phone": person.phone,
    }
    error = {
        "code": "card_declined",
        "decline_code": "insufficient_funds",
        "type": "card_error",
        "message": "Your card has insufficient funds.",
        "payment_method": {"id": f"pm_demo{number}", "type": "card", "billing_details": details},
    }
    return {
        "id": event,
        "object": "event",
        "api_version": "2025-03-31.basil",
        "created": at,
        "data": {
            "object": {
                "id": f"pi_demo{number:09d}",
                "object": "payment_intent",
                "amount": total,
                "amount_received": 0 if declined else total,
                "client_secret": f"pi_demo{number:09d}_secret_demo{number}",
                "created": at - 20,
                "currency": shop.currency.lower(),
                "customer": f"cus_demo{person.customer_id}",
                "last_payment_error": error if declined else None,
                "latest_charge": f"ch_demo{number:09d}",
                "livemode": True,
                "metadata": {"order_ref": str(number), "contact": person.email},
                "payment_method_types": ["card"],
                "receipt_email": person.email,
                "shipping": {"name": person.name, "phone": person.phone, "address": details["address"]},
                "status": "requires_payment_method" if declined else "succeeded",
            }
        },
        "livemode": True,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": "payment_intent.payment_failed" if declined else "payment_intent.succeeded",
    }
