"""
Error trackers that tell every occurrence: as many of them as the summed counts of the other rules.

An issue's message carries its count so far, an occurrence or a triggered alert carries none. A shop sends one or the
other, so each mode that reads a canonical code has a rule for both, in one family.
"""

from __future__ import annotations

from typing import Any

from ...expressions import minutes
from ...models.signal import MerchantId
from ...rules import MEDIUM, STRONG, IssueKind, Rule, fires, on, silent, supports
from .auth import MISSING_SCOPE, TOKEN_REVOKED
from .bot_protection import BOT_BLOCKED
from .browser import CORS, CSP, HYDRATION, REDIRECTS
from .cart import CART_LOST, VERSION_CONFLICT
from .data_sync import ID_MAPPING, UNPUBLISHED
from .error_words import SAYS
from .inventory import OVERSELL
from .payment_webhook import PAYMENT_SIGNATURE
from .payments import DECLINES
from .search import INDEXER
from .signals import ErrorIssue
from .specimens import SHOP, burst, error
from .webhook import PLATFORM_SIGNATURE

__all__ = ["RULES"]

_TABLE: tuple[tuple[IssueKind[MerchantId], str, int, int], ...] = (
    (BOT_BLOCKED, "bot_block", 3, MEDIUM),
    (CART_LOST, "cart.empty_at_checkout", 3, STRONG),
    (CORS, "cors", 20, STRONG),
    (CSP, "csp", 10, STRONG),
    (DECLINES, "checkout.payment", 10, MEDIUM),
    (HYDRATION, "hydration", 20, MEDIUM),
    (ID_MAPPING, "cart.variant_missing", 10, STRONG),
    (INDEXER, "indexer", 2, MEDIUM),
    (MISSING_SCOPE, "auth.scope", 3, STRONG),
    (OVERSELL, "stock.insufficient", 5, MEDIUM),
    (PAYMENT_SIGNATURE, "sig.mismatch", 3, MEDIUM),
    (PLATFORM_SIGNATURE, "sig.mismatch", 5, MEDIUM),
    (REDIRECTS, "redirect.lookup", 5, MEDIUM),
    (TOKEN_REVOKED, "auth.token_invalid", 3, STRONG),
    (UNPUBLISHED, "channel.unpublished", 20, STRONG),
    (VERSION_CONFLICT, "cart.conflict", 20, MEDIUM),
)
"""Mode, canonical code, occurrences in half an hour, points."""


def _rule(kind: IssueKind[MerchantId], code: str, n: int, points: int) -> Rule[Any]:
    one = error(0, topic="error.event", code=code)
    return Rule(
        f"occurrences.{kind.name}",
        when=on(
            ErrorIssue,
            ErrorIssue.code == code,
            ErrorIssue.topic.one_of("error.event", "error.triggered"),
            per=ErrorIssue.merchant,
        )
        .at_least(n, within=minutes(30))
        .unless(on(ErrorIssue, ErrorIssue.code == code, ErrorIssue.action == "resolved", per=ErrorIssue.merchant)),
        then=supports(kind, points, family="error-tracker"),
        why=f"The tracker told {n} times within half an hour that {SAYS[code]}.",
        examples=(
            fires(f"{n} occurrences", *burst(n, one), for_=SHOP),
            fires(
                f"{n} alerts", *burst(n, error(0, topic="error.triggered", action="triggered", code=code)), for_=SHOP
            ),
            silent("one too few", *burst(n - 1, one)),
            silent("another error", *burst(n, error(0, topic="error.event", code="promo.invalid"))),
            silent("resolved", *burst(n, one), error(60, topic="error.resolved", action="resolved", code=code)),
        ),
    )


RULES: tuple[Rule[Any], ...] = tuple(_rule(*row) for row in _TABLE)
