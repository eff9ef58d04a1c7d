"""Base load and noise: what an ordinary morning looks like around the trouble."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from ..models import to_microseconds
from . import bodies, envelopes
from .people import CARDS
from .timeline import Timeline

__all__ = [
    "LIGHTHOUSE",
    "PAGES",
    "SEARCH_BOT",
    "background",
    "browsing",
    "cart_posts",
    "inventory",
    "order",
    "payment",
    "probes",
    "profile",
    "unix",
]

LIGHTHOUSE = (
    "Mozilla/5.0 (Linux; Android 11; moto g power (2022)) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/133.0.0.0 Mobile Safari/537.36 Chrome-Lighthouse"
)
SEARCH_BOT = "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)"
REGIONS = ("eu-west", "us-east", "ap-south")
_PRODUCTS = ("oak-stool", "wool-throw", "stone-mug", "linen-apron", "brass-hook")
PAGES = (
    "/",
    "/collections/kitchen",
    "/collections/new?page=2",
    *(f"/products/{p}" for p in _PRODUCTS),
    "/search?q=gift+for+mum",
    "/account/login",
    "/assets/app.4f1c.js",
)


def unix(at: datetime) -> int:
    """Return the seconds since 1970."""
    return to_microseconds(at) // 1_000_000


def background(timeline: Timeline, stream: str) -> int:
    """Return 502 for 6 requests in 1,000, else 200: no shop is without its own errors."""
    return 502 if timeline.rng(f"background {stream}").randrange(1000) < 6 else 200


def browsing(timeline: Timeline, first: int, last: int, *, per_min: int, extra_pdp: int = 0) -> None:
    """
    Let shoppers look around.

    Args:
        per_min: Page views per minute; one in four minutes has one more or one less.
        extra_pdp: Further views of product pages in every ten minutes, as after a mail.
    """
    rng = timeline.rng(f"browsing {first}")
    for minute in timeline.minutes(first, last):
        views = per_min + rng.choice((-1, 0, 0, 0, 1, 0))
        paths = [rng.choice(PAGES) for _ in range(views)]
        if extra_pdp and minute % 10 < extra_pdp:
            paths.append(f"/products/{rng.choice(_PRODUCTS)}?utm_source=launch-mail")
        for path in paths:
            at = timeline.at(minute, rng.randrange(60))
            status = background(timeline, f"{at}{path}")
            timeline.log(at, timeline.visitors.visitor(), f"GET {path}", status, rng.randrange(4_000, 60_000))
    # A newsletter link with the reader's address in it: queries are not safe to keep.
    reader = timeline.people.person()
    timeline.planted.add("email", reader.email.replace("@", "%40"))
    at = timeline.at(timeline.minutes(first, last)[0], 31)
    timeline.log(
        at, (reader.ip, reader.agent), f"GET /unsubscribe?email={reader.email.replace('@', '%40')}", 200, 2_311
    )


def cart_posts(timeline: Timeline, first: int, last: int, *, per_min: int, failing: int = 0) -> None:
    """
    Let shoppers put things into their carts.

    Args:
        per_min: ``POST /cart`` per minute, give or take two.
        failing: How many in 1,000 are answered with 500, exact over the whole stretch; 0 leaves the background.
    """
    rng, owed = timeline.rng(f"cart {first}"), 500
    for minute in timeline.minutes(first, last):
        for _ in range(per_min + rng.choice((-2, -1, 0, 0, 1, 2)) if per_min > 2 else per_min):
            at = timeline.at(minute, rng.randrange(60))
            owed += failing
            status = 500 if owed >= 1000 else background(timeline, f"cart {at} {owed}") if not failing else 200
            owed -= 1000 if owed >= 1000 else 0
            size = 312 if status >= 500 else rng.randrange(900, 2_400)
            referer = f"https://{timeline.shop.host}/products/{rng.choice(_PRODUCTS)}"
            timeline.log(at, timeline.visitors.visitor(), "POST /cart", status, size, referer=referer)


def profile(timeline: Timeline, minute: int) -> None:
    """Let the host say what it knows about the shop."""
    shop = timeline.shop
    timeline.host(
        timeline.at(minute),
        "shop.profile",
        metrics={"aov_minor": shop.aov_minor, "sessions_per_min": shop.sessions_per_min},
        attrs={"currency": shop.currency, "checkout_host": shop.checkout_host, "storefront_host": shop.host},
    )


def probes(timeline: Timeline, minutes: tuple[int, ...], *, ok: bool) -> None:
    """Run the read-only checks of both journeys from three regions."""
    for minute in minutes:
        for place, region in enumerate(REGIONS):
            for step, journey in enumerate(("add_to_cart", "begin_checkout")):
                timeline.host(
                    timeline.at(minute, 5 * place + 2 * step),
                    "probe",
                    source_kind="probe",
                    topic="probe.result",
                    attrs={"journey": journey, "region": region, "ok": ok},
                )


def order(timeline: Timeline, at: datetime, *, number: int, note: str | None = None) -> None:
    """Let somebody buy something on Shopify."""
    rng, shop, person = timeline.rng(f"order {number}"), timeline.shop, timeline.people.person()
    total = shop.aov_minor * rng.randrange(60, 150) // 100
    body = bodies.shopify_order(shop, person, number=number, token=timeline.token(), total=total, at=at, note=note)
    timeline.planted.person(person, ("name", "email", "phone", "address", "ip"))
    timeline.planted.add("card", *(c for c in CARDS if note and c in note))
    timeline.add(
        envelopes.shopify(
            shop.signed("shopify"),
            body,
            topic="orders/create",
            occurred_at=at,
            received_at=timeline.received(at),
            delivery=str(uuid.UUID(timeline.token())),
            event=str(uuid.UUID(timeline.token())),
        )
    )


def inventory(timeline: Timeline, at: datetime, *, item: int) -> None:
    """Let a stock figure change."""
    left = timeline.rng(f"inventory {item} {at}").randrange(3, 80)
    timeline.add(
        envelopes.shopify(
            timeline.shop.signed("shopify"),
            bodies.shopify_inventory(item=item, available=left, at=at),
            topic="inventory_levels/update",
            occurred_at=at,
            received_at=timeline.received(at),
            delivery=str(uuid.UUID(timeline.token())),
            event=str(uuid.UUID(timeline.token())),
        )
    )


def payment(timeline: Timeline, at: datetime, *, number: int, declined: bool = False) -> None:
    """Let somebody pay by card on BigCommerce: the order's callback, and the payment's event from Stripe."""
    rng, shop, person = timeline.rng(f"payment {number}"), timeline.shop, timeline.people.person()
    total = shop.aov_minor * rng.randrange(60, 150) // 100
    paid = bodies.payment_intent(
        shop, person, event=f"evt_demo{timeline.token(16)}", number=number, total=total, at=unix(at), declined=declined
    )
    timeline.planted.person(person, ("name", "email", "phone", "address"))
    timeline.add(envelopes.stripe(shop.signed("stripe"), paid, received_at=timeline.received(at)))
    if declined:
        return
    made = at + timedelta(seconds=2)
    callback = bodies.bigcommerce_event(
        shop, scope="store/order/created", kind="order", number=number, digest=timeline.token(40), at=unix(made)
    )
    timeline.add(
        envelopes.bigcommerce(
            shop.signed("bigcommerce"),
            callback,
            received_at=timeline.received(made),
            delivery=f"msg_{timeline.token(20)}",
        )
    )
