"""What concerns many merchants: rules of the platform's own partition, over what changed about merchants' issues."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ...expressions import KeyCol, Pred, days, fact, hours, minutes
from ...models import IssueUpdate, Severity, StepAsked
from ...rules import (
    MEDIUM,
    STRONG,
    WEAK,
    IssueKind,
    Measure,
    Premise,
    Rule,
    SeverityScale,
    Timed,
    fires,
    holding,
    on,
    refutes,
    silent,
    supports,
    together,
)
from .planning_signals import Fleet, ShopMove, StatusPage
from .references import cited
from .responses import dashboard, draft_reply, notify, page, report
from .specimens import burst
from .specimens_operations import ASKED, FLEET, ISSUE, MOVE, STATUS, said
from .witnesses import INCIDENT_OVER

__all__ = ["APP_BUILD", "COLLECTOR_FAULT", "DOCUMENTATION_GAP", "RULES", "SYSTEMIC"]

SYSTEMIC = IssueKind[str](
    "platform_incident_systemic",
    category="integration",
    per=("platform",),
    systemic=True,
    title="An incident of a platform or provider affects many merchants",
    what="The commerce platform, a payment provider, a content network or a host fails for many merchants at once.",
    severity=SeverityScale(default=Severity.SEV2),
    responses=(
        page(),
        report("merchants concerned, modes, what the status page says"),
        dashboard(),
        draft_reply(
            "The platform has had a problem since {first_seen} that many shops share, yours among them. There is"
            " nothing for you to change. We follow it and write again as soon as we know more."
        ),
    ),
    human_only=("speak in public", "contact the platform"),
    false_positives=(
        "Status pages are late, and their silence proves nothing; an app that many shops use looks like a platform."
    ),
    related=(
        "checkout_server_error_spike",
        "webhook_silence",
        "payment_decline_surge",
        "api_throttling",
        "monitoring_blind_spot",
    ),
    harm=(
        "The sum over all merchants it hits, yet one matter and not one for each; gravest when twenty of them"
        " are hit badly."
    ),
    sources=cited("STATUSPAGE", "HYD-3615", "J"),
    causes=(
        "api_throttling",
        "cart_version_conflict",
        "cdn_origin_unreachable",
        "checkout_server_error_spike",
        "checkout_throttled",
        "monitoring_blind_spot",
        "order_export_stalled",
        "payment_decline_surge",
        "shipping_methods_missing",
        "ssr_blocked_by_bot_protection",
        "sync_app_timeout_or_circuit_open",
        "tax_calculation_failure",
        "webhook_silence",
    ),
    lag=hours(2),
)

COLLECTOR_FAULT = IssueKind[str](
    "collector_fault",
    category="unknown",
    per=("issue_kind",),
    systemic=True,
    title="A collector fails for many merchants",
    what="Sources of many merchants fell silent at the same time, so it is the collector and not the shops.",
    severity=SeverityScale(default=Severity.SEV2),
    responses=(page(), report("merchants and sources that fell silent"), dashboard()),
    human_only=("repair the collector",),
    false_positives="A platform that fails takes its webhooks along.",
    related=("monitoring_blind_spot", "platform_incident_systemic"),
    harm="Every merchant behind the collector is out of sight at once.",
    sources=cited("J"),
    causes=("monitoring_blind_spot",),
)

APP_BUILD = IssueKind[str](
    "app_build_incident",
    category="integration",
    per=("app_version",),
    systemic=True,
    title="One build of an app fails at the merchants that run it",
    what="Merchants that run one build of the integration fail in the same way, and it is the build and no platform.",
    severity=SeverityScale(default=Severity.SEV2),
    responses=(page(), report("merchants that run the build, fields that changed"), dashboard()),
    human_only=("release another build", "pin another version of the API"),
    false_positives="All merchants of one platform: a build that everybody runs looks like the platform.",
    related=("api_version_fall_forward", "platform_incident_systemic"),
    causes=("api_version_fall_forward",),
    lag=hours(12),
    lead=hours(1),
    harm="Every merchant that runs the build reads nothing where fields were; stock and prices go stale unseen.",
    sources=cited("J"),
)

DOCUMENTATION_GAP = IssueKind[str](
    "documentation_gap",
    category="docs",
    per=("cluster",),
    systemic=True,
    title="Several merchants ask the same thing",
    what="Merchants without any fault ask again and again about a documented step, so the documentation falls short.",
    severity=SeverityScale(default=Severity.SEV4),
    # As at one merchant: being asked is the whole statement, and nobody has to prove who asks.
    prior=-40,
    responses=(notify("operators"), report("questions by topic, pages that should answer them")),
    human_only=("change the documentation",),
    false_positives='A polite "how do I fix" often hides a fault: other signals go first.',
    related=("documentation_confusion",),
    harm="No shopper is hit; every merchant who moves runs into the same gap.",
    sources=cited("J"),
    causes=("documentation_confusion",),
    lag=days(7),
    lead=days(7),
)

_BLIND: Pred[IssueUpdate] = IssueUpdate.issue_kind == "monitoring_blind_spot"
_ASKED = on(StepAsked, per=StepAsked.cluster)
_CONFUSED: Pred[IssueUpdate] = IssueUpdate.issue_kind == "documentation_confusion"
# What follows from something at the merchant itself, and what rests, says nothing about the platform.
_OPEN: Pred[IssueUpdate] = (
    (IssueUpdate.issue_status == "open") & (IssueUpdate.own_cause == False) & (IssueUpdate.resting == False)  # noqa: E712
)
_CAUSED: Pred[IssueUpdate] = IssueUpdate.issue_kind.one_of(*SYSTEMIC.causes)
_MODE = (IssueUpdate.issue_kind, IssueUpdate.platform)
_OF_PLATFORM: Pred[IssueUpdate] = IssueUpdate.on_platform.missing()
_ITS_OWN: Pred[IssueUpdate] = _OF_PLATFORM & (IssueUpdate.wider == False)  # noqa: E712
_OF_PARTY: Pred[IssueUpdate] = IssueUpdate.on_platform.present()
_WITHIN = minutes(10)


def _surge(where: Pred[IssueUpdate], *more: Timed[Any]) -> Timed[Any]:
    """Hold for a mode at a platform or party while it opens at five merchants, and not by chance."""
    by_mode = on(
        IssueUpdate, _OPEN, _CAUSED, where, per=(IssueUpdate.issue_kind, IssueUpdate.merchant, IssueUpdate.platform)
    )
    found = holding(by_mode, per=_MODE, within=_WITHIN)
    # By chance a mode opens somewhere in ten minutes as often as it did in the day, over 144.
    by_chance = holding(by_mode, per=_MODE, within=days(1)) * Fraction(1, 144)
    return together(found >= 5, 20 * found >= fact(Fleet.merchants, default=0), by_chance < 1, *more, within=_WITHIN)


_ON_PLATFORMS = on(
    IssueUpdate, _OPEN, _CAUSED, _OF_PARTY, per=(IssueUpdate.issue_kind, IssueUpdate.on_platform, IssueUpdate.platform)
)
_SURGE = _surge(_ITS_OWN)
_SURGE_OF_PARTY = _surge(_OF_PARTY, holding(_ON_PLATFORMS, per=_MODE, within=_WITHIN) >= 2)


def _affected(*where: Pred[IssueUpdate]) -> Timed[Any]:
    """Hold for merchants, each with its platform, that have an open issue."""
    return on(IssueUpdate, _OPEN, *(where or (_CAUSED,)), per=(IssueUpdate.merchant, IssueUpdate.platform))


def _count(premise: Timed[Any]) -> Measure[str]:
    """Return for how many finer keys of a platform a premise was satisfied within ten minutes."""
    return holding(premise, per=IssueUpdate.platform, within=minutes(10))


def _ever(premise: Timed[Any]) -> Measure[str]:
    """Return for how many finer keys of a platform a premise was satisfied while an incident may last."""
    return holding(premise, per=IssueUpdate.platform, within=hours(2))


def _groups(by: KeyCol[ShopMove, str], *, at_least: int) -> Measure[str]:
    """Return how many groups, such as agencies, have at least that many affected merchants of a platform."""
    members = holding(_affected().via(by), per=(IssueUpdate.platform, by), within=minutes(10))
    return _count(members >= at_least)


_GROUPS: tuple[tuple[str, KeyCol[ShopMove, str]], ...] = (
    ("agency", ShopMove.agency),
    ("app-version", ShopMove.app_version),
    ("release-train", ShopMove.release_train),
)
_ONE_OF_MANY = (
    (_count(_affected()) >= 5)
    .unless(_groups(ShopMove.agency, at_least=3) >= 1)
    .unless(_groups(ShopMove.release_train, at_least=3) >= 1)
    .unless(_groups(ShopMove.region, at_least=3) >= 1)
)
_PARTS = (
    "api", "carrier", "cdn", "checkout", "inventory", "login", "orders", "payments", "search", "storefront", "webhooks",
)  # fmt: skip


def _unresolved(part: Pred[StatusPage]) -> Premise[str]:
    """Hold while a status page shows a grave incident of a part, until one of that part is over or it works again."""
    grave = StatusPage.impact.one_of("critical", "major")
    used = StatusPage.component_used == True  # noqa: E712
    return on(StatusPage, grave, used, ~INCIDENT_OVER, part, per=StatusPage.platform).unless(
        on(StatusPage, INCIDENT_OVER, part, per=StatusPage.platform)
    )


def _status_of(part: str) -> Rule[Any]:
    down = said(STATUS, component=part, state="major_outage", impact="critical")
    other = "checkout" if part != "checkout" else "payments"
    return Rule(
        f"platform.status-page-{part}",
        when=_unresolved(StatusPage.component == part),
        then=supports(SYSTEMIC, STRONG, family="status-page"),
        why=f"The platform's own status page tells of a major incident of {part}.",
        lasts=hours(4),
        examples=(
            fires("down", down, for_="shopify"),
            fires("another part works", down, said(down, 9, component=other, state="operational"), for_="shopify"),
            silent("works again", down, said(down, 600, state="operational", impact="none")),
        ),
    )


def _shops(n: int, **facts: Any) -> tuple[Any, ...]:
    return (FLEET, *burst(n, said(MOVE, platform="shopify", **facts), merchant="shop-"))


def _issues(n: int, **columns: Any) -> tuple[Any, ...]:
    return burst(n, said(ISSUE, 60, **columns), merchant="shop-")


def _with_party(n: int, on_platform: str, **columns: Any) -> tuple[Any, ...]:
    named = {"issue_kind": "cdn_origin_unreachable", "platform": "cloudflare", "on_platform": on_platform}
    return burst(n, said(ISSUE, 90, **{**named, **columns}), merchant="shop-")


def _one_more_with_party(on_platform: str, **columns: Any) -> tuple[Any, ...]:
    return _with_party(5, on_platform, **columns)[4:]


def _critical(n: int) -> tuple[Any, ...]:
    return burst(n, said(ISSUE, 90, severity_rank=4), merchant="shop-9")


def _fallen(n: int) -> tuple[Any, ...]:
    return _issues(n, issue_kind="api_version_fall_forward")


def _asking(n: int, **columns: Any) -> tuple[Any, ...]:
    return tuple(said(ASKED, 60 + i, merchant=f"shop-{i}", ticket=f"shop-{i}/7", **columns) for i in range(n))


_BY_BUILD = on(IssueUpdate, _OPEN, IssueUpdate.issue_kind == "api_version_fall_forward", per=IssueUpdate.merchant).via(
    ShopMove.app_version
)


def _all_of_one(name: str, by: KeyCol[ShopMove, str]) -> Rule[Any]:
    # Over hours, since later on only those change of which more is heard, and these may well be of one group.
    known, affected = _ever(_affected().via(by)), _ever(_affected())
    groups = _ever(holding(_affected().via(by), per=(IssueUpdate.platform, by), within=hours(2)) >= 1)
    column = {by.name: "one"}
    return Rule(
        f"platform.one-{name}",
        when=((affected >= 5) & (known == affected)).unless(groups > 1).unless(known < affected),
        then=refutes(SYSTEMIC, 150, family="common-cause"),
        why=f"All merchants that are affected share one {name.replace('-', ' ')}.",
        revision=3,
        examples=(
            fires("five of one", *_shops(5, **column), *_issues(5), for_="shopify"),
            silent("one of another", *_shops(4, **column), _odd_shop(by.name, "two"), *_issues(5)),
            silent("of one nobody knows", *_shops(4, **column), _odd_shop(by.name, None), *_issues(5)),
        ),
    )


def _odd_shop(column: str, value: str | None) -> Any:
    return said(MOVE, 9, platform="shopify", merchant="shop-4", **{column: value})


RULES: tuple[Rule[Any], ...] = (
    Rule(
        "platform.same-mode",
        when=_count(_SURGE) >= 1,
        then=supports(SYSTEMIC, STRONG, family="merchants"),
        why="One failure mode opened for five merchants of a platform, and 5 % of them, within ten minutes.",
        revision=3,
        examples=(
            fires("5 of 40", *_shops(5), *_issues(5), for_="shopify"),
            silent("four", *_shops(4), *_issues(4)),
            silent("5 of 101", said(FLEET, 30, merchants=101), *_shops(5)[1:], *_issues(5)),
            silent("two modes", *_shops(6), *_issues(6)[:3], *_issues(6, issue_kind="webhook_silence")[3:]),
            silent("of no known platform", FLEET, *_issues(5, platform=None)),
            silent("of something that no platform brings about", *_issues(5, issue_kind="api_version_fall_forward")),
            silent("each with a cause of its own", *_issues(5, own_cause=True)),
            silent("all in maintenance", *_issues(5, resting=True)),
            silent("of a party that fails elsewhere too", *_issues(5, wider=True)),
            silent("of a party at shops of one platform", *_with_party(5, "shopify")),
        ),
    ),
    Rule(
        "platform.same-party",
        when=_count(_SURGE_OF_PARTY) >= 1,
        then=supports(SYSTEMIC, STRONG, family="merchants"),
        why="One failure mode that names one party opened for five merchants of different platforms in ten minutes.",
        examples=(
            fires("four and one", *_with_party(4, "shopify"), *_one_more_with_party("saleor"), for_="cloudflare"),
            silent("all of one platform", *_with_party(4, "shopify"), *_one_more_with_party("shopify")),
            silent("four", *_with_party(3, "shopify"), *_one_more_with_party("saleor")),
            silent("another party", *_with_party(4, "shopify"), *_one_more_with_party("saleor", platform="fastly")),
            silent(
                "two modes", *_with_party(4, "shopify"), *_one_more_with_party("saleor", issue_kind="api_throttling")
            ),
            silent("each with a cause of its own", *_with_party(5, "shopify", own_cause=True)),
        ),
    ),
    Rule(
        "platform.twenty-grave",
        when=_count(_affected(_ITS_OWN, IssueUpdate.severity_rank >= int(Severity.SEV2))) >= 20,
        then=supports(SYSTEMIC, STRONG, family="merchants", severity=Severity.SEV1),
        why="Twenty merchants of a platform have a grave issue that opened within ten minutes.",
        revision=3,
        examples=(
            fires("twenty", *_shops(20), *_issues(20), for_="shopify"),
            silent("19", *_shops(19), *_issues(19)),
            silent("mild", *_shops(20), *_issues(20, severity_rank=2)),
        ),
    ),
    Rule(
        "platform.one-is-critical",
        when=together(_count(_affected()) >= 5, _count(_affected(IssueUpdate.severity_rank >= 4)) >= 1, within=_WITHIN),
        then=supports(SYSTEMIC, WEAK, family="gravity", severity=Severity.SEV1),
        why="One of five merchants of a platform has an issue of the worst severity: it is as bad as that.",
        revision=2,
        examples=(
            fires("one of five", *_issues(4), *_critical(1), for_="shopify"),
            silent("none", *_issues(5)),
            silent("one of four", *_issues(3), *_critical(1)),
        ),
    ),
    Rule(
        "platform.many-and-grave",
        when=together(
            _count(_affected()) >= 20,
            _count(_affected(IssueUpdate.severity_rank >= int(Severity.SEV2))) >= 1,
            within=_WITHIN,
        ),
        then=supports(SYSTEMIC, WEAK, family="extent", severity=Severity.SEV1),
        why="Twenty merchants of a platform are hit: it is one step worse than the worst of them.",
        revision=2,
        examples=(
            fires("twenty", *_issues(20), for_="shopify"),
            silent("19", *_issues(19)),
            silent("mild", *_issues(20, severity_rank=2)),
        ),
    ),
    Rule(
        "app-build.same-fault",
        when=holding(_BY_BUILD, per=ShopMove.app_version, within=minutes(60)) >= 3,
        then=supports(APP_BUILD, STRONG, family="merchants"),
        why="Three merchants that run the same build of an app were moved to another version of the API.",
        lasts=hours(4),
        examples=(
            fires("three of one build", *_shops(3, app_version="b7"), *_fallen(3), for_="b7"),
            silent("two of one build", *_shops(2, app_version="b7"), *_fallen(2)),
            silent("of no known build", *_shops(3), *_fallen(3)),
            silent("another fault", *_shops(3, app_version="b7"), *_issues(3)),
        ),
    ),
    Rule(
        "platform.status-page",
        when=_unresolved(StatusPage.component.missing()),
        then=supports(SYSTEMIC, STRONG, family="status-page"),
        why="The platform's own status page tells of a major incident and names no part of it.",
        lasts=hours(4),
        examples=(
            fires("identified", STATUS, for_="shopify"),
            silent("minor", said(STATUS, impact="minor")),
            silent("another part", said(STATUS, component_used=False)),
            silent("resolved", STATUS, said(STATUS, 600, state="resolved")),
            silent("a maintenance that is over", STATUS, said(STATUS, 600, state="completed")),
        ),
    ),
    *map(_status_of, _PARTS),
    Rule(
        "platform.nothing-in-common",
        when=_ONE_OF_MANY,
        then=supports(SYSTEMIC, MEDIUM, family="spread"),
        why="No three of the merchants affected share an agency, a release train or a region.",
        revision=3,
        examples=(
            fires("five", *_shops(5), *_issues(5), for_="shopify"),
            silent("one agency", *_shops(5, agency="a"), *_issues(5)),
            silent("one region", *_shops(5, region="eu"), *_issues(5)),
            silent("four", *_shops(4), *_issues(4)),
        ),
    ),
    Rule(
        "platform.late-or-refused",
        when=_count(_affected(IssueUpdate.issue_kind.one_of("api_throttling", "webhook_silence"))) >= 10,
        then=supports(SYSTEMIC, MEDIUM, family="lag"),
        why="Webhooks of ten merchants are late, or their calls fail.",
        revision=2,
        examples=(
            fires("ten", *_shops(10), *_issues(10, issue_kind="webhook_silence"), for_="shopify"),
            silent("nine", *_shops(9), *_issues(9, issue_kind="webhook_silence")),
        ),
    ),
    Rule(
        "platform.same-words",
        when=_count(_affected(_CONFUSED)) >= 3,
        then=supports(SYSTEMIC, WEAK, family="tickets"),
        why="Three merchants of a platform ask the same thing.",
        revision=2,
        examples=(
            fires("three", *_shops(3), *_issues(3, issue_kind="documentation_confusion"), for_="shopify"),
            silent("two", *_shops(2), *_issues(2, issue_kind="documentation_confusion")),
        ),
    ),
    *(_all_of_one(*group) for group in _GROUPS),
    Rule(
        "platform.collector",
        when=on(IssueUpdate, _OPEN, _BLIND, per=IssueUpdate.issue_kind).distinct(
            IssueUpdate.merchant, at_least=5, within=minutes(5)
        ),
        then=supports(COLLECTOR_FAULT, STRONG, family="merchants"),
        why="Sources of five merchants fell silent within five minutes.",
        revision=2,
        examples=(
            fires("five", *_issues(5, issue_kind="monitoring_blind_spot"), for_="monitoring_blind_spot"),
            silent("four", *_issues(4, issue_kind="monitoring_blind_spot")),
            silent("another mode", *_issues(5)),
        ),
    ),
    Rule(
        "platform.questions",
        when=_ASKED.distinct(StepAsked.merchant, at_least=2, within=days(7))
        & _ASKED.distinct(StepAsked.ticket, at_least=3, within=days(7)),
        then=supports(DOCUMENTATION_GAP, STRONG, family="merchants"),
        why="Three tickets of a week, of two merchants or more, ask how to do the same thing.",
        revision=3,
        examples=(
            fires("three of three", *_asking(3), for_="webhooks"),
            fires("three of two", *_asking(2), said(_asking(1)[0], 90, ticket="shop-0/8"), for_="webhooks"),
            silent("two", *_asking(2)),
            silent("all of one", *burst(3, ASKED, ticket="shop-1/")),
            silent("one letter in two messages", *_asking(2), said(_asking(1)[0], 90)),
            silent("another step", *_asking(2), said(_asking(3)[2], 90, cluster="dns")),
        ),
    ),
)
