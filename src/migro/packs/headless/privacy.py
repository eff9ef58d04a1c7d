"""Privacy requests that nobody sees to: the one thing about them that rules may know."""

from __future__ import annotations

from typing import Any

from ...expressions import hours
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import STRONG, IssueKind, Rule, SeverityScale, fires, on, silent, supports
from .references import cited
from .responses import draft_reply, notify, report
from .signals import ComplianceHandling
from .specimens import SHOP, burst
from .specimens_operations import HANDLED, said

__all__ = ["PRIVACY_FAILS", "RULES"]

PRIVACY_FAILS = IssueKind[MerchantId](
    "privacy_webhook_failing",
    category="webhook",
    title="Privacy requests are not seen to",
    what="The handler of erasures stops, or there is none, so a platform's request is refused and comes again.",
    severity=SeverityScale(default=Severity.SEV2),
    responses=(
        notify("operators"),
        report("how often and since when the handler stopped, and with which type of error; nothing about the person"),
        draft_reply(
            "Requests of your customers about their data have not been seen to automatically since {first_seen}. Your"
            " team has to handle them by hand within the legal term until the handler works again."
        ),
    ),
    human_only=("repair the handler", "see to the requests by hand", "tell the platform"),
    false_positives="One request can come again many times; the platform gives up after some hours.",
    related=("webhook_handler_slow", "webhook_subscription_removed"),
    harm="A request of a person about their data has a legal term, and platforms check that it is answered.",
    sources=cited("SHOP-GDPR", "SHOP-401"),
)

_FAILED = on(ComplianceHandling, ComplianceHandling.ok == False, per=ComplianceHandling.merchant)  # noqa: E712
_DONE = on(ComplianceHandling, ComplianceHandling.ok == True, per=ComplianceHandling.merchant)  # noqa: E712
_STOPPED = said(HANDLED, 0, ok=False, reason="TimeoutError")

RULES: tuple[Rule[Any], ...] = (
    Rule(
        "privacy.keeps-failing",
        when=_FAILED.at_least(3, within=hours(24)).unless(_DONE),
        then=supports(PRIVACY_FAILS, STRONG, family="handler"),
        why="Privacy requests failed three times within a day, and none was seen to since.",
        examples=(
            fires("three", *burst(3, _STOPPED, every=600), for_=SHOP),
            silent("two", *burst(2, _STOPPED, every=600)),
            silent("seen to since", *burst(3, _STOPPED, every=600), said(HANDLED, 1_800)),
        ),
    ),
    Rule(
        "privacy.nobody",
        when=on(
            ComplianceHandling,
            ComplianceHandling.ok == False,  # noqa: E712
            ComplianceHandling.reason == "nobody",
            per=ComplianceHandling.merchant,
        ).unless(_DONE),
        then=supports(PRIVACY_FAILS, STRONG, family="handler"),
        why="A privacy request came, and nobody is there to see to it.",
        lasts=hours(24),
        examples=(
            fires("nobody", said(HANDLED, 0, ok=False, reason="nobody"), for_=SHOP),
            silent("a handler that stops", _STOPPED),
            silent("seen to since", said(HANDLED, 0, ok=False, reason="nobody"), said(HANDLED, 1_800)),
        ),
    ),
)
