"""Hosts: names and certificates at the cutover."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, fact, hours, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import (
    MEDIUM,
    STRONG,
    WEAK,
    IssueKind,
    Rule,
    SeverityScale,
    Timed,
    during,
    fires,
    holding,
    on,
    refutes,
    silent,
    supports,
)
from .check_signals import DnsAnswer, DnsPlan, HostCheck
from .planning_signals import ShopMove
from .references import cited
from .responses import draft_reply, operators, recheck
from .specimens import SHOP
from .specimens_operations import MOVE, at, said
from .specimens_shop import DNS, DNS_PLAN, HOST
from .stakes import impact_on

__all__ = ["HOST_BROKEN", "RULES"]

HOST_BROKEN = IssueKind[MerchantId](
    "dns_tls_cutover_failure",
    category="frontend_mismatch",
    title="A host's name or certificate is wrong",
    what="A record is wrong or left over, or a certificate is pending, expired or made for another name.",
    severity=SeverityScale(default=Severity.SEV4),
    impact=impact_on("session", percent(2)),
    responses=(
        *operators("table of records as expected and as seen, by resolver; certificates by region"),
        recheck("hosts"),
        draft_reply(
            "A host of your shop cannot be reached as it should since {first_seen}. The table in the report shows what"
            " is expected and what is seen; please correct the record, we check again every five minutes."
        ),
    ),
    human_only=("change DNS", "change certificates"),
    false_positives="Resolvers keep old answers for a while; faults of IPv6 alone are invisible to checks by IPv4.",
    related=("domain_split_brain", "cdn_origin_unreachable", "checkout_handoff_404"),
    harm=(
        "Nobody reaches the host that is hit; gravest for the main host, a mere warning while a certificate"
        " still has days left."
    ),
    sources=cited("BC-WH", "CF-1014", "FLUID-150"),
    causes=(
        "cdn_origin_unreachable",
        "checkout_handoff_404",
        "domain_split_brain",
    ),
    lag=hours(4),
)

_REFUSED: Pred[HostCheck] = HostCheck.tls_error.one_of("expired", "hostname_mismatch", "untrusted_chain")
_NOT_REFUSED: Pred[HostCheck] = HostCheck.tls_error.present() & _REFUSED
_HOUR = minutes(60)


def _refused(main: bool) -> Timed[MerchantId]:
    """Hold when two regions refuse the certificate of one host twice in a row."""
    in_region = (
        on(HostCheck, HostCheck.main == main, per=(HostCheck.merchant, HostCheck.host, HostCheck.region))
        .fits(_NOT_REFUSED)
        .runs(2, of=2, within=_HOUR)
    )
    regions = holding(in_region, per=(HostCheck.merchant, HostCheck.host), within=_HOUR)
    return holding(regions >= 2, per=HostCheck.merchant, within=_HOUR) >= 1


_WRONG_ANSWER = on(
    DnsAnswer,
    DnsAnswer.since_change_s > DnsAnswer.ttl_s.scaled(percent(200)),
    DnsAnswer.records != fact(DnsPlan.records),
    per=(DnsAnswer.merchant, DnsAnswer.host),
)


def _twice(*regions: str, **columns: Any) -> tuple[HostCheck, ...]:
    return tuple(said(HOST, 300 * i + j, region=r, **columns) for i in range(2) for j, r in enumerate(regions))


_EXPIRED: dict[str, Any] = {"tls_error": "expired"}
_OTHER = frozenset({"A 198.51.100.9"})

RULES: tuple[Rule[Any], ...] = (
    Rule(
        "host.certificate",
        when=_refused(main=False),
        then=supports(HOST_BROKEN, STRONG, family="certificate", severity=Severity.SEV3),
        why="Two regions refused the certificate of a host twice in a row.",
        examples=(
            fires("two regions", *_twice("eu", "us", main=False, **_EXPIRED), for_=SHOP),
            silent("one region", *_twice("eu", main=False, **_EXPIRED)),
            silent("once", said(HOST, 0, main=False, **_EXPIRED), said(HOST, 1, region="us", main=False, **_EXPIRED)),
            silent(
                "two hosts in one region each",
                *_twice("eu", main=False, **_EXPIRED),
                *_twice("us", main=False, host="b.example", **_EXPIRED),
            ),
        ),
    ),
    Rule(
        "host.main-certificate",
        when=_refused(main=True),
        then=supports(HOST_BROKEN, STRONG, family="certificate", severity=Severity.SEV1),
        why="Two regions refused the certificate of the main host twice in a row.",
        examples=(
            fires("two regions", *_twice("eu", "us", **_EXPIRED), for_=SHOP),
            silent("accepted", *_twice("eu", "us")),
            silent("another host", *_twice("eu", "us", main=False, **_EXPIRED)),
        ),
    ),
    Rule(
        "host.records",
        when=holding(_WRONG_ANSWER, per=DnsAnswer.merchant, within=_HOUR) >= 1,
        then=supports(HOST_BROKEN, STRONG, family="records", severity=Severity.SEV3),
        why="A resolver answers with other records than planned, although twice their time to live is over.",
        examples=(
            fires("another record", said(DNS_PLAN, -60), said(DNS, 0, records=_OTHER), for_=SHOP),
            fires(
                "one left over",
                said(DNS_PLAN, -60),
                said(DNS, 0, records=frozenset({"A 192.0.2.7", "AAAA 2001:db8::7"})),
                for_=SHOP,
            ),
            silent("as planned", said(DNS_PLAN, -60), said(DNS, 0)),
            silent("too early to say", said(DNS_PLAN, -60), said(DNS, 0, records=_OTHER, since_change_s=600)),
            silent("nothing is planned", said(DNS, 0, records=_OTHER)),
        ),
    ),
    Rule(
        "host.expires-soon",
        when=on(HostCheck, HostCheck.days_left <= 7, per=HostCheck.merchant),
        then=supports(HOST_BROKEN, MEDIUM, family="expiry"),
        why="A certificate expires within seven days.",
        lasts=hours(24),
        examples=(
            fires("seven days", said(HOST, 0, days_left=7), for_=SHOP),
            silent("eight days", said(HOST, 0, days_left=8)),
        ),
    ),
    Rule(
        "host.expires",
        when=on(HostCheck, HostCheck.days_left <= 21, per=HostCheck.merchant),
        then=supports(HOST_BROKEN, WEAK, family="expiry"),
        why="A certificate expires within three weeks.",
        lasts=hours(24),
        examples=(
            fires("21 days", said(HOST, 0, days_left=21), for_=SHOP),
            silent("22 days", said(HOST, 0, days_left=22)),
        ),
    ),
    Rule(
        "host.default-page",
        when=on(HostCheck, HostCheck.default_page == True, per=HostCheck.merchant),  # noqa: E712
        then=supports(HOST_BROKEN, MEDIUM, family="page", severity=Severity.SEV3),
        why="A host shows the platform's page for names that are not connected.",
        lasts=_HOUR,
        examples=(
            fires("not connected", said(HOST, 0, default_page=True), for_=SHOP),
            silent("connected", said(HOST, 0)),
        ),
    ),
    Rule(
        "host.cutover",
        when=during(on(ShopMove, per=ShopMove.merchant), starts=ShopMove.cutover_at, ends=ShopMove.settled_at)
        & on(DnsAnswer, DnsAnswer.since_change_s <= DnsAnswer.ttl_s, per=DnsAnswer.merchant),
        then=refutes(HOST_BROKEN, 60, family="cutover"),
        why="The cutover is under way, and resolvers may still keep old answers.",
        examples=(
            fires(
                "under way",
                said(MOVE, -60, cutover_at=at(-60), settled_at=at(600)),
                said(DNS, 0, since_change_s=300),
                for_=SHOP,
            ),
            silent(
                "the time is over",
                said(MOVE, -60, cutover_at=at(-60), settled_at=at(600)),
                said(DNS, 0, since_change_s=301),
            ),
            silent("no cutover", said(DNS, 0, since_change_s=300)),
        ),
    ),
)
