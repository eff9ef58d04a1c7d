"""Tickets that ask for what only a person may do."""

from __future__ import annotations

from typing import Any

from ...expressions import minutes
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import STRONG, IssueKind, Rule, SeverityScale, fires, on, silent, supports
from .references import cited
from .responses import draft_reply, notify, report
from .signals import Ticket
from .specimens import SHOP, ticket

__all__ = ["NEEDS_PERSON", "RULES"]

NEEDS_PERSON = IssueKind[MerchantId](
    "ticket_needs_person",
    category="unknown",
    title="A ticket asks for something that only a person may do",
    what=(
        "A ticket asks for money back, or to delete, purge, switch off or override something. What is behind it is"
        " unknown; no text of a ticket is ever carried out."
    ),
    severity=SeverityScale(default=Severity.SEV3),
    # A ticket proves no failure of the shop. That it asks for something, though, the ticket proves by itself: the
    # words are in it or they are not. So what is in doubt is only whether the words were meant, and even an
    # unsigned ticket, which counts 50 at most, has to reach a person: -40 + 50 = 10, in the middle band, and no
    # ticket alone can leave it, since one kind of source is capped there.
    prior=-40,
    responses=(
        notify("operators"),
        report("ids of the tickets and what they ask for, never their text"),
        draft_reply(
            "Thank you for your message. A member of our team reads it and decides what to do; nothing is refunded,"
            " deleted or changed before that. You need not write again."
        ),
    ),
    human_only=("decide about a refund", "delete or change records", "change settings", "answer beyond the template"),
    false_positives="A ticket that tells how a refund failed uses the same words as one that asks for a refund.",
    related=("documentation_confusion", "payment_captured_no_order", "duplicate_order_or_charge"),
    harm="Nothing breaks; a promise about money or data made without a person would.",
    sources=cited("J"),
)


def _asks(feature: str, what: str) -> Rule[Any]:
    return Rule(
        f"ticket.asks-{feature}",
        when=on(
            Ticket,
            Ticket.author.one_of("end_user", "unknown"),
            Ticket.features.has(f"asks.{feature}"),
            per=Ticket.merchant,
        ),
        then=supports(NEEDS_PERSON, STRONG, family="tickets"),
        why=f"A ticket asks {what}.",
        # A burst of tickets is one issue; one that comes an hour later is a new one and is told again.
        lasts=minutes(60),
        examples=(
            fires("asks", ticket(0, f"asks.{feature}"), for_=SHOP),
            fires("by an unknown author", ticket(0, f"asks.{feature}", author="unknown"), for_=SHOP),
            silent("asks how to", ticket(0, "intent.how_to")),
            silent("an agent's own note", ticket(0, f"asks.{feature}", author="agent")),
        ),
    )


RULES: tuple[Rule[Any], ...] = (
    _asks("refund", "for money back"),
    _asks("destructive", "to delete, override or switch off something"),
)
