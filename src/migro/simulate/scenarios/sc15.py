"""
SC15: a wave of customers who have to set a new password after the move, and days later somebody who tries stolen ones.

The wave is expected and real: it is one case for all its days. What comes at night, from three networks and over
thousands of accounts, is another matter and is never part of that case; whoever guards accounts is told. Replies are
drafted and wait (R2), also those that a story would send.

Logins are told one by one for every fifteenth account, as a large shop would sample them; resets are told by tens.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from ...models import Severity
from .. import letters, load
from ..chance import poisson
from ..correspondence import SUBJECTS, letter
from ..envelopes import iso
from ..scenario import Scenario
from ..shops import Shop
from ..timeline import START, Simulation, Timeline
from ..traffic import BY_LETTER, hour_of_week, shopping
from ..truth import ExpectedAction, ExpectedIssue, ForbiddenIssue, GroundTruth

__all__ = ["SCENARIO", "play"]

SEDGEWICK = Shop(
    id="sedgewick-demo.myshopify.com",
    name="sedgewick",
    currency="EUR",
    aov_minor=6_600,
    sessions_per_min="3",
    numbers=130_000,
)
"""A shop that came from Magento with 60,000 customers, none of whom brought a password."""

_ONSET = START + timedelta(days=2, hours=1)
_ATTACK = 4 * 1_440 + 17 * 60
"""Minutes from the onset to three in the morning of day 5."""
_ATTACKED = 40
_FROM, _TO = -2_940, _ATTACK + 120
_THIN = 2
"""Two page views of 1,000 are written: nothing here depends on rates of requests."""

_LOGINS_A_DAY, _FAILED_BEFORE, _FAILED_AFTER = 260, 6, 48
_RESETS_BEFORE, _RESETS_AFTER = 5, 60
_LETTERS_A_DAY = 60
_TRIED = 600
_NETWORKS = ("as64496", "as64501", "as64510")
_MEAN = Decimal(570)
"""The mean of the curve of the week, so that so many a day are so many a day."""


def play(seed: int, variant: str = "") -> Simulation:
    """
    Play SC15.

    Day -2 mails ask 60,000 customers for a new password, and one in twenty comes back; at T0 the shop moves. Until
    day 4 eight times as many logins fail as before, twelve times as many customers ask for a new password, and 60 a
    day write. Day 5 from 3:00 to 3:40 logins to 9,000 accounts fail from three networks, and nobody asks for a new
    password. The end is at 5:00.
    """
    timeline = Timeline("SC15", seed=seed, shop=SEDGEWICK, onset=_ONSET, end=_ONSET + timedelta(minutes=_TO))
    _move(timeline)
    shopping(timeline, _FROM, _TO - 1, thin=_THIN)
    _logins(timeline)
    _resets(timeline)
    _letters(timeline)
    _stuffing(timeline)
    _edge(timeline)
    return timeline.finish(_truth)


def _move(timeline: Timeline) -> None:
    load.profile(timeline, _FROM + 1)
    plan = {
        "exported_at": iso(timeline.at(-600)),
        "cutover_at": iso(timeline.at(0)),
        "settled_at": iso(timeline.at(120)),
    }
    timeline.host(timeline.at(_FROM + 2), "shop.move", ids={"platform": "shopify"}, attrs=plan)
    timeline.host(timeline.at(0), "change.made", source_kind="change_event", attrs={"what": "cutover"})
    for batch in range(12):
        # 5 % of the mails come back.
        sent = {"sent": 5_000, "delivered": 4_750}
        timeline.host(timeline.at(_FROM + 60 + 5 * batch), "mail.activation", source_kind="app_log", metrics=sent)
        brought = {"imported": 5_000, "locked_out": 4_600}
        timeline.host(timeline.at(-180 + 10 * batch), "import.customers", source_kind="app_log", metrics=brought)


def _hourly(timeline: Timeline, stream: str, before: int, after: int) -> list[datetime]:
    """Return the times of what happens so often a day before and after the move, by the hour of the week."""
    rng, found = timeline.rng(stream), []
    for minute in range(_FROM, _TO - 60, 60):
        a_day = before if minute < 0 else after
        mean = Decimal(a_day) / 24 * hour_of_week(timeline.at(minute)) / _MEAN
        found += [timeline.at(minute, rng.randrange(3_600)) for _ in range(poisson(rng, mean))]
    return found


def _logins(timeline: Timeline) -> None:
    """Let customers sign in; hardly two come from one network."""
    rng = timeline.rng("customers")
    for at in _hourly(timeline, "logins", _LOGINS_A_DAY, _LOGINS_A_DAY):
        _login(timeline, at, rng.randrange(4_000), f"n{rng.randrange(4_000)}", ok=True)
    for at in _hourly(timeline, "failures", _FAILED_BEFORE, _FAILED_AFTER):
        _login(timeline, at, rng.randrange(4_000), f"n{rng.randrange(4_000)}", ok=False)


def _login(timeline: Timeline, at: datetime, account: int, network: str, *, ok: bool) -> None:
    timeline.host(
        at,
        "login.attempt",
        source_kind="app_log",
        ids={"account": f"a{account}", "network": network},
        attrs={"ok": True} if ok else {"ok": False, "reason": "invalid_credentials"},
    )


def _resets(timeline: Timeline) -> None:
    for at in _hourly(timeline, "resets", _RESETS_BEFORE, _RESETS_AFTER):
        night_of_attack = at >= timeline.at(_ATTACK - 60)
        if not night_of_attack:
            timeline.host(at, "login.resets", source_kind="app_log", metrics={"requests": 10})


def _letters(timeline: Timeline) -> None:
    """Let customers write that they cannot sign in, from the move on."""
    rng, login = timeline.rng("letters"), next(s for s in SUBJECTS if s.intent == "login")
    for at in _hourly(timeline, "writing", 0, _LETTERS_A_DAY):
        person = timeline.people.person()
        written = letter(rng, person, login, number=timeline.number())
        timeline.planted.person(person, (*written.planted, "name", "email", "phone"))
        letters.by_help_desk(
            timeline, person, number=timeline.number(), subject=written.subject, text=written.text, at=at
        )


def _stuffing(timeline: Timeline) -> None:
    """Try stolen passwords from three networks; a few of them are right."""
    rng, lines = timeline.rng("stuffing"), timeline.people
    accounts = rng.sample(range(10_000, 19_000), k=_TRIED)
    for place, account in enumerate(accounts):
        at = timeline.at(_ATTACK, place * 60 * _ATTACKED // _TRIED)
        _login(timeline, at, account, rng.choice(_NETWORKS), ok=place % 300 == 299)
        if place % 9 == 0:
            timeline.log(at, lines.visitor(), "POST /account/login", 302, 412)


def _edge(timeline: Timeline) -> None:
    """Tell views of pages with and without their files, every half hour, and in the attack every minute."""
    attacked = range(_ATTACK, _ATTACK + _ATTACKED)
    for minute in sorted({*range(_FROM + 20, _TO, 30), *attacked}):
        for views, with_assets in ((4, True), (225 if minute in attacked else 1, False)):
            timeline.host(
                timeline.at(minute, 59),
                "edge.views",
                source_kind="edge_metric",
                metrics={"views": views},
                attrs={"with_assets": with_assets},
            )


def _truth(timeline: Timeline) -> GroundTruth:
    shop, locked, bots = SEDGEWICK.id, "customer_password_migration_lockout", "bot_scraping_load"
    return GroundTruth(
        scenario="SC15",
        seed=timeline.seed,
        merchants=(shop,),
        start=START,
        onset=timeline.onset,
        end=timeline.end,
        issues=(
            ExpectedIssue(
                kind=locked,
                merchant=shop,
                onset=timeline.onset,
                mildest=Severity.SEV3,
                gravest=Severity.SEV3,
                within=7_200,
            ),
            ExpectedIssue(
                kind=bots,
                merchant=shop,
                onset=timeline.at(_ATTACK),
                mildest=Severity.SEV3,
                gravest=Severity.SEV3,
                within=900,
            ),
        ),
        forbidden=tuple(
            ForbiddenIssue(kind=kind, merchant=shop)
            for kind in (
                "card_testing_attack",
                "customer_token_expiry_loop",
                "email_links_old_domain",
                "platform_incident_systemic",
                "session_not_carried_to_checkout",
            )
        ),
        allowed=(*BY_LETTER, "documentation_gap"),
        actions=(
            ExpectedAction(kind="notify", merchant=shop, issue=locked),
            ExpectedAction(kind="report", merchant=shop, issue=locked),
            ExpectedAction(kind="draft_reply", merchant=shop, issue=locked),
            ExpectedAction(kind="notify", merchant=shop, issue=bots),
        ),
    )


SCENARIO = Scenario(
    id="SC15",
    title="A wave of new passwords, and days later somebody who tries stolen ones",
    play=play,
    amended="Replies from the template are drafted and wait for a person (R2).",
)
