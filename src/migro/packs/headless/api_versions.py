"""API versions that end."""

from __future__ import annotations

from typing import Any

from ...expressions import Pred, hours, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import MEDIUM, STRONG, IssueKind, Rule, SeverityScale, during, fires, on, refutes, silent, supports
from .operations_signals import ApiCalls
from .planning_signals import Interval
from .references import cited
from .responses import draft_reply, notify, report
from .specimens import SHOP
from .specimens_operations import CALLS, CHANGE, INTERVAL, START, said
from .witnesses import changed

__all__ = ["API_VERSION", "RULES"]

API_VERSION = IssueKind[MerchantId](
    "api_version_fall_forward",
    category="integration",
    title="The platform answers in another API version than asked for",
    what="The version that the shop asks for has ended; the oldest one left answers, without some of the fields.",
    severity=SeverityScale(default=Severity.SEV4),
    responses=(
        notify("operators"),
        report("versions asked for and served, fields that are gone"),
        draft_reply(
            "Your platform now answers in another API version than your shop asks for. Please plan the upgrade; the"
            " fields that changed are attached."
        ),
    ),
    human_only=("upgrade the version",),
    false_positives="Optional fields may be empty, and a word about deprecation ahead of the end is no incident.",
    related=("deploy_regression", "webhook_silence", "bulk_import_errors"),
    harm="Nothing breaks at the first word of it; grave once fields that cart or checkout need are gone.",
    sources=cited("SHOP-FF", "SHOP-DEPR", "SHOP-VER", "HYD-CHG"),
    causes=(
        "bulk_import_errors",
        "inventory_drift",
        "webhook_silence",
    ),
    lag=hours(24),
)

_CALLS = on(ApiCalls, per=ApiCalls.merchant, weight=ApiCalls.calls)
_MINUTES = on(ApiCalls, per=ApiCalls.merchant)
_INCOMPLETE: Pred[ApiCalls] = ApiCalls.missing_required.present() & (ApiCalls.missing_required == True)  # noqa: E712
_END = during(
    on(Interval, Interval.what == "api_sunset", per=Interval.merchant),
    starts=Interval.starts_at,
    ends=Interval.ends_at,
    lead=hours(24),
    slack=hours(24),
)

_ASKED = said(CALLS, 0, calls=1, asked_version="2026-01", served_version="2026-01")
_OTHER = said(CALLS, 60, calls=19, asked_version="2026-01", served_version="2026-04")
_WHOLE = said(CALLS, 0, calls=10, missing_required=False)
_TORN = said(CALLS, 60, calls=90, missing_required=True)
_ENDS = said(INTERVAL, 0, what="api_sunset", starts_at=START, ends_at=START)


def _half(torn: int) -> tuple[ApiCalls, ...]:
    whole = said(_WHOLE, 0, api="checkout", calls=100 - torn)
    return (whole, said(_TORN, 60, api="checkout", calls=torn))


RULES: tuple[Rule[Any], ...] = (
    Rule(
        "api-version.served",
        when=_CALLS.share(
            ApiCalls.served_version != ApiCalls.asked_version,
            at_least=percent(90),
            floor=20,
            within=minutes(30),
            bound="plain",
        ),
        then=supports(API_VERSION, STRONG, family="headers"),
        why="Nine of ten answers come in another version than asked for.",
        examples=(
            fires("19 of 20", _ASKED, _OTHER, for_=SHOP),
            silent("17 of 19", said(_ASKED, 0, calls=2), said(_OTHER, 60, calls=17)),
            silent("17 of 20", said(_ASKED, 0, calls=3), said(_OTHER, 60, calls=17)),
        ),
    ),
    Rule(
        "api-version.served-now",
        # Where there are enough of them, those before the change do not hide it for half an hour.
        when=_CALLS.share(
            ApiCalls.served_version != ApiCalls.asked_version,
            at_least=percent(90),
            floor=20,
            within=minutes(10),
            bound="plain",
        ),
        then=supports(API_VERSION, STRONG, family="headers"),
        why="Nine of ten answers of the last ten minutes come in another version than asked for.",
        lasts=minutes(30),
        examples=(
            fires("20 of 20", said(_ASKED, -601, calls=30), said(_OTHER, 0, calls=20), for_=SHOP),
            silent("20 of 23", said(_ASKED, -540, calls=3), said(_OTHER, 60, calls=20)),
            silent("19", said(_OTHER, 0, calls=19)),
        ),
    ),
    Rule(
        "api-version.fields-gone",
        when=_CALLS.share(_INCOMPLETE, at_least=percent(50), floor=20, within=minutes(30)) & _END,
        then=supports(API_VERSION, STRONG, family="schema"),
        why="Half of the answers lack a required field, within a day of the end of a version.",
        revision=2,
        examples=(
            fires("50 of 100", _ENDS, said(_WHOLE, 0, calls=50), said(_TORN, 60, calls=50), for_=SHOP),
            silent("no end near", _WHOLE, _TORN),
            silent("two days after", said(_ENDS), said(_WHOLE, 172_800), said(_TORN, 172_860)),
            silent("49 of 100", _ENDS, said(_WHOLE, 0, calls=51), said(_TORN, 60, calls=49)),
            silent("told only where it is so", _ENDS, said(CALLS, 0, calls=180), said(_TORN, 60, calls=20)),
        ),
    ),
    Rule(
        "api-version.checkout-fields-gone",
        when=on(ApiCalls, ApiCalls.api.one_of("cart", "checkout"), per=ApiCalls.merchant, weight=ApiCalls.calls).share(
            _INCOMPLETE,
            at_least=percent(50),
            floor=20,
            within=minutes(30),
        )
        & _END,
        then=supports(API_VERSION, STRONG, family="schema", severity=Severity.SEV2),
        why="Half of the answers about carts and checkouts lack a required field since a version ended.",
        revision=2,
        examples=(
            fires("50 of 100", _ENDS, *_half(50), for_=SHOP),
            silent("49 of 100", _ENDS, *_half(49)),
            silent("another API", _ENDS, _TORN),
        ),
    ),
    Rule(
        "api-version.deprecated",
        when=_MINUTES.total(ApiCalls.deprecated, within=minutes(30)).per(
            _MINUTES.total(ApiCalls.calls, within=minutes(30)), floor=20, bound="wilson"
        )
        >= percent(1),
        then=supports(API_VERSION, MEDIUM, family="warning"),
        why="One answer in a hundred warns of a field that will go.",
        examples=(
            fires("1 of 100", said(CALLS, 0, calls=100, deprecated=1), for_=SHOP),
            silent("1 of 101", said(CALLS, 0, calls=101, deprecated=1)),
        ),
    ),
    Rule(
        "api-version.unknown-field",
        when=on(ApiCalls, ApiCalls.result == "unknown_field", per=ApiCalls.merchant, weight=ApiCalls.calls).at_least(
            10, within=minutes(30)
        ),
        then=supports(API_VERSION, MEDIUM, family="errors"),
        why="The platform said ten times that it does not know a field.",
        examples=(
            fires("ten", said(CALLS, 0, calls=10, result="unknown_field"), for_=SHOP),
            silent("nine", said(CALLS, 0, calls=9, result="unknown_field")),
        ),
    ),
    Rule(
        "api-version.query-changed",
        when=changed("query"),
        then=refutes(API_VERSION, 150, family="release"),
        why="A release changed what the shop asks for.",
        lasts=hours(24),
        examples=(
            fires("changed", said(CHANGE, what="query"), for_=SHOP),
            silent("more than a day ago", said(CHANGE, what="query"), said(CALLS, 86_401)),
        ),
    ),
)
