"""Stores of one's own: what Medusa and Saleor send, what their programs log, and mails that merchants pass on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .bodies import money
from .envelopes import Endpoint, RawEnvelope, iso, signed
from .people import Person
from .shops import Shop

__all__ = ["error_log", "forwarded_mail", "mail", "medusa", "medusa_order", "saleor", "saleor_order"]


def _compact(body: Mapping[str, Any] | list[Any]) -> str:
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)


def error_log(endpoint: Endpoint, lines: tuple[str, ...], *, received_at: datetime) -> RawEnvelope:
    """Return what a program wrote into its log, one event in each line."""
    return RawEnvelope(
        received_at=received_at,
        kind="web_error_log",
        endpoint=endpoint.name,
        headers={"Content-Type": "text/plain; charset=utf-8"},
        body="\n".join(lines) + "\n",
        auth="not_applicable",
        events=len(lines),
    )


def mail(endpoint: Endpoint, text: str, *, received_at: datetime) -> RawEnvelope:
    """Return a mail as its file has it."""
    return RawEnvelope(received_at=received_at, kind="ticket_eml", endpoint=endpoint.name, body=text)


def forwarded_mail(person: Person, *, subject: str, note: str, original: str, token: str, at: datetime) -> str:
    """Return the file of a mail in which somebody passes another mail on, with a note above it."""
    quoted = "\n".join(f"> {line}".rstrip() for line in original.splitlines())
    return (
        f"From: {person.name} <{person.email}>\n"
        "To: help@support.example\n"
        f"Subject: Fwd: {subject}\n"
        f"Date: {at:%a, %d %b %Y %H:%M:%S} +0000\n"
        f"Message-ID: <{token}@mail.example.org>\n"
        "MIME-Version: 1.0\n"
        "Content-Type: text/plain; charset=utf-8\n"
        "\n"
        f"{note}\n\n-- \n{person.name}\n{person.street}, {person.postcode} {person.town}\nTel. {person.phone}\n\n"
        f"---------- Forwarded message ---------\n{quoted}\n"
    )


def medusa(endpoint: Endpoint, body: Mapping[str, Any], *, received_at: datetime) -> RawEnvelope:
    """Return an event that a subscriber in a Medusa store sends on, signed as migro asks for."""
    headers = {"Content-Type": "application/json"}
    return signed(endpoint, "medusa_event", headers, _compact(body), received_at=received_at)


def medusa_order(shop: Shop, person: Person, *, number: int, total: int, at: datetime) -> dict[str, Any]:
    """Return ``order.placed`` with the order, as a subscriber that reads it first sends it on."""
    address = {
        "first_name": person.first,
        "last_name": person.last,
        "address_1": person.street,
        "city": person.town,
        "postal_code": person.postcode,
        "country_code": person.country.lower(),
        "phone": person.phone,
    }
    return {
        "name": "order.placed",
        "metadata": {"eventGroupId": f"01DEMO{number:020d}", "timestamp": iso(at)},
        "data": {
            "id": f"order_01DEMO{number:020d}",
            "display_id": number,
            "status": "pending",
            "payment_status": "awaiting",
            "cart_id": f"cart_01DEMO{number:020d}",
            "customer_id": f"cus_01DEMO{person.customer_id:020d}",
            "email": person.email,
            "currency_code": shop.currency.lower(),
            "total": total,
            "created_at": iso(at),
            "shipping_address": address,
            "billing_address": address,
        },
    }


def saleor(
    endpoint: Endpoint, body: Mapping[str, Any] | list[Any], *, event: str, domain: str, received_at: datetime
) -> RawEnvelope:
    """Return a webhook of a Saleor app that has a secret: the body is signed by HMAC."""
    headers = {
        "Content-Type": "application/json",
        "Saleor-Event": event,
        "Saleor-Domain": domain,
        "Saleor-Api-Url": f"https://{domain}/graphql/",
    }
    return signed(endpoint, "saleor_webhook", headers, _compact(body), received_at=received_at)


def saleor_order(shop: Shop, person: Person, *, number: int, order: str, total: int, at: datetime) -> dict[str, Any]:
    """Return what a subscription to ``ORDER_CREATED`` that asks for the buyer is answered."""
    amount = {"amount": float(money(total)), "currency": shop.currency}
    address = {
        "firstName": person.first,
        "lastName": person.last,
        "streetAddress1": person.street,
        "city": person.town,
        "postalCode": person.postcode,
        "country": {"code": person.country},
        "phone": person.phone,
    }
    return {
        "issuedAt": iso(at),
        "version": "3.21.4",
        "order": {
            "id": order,
            "number": str(number),
            "status": "UNFULFILLED",
            "paymentStatus": "FULLY_CHARGED",
            "created": iso(at),
            "userEmail": person.email,
            "languageCodeEnum": "EN",
            "channel": {"slug": "default-channel"},
            "total": {"gross": amount},
            "billingAddress": address,
            "shippingAddress": address,
        },
    }
