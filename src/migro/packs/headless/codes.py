"""Codes: discounts and gift cards that are refused although they are valid."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, hours, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import (
    MEDIUM,
    STRONG,
    WEAK,
    IssueKind,
    Rule,
    SeverityScale,
    fires,
    on,
    refutes,
    silent,
    supports,
)
from .references import cited
from .responses import draft_reply, report
from .shop_witnesses import before_cutover, campaign, mostly, short_of
from .specimens import SHOP, burst, ticket
from .specimens_operations import said
from .specimens_shop import CAMPAIGN, CODES, weekly
from .stakes import impact_on
from .storefront_signals import CodeAttempts
from .witnesses import tickets

__all__ = ["CODES_REFUSED", "RULES"]

CODES_REFUSED = IssueKind[MerchantId](
    "discount_giftcard_rejected",
    category="checkout",
    title="Valid discount codes or gift cards are refused",
    what="Codes did not come along with the move, or the new cart calls for them are incomplete.",
    severity=SeverityScale(default=Severity.SEV3),
    impact=impact_on("cart", percent(15)),
    responses=(
        report("ids of the codes that are refused and how often, nothing about shoppers"),
        draft_reply(
            "Valid codes are refused in your new cart since {first_seen}. Either they were not brought along, or the"
            " call of the cart lacks an argument; the report names the codes."
        ),
    ),
    human_only=("create codes anew", "decide about goodwill"),
    false_positives="Extensions that guess coupons make many attempts with codes that never existed.",
    related=("cart_version_conflict", "api_version_fall_forward", "order_import_gap"),
    harm="Those with a code pay the full price or leave, and the desk has to answer them; nobody else is hit.",
    sources=cited("HYD-CHG"),
)

_ENTERED = on(
    CodeAttempts,
    # Codes that are unknown where they come from are guesses, and those that are used up are refused rightly.
    CodeAttempts.valid == True,  # noqa: E712
    per=CodeAttempts.merchant,
    weight=CodeAttempts.attempts,
)
_REFUSED: Pred[CodeAttempts] = CodeAttempts.accepted == False  # noqa: E712
_REFUSED_SHARE = (
    on(CodeAttempts, CodeAttempts.valid == True, _REFUSED, per=CodeAttempts.merchant, weight=CodeAttempts.attempts)  # noqa: E712
    .count(within=minutes(60))
    .per(_ENTERED.count(within=minutes(60)), floor=20)
)
_USED = on(CodeAttempts, CodeAttempts.accepted == True, per=CodeAttempts.merchant, weight=CodeAttempts.attempts).count(  # noqa: E712
    within=hours(24)
)


RULES: tuple[Rule[Any], ...] = (
    Rule(
        "codes.refused-share",
        when=_ENTERED.share(_REFUSED, at_least=percent(30), floor=20, within=minutes(60)).unless(
            short_of(_REFUSED_SHARE, 3)
        ),
        then=supports(CODES_REFUSED, STRONG, family="codes"),
        why="At least 30 % of valid codes were refused within an hour, three times the usual share.",
        examples=(
            fires("11 of 20", said(CODES, 0, attempts=9), said(CODES, 1, attempts=11, accepted=False), for_=SHOP),
            fires("30 of 100", said(CODES, 0, attempts=70), said(CODES, 1, attempts=30, accepted=False), for_=SHOP),
            silent("29 of 100", said(CODES, 0, attempts=71), said(CODES, 1, attempts=29, accepted=False)),
            silent("guesses", said(CODES, 0, attempts=70), said(CODES, 1, attempts=30, accepted=False, valid=False)),
            silent(
                "as always",
                *weekly(said(CODES, 0, attempts=80), said(CODES, 1, attempts=20, accepted=False)),
                said(CODES, 0, attempts=70),
                said(CODES, 1, attempts=30, accepted=False),
            ),
        ),
    ),
    Rule(
        "codes.unused",
        when=(_USED <= percent(20) * before_cutover(_USED)) & campaign(),  # noqa: SIM300
        then=supports(CODES_REFUSED, MEDIUM, family="campaign"),
        why="A campaign is on and codes are used at most a fifth as often as on the day before.",
        examples=(
            fires(
                "20 for 100",
                said(CODES, -90_000, attempts=100),
                said(CAMPAIGN, 0),
                said(CODES, 1, attempts=20),
                for_=SHOP,
            ),
            silent("21 for 100", said(CODES, -90_000, attempts=100), said(CAMPAIGN, 0), said(CODES, 1, attempts=21)),
            silent("no campaign", said(CODES, -90_000, attempts=100), said(CODES, 1, attempts=20)),
        ),
    ),
    Rule(
        "codes.tickets",
        when=tickets("intent.discount_failed", people=3, within=hours(2)),
        then=supports(CODES_REFUSED, WEAK, family="tickets"),
        why="Three people wrote within two hours that a code fails.",
        examples=(
            fires("three", *burst(3, ticket(0, "intent.discount_failed"), requester="p"), for_=SHOP),
            silent("two", *burst(2, ticket(0, "intent.discount_failed"), requester="p")),
        ),
    ),
    Rule(
        "codes.exhausted",
        when=mostly(
            on(CodeAttempts, _REFUSED, per=CodeAttempts.merchant, weight=CodeAttempts.attempts),
            CodeAttempts.exhausted == True,  # noqa: E712
            at_least=percent(80),
            floor=10,
            within=minutes(60),
        ),
        then=refutes(CODES_REFUSED, 150, family="codes-ended"),
        why="Most of the refused codes are expired or used up where they come from.",
        examples=(
            fires(
                "8 of 10",
                said(CODES, 0, attempts=2, accepted=False, exhausted=False),
                said(CODES, 1, attempts=8, accepted=False, exhausted=True),
                for_=SHOP,
            ),
            silent(
                "7 of 10",
                said(CODES, 0, attempts=3, accepted=False, exhausted=False),
                said(CODES, 1, attempts=7, accepted=False, exhausted=True),
            ),
        ),
    ),
)
