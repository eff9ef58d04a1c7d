"""Questions that no failure explains."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import attrs

from ...expressions import Pred, days, hours
from ...models import IssueAbove, Severity
from ...models.signal import MerchantId
from ...rules import (
    MEDIUM,
    STRONG,
    WEAK,
    Baseline,
    IssueKind,
    Rule,
    SeverityScale,
    during,
    everything,
    fires,
    known,
    leaves,
    on,
    refutes,
    silent,
    supports,
)
from .planning_signals import Interval
from .references import cited
from .responses import draft_reply, report
from .signals import Ticket
from .specimens import SHOP, burst, ticket
from .specimens_operations import ABOVE, INTERVAL, LOG, at, said
from .witnesses import anywhere, logged

__all__ = ["CONFUSION", "RULES", "faults"]

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
    harm="No shopper is hit; the desk answers the same question again, which matters most just before a launch.",
    sources=cited("VC-1027", "VC-1350", "HYD-1203", "BC-WH"),
)

_QUESTIONS = on(
    Ticket,
    Ticket.author.one_of("end_user", "unknown"),
    Ticket.features.has("intent.how_to"),
    per=Ticket.merchant,
)
_OF_TOPIC = on(
    Ticket,
    Ticket.author.one_of("end_user", "unknown"),
    Ticket.features.has("intent.how_to"),
    per=(Ticket.merchant, Ticket.cluster),
)
_ABOUT_THE_SHOP = on(
    Ticket,
    Ticket.author.one_of("end_user", "unknown"),
    Ticket.features.has("intent.how_to"),
    Ticket.cluster.present() | Ticket.features.overlaps(frozenset({"intent.webhook_api", "mentions.migration"})),
    per=Ticket.merchant,
)
_GAP: Pred[IssueAbove] = IssueAbove.issue_kind == "documentation_gap"
_ELSEWHERE = (
    on(IssueAbove, _GAP, IssueAbove.issue_status == "open", per=IssueAbove.merchant)
    .unless(on(IssueAbove, _GAP, IssueAbove.issue_status != "open", per=IssueAbove.merchant))
    .within(days(14))
)
_LAUNCH = during(
    on(Interval, Interval.what == "go_live", per=Interval.merchant),
    starts=Interval.starts_at,
    ends=Interval.ends_at,
    lead=hours(72),
)

_ASKS = ticket(0, "intent.how_to", cluster="webhooks")
_SHARED = said(ABOVE, 60, issue_kind="documentation_gap")
_TWO = burst(2, ticket(60, "intent.how_to"), ticket_id="t")
_GO_LIVE = said(INTERVAL, 0, what="go_live", starts_at=at(72 * 3_600), ends_at=at(80 * 3_600))

RULES: tuple[Rule[Any], ...] = (
    Rule(
        "docs.asked-twice",
        # Shoppers ask how to send something back; what a step of the move is, or a shop's own word for it, is told.
        when=_ABOUT_THE_SHOP.distinct(Ticket.ticket_id, at_least=2, within=hours(24)),
        then=supports(CONFUSION, MEDIUM, family="tickets"),
        why="Two tickets of a day ask how to do something in the new shop.",
        revision=2,
        examples=(
            fires("two", _ASKS, ticket(60, "intent.how_to", cluster="themes", ticket_id="2"), for_=SHOP),
            fires(
                "about the move",
                ticket(0, "intent.how_to", "mentions.migration"),
                ticket(60, "intent.how_to", "intent.webhook_api", ticket_id="2"),
                for_=SHOP,
            ),
            silent("one ticket with two messages", *burst(2, _ASKS)),
            silent("two shoppers", ticket(0, "intent.how_to"), ticket(60, "intent.how_to", ticket_id="2")),
            silent(
                "an agent answers",
                _ASKS,
                ticket(60, "intent.how_to", cluster="webhooks", ticket_id="2", author="agent"),
            ),
        ),
    ),
    Rule(
        "docs.one-topic",
        when=anywhere(_OF_TOPIC.distinct(Ticket.ticket_id, at_least=2, within=hours(48)), within=hours(48)),
        then=supports(CONFUSION, MEDIUM, family="tickets"),
        why="Two tickets of two days ask how to do one thing.",
        examples=(
            fires("two", _ASKS, ticket(172_800, "intent.how_to", cluster="webhooks", ticket_id="2"), for_=SHOP),
            silent("later", _ASKS, ticket(172_801, "intent.how_to", cluster="webhooks", ticket_id="2")),
            silent("two topics", _ASKS, ticket(60, "intent.how_to", cluster="themes", ticket_id="2")),
        ),
    ),
    Rule(
        "docs.asked-elsewhere",
        # The platform tells only those of the gap who asked about its step.
        when=_QUESTIONS.at_least(1, within=days(7)) & _ELSEWHERE,
        then=supports(CONFUSION, STRONG, family="tickets"),
        why="A ticket asks how to do something that merchants elsewhere have asked in the same week.",
        lasts=days(7),
        examples=(
            fires("one question", _ASKS, _SHARED, for_=SHOP),
            silent("no question", _SHARED),
            silent("something else is shared", _ASKS, said(_SHARED, 60, issue_kind="platform_incident_systemic")),
            silent("it is over", _ASKS, _SHARED, said(_SHARED, 90, issue_status="resolved")),
        ),
    ),
    Rule(
        "docs.before-launch",
        when=_QUESTIONS.distinct(Ticket.ticket_id, at_least=2, within=hours(48)) & _LAUNCH,
        then=supports(CONFUSION, MEDIUM, family="tickets", severity=Severity.SEV3),
        why="Two tickets of two days ask how to do something, less than three days before the shop goes live.",
        lasts=hours(72),
        examples=(
            fires("before it", _GO_LIVE, *_TWO, for_=SHOP),
            silent("one question", _GO_LIVE, _TWO[0]),
            silent("long before", said(_GO_LIVE, 0, starts_at=at(72 * 3_600 + 120)), *_TWO),
        ),
    ),
    Rule(
        "docs.dead-link",
        when=on(
            Ticket, Ticket.features.overlaps(frozenset({"link.docs_dead", "link.docs_deprecated"})), per=Ticket.merchant
        ),
        then=supports(CONFUSION, MEDIUM, family="links"),
        why="A ticket names a page of the documentation that is gone or about an old version.",
        lasts=hours(24),
        examples=(
            fires("gone", ticket(0, "link.docs_dead"), for_=SHOP),
            silent("another link", ticket(0, "link.shop")),
        ),
    ),
    Rule(
        "docs.feedback",
        when=logged("feedback.docs_negative", lines=1, within=hours(24)),
        then=supports(CONFUSION, WEAK, family="feedback"),
        why="Somebody found a page of the documentation unhelpful.",
        examples=(
            fires("unhelpful", said(LOG, 0, "feedback.docs_negative"), for_=SHOP),
            silent("helpful", said(LOG, 0, "feedback.docs_positive")),
        ),
    ),
)


def faults(rules: Iterable[Rule[Any]]) -> Iterator[Rule[Any]]:
    """
    Yield, for each technical failure mode of one merchant, the rule that what is asked is about that fault.

    Args:
        rules: Those of the pack; the examples are taken from the first strong rule of each mode.
    """
    told: set[str] = set()
    for rule in rules:
        kind = rule.then.kind
        if kind.category in ("docs", "unknown") or kind.per != CONFUSION.per:
            continue
        if kind.name in told or not _proves(rule):
            continue
        told.add(kind.name)
        proof = next(e for e in rule.examples if e.fires_for)
        yield Rule(
            f"docs.{kind.name}",
            when=known(kind, at_least_points=STRONG),
            then=refutes(CONFUSION, 150, family="fault"),
            why=f"{kind.title}: the questions are about a fault.",
            examples=(
                attrs.evolve(proof, name=f"as {rule.id}"),
                silent("only asked", *_TWO),
            ),
        )


def _proves(rule: Rule[Any]) -> bool:
    # Evidence that rests on a second-best baseline counts one class lower, so its example would prove too little.
    usual = any(isinstance(node, Baseline) for leaf in leaves(rule.when) for node in everything(leaf))
    return rule.then.effect == "supports" and rule.then.points >= STRONG and not usual
