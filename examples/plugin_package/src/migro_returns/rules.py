"""Rules about the returns portal; one reads its own signals, the other the shipped ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from migro import (
    STRONG,
    WEAK,
    IssueKind,
    MerchantId,
    Response,
    Risk,
    Rule,
    RuleSet,
    fires,
    minutes,
    on,
    percent,
    silent,
    supports,
)
from migro.packs.headless.signals import Ticket

from .features import maintained
from .signals import VOCABULARY, ReturnRequest

__all__ = ["PORTAL_DOWN", "RULES"]

PORTAL_DOWN = IssueKind[MerchantId](
    "returns_portal_down",
    category="integration",
    title="The returns portal answers with errors",
    responses=(
        Response("notify_returns_desk", Risk.R0, "returns_desk", args={"text": "{severity} {title} at {merchant}"}),
    ),
)

SHOP = MerchantId("shop-a")
START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def _request(number: int, answer: int = 200, start: datetime = START) -> ReturnRequest:
    at = start + timedelta(seconds=20 * number)
    return ReturnRequest(merchant=SHOP, occurred_at=at, shopper=f"s{number}", answer=answer)


def _ticket(minute: int, feature: str = "intent.refund_request", author: str = "end_user") -> Ticket:
    return Ticket(
        merchant=SHOP,
        occurred_at=START + timedelta(minutes=minute),
        ticket_id=f"t{minute}",
        author=author,
        features=frozenset({feature}),
        source_kind="ticket",
    )


RULES = RuleSet(
    "returns",
    Rule(
        "returns.errors-share",
        when=on(ReturnRequest, maintained == False, per=ReturnRequest.merchant).share(  # noqa: E712
            ReturnRequest.answer >= 500, at_least=percent(20), floor=20, within=minutes(15)
        ),
        then=supports(PORTAL_DOWN, STRONG, family="portal"),
        why="A fifth of the requests to the returns portal failed.",
        examples=(
            fires("half of 20", *(_request(n, 200 + 300 * (n % 2)) for n in range(20)), for_=SHOP),
            silent("2 of 20", *(_request(n, 500 if n < 2 else 200) for n in range(20))),
            silent("too few", *(_request(n, 500) for n in range(19))),
            silent("at night", *(_request(n, 500, START.replace(hour=2)) for n in range(20))),
        ),
    ),
    Rule(
        "returns.refunds-asked",
        when=on(
            Ticket,
            Ticket.author == "end_user",
            Ticket.features.has("intent.refund_request"),
            per=Ticket.merchant,
        ).at_least(3, within=minutes(30)),
        then=supports(PORTAL_DOWN, WEAK, family="tickets"),
        why="Three shoppers asked people for what the portal is for.",
        examples=(
            fires("three ask", *map(_ticket, range(3)), for_=SHOP),
            silent("two ask", *map(_ticket, range(2))),
            silent("three say thanks", *(_ticket(n, "intent.thank_you") for n in range(3))),
            silent("agents write", *(_ticket(n, author="agent") for n in range(3))),
        ),
    ),
    signals=VOCABULARY,
    require_examples=True,
)
