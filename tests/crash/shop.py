"""Two shops and their platform: few rules, and of every kind that a journal has to bring through a crash."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from migro.decide import Policy
from migro.expressions import Attr, Key, Pred, minutes
from migro.models import IssueUpdate, MerchantId, Risk, Severity, Signal
from migro.rules import ImpactModel, IssueKind, Response, Rule, RuleSet, SeverityScale, on, refutes, silence, supports

__all__ = [
    "CAREFUL",
    "OTHER_RULES",
    "POLICY",
    "RULES",
    "after",
    "beat",
    "call",
    "expected",
    "over",
    "plain",
    "probe",
    "ticket",
]

T0 = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


class Call(Signal, kind="crash.call"):
    code: Attr[int]


class Probe(Signal, kind="crash.probe"):
    ok: Attr[bool]


class Beat(Signal, kind="crash.beat"):
    feed: Key[str]


class Expected(Signal, kind="crash.expected"):
    feed: Key[str]


class Over(Signal, kind="crash.over"):
    feed: Key[str]


class Ticket(Signal, kind="crash.ticket"):
    angry: Attr[bool]


RESPONSES = (
    Response("notify", Risk.R0, "on_call", args=(("text", "{severity} {kind}"),)),
    Response("tag", Risk.R1, "desk"),
    Response("reply", Risk.R2, "merchant_contact"),
    Response("replay", Risk.R3, "owner"),
    Response("refund", Risk.R4, "owner"),
)
DOWN = IssueKind[MerchantId](
    "down",
    category="checkout",
    title="Checkout is down",
    severity=SeverityScale(default=Severity.SEV3, by_share=((Severity.SEV1, Fraction(1, 2)),)),
    impact=ImpactModel(step="checkout", conversion=Fraction(9, 20)),
    responses=RESPONSES,
)
QUIET = IssueKind[str]("quiet", category="webhook", per=("feed",), responses=RESPONSES[:3])
FORGED = IssueKind[MerchantId]("forged", category="webhook", responses=RESPONSES[:1])
CALLS_FOR_HELP = IssueKind[MerchantId]("calls_for_help", category="docs", responses=RESPONSES[:3])
EVERYWHERE = IssueKind[str](
    "everywhere", category="integration", per=("issue_kind",), systemic=True, responses=RESPONSES[:3]
)

_NOT_OK: Pred[Probe] = ~(Probe.ok == True)  # noqa: E712  # a column, not a truth value
_OK: Pred[Probe] = Probe.ok == True  # noqa: E712
_ANGRY: Pred[Ticket] = Ticket.angry == True  # noqa: E712
_OPEN: Pred[IssueUpdate] = IssueUpdate.issue_status == "open"
_FORGED: Pred[Signal] = Signal.kind == "delivery.signature_failed"


def _rules(name: str, burst: int) -> RuleSet:
    failing = on(Call, Call.code >= 500, per=Call.merchant)
    failed = on(Probe, _NOT_OK, per=Probe.merchant)
    rules: list[Rule[Any]] = [
        Rule("burst", when=failing.at_least(burst, within=minutes(5)), then=supports(DOWN, 105, family="http")),
        Rule("probe", when=failed, then=supports(DOWN, 105, family="probe")),
        Rule("probe-ok", when=on(Probe, _OK, per=Probe.merchant), then=refutes(DOWN, 60, family="probe")),
        Rule("failing-on", when=failed.held(minutes(15)), then=supports(DOWN, 50, family="probe")),
        Rule(
            "quiet",
            when=silence(
                on(Beat, per=Beat.feed),
                expected=on(Expected, per=Expected.feed),
                ended=on(Over, per=Over.feed),
                longer_than=minutes(20),
            ),
            then=supports(QUIET, 105, family="absence"),
        ),
        Rule("forgery", when=on(Signal, _FORGED, per=Signal.merchant), then=supports(FORGED, 105, family="auth")),
        Rule(
            "angry",
            when=on(Ticket, _ANGRY, per=Ticket.merchant).at_least(2, within=minutes(60)),
            then=supports(CALLS_FOR_HELP, 105, family="tickets"),
        ),
        Rule(
            "everywhere",
            when=on(IssueUpdate, _OPEN, per=IssueUpdate.issue_kind).distinct(
                IssueUpdate.merchant, at_least=2, within=minutes(30)
            ),
            then=supports(EVERYWHERE, 105, family="breadth"),
        ),
    ]
    return RuleSet(name, *rules)


RULES = _rules("crash", 3)
OTHER_RULES = _rules("crash-2", 4)
POLICY = Policy(allow=frozenset(r.kind for r in RESPONSES), approval_lasts=timedelta(minutes=45))
CAREFUL = Policy(allow=frozenset({"notify"}), approval_lasts=timedelta(minutes=30))


def after(seconds: int) -> datetime:
    """Return a time of the scenario."""
    return T0 + timedelta(seconds=seconds)


def call(n: int, at: int, merchant: str, code: int = 500, **fields: Any) -> Signal:
    """Return a call to a shop's checkout."""
    given = {**_shop(merchant, "access_log"), **fields}
    return Call(occurred_at=after(at), code=code, dedup_key=f"call-{n}", **given)


def probe(n: int, at: int, merchant: str, ok: bool) -> Signal:
    """Return what a probe of a shop saw."""
    return Probe(occurred_at=after(at), ok=ok, dedup_key=f"probe-{n}", **_shop(merchant, "probe"))


def beat(n: int, at: int, merchant: str) -> Signal:
    """Return a sign of life from a shop's feed."""
    shop = _shop(merchant, "webhook")
    return Beat(occurred_at=after(at), feed=f"feed-{merchant}", dedup_key=f"beat-{n}", **shop)


def expected(n: int, at: int, merchant: str) -> Signal:
    """Return that a shop's feed is expected to send."""
    shop = _shop(merchant, "host")
    return Expected(occurred_at=after(at), feed=f"feed-{merchant}", dedup_key=f"expected-{n}", **shop)


def over(n: int, at: int, merchant: str) -> Signal:
    """Return that nothing more is expected of a shop's feed."""
    shop = _shop(merchant, "host")
    return Over(occurred_at=after(at), feed=f"feed-{merchant}", dedup_key=f"over-{n}", **shop)


def ticket(n: int, at: int, merchant: str, requester: str) -> Signal:
    """Return what somebody wrote, under a pseudonym that may have to be forgotten."""
    shop = _shop(merchant, "helpdesk")
    return Ticket(occurred_at=after(at), angry=True, ids={"requester": requester}, dedup_key=f"ticket-{n}", **shop)


def plain(n: int, at: int, merchant: str, kind: str, **fields: Any) -> Signal:
    """Return a signal of a kind without columns of its own."""
    return Signal(kind=kind, occurred_at=after(at), dedup_key=f"plain-{n}", **_shop(merchant, "host"), **fields)


def _shop(merchant: str, source_kind: str) -> dict[str, Any]:
    return {"merchant": MerchantId(merchant), "env": "production", "source_kind": source_kind}
