"""
SC03: the shop's receiver gets the signing secret of another Stripe endpoint, and refuses all that Stripe sends.

The scenario asks for a notification, a report and a reply. The reply is drafted and waits for a person (R2), and
setting the secret and sending events again stay a person's.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import attrs

from ...models import Severity, to_microseconds
from .. import bodies, envelopes, load, stores
from ..envelopes import iso
from ..people import Person
from ..scenario import Scenario
from ..shops import Shop
from ..timeline import START, Simulation, Timeline
from ..truth import ExpectedAction, ExpectedIssue, ForbiddenIssue, GroundTruth

__all__ = ["SCENARIO", "play"]

ASHGROVE = Shop(
    id="store_ashgrove",
    name="ashgrove",
    currency="EUR",
    aov_minor=8_400,
    sessions_per_min="12",
    numbers=71_000,
    senders=("stripe", "medusa", "zendesk"),
)
"""A Medusa store that takes cards through Stripe."""

_AGENT = "Stripe/1.0 (+https://stripe.com/docs/webhooks)"
_SENDER = "198.51.100.61"
_SAYS = (
    "Webhook Error: No signatures found matching the expected signature for payload. Are you passing the raw request"
    " body you received from Stripe? https://github.com/stripe/stripe-node#webhook-signing"
)
# Stripe waits longer from attempt to attempt.
_RETRIES = (1, 6, 35, 150)
_ORPHANS = (4, 34)
_FROM, _TO = -125, 75


def play(seed: int, variant: str = "") -> Simulation:
    """
    Play SC03.

    20 payments an hour. T-120 a developer's two test events fail; T0 the secret of another endpoint goes live, and
    from then on every delivery is answered with 400 and tried again; orders stay pending, one payment in ten has no
    order at all; T+10 an old event is sent again by hand and passes; T+45 a mail of Stripe's, passed on by the
    merchant; the end is at T+75.
    """
    onset = START + timedelta(minutes=-_FROM)
    timeline = Timeline("SC03", seed=seed, shop=ASHGROVE, onset=onset, end=onset + timedelta(minutes=_TO))
    load.profile(timeline, _FROM)
    load.browsing(timeline, _FROM, _TO - 1, per_min=3)
    load.cart_posts(timeline, _FROM, _TO - 1, per_min=1)
    paid = _payments(timeline)
    _polls(timeline, paid)
    _developer(timeline)
    _resent(timeline)
    for what in ("change.made", "change.deploy"):
        named: dict[str, Any] = {"attrs": {"what": "hook_secret"}} if what == "change.made" else {}
        named = named or {"ids": {"release": "store-118"}}
        timeline.host(timeline.at(0), what, source_kind="change_event", **named)
    _mail(timeline)
    return timeline.finish(_truth)


def _payments(timeline: Timeline) -> list[tuple[datetime, int, int]]:
    """Let somebody pay every three minutes, and return when, which number and how much."""
    rng, paid = timeline.rng("payments"), []
    minutes = [*range(_FROM + 1, _TO - 3, 3), *_ORPHANS]
    for place, minute in enumerate(sorted(set(minutes))):
        at, number = timeline.at(minute, rng.randrange(40)), ASHGROVE.numbers + place
        total, person = ASHGROVE.aov_minor * rng.randrange(60, 150) // 100, timeline.people.person()
        timeline.planted.person(person, ("name", "email", "phone", "address"))
        paid.append((at, number, total))
        body = _event(timeline, person, number=number, total=total, at=at)
        _deliver(timeline, body, at, refused=minute >= 0)
        if minute not in _ORPHANS:
            _order(timeline, person, number=number, total=total, at=at + timedelta(seconds=3))
    return paid


def _event(timeline: Timeline, person: Person, *, number: int, total: int, at: datetime) -> dict[str, Any]:
    body = bodies.payment_intent(
        ASHGROVE, person, event=f"evt_demo{timeline.token(16)}", number=number, total=total, at=load.unix(at)
    )
    body["data"]["object"]["metadata"] |= {"cart_id": _cart(number)}
    return body


def _cart(number: int) -> str:
    return f"cart_01DEMO{number:020d}"


def _deliver(timeline: Timeline, body: dict[str, Any], at: datetime, *, refused: bool, secret: str = "") -> None:
    """Deliver an event of Stripe's, and again while it is refused; the receiver passes on what it got."""
    endpoint = ASHGROVE.signed("stripe")
    if refused:
        # The endpoint's own secret signs, and the receiver has another one.
        endpoint = attrs.evolve(endpoint, secret=secret or "demo-only-of-the-right-endpoint")
    for wait in (0, *(_RETRIES if refused else ())):
        sent = at + timedelta(minutes=wait)
        if sent >= timeline.end - timedelta(minutes=2):
            return
        timeline.add(envelopes.stripe(endpoint, body, received_at=timeline.received(sent)))
        timeline.log(sent, (_SENDER, _AGENT), "POST /stripe/hooks", 400 if refused else 200, 187 if refused else 17)
        if refused:
            _complain(timeline, sent)


def _complain(timeline: Timeline, at: datetime) -> None:
    line = {
        "level": 50,
        "time": to_microseconds(at) // 1000,
        "pid": 41,
        "hostname": "store-5d9f",
        "name": "medusa",
        "request": {"method": "POST", "uri": "/stripe/hooks", "host": f"api.{ASHGROVE.name}.example"},
        "status": 400,
        "msg": _SAYS,
    }
    arrives = at.replace(second=0) + timedelta(seconds=64)
    timeline.add(stores.error_log(ASHGROVE.plain(), (json.dumps(line),), received_at=max(arrives, at)))


