"""
SC20: a cutover moves the name with ``www`` alone, and on the bare one the old WooCommerce shop goes on selling.

Old and new shop sell at the same time and of the same stock. Two orders by which staff try the old shop, and those of
its till, which it is meant to keep, are no strays. Closing the old checkout and moving its orders stay a person's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ...models import Severity
from .. import envelopes, letters, load
from ..bodies import money
from ..envelopes import iso
from ..people import Person
from ..scenario import Scenario
from ..shops import Shop
from ..timeline import START, Simulation, Timeline
from ..traffic import BY_LETTER, shopping
from ..truth import ExpectedAction, ExpectedIssue, ForbiddenIssue, GroundTruth

__all__ = ["SCENARIO", "play"]

BRAMBLECOTE = Shop(
    id="bramblecote-demo.myshopify.com",
    name="bramblecote",
    currency="EUR",
    aov_minor=6_100,
    sessions_per_min="5",
    numbers=110_000,
    senders=("shopify", "woocommerce", "zendesk"),
    vhost=True,
)
"""A Next.js storefront on Shopify; its WooCommerce shop still answers under the name without www."""

_OLD_HOST = f"{BRAMBLECOTE.name}.example"
_STRAYS = (4, 25, 66, 118, 161, 200, 263, 331, 402, 488, 571)
"""The first one comes while resolvers may still keep the old address, which is nobody's fault."""
_BY_STAFF = (13, 17)
_AT_THE_TILL = range(21, 600, 47)
_SETTLED, _BOTH, _BELOW = 10, 200, 420
_FROM, _TO = -90, 630
_THIN = 40
"""Forty sessions of 1,000 are written to the access log: nothing here depends on rates of requests."""


def play(seed: int, variant: str = "") -> Simulation:
    """
    Play SC20.

    Until T0 the old shop sells, from T0 on the new one, and twice the old addresses' time to live ends at T+10. Until
    T+571 eleven orders are placed in the old shop, the first real stray at T+25; T+13 and T+17 staff try it, and its
    till sells every 47 minutes. T+200 an article is sold in both; T+420 there are fewer than none of it. The end is
    at T+630.
    """
    onset = START + timedelta(minutes=-_FROM)
    timeline = Timeline("SC20", seed=seed, shop=BRAMBLECOTE, onset=onset, end=onset + timedelta(minutes=_TO))
    _plans(timeline)
    shopping(timeline, _FROM, -1, thin=_THIN, orders=False)
    shopping(timeline, 0, _TO - 1, thin=_THIN)
    _sold_here(timeline)
    _old_shop(timeline)
    _checks(timeline)
    _below_zero(timeline)
    return timeline.finish(_truth)


def _plans(timeline: Timeline) -> None:
    load.profile(timeline, _FROM)
    plan = {
        "exported_at": iso(timeline.at(-400)),
        "freeze_from": iso(timeline.at(-400)),
        "cutover_at": iso(timeline.at(0)),
        "settled_at": iso(timeline.at(_SETTLED)),
    }
    # A host says again what it knows: a fact that got lost is known an hour later.
    for minute in range(_FROM, _TO, 60):
        timeline.host(timeline.at(minute, 1), "shop.move", ids={"platform": "shopify"}, attrs=plan)
    timeline.host(timeline.at(0), "change.made", source_kind="change_event", attrs={"what": "cutover"})


def _sold_here(timeline: Timeline) -> None:
    """Let the host tell what the new shop sells; until T+200 it has other articles than the old one."""
    for minute in range(9, _TO - 1, 14):
        _sold(timeline, timeline.at(minute, 5), "new", f"new-{minute % 8}", last_known=30)
    _sold(timeline, timeline.at(_BOTH, 20), "new", "oak-stool", last_known=4)


def _sold(timeline: Timeline, at: datetime, side: str, sku: str, *, last_known: int) -> None:
    timeline.host(
        at,
        "stock.sold",
        source_kind="api_poll",
        ids={"sku": sku},
        metrics={"pieces": 1, "last_known": last_known},
        attrs={"platform_side": side, "sold_at": iso(at)},
    )


