"""SC10: two incidents of one shop at one time that have nothing to do with each other."""

from __future__ import annotations

import json
from datetime import timedelta

from ...models import Severity
from .. import browsers, envelopes, letters, load, sums
from ..envelopes import RawEnvelope
from ..scenario import Scenario
from ..shops import Shop
from ..timeline import START, Simulation, Timeline
from ..truth import ExpectedAction, ExpectedIssue, ForbiddenIssue, GroundTruth

__all__ = ["SCENARIO", "play"]

_SHOP = Shop(
    id="1000862",
    name="juniper",
    currency="EUR",
    aov_minor=7_400,
    sessions_per_min="12",
    numbers=96_000,
    senders=("bigcommerce", "stripe", "zendesk"),
)
"""A Catalyst storefront on BigCommerce, whose orders go to an ERP."""

_LEAD, _STUCK, _CUT_OFF, _END = -60, 12, 150, 200
_TAGS = "www.googletagmanager.com"
_EXTENSIONS = (
    ("https://cdn.coupon-helper.example/inject.js", "chrome-extension://demoabcdefghijklmnop/content.js"),
    ("https://x.price-watch.example/p.js", "moz-extension://5f1b8c1e-demo/watch.js"),
    ("chrome-extension://demoabcdefghijklmnop/inject.js", "chrome-extension://demoabcdefghijklmnop/content.js"),
)
_CSP, _PIXELS, _EXPORT = "csp_blocking_scripts", "analytics_pixel_loss", "order_export_stalled"


