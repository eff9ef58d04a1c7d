"""Shops where one thing follows from another, and a platform where they all are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from migro.agent import Agent
from migro.expressions import UNSET, Attr, MaybeKey, minutes
from migro.models import IssueUpdate, MerchantId, Risk, Severity, Signal
from migro.ports import Memory
from migro.remember import VolatileMemory
from migro.rules import IssueKind, Response, Rule, RuleSet, SeverityScale, on, refutes, supports

T0 = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


class Release(Signal, kind="related.release"):
    bad: Attr[bool]
    route: Attr[str]


class Failure(Signal, kind="related.failure"):
    route: Attr[str]
    grave: Attr[bool]


class Delay(Signal, kind="related.delay"):
    queue: Attr[str]


class Doubt(Signal, kind="related.doubt"):
    pass


class Mismatch(Signal, kind="related.mismatch"):
    pass


class Lost(Signal, kind="payment.lost"):
    pass


class Place(Signal, kind="related.place"):
    platform: MaybeKey[str] = UNSET


CALL = Response("notify", Risk.R0, "on_call")
NOTICE = Response("draft_reply", Risk.R2, "merchant_contact")
SYSTEMIC = IssueKind[Any](
    "many_down",
    category="integration",
    per=("platform",),
    systemic=True,
    severity=SeverityScale(default=Severity.SEV2),
    responses=(CALL,),
    causes=("down",),
    lag=minutes(60),
)
BAD_RELEASE = IssueKind[Any](
    "bad_release",
    category="frontend_mismatch",
    severity=SeverityScale(default=Severity.SEV2),
    responses=(CALL,),
    causes=("down", "slow"),
)
DOWN = IssueKind[Any](
    "down", category="checkout", severity=SeverityScale(default=Severity.SEV2), responses=(CALL, NOTICE)
)
SLOW = IssueKind[Any]("slow", category="performance", severity=SeverityScale(default=Severity.SEV3), responses=(CALL,))
LOST = IssueKind[Any](
    "payment_lost", category="checkout", severity=SeverityScale(default=Severity.SEV2), responses=(CALL,)
)
UNSIGNED = IssueKind[Any](
    "unsigned",
    category="integration",
    severity=SeverityScale(default=Severity.SEV2),
    responses=(CALL,),
    causes=("payment_lost",),
    about=("payment",),
)

_failing = on(Failure, per=Failure.merchant)
_open = on(
    IssueUpdate,
    IssueUpdate.issue_kind == "down",
    IssueUpdate.issue_status == "open",
    IssueUpdate.own_cause == False,  # noqa: E712
    IssueUpdate.resting == False,  # noqa: E712
    per=IssueUpdate.platform,
)
RULES = RuleSet(
    "related",
    Rule(
        "release",
        when=on(Release, Release.bad == True, per=Release.merchant),  # noqa: E712
        then=supports(BAD_RELEASE, 140, family="r"),
    ),
    Rule(
        "release-mended",
        when=on(Release, Release.bad == False, per=Release.merchant),  # noqa: E712
        then=refutes(BAD_RELEASE, 150, family="m"),
    ),
    Rule("failing", when=_failing, then=supports(DOWN, 140, family="f"), lasts=minutes(20)),
    Rule(
        "failing-gravely",
        when=on(Failure, Failure.grave == True, per=Failure.merchant),  # noqa: E712
        then=supports(DOWN, 5, family="g", severity=Severity.SEV1),
        lasts=minutes(20),
    ),
    Rule("doubted", when=on(Doubt, per=Doubt.merchant), then=supports(DOWN, 30, family="x"), lasts=minutes(60)),
    Rule("delayed", when=on(Delay, per=Delay.merchant), then=supports(SLOW, 140, family="d"), lasts=minutes(20)),
    Rule(
        "many",
        when=_open.distinct(IssueUpdate.merchant, at_least=3, within=minutes(10)),
        then=supports(SYSTEMIC, 140, family="many"),
        lasts=minutes(20),
    ),
    Rule("unsigned", when=on(Mismatch, per=Mismatch.merchant), then=supports(UNSIGNED, 140, family="u")),
    Rule("lost", when=on(Lost, per=Lost.merchant), then=supports(LOST, 140, family="l")),
    signals=[Place],
)


def after(seconds: int) -> datetime:
    return T0 + timedelta(seconds=seconds)


def _fields(shop: str, at: int, n: int) -> dict[str, Any]:
    return {
        "merchant": MerchantId(shop),
        "occurred_at": after(at),
        "env": "production",
        "source_kind": "access_log",
        "dedup_key": f"{shop}/{at}/{n}",
    }


def release(at: int, shop: str = "m_1", *, bad: bool = True, route: str = "/cart", n: int = 0) -> Signal:
    return Release(**{**_fields(shop, at, n), "source_kind": "app_log"}, bad=bad, route=route)


def failure(
    at: int, shop: str = "m_1", *, route: str = "/cart", grave: bool = False, n: int = 1, status: int = 500
) -> Signal:
    return Failure(**_fields(shop, at, n), route=route, grave=grave, status=status)


def delay(at: int, shop: str = "m_1", n: int = 2) -> Signal:
    return Delay(**_fields(shop, at, n), queue="orders")


def doubt(at: int, shop: str = "m_1") -> Signal:
    """Return what is too little to tell anybody of."""
    return Doubt(**_fields(shop, at, 4))


def mismatch(at: int, provider: str) -> Signal:
    """Return a delivery of that provider whose signature does not fit."""
    return Mismatch(**{**_fields("m_1", at, 5), "source_kind": "receiver"}, provider=provider)


def lost(at: int, provider: str) -> Signal:
    """Return a payment that nobody knows an order of; by a poll where it names no provider."""
    return Lost(**{**_fields("m_1", at, 6), "source_kind": "payment_webhook" if provider else "api_poll"},
                provider=provider or "host")  # fmt: skip


def delivery(at: int, shop: str, provider: str = "shopify") -> Signal:
    """Return a webhook: whose it is says on which platform the shop is."""
    return Signal(**{**_fields(shop, at, 3), "source_kind": "platform_webhook"}, kind="order", provider=provider)


def agent(memory: Memory | None = None, **options: Any) -> Agent:
    return Agent(rules=RULES, memory=memory or VolatileMemory(), **options)