def _order(timeline: Timeline, person: Person, *, number: int, total: int, at: datetime) -> None:
    """Let the storefront complete the cart: the order is made, and pending until Stripe's event is believed."""
    body = stores.medusa_order(ASHGROVE, person, number=number, total=total, at=at)
    timeline.add(stores.medusa(ASHGROVE.signed("medusa"), body, received_at=timeline.received(at)))


def _polls(timeline: Timeline, paid: list[tuple[datetime, int, int]]) -> None:
    """Let the host read Stripe's list of payments every ten minutes, and look for their orders."""
    orphans = [timeline.at(minute) for minute in _ORPHANS]
    told: set[int] = set()
    for minute in range(_FROM + 5, _TO, 10):
        at = timeline.at(minute, 20)
        for when, number, total in paid:
            if number not in told and when < at:
                told.add(number)
                timeline.host(
                    at,
                    "payment",
                    source_kind="api_poll",
                    provider="stripe",
                    topic="order.paid",
                    occurred_at=iso(when),
                    ids={"payment_id": f"pi_demo{number:09d}", "cart_ref": _cart(number)},
                    metrics={"amount_minor": total},
                    attrs={"currency": ASHGROVE.currency, "livemode": True, "raw_topic": "payment_intent.succeeded"},
                )
        unmatched = sum(at - orphan >= timedelta(minutes=15) for orphan in orphans)
        timeline.host(
            at + timedelta(seconds=5),
            "poll.payments",
            source_kind="api_poll",
            metrics={"unmatched": unmatched, "found_elsewhere": 0, "test": 0},
            attrs={"payer": "stripe"},
        )


def _developer(timeline: Timeline) -> None:
    """Let a developer try out two events of the test mode with the secret of a tool."""
    person = timeline.people.person()
    timeline.planted.person(person, ("name", "email", "phone", "address"))
    for place in range(2):
        at = timeline.at(-120, 20 * place)
        body = _event(timeline, person, number=ASHGROVE.numbers + 900 + place, total=100, at=at)
        body["livemode"] = body["data"]["object"]["livemode"] = False
        endpoint = attrs.evolve(ASHGROVE.signed("stripe"), secret="demo-only-of-the-command-line")
        timeline.add(envelopes.stripe(endpoint, body, received_at=timeline.received(at)))
        timeline.log(at, (_SENDER, _AGENT), "POST /stripe/hooks", 400, 187)
        _complain(timeline, at)


def _resent(timeline: Timeline) -> None:
    """Send an event of the day before again from the dashboard: a worker that still has the old secret takes it."""
    person = timeline.people.person()
    timeline.planted.person(person, ("name", "email", "phone", "address"))
    body = _event(timeline, person, number=ASHGROVE.numbers - 40, total=4_200, at=timeline.at(-700))
    _deliver(timeline, body, timeline.at(10, 12), refused=False)


def _mail(timeline: Timeline) -> None:
    person, at = timeline.people.person(), timeline.at(45)
    timeline.planted.person(person, ("name", "email", "phone", "address"))
    text = stores.forwarded_mail(
        person,
        subject="Your webhook endpoint is failing",
        note=f"Hi,\n\nplease have a look at this, I do not know what it means. My number is {person.phone}.",
        original=(
            "From: Stripe <notifications@stripe.example>\n"
            "Subject: Your webhook endpoint is failing\n\n"
            f"We have had trouble sending requests to https://api.{ASHGROVE.name}.example/stripe/hooks.\n"
            "Other errors: 24 requests got a response with HTTP status 400.\n"
            "If the endpoint keeps failing, we will stop sending events to it."
        ),
        token=timeline.token(20),
        at=at,
    )
    timeline.add(stores.mail(ASHGROVE.plain(), text, received_at=timeline.received(at)))


def _truth(timeline: Timeline) -> GroundTruth:
    shop, refused, lost = ASHGROVE.id, "payment_webhook_signature_mismatch", "payment_captured_no_order"
    return GroundTruth(
        scenario="SC03",
        seed=timeline.seed,
        merchants=(shop,),
        start=START,
        onset=timeline.onset,
        end=timeline.end,
        issues=(
            ExpectedIssue(
                kind=refused,
                merchant=shop,
                onset=timeline.onset,
                mildest=Severity.SEV2,
                gravest=Severity.SEV1,
                within=1_200,
            ),
            ExpectedIssue(
                kind=lost,
                merchant=shop,
                onset=timeline.at(_ORPHANS[0]),
                mildest=Severity.SEV2,
                gravest=Severity.SEV2,
                parent=refused,
                within=3_600,
            ),
        ),
        forbidden=tuple(
            ForbiddenIssue(kind=kind, merchant=shop)
            for kind in (
                "checkout_server_error_spike",
                "clock_skew",
                "platform_incident_systemic",
                "test_mode_in_production",
                "webhook_signature_mismatch",
                "webhook_subscription_removed",
            )
        ),
        actions=(
            ExpectedAction(kind="notify", merchant=shop, issue=refused),
            ExpectedAction(kind="report", merchant=shop, issue=refused),
            ExpectedAction(kind="draft_reply", merchant=shop, issue=refused),
            ExpectedAction(kind="report", merchant=shop, issue=lost),
        ),
    )


SCENARIO = Scenario(
    id="SC03",
    title="Stripe signs with another secret than the shop's receiver has",
    play=play,
    amended="The reply to the merchant is drafted and waits for a person (R2).",
)
