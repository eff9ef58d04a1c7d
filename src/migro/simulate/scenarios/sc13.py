"""
SC13: for three hours transport repeats, reorders and drops webhooks of two merchants.

Two old stock figures are written over newer ones by a merchant's middleware. Everything else is noise that has to
leave no trace in what is counted: real changes of one article within seconds, one event by two subscriptions, and
orders that come five times.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

import attrs

from ...models import Severity
from .. import bodies, envelopes, load
from ..merging import merged
from ..receipts import receipts
from ..scenario import Scenario
from ..shops import FERNWOOD, QUILLON
from ..timeline import START, Simulation, Timeline
from ..transport import lose, reorder, repeat
from ..truth import ExpectedAction, ExpectedIssue, ForbiddenIssue, GroundTruth

__all__ = ["SCENARIO", "play"]

_ONSET = START + timedelta(minutes=20)
_LAST = 180
_END = _ONSET + timedelta(minutes=_LAST + 20)
_KINDS = frozenset({"shopify_webhook", "bigcommerce_webhook", "stripe_event"})
_ARTICLES = 40
STALE = (64, 121)
"""Minutes in which the middleware writes an old figure over a newer one, each of another article."""


def play(seed: int, variant: str = "") -> Simulation:
    """
    Play SC13.

    T0 to T+180: 30 % of deliveries come two to five times, the last copies an hour and a half late, 20 % are held up
    for as much as ten minutes, 3 % never arrive; T+64 and T+121 stale stock is written at the Shopify merchant.
    """
    hosted = Timeline("SC13", seed=seed, shop=FERNWOOD, onset=_ONSET, end=_END)
    other = Timeline("SC13", seed=seed, shop=QUILLON, onset=_ONSET, end=_END)
    for timeline, per_min in ((hosted, 5), (other, 2)):
        load.profile(timeline, -20)
        load.browsing(timeline, -20, _LAST + 19, per_min=1)
        _changes(timeline, per_min)
    _stale_writes(hosted)
    calm = merged((hosted.finish(_truth), other.finish(_truth)), scenario="SC13", seed=seed)
    spell = (_ONSET, _ONSET + timedelta(minutes=_LAST))
    stormy = lose(calm, permille=30, seed=seed, kinds=_KINDS, during=spell)
    stormy = reorder(stormy, permille=200, seed=seed, within=timedelta(minutes=10), kinds=_KINDS, during=spell)
    stormy = repeat(
        stormy, permille=300, seed=seed, copies=(1, 4), late=timedelta(minutes=90), kinds=_KINDS, during=spell
    )
    return _told(stormy)


def _changes(timeline: Timeline, per_min: int) -> None:
    """Let articles and orders change at a steady pace; one change in twenty is followed by another real one."""
    rng = timeline.rng("changes")
    shopify = "shopify" in timeline.shop.senders
    for minute in timeline.minutes(-20, _LAST + 19):
        for _ in range(per_min):
            at, article = timeline.at(minute, rng.randrange(60)), rng.randrange(_ARTICLES)
            times = (0, 9) if rng.randrange(20) == 0 else (0,)
            for later in times:
                if shopify:
                    load.inventory(timeline, at + timedelta(seconds=later), item=article)
                else:
                    _stock_event(timeline, article, later, at_minute=minute, second=at.second)
        if minute % 3 == 0:
            at = timeline.at(minute, 5 + rng.randrange(50))
            if shopify:
                load.order(timeline, at, number=timeline.number())
                _second_subscription(timeline)
            else:
                load.payment(timeline, at, number=timeline.number())


def _stock_event(timeline: Timeline, article: int, later: int, *, at_minute: int, second: int) -> None:
    at = timeline.at(at_minute, second) + timedelta(seconds=later)
    body = bodies.bigcommerce_event(
        timeline.shop,
        scope="store/product/inventory/updated",
        kind="product",
        number=300 + article,
        digest=timeline.token(40),
        at=load.unix(at),
    )
    timeline.add(
        envelopes.bigcommerce(
            timeline.shop.signed("bigcommerce"),
            body,
            received_at=timeline.received(at),
            delivery=f"msg_{timeline.token(20)}",
        )
    )


def _second_subscription(timeline: Timeline) -> None:
    """Deliver the newest order by a second subscription too: the same event under another id of delivery."""
    newest = timeline.newest
    headers = {**newest.headers, "X-Shopify-Webhook-Id": str(uuid.UUID(timeline.token()))}
    timeline.add(attrs.evolve(newest, headers=headers, received_at=newest.received_at + timedelta(seconds=1)))


def _stale_writes(timeline: Timeline) -> None:
    for article, minute in enumerate(STALE):
        timeline.host(
            timeline.at(minute),
            "log.line",
            source_kind="app_log",
            features=["write.stale_inventory"],
            resource=["inventory", f"{44_000_000_000_000 + article}"],
            metrics={"lines": 1},
            attrs={"worker": "stock_sync"},
        )


def _told(simulation: Simulation) -> Simulation:
    """Add what both merchants' receivers say of these deliveries."""
    told = tuple(r for shop in simulation.shops for r in receipts(shop, simulation.envelopes))
    together = tuple(sorted((*simulation.envelopes, *told), key=lambda e: e.received_at))
    truth = attrs.evolve(simulation.truth, envelopes=len(together), events=sum(e.events for e in together))
    return attrs.evolve(simulation, envelopes=together, truth=truth)


def _truth(timeline: Timeline) -> GroundTruth:
    shop, repeats, stale = timeline.shop.id, "webhook_duplicate_delivery", "webhook_out_of_order_write"
    issues = [
        ExpectedIssue(
            kind=repeats,
            merchant=shop,
            onset=timeline.onset,
            mildest=Severity.SEV4,
            gravest=Severity.SEV4,
            within=40 * 60,
        )
    ]
    if shop == FERNWOOD.id:
        issues = [attrs.evolve(issues[0], within=20 * 60)]
        issues.append(
            ExpectedIssue(
                kind=stale,
                merchant=shop,
                onset=timeline.at(STALE[0]),
                mildest=Severity.SEV3,
                gravest=Severity.SEV3,
                within=15 * 60,
            )
        )
    return GroundTruth(
        scenario="SC13",
        seed=timeline.seed,
        merchants=(shop,),
        start=START,
        onset=timeline.onset,
        end=timeline.end,
        issues=tuple(issues),
        forbidden=tuple(
            ForbiddenIssue(kind=kind, merchant=shop)
            for kind in ("inventory_drift", "duplicate_order_or_charge", "oversell_race", "platform_incident_systemic")
        ),
        allowed=("webhook_handler_slow", "webhook_out_of_order_write"),
        actions=(ExpectedAction(kind="notify", merchant=shop, issue=repeats),),
    )


SCENARIO = Scenario(
    id="SC13",
    title="Webhooks are repeated, reordered and dropped for three hours",
    play=play,
    amended="What is said to a merchant waits for a person (R2), and for repeats alone nothing is said.",
)
