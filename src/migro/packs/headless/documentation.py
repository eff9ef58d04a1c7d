"""Questions that no failure explains."""

from __future__ import annotations

from typing import Any

from ...expressions import hours
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import MEDIUM, STRONG, IssueKind, Rule, SeverityScale, fires, known, on, refutes, silent, supports
from .checkout import SERVER_ERRORS
from .handoff import HANDOFF_404
from .payments import DECLINES
from .responses import draft_reply, report
from .signals import Ticket
from .specimens import SHOP, burst, payment, request, ticket

__all__ = ["CONFUSION", "RULES"]

CONFUSION = IssueKind[MerchantId](
    "documentation_confusion",
    category="docs",
    title="Repeated questions about how the new shop works",
    what="Somebody asks again and again about a step that is documented, or the documentation is wrong or old.",
    severity=SeverityScale(default=Severity.SEV4),
    # As with any ticket, the words prove only what was asked; here being asked twice is the whole statement.
    # -40 + 50 = 10 brings it in front of a person and no further.
    prior=-40,
    responses=(
        report("topics of the questions and the pages that answer them"),
        draft_reply(
            "In a headless set-up this works differently from your old shop. We put together the steps and the guide"
            " that belongs to them. If you see an error message, please send it along: then we check the systems."
        ),
    ),
    human_only=("change the documentation", "train"),
    false_positives='A polite "how do I fix" often hides a fault: other signals go first.',
    related=("customer_password_migration_lockout", "webhook_subscription_missing", "missing_access_scope"),
)

_OUT: dict[str, Any] = {"method": "GET", "route_class": "checkout", "route": "/cart/c/:slug", "handoff": True}

RULES: tuple[Rule[Any], ...] = (
    Rule(
        "docs.asked-twice",
        when=on(
            Ticket,
            Ticket.author.one_of("end_user", "unknown"),
            Ticket.features.has("intent.how_to"),
            per=Ticket.merchant,
        ).distinct(Ticket.ticket_id, at_least=2, within=hours(24)),
        then=supports(CONFUSION, MEDIUM, family="tickets"),
        why="Two tickets of a day ask how to do something.",
        examples=(
            fires("two", ticket(0, "intent.how_to"), ticket(60, "intent.how_to", ticket_id="2"), for_=SHOP),
            silent("one ticket with two messages", *burst(2, ticket(0, "intent.how_to"))),
            silent(
                "an agent answers",
                ticket(0, "intent.how_to"),
                ticket(60, "intent.how_to", ticket_id="2", author="agent"),
            ),
        ),
    ),
    Rule(
        "docs.checkout-fails",
        when=known(SERVER_ERRORS, at_least_points=STRONG),
        then=refutes(CONFUSION, 150, family="fault"),
        why="Checkout fails: the questions are about a fault.",
        examples=(
            fires("fails", *burst(17, request()), *burst(3, request(30, 500)), for_=SHOP),
            silent("is well", *burst(20, request())),
        ),
    ),
    Rule(
        "docs.handoff-lost",
        when=known(HANDOFF_404, at_least_points=STRONG),
        then=refutes(CONFUSION, 150, family="fault"),
        why="The way to checkout is lost: the questions are about a fault.",
        examples=(
            fires("lost", *burst(5, request(0, 404, **_OUT), every=100), for_=SHOP),
            silent("is well", *burst(5, request(0, 302, **_OUT), every=100)),
        ),
    ),
    Rule(
        "docs.payments-fail",
        when=known(DECLINES, at_least_points=STRONG),
        then=refutes(CONFUSION, 150, family="fault"),
        why="Payments fail: the questions are about a fault.",
        examples=(
            fires("fail", *burst(30, payment(0, "payment.failed")), for_=SHOP),
            silent("are well", *burst(30, payment())),
        ),
    ),
)