def _old_shop(timeline: Timeline) -> None:
    """Let people buy in the old shop: before the cutover as always, then astray, as staff, and at its till."""
    number = BRAMBLECOTE.numbers
    for minute in range(_FROM + 4, -2, 13):
        number += 1
        _buy(timeline, timeline.at(minute, 40), number, "checkout")
    told: list[tuple[int, int, str]] = []
    for via, minutes in (("checkout", _STRAYS), ("admin", _BY_STAFF), ("pos", tuple(_AT_THE_TILL))):
        for minute in minutes:
            number += 1
            _buy(timeline, timeline.at(minute, 10), number, via)
            told.append((minute, number, via))
            if via == "checkout":
                sku = "oak-stool" if minute == _BOTH else f"old-{minute}"
                _sold(timeline, timeline.at(minute, 12), "old", sku, last_known=4)
    for poll in range(9, _TO - 1, 20):
        for minute, order, via in told:
            # What is older than four hours was told often enough.
            if 0 <= poll - minute < 240:
                _trace(timeline, timeline.at(poll, 30), order, timeline.at(minute, 10), via)


def _buy(timeline: Timeline, at: datetime, number: int, via: str) -> None:
    """Place an order in the old shop: three lines in the log of its host, and its webhook."""
    rng, person = timeline.rng(f"old {number}"), timeline.people.person()
    total = 100 if via == "admin" else BRAMBLECOTE.aov_minor * rng.randrange(60, 150) // 100
    timeline.planted.person(person, ("name", "email", "phone", "address", "ip"))
    body = _order(person, number=number, total=total, via=via, at=at)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "WooCommerce/9.4.2 Hookshot (WordPress/6.7.1)",
        "X-WC-Webhook-Source": f"https://{_OLD_HOST}/",
        "X-WC-Webhook-Topic": "order.created",
        "X-WC-Webhook-Resource": "order",
        "X-WC-Webhook-Event": "created",
        "X-WC-Webhook-ID": "4",
        "X-WC-Webhook-Delivery-ID": timeline.token(),
    }
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    endpoint = BRAMBLECOTE.signed("woocommerce")
    timeline.add(envelopes.signed(endpoint, "woocommerce_webhook", headers, text, received_at=timeline.received(at)))
    if via == "checkout":
        _logged(timeline, person, at, number)


def _order(person: Person, *, number: int, total: int, via: str, at: datetime) -> Mapping[str, Any]:
    """Return an order as the REST API of WooCommerce gives it."""
    address = {
        "first_name": person.first,
        "last_name": person.last,
        "company": "",
        "address_1": person.street,
        "city": person.town,
        "postcode": person.postcode,
        "country": person.country,
    }
    moment = f"{at:%Y-%m-%dT%H:%M:%S}"
    return {
        "id": number,
        "parent_id": 0,
        "number": str(number),
        "order_key": f"wc_order_demo{number}",
        "created_via": via,
        "version": "9.4.2",
        "status": "processing",
        "currency": BRAMBLECOTE.currency,
        "date_created_gmt": moment,
        "date_modified_gmt": moment,
        "date_paid_gmt": moment,
        "total": money(total),
        "total_tax": "0.00",
        "customer_id": person.customer_id % 100_000,
        "customer_ip_address": person.ip,
        "customer_user_agent": person.agent,
        "billing": {**address, "email": person.email, "phone": person.phone},
        "shipping": address,
        "payment_method": "bacs" if via == "admin" else "stripe",
        "transaction_id": f"pi_demo{number:09d}",
        "line_items": [{"id": number + 7, "name": "Oak stool", "quantity": 1, "total": money(total)}],
    }


def _logged(timeline: Timeline, person: Person, at: datetime, number: int) -> None:
    requests = ("GET /cart/", "POST /?wc-ajax=checkout", f"GET /checkout/order-received/{number}/")
    lines = tuple(
        f"{_OLD_HOST}:443 {person.ip} - - [{at + timedelta(seconds=step):%d/%b/%Y:%H:%M:%S} +0000]"
        f' "{request} HTTP/1.1" 200 {4_100 + step} "-" "{person.agent}"'
        for step, request in enumerate(requests)
    )
    arrives = at.replace(second=0) + timedelta(seconds=64)
    timeline.add(envelopes.access_log(BRAMBLECOTE.plain(), lines, received_at=arrives))


