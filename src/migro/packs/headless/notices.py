"""Notices: what platforms, search engines and hosts of certificates write when they see a fault from their side."""

from __future__ import annotations

from typing import Any

from ...expressions import hours
from ...models.signal import MerchantId
from ...rules import MEDIUM, STRONG, IssueKind, Rule, fires, on, silent, supports
from .api_versions import API_VERSION
from .hosts import HOST_BROKEN
from .operations_signals import PlatformNotice
from .privacy import PRIVACY_FAILS
from .search_engines import NOT_INDEXED
from .specimens import SHOP
from .specimens_operations import NOTICE, said

__all__ = ["RULES"]


def _notice(
    rule: str, kind: IssueKind[MerchantId], feature: str, why: str, *, points: int = STRONG, family: str = "notices"
) -> Rule[MerchantId]:
    return Rule(
        rule,
        when=on(PlatformNotice, PlatformNotice.features.has(feature), per=PlatformNotice.merchant),
        then=supports(kind, points, family=family),
        why=why,
        # A mail is written once, and what it says holds for some hours.
        lasts=hours(6),
        examples=(
            fires("a mail", said(NOTICE, 0, feature), for_=SHOP),
            silent("another mail", said(NOTICE, 0, "notice.invoice")),
        ),
    )


RULES: tuple[Rule[Any], ...] = (
    _notice(
        "api-version.notice",
        API_VERSION,
        "notice.version_ended",
        "The platform wrote that the version that the shop asks for has ended.",
    ),
    _notice(
        "host.notice",
        HOST_BROKEN,
        "notice.domain_broken",
        "Who serves the host wrote that its name or its certificate could not be confirmed.",
    ),
    _notice(
        "indexing.notice",
        NOT_INDEXED,
        "notice.not_indexed",
        "A search engine wrote that pages are left out because the shop forbids it.",
    ),
    _notice(
        "privacy.notice",
        PRIVACY_FAILS,
        "notice.privacy_failing",
        "The platform wrote that its privacy requests are not answered.",
        points=MEDIUM,
    ),
)