def play(seed: int, variant: str = "") -> Simulation:
    """
    Play SC10.

    T0 a release brings a security policy that blocks the tag manager; one purchase in ten is still tracked. T+12 the
    ERP refuses orders for a payment method that it does not know; the oldest gets two minutes older every minute,
    since orders that wait for the next batch go behind those that are tried again. T+75 the warehouse writes, T+150 is
    the last collection of the day, T+180 marketing writes. Extensions cause 300 reports an hour, before and after.
    """
    onset = START + timedelta(minutes=-_LEAD)
    timeline = Timeline("SC10", seed=seed, shop=_SHOP, onset=onset, end=onset + timedelta(minutes=_END))
    _facts(timeline)
    timeline.host(timeline.at(0), "change.deploy", source_kind="change_event", ids={"release": "r88"})
    load.browsing(timeline, _LEAD, _END, per_min=2)
    placed = _orders(timeline)
    for minute in timeline.minutes(_LEAD, _END):
        _visits(timeline, minute, sum(at // 60 == minute for at in placed))
    _polls(timeline, placed)
    _queue(timeline)
    _refusals(timeline, placed)
    _ticket(
        timeline,
        75,
        "No orders in the warehouse",
        "The warehouse has received no orders from the shop since this morning and nothing was shipped.",
    )
    _ticket(
        timeline,
        180,
        "GA4 shows no purchases",
        "GA4 purchases are missing since this morning: the conversion tracking shows nearly zero. Is the tag broken?",
    )
    return timeline.finish(_truth)


def _facts(timeline: Timeline) -> None:
    for minute in (_LEAD, -30, -5, 60, 120):
        load.profile(timeline, minute)
        timeline.host(timeline.at(minute, 2), "shop.setup", attrs={"required_hosts": [_TAGS, "js.stripe.example"]})
        timeline.host(
            timeline.at(minute, 4),
            "calendar.interval",
            attrs={
                "what": "shipping",
                "starts_at": envelopes.iso(timeline.at(_CUT_OFF)),
                "ends_at": envelopes.iso(timeline.at(_CUT_OFF + 600)),
            },
        )


def _orders(timeline: Timeline) -> list[int]:
    """Place 24 orders an hour, and return their seconds from the onset."""
    rng, placed = timeline.rng("orders"), []
    for number, minute in enumerate(range(2 * (_LEAD + 1), 2 * _END, 5)):
        second = 30 * minute + rng.randrange(30)
        load.payment(timeline, timeline.at(0, second), number=_SHOP.numbers + number)
        placed.append(second)
    return placed


def _visits(timeline: Timeline, minute: int, bought: int) -> None:
    rng, blocked = timeline.rng(f"visits {minute}"), minute >= 0
    visits = 12 + rng.randint(-1, 1)
    tracked = sum(rng.randrange(10) == 0 for _ in range(bought)) if blocked else bought
    views = 4 * visits // 10 if blocked else 4 * visits
    sums.deliver(
        timeline,
        minute,
        [
            sums.sessions(visits // 2, "organic"),
            sums.sessions(visits - visits // 2, "direct"),
            sums.minute_sum("rum.pixels", "rum", metrics={"events": views}, attrs={"event": "page_view"}),
            sums.minute_sum("rum.pixels", "rum", metrics={"events": tracked}, attrs={"event": "purchase"}),
        ],
    )
    for _ in range(5):
        wanted, source = rng.choice(_EXTENSIONS)
        at = timeline.at(minute, rng.randrange(60))
        browsers.csp_report(timeline, at, path="/kitchen/", blocked=wanted, source=source)
    # One visit in three is by a browser that reports.
    for _ in range(visits // 3 if blocked else 0):
        at, reader = timeline.at(minute, rng.randrange(60)), timeline.people.person()
        path = "/kitchen/" if rng.randrange(20) else f"/kitchen/?email={reader.email.replace('@', '%40')}"
        if "email=" in path:
            timeline.planted.add("email", reader.email.replace("@", "%40"))
        browsers.csp_report(
            timeline,
            at,
            path=path,
            blocked=f"https://{_TAGS}/gtm.js?id=GTM-DEMO",
            source=f"https://{_SHOP.host}/kitchen/",
        )


def _polls(timeline: Timeline, placed: list[int]) -> None:
    """Ask for every order of two hours, each quarter of an hour; none of those since T+12 has reached the ERP."""
    for minute in range(-50, _END, 15):
        polled = timeline.at(minute)
        for number, second in enumerate(placed):
            if not 60 * (minute - 120) < second < 60 * minute:
                continue
            # The ERP fetches every ten minutes.
            exported = second < 60 * min(_STUCK, minute - 10)
            timeline.host(
                polled + timedelta(seconds=2),
                "poll.order",
                source_kind="api_poll",
                ids={"order_id": str(_SHOP.numbers + number)},
                metrics={"mails": 1, "labels": 0},
                attrs={
                    "placed_at": envelopes.iso(timeline.at(0, second)),
                    "platform_side": "new",
                    "in_target": True,
                    "imported": False,
                    "paid": True,
                    "exported": exported,
                    "on_hold": False,
                    "other_channel": False,
                    "polled_at": envelopes.iso(polled),
                },
            )


def _queue(timeline: Timeline) -> None:
    for minute in range(-55, _END, 5):
        waited = minute - _STUCK
        depth, oldest = (2 + minute % 3, 240) if waited <= 0 else (4 + 2 * waited // 5, 240 + 120 * waited)
        timeline.host(
            timeline.at(minute, 20),
            "queue.state",
            source_kind="api_poll",
            ids={"queue": "order_export"},
            metrics={"depth": depth, "oldest_s": oldest},
        )


def _refusals(timeline: Timeline, placed: list[int]) -> None:
    """Write the worker's log, which names buyers: the oldest orders are tried again every two minutes."""
    for minute in range(_STUCK, _END, 2):
        waiting = [n for n, s in enumerate(placed) if 60 * (_STUCK - 4) <= s < 60 * minute][:2]
        lines = []
        for place, number in enumerate(waiting):
            person = timeline.people.person()
            timeline.planted.person(person, ("name", "email"))
            at = timeline.at(minute, 7 + place)
            lines.append(
                json.dumps(
                    {
                        "level": 50,
                        "time": load.unix(at) * 1000,
                        "pid": 31,
                        "hostname": "worker-2",
                        "service": "order_export",
                        "msg": f"ERP rejected order {_SHOP.numbers + number} of {person.name} <{person.email}>:"
                        " unknown payment method applepay_v2",
                    },
                    separators=(",", ":"),
                )
            )
        timeline.add(
            RawEnvelope(
                received_at=timeline.at(minute, 40),
                kind="web_error_log",
                endpoint=_SHOP.plain().name,
                headers={"Content-Type": "text/plain; charset=utf-8"},
                body="\n".join(lines) + "\n",
                auth="not_applicable",
                events=len(lines),
            )
        )


def _ticket(timeline: Timeline, minute: int, subject: str, text: str) -> None:
    letters.asked(timeline, timeline.at(minute, 12), number=_SHOP.numbers + 501 + minute, subject=subject, text=text)


def _truth(timeline: Timeline) -> GroundTruth:
    shop = _SHOP.id
    decoys = (
        "api_token_revoked",
        "checkout_server_error_spike",
        "payment_captured_no_order",
        "platform_incident_systemic",
        "product_variant_id_mapping",
        "third_party_script_failure",
        "webhook_silence",
    )
    return GroundTruth(
        scenario="SC10",
        seed=timeline.seed,
        merchants=(shop,),
        start=START,
        onset=timeline.onset,
        end=timeline.end,
        issues=(
            ExpectedIssue(
                kind=_CSP,
                merchant=shop,
                onset=timeline.onset,
                mildest=Severity.SEV3,
                gravest=Severity.SEV3,
                within=35 * 60,
            ),
            ExpectedIssue(
                kind=_PIXELS,
                merchant=shop,
                onset=timeline.onset,
                mildest=Severity.SEV3,
                gravest=Severity.SEV3,
                parent=_CSP,
            ),
            ExpectedIssue(
                kind=_EXPORT,
                merchant=shop,
                onset=timeline.at(_STUCK),
                mildest=Severity.SEV2,
                gravest=Severity.SEV2,
                within=45 * 60,
            ),
        ),
        forbidden=tuple(ForbiddenIssue(kind=kind, merchant=shop) for kind in decoys),
        allowed=("deploy_regression",),
        actions=(
            ExpectedAction(kind="notify", merchant=shop, issue=_CSP),
            ExpectedAction(kind="report", merchant=shop, issue=_CSP),
            ExpectedAction(kind="notify", merchant=shop, issue=_EXPORT),
            ExpectedAction(kind="report", merchant=shop, issue=_EXPORT),
        ),
    )


SCENARIO = Scenario(id="SC10", title="Two unrelated incidents at once", play=play)