def _trace(timeline: Timeline, at: datetime, number: int, placed: datetime, via: str) -> None:
    """Let the host look an order of the old shop up in both."""
    timeline.host(
        at,
        "poll.order",
        source_kind="api_poll",
        provider="woocommerce",
        ids={"order_id": str(number)},
        metrics={"mails": 0, "labels": 0},
        attrs={
            "placed_at": iso(placed),
            "platform_side": "old",
            "in_target": False,
            "imported": False,
            "paid": True,
            "exported": True,
            "on_hold": False,
            "other_channel": via == "pos",
            "by_staff": via == "admin",
            "polled_at": iso(at),
        },
    )


def _checks(timeline: Timeline) -> None:
    """Ask the old host every quarter of an hour, and count the day's orders of both shops every hour."""
    for minute in range(5, _TO, 15):
        at = timeline.at(minute, 45)
        timeline.host(
            at,
            "probe.old_shop",
            source_kind="probe",
            status=200,
            attrs={"checkout_open": True, "checked_at": iso(at)},
        )
    before = 340
    for minute in range(62, _TO, 60):
        left_out = len(_BY_STAFF) + sum(m < minute for m in _AT_THE_TILL)
        missing = left_out + sum(m < minute for m in _STRAYS)
        timeline.host(
            timeline.at(minute),
            "poll.orders",
            source_kind="api_poll",
            ids={"resource_type": "orders", "day": f"{timeline.onset:%Y-%m-%d}"},
            metrics={"in_source": before + missing, "in_target": before, "excluded": left_out},
            attrs={"complete": True},
        )


def _below_zero(timeline: Timeline) -> None:
    """Count three articles every half hour; at T+420 the stool's stock is below zero, and a buyer writes."""
    for minute in range(_FROM, _TO, 30):
        for sku in ("oak-stool", "new-1", "new-5"):
            short = sku == "oak-stool" and minute >= _BELOW
            pieces = -1 if short else 3 if sku == "oak-stool" else 24
            timeline.host(
                timeline.at(minute, 50),
                "poll.stock_item",
                source_kind="api_poll",
                provider="shopify",
                ids={"sku": sku},
                metrics={"shop": pieces, "source": pieces, "reserved": 0, "sold_7d": 12},
                attrs={"tracked": True, "may_go_below": False, "published": True},
            )
    person, at = timeline.people.person(), timeline.at(_BELOW + 35)
    timeline.planted.person(person, ("name", "email", "phone"))
    text = f"Hi,\n\nI ordered an oak stool and now I am told it is sold out?\n\n{person.name}\n{person.phone}"
    letters.by_help_desk(
        timeline, person, number=timeline.number(), subject="Sold out after I ordered", text=text, at=at
    )


def _truth(timeline: Timeline) -> GroundTruth:
    shop, two = BRAMBLECOTE.id, "domain_split_brain"
    return GroundTruth(
        scenario="SC20",
        seed=timeline.seed,
        merchants=(shop,),
        start=START,
        onset=timeline.onset,
        end=timeline.end,
        issues=(
            ExpectedIssue(
                kind=two,
                merchant=shop,
                onset=timeline.at(_STRAYS[1]),
                mildest=Severity.SEV2,
                gravest=Severity.SEV2,
                within=1_800,
            ),
            ExpectedIssue(
                kind="oversell_race",
                merchant=shop,
                onset=timeline.at(_BELOW),
                mildest=Severity.SEV2,
                gravest=Severity.SEV2,
                parent=two,
                within=1_800,
            ),
            ExpectedIssue(
                kind="order_import_gap",
                merchant=shop,
                onset=timeline.at(_STRAYS[1]),
                mildest=Severity.SEV3,
                gravest=Severity.SEV2,
                parent=two,
                within=3_600,
            ),
        ),
        forbidden=tuple(
            ForbiddenIssue(kind=kind, merchant=shop)
            for kind in (
                "checkout_handoff_404",
                "checkout_server_error_spike",
                "dns_tls_cutover_failure",
                "duplicate_order_or_charge",
                "inventory_drift",
                "order_import_side_effects",
            )
        ),
        allowed=BY_LETTER,
        actions=(
            ExpectedAction(kind="notify", merchant=shop, issue=two),
            ExpectedAction(kind="report", merchant=shop, issue=two),
            ExpectedAction(kind="report", merchant=shop, issue="oversell_race"),
        ),
    )


SCENARIO = Scenario(
    id="SC20",
    title="The old and the new shop both sell after the cutover",
    play=play,
    amended="The reply with the list of orders is drafted and waits for a person (R2).",
)
