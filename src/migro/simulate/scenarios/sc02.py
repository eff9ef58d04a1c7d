"""SC02: after a domain cutover every hand-off to checkout lands on the storefront and is not found."""

from __future__ import annotations

from datetime import timedelta

from ...models import Severity
from .. import complaints, envelopes, letters, load
from ..people import CARDS
from ..scenario import Scenario
from ..shops import FERNWOOD
from ..timeline import START, Simulation, Timeline
from ..truth import ExpectedAction, ExpectedIssue, ForbiddenIssue, GroundTruth

__all__ = ["SCENARIO", "play", "story"]


def play(seed: int, variant: str = "") -> Simulation:
    """
    Play SC02.

    T0 the name moves; from T+2 all hand-offs, nine in 15 minutes, are answered with 404; orders stop, six in 15
    minutes before; T+20 a ticket; the end is at T+32. Dead links from old mails are there all the time.
    """
    onset = START + timedelta(minutes=15)
    timeline = Timeline("SC02", seed=seed, shop=FERNWOOD, onset=onset, end=onset + timedelta(minutes=32))
    story(timeline)
    return timeline.finish(_truth)


def story(timeline: Timeline) -> None:
    """Tell the story on any time line that begins a quarter of an hour before the onset, for the shop it is of."""
    shop = timeline.shop
    load.profile(timeline, -15)
    load.browsing(timeline, -15, -1, per_min=5)
    load.browsing(timeline, 0, 31, per_min=5, extra_pdp=10)
    load.cart_posts(timeline, -15, 31, per_min=2)
    _handoffs(timeline)
    _old_mails(timeline)
    _decoys(timeline)
    for number, minute in enumerate((-14, -12, -9, -7, -4, -1)):
        note = f"My other card is {CARDS[1]} if this one fails" if number == 2 else None
        load.order(timeline, timeline.at(minute, 41), number=shop.numbers + number, note=note)
    for item, minute in enumerate((-10, 6, 21)):
        load.inventory(timeline, timeline.at(minute, 12), item=100 + item)
    _ticket(timeline)


def _handoffs(timeline: Timeline) -> None:
    """Send nine shoppers in 15 minutes to checkout, one every 100 seconds."""
    rng = timeline.rng("handoff")
    for step in range(-9, 18):
        at = timeline.at(2, 100 * step + rng.randrange(40))
        # The name moves at T0; the cache of the old record serves until T+2.
        lost = at >= timeline.at(2)
        request = f"GET /cart/c/{timeline.token(24)}?key={timeline.token(16)}"
        timeline.log(
            at,
            timeline.visitors.visitor(),
            request,
            404 if lost else 302,
            1_846 if lost else 0,
            referer=f"https://{timeline.shop.host}/cart",
        )


def _old_mails(timeline: Timeline) -> None:
    for minute in range(-13, 32, 10):
        reader = timeline.people.person()
        timeline.planted.add("email", reader.email.replace("@", "%40"))
        query = f"utm_source=mail&recipient={reader.email.replace('@', '%40')}"
        request = f"GET /cart/c/{timeline.token(24)}?{query}"
        timeline.log(timeline.at(minute, 27), (reader.ip, reader.agent), request, 404, 1_846)


def _decoys(timeline: Timeline) -> None:
    # The monitor of another part of the shop complains about something that sells nothing.
    at = timeline.at(5, 30)
    body = complaints.alert(
        timeline.shop,
        name="ImageResizeQueueLong",
        severity="warning",
        summary="Resize queue is longer than usual, paged person: Odile Mockridge",
        instance="192.0.2.88:9100",
        since=timeline.at(3),
    )
    timeline.planted.add("ip", "192.0.2.88")
    timeline.planted.add("name", "Odile Mockridge")
    timeline.add(envelopes.alertmanager(timeline.shop.alerts(), body, received_at=timeline.received(at)))
    for minute in timeline.minutes(-15, 31):
        if minute % 7 == 0:
            timeline.log(timeline.at(minute, 3), ("198.51.100.78", load.SEARCH_BOT), "GET /robots.txt", 200, 410)


def _ticket(timeline: Timeline) -> None:
    at, person = timeline.at(20), timeline.people.person()
    timeline.planted.person(person, ("name", "email", "phone"))
    letters.by_zendesk(
        timeline,
        person,
        number=timeline.shop.numbers + 501,
        subject="Checkout page not found",
        text=(
            "Hi, when I go to checkout I get a 404, the checkout page is not found. My cart is still full. "
            f"You can reach me at {person.phone} or {person.email}.\n{person.name}"
        ),
        at=at,
    )


def _truth(timeline: Timeline) -> GroundTruth:
    shop, lost = FERNWOOD.id, "checkout_handoff_404"
    return GroundTruth(
        scenario="SC02",
        seed=timeline.seed,
        merchants=(shop,),
        start=START,
        onset=timeline.onset,
        end=timeline.end,
        issues=(
            ExpectedIssue(
                kind=lost,
                merchant=shop,
                onset=timeline.at(2),
                mildest=Severity.SEV1,
                gravest=Severity.SEV1,
                within=900,
            ),
        ),
        forbidden=tuple(
            ForbiddenIssue(kind=kind, merchant=shop)
            for kind in ("dns_tls_cutover_failure", "checkout_server_error_spike", "deploy_regression")
        ),
        allowed=("domain_split_brain", "order_drought"),
        actions=(
            ExpectedAction(kind="notify", merchant=shop, issue=lost),
            ExpectedAction(kind="draft_reply", merchant=shop, issue=lost),
        ),
    )


SCENARIO = Scenario(
    id="SC02",
    title="Hand-offs to checkout are not found after a domain cutover",
    play=play,
    amended="The reply with the redirect chain is drafted and waits for a person (R2).",
)
