"""
SC22: five merchants ask how to change the checkout domain, and for one of them checkout really is gone.

The five letters are the same but for their signatures. Four are questions; behind the fifth stands a cutover that
has lost every hand-off to checkout, just as in SC02. Letters of thanks and automatic replies come in between.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import attrs

from ...models import Severity
from .. import letters, load
from ..merging import merged
from ..scenario import Scenario
from ..shops import FERNWOOD, Shop
from ..timeline import START, Simulation, Timeline
from ..traffic import BY_LETTER, invented, shopping
from ..truth import ExpectedAction, ExpectedIssue, ForbiddenIssue, GroundTruth
from . import sc02

__all__ = ["QUESTION", "SCENARIO", "play"]

QUESTION = (
    "Hello, how do I change the checkout domain? In the old shop it was a setting, in the new one I cannot find it."
)
"""What all five write, word for word."""

_ASKED = ((0, 40), (1, 95), (1, 310), (2, 150), (3, 36))
"""Day and minute of each merchant's letter; the last one comes 19 minutes after the outage has begun."""
_OUTAGE = START + timedelta(days=3, minutes=15)
_END = _OUTAGE + timedelta(minutes=32)
_THIN = 15
"""Fifteen page views of 1,000 are written: nothing here depends on rates of requests at the four who only ask."""


def play(seed: int, variant: str = "") -> Simulation:
    """Play SC22: letters on days 0, 1, 1, 2 and 3; on day 3 at T0 + 2 minutes the fifth merchant loses checkout."""
    shops = [_small(seed, number) for number in range(4)]
    asking = [
        _asking(seed, shop, START + timedelta(days=d, minutes=m)) for shop, (d, m) in zip(shops, _ASKED, strict=False)
    ]
    return merged((*asking, _failing(seed)), scenario="SC22", seed=seed)


def _small(seed: int, number: int) -> Shop:
    shop = invented(Random(f"migro.simulate/SC22|{seed}|{number}"), 30 * number + 7)
    return attrs.evolve(shop, sessions_per_min=f"{2 + number}.0")


def _asking(seed: int, shop: Shop, at: datetime) -> Simulation:
    timeline = Timeline("SC22", seed=seed, shop=shop, onset=at, end=_END)
    first = timeline.minutes(-10_000, 10_000)[0]
    load.profile(timeline, first)
    shopping(timeline, first, 10_000, thin=_THIN)
    _letter(timeline, at, QUESTION, "How do I change the checkout domain?")
    _letter(
        timeline, at + timedelta(minutes=95), "Thank you, that was quick!", "Re: How do I change the checkout domain?"
    )
    _letter(
        timeline,
        at + timedelta(minutes=97),
        "I am out of the office until Monday. This is an automatic reply, nobody reads it.",
        "Out of office: Re: How do I change the checkout domain?",
    )
    return timeline.finish(_truth_of_question)


def _failing(seed: int) -> Simulation:
    start = _OUTAGE - timedelta(minutes=15)
    timeline = Timeline("SC22", seed=seed, shop=FERNWOOD, onset=_OUTAGE, end=_END, start=start)
    sc02.story(timeline)
    day, minute = _ASKED[-1]
    asked = START + timedelta(days=day, minutes=minute)
    _letter(timeline, asked, QUESTION, "How do I change the checkout domain?")
    return timeline.finish(_truth_of_outage)


def _letter(timeline: Timeline, at: datetime, text: str, subject: str) -> None:
    person = timeline.people.person()
    timeline.planted.person(person, ("name", "email", "phone"))
    letters.by_help_desk(
        timeline,
        person,
        number=timeline.number(),
        subject=subject,
        text=f"{text}\n\n-- \n{person.name}\n{person.email}",
        at=at,
    )


def _truth_of_question(timeline: Timeline) -> GroundTruth:
    shop = timeline.shop.id
    return GroundTruth(
        scenario="SC22",
        seed=timeline.seed,
        merchants=(shop,),
        start=START,
        onset=timeline.onset,
        end=timeline.end,
        issues=(
            ExpectedIssue(
                kind="documentation_confusion",
                merchant=shop,
                onset=timeline.onset,
                mildest=Severity.SEV4,
                gravest=Severity.SEV4,
                parent="documentation_gap",
            ),
        ),
        forbidden=tuple(
            ForbiddenIssue(kind=kind, merchant=shop)
            for kind in ("checkout_handoff_404", "dns_tls_cutover_failure", "domain_split_brain")
        ),
        allowed=(*BY_LETTER, "documentation_gap"),
        actions=(ExpectedAction(kind="draft_reply", merchant=shop, issue="documentation_confusion"),),
    )


def _truth_of_outage(timeline: Timeline) -> GroundTruth:
    shop, lost = timeline.shop.id, "checkout_handoff_404"
    return GroundTruth(
        scenario="SC22",
        seed=timeline.seed,
        merchants=(shop,),
        start=timeline.start,
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
            for kind in (
                "documentation_confusion",
                "dns_tls_cutover_failure",
                "checkout_server_error_spike",
                "deploy_regression",
            )
        ),
        allowed=("domain_split_brain", "order_drought"),
        actions=(
            ExpectedAction(kind="notify", merchant=shop, issue=lost),
            ExpectedAction(kind="draft_reply", merchant=shop, issue=lost),
        ),
    )


SCENARIO = Scenario(
    id="SC22",
    title="Questions about the checkout domain hide a real outage",
    play=play,
    amended="The guide is drafted and waits for a person (R2).",
)
