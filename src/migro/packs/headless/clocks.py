"""Clocks that are wrong."""

from __future__ import annotations

from typing import Any

from ...expressions import minutes, percent, seconds
from ...models import ClockWrong, Severity
from ...models.signal import MerchantId
from ...rules import (
    MEDIUM,
    STRONG,
    IssueKind,
    Measure,
    Rule,
    SeverityScale,
    Timed,
    fires,
    greatest,
    holding,
    on,
    refutes,
    silent,
    supports,
)
from .operations_signals import Delivery
from .payment_webhook import FROM_PAYER, REFUSED
from .references import cited
from .responses import draft_reply, notify, report
from .specimens import SHOP, burst
from .specimens_operations import CLOCK, DELIVERY, at, said

__all__ = ["CLOCK_SKEW", "RULES"]

CLOCK_SKEW = IssueKind[tuple[MerchantId, str]](
    "clock_skew",
    category="integration",
    per=("merchant", "clock_source"),
    title="The clock of a sender or receiver is wrong",
    what="Its times are in the future or in the past, so signed times are refused and the order of events is lost.",
    severity=SeverityScale(default=Severity.SEV4),
    responses=(
        notify("operators"),
        report("source, offset and its spread"),
        draft_reply(
            "The clock of one of your systems is wrong. We allow for it; please correct it, because deliveries are"
            " refused once it is five minutes off.",
            from_severity=Severity.SEV2,
        ),
    ),
    human_only=("correct the clock or its time zone",),
    false_positives="Deliveries that are sent again carry their old time; whole hours mean a time zone.",
    related=(
        "payment_webhook_signature_mismatch",
        "webhook_signature_mismatch",
        "webhook_out_of_order_write",
        "monitoring_blind_spot",
    ),
    harm="Only the data at first; grave once payment events are refused for their time.",
    sources=cited("STRIPE-PY", "SLACK-PY", "J"),
    causes=(
        "payment_webhook_signature_mismatch",
        "webhook_out_of_order_write",
        "webhook_signature_mismatch",
    ),
)

_CLOCK = (Delivery.merchant, Delivery.clock_source)
_SENDER = (Delivery.merchant, Delivery.clock_source, Delivery.sender)
_OFFSET = Delivery.arrived_at - Delivery.triggered_at
_ALL = on(Delivery, per=_CLOCK)
_MANY = _ALL.at_least(20, within=minutes(60))
_median = _ALL.quantile(percent(50), _OFFSET, within=minutes(60))
_spread = _ALL.quantile(percent(75), _OFFSET, within=minutes(60)) - _ALL.quantile(
    percent(25), _OFFSET, within=minutes(60)
)
_KEY = (str(SHOP), "host-1")


def _off(median: Measure[Any], spread: Measure[Any]) -> tuple[Timed[Any], Timed[Any]]:
    """Return that a clock is slow, and that it is fast, by more than five times its spread."""
    return median > greatest(seconds(300), 5 * spread), -1 * median > greatest(seconds(30), 5 * spread)


_SLOW, _FAST = _off(_median, _spread)
_of_sender = on(Delivery, per=_SENDER)
_SENDER_SLOW, _SENDER_FAST = _off(
    _of_sender.quantile(percent(50), _OFFSET, within=minutes(60)),
    _of_sender.quantile(percent(75), _OFFSET, within=minutes(60))
    - _of_sender.quantile(percent(25), _OFFSET, within=minutes(60)),
)


def _late(seconds: int, n: int, **columns: Any) -> tuple[Delivery, ...]:
    return burst(n, said(DELIVERY, 0, arrived_at=at(seconds), clock_source="host-1", **columns))


def _early(seconds: int, n: int, **columns: Any) -> tuple[Delivery, ...]:
    return burst(n, said(DELIVERY, 0, triggered_at=at(seconds), clock_source="host-1", **columns))


def _same_offset(which: str, premise: Timed[Any], odd: Any, limit: int) -> Rule[Any]:
    both = (*odd(limit + 1, 5), *odd(limit + 1, 5, sender="stripe"))
    return Rule(
        f"clock.{which}-for-two-senders",
        when=holding(premise, per=_CLOCK, within=minutes(10)) >= 2,
        then=supports(CLOCK_SKEW, MEDIUM, family="same-host"),
        why="Two senders on the same host show the same kind of offset.",
        examples=(
            fires("two", *both, for_=_KEY),
            silent("one", *odd(limit + 1, 5), *odd(limit, 5, sender="stripe")),
        ),
    )


RULES: tuple[Rule[Any], ...] = (
    Rule(
        "clock.slow",
        when=_SLOW & _MANY,
        then=supports(CLOCK_SKEW, STRONG, family="offset"),
        why="A clock is more than five minutes behind, steadily.",
        examples=(
            fires("301 s", *_late(301, 20), for_=_KEY),
            silent("300 s", *_late(300, 20)),
            silent("19 deliveries", *_late(301, 19)),
            silent("a queue", *_late(301, 14), *_late(900, 6)),
        ),
    ),
    Rule(
        "clock.fast",
        when=_FAST & _MANY,
        then=supports(CLOCK_SKEW, STRONG, family="offset"),
        why="A clock is more than half a minute ahead, steadily.",
        examples=(
            fires("31 s", *_early(31, 20), for_=_KEY),
            silent("30 s", *_early(30, 20)),
            silent("19 deliveries", *_early(31, 19)),
        ),
    ),
    Rule(
        "clock.only-time-refused",
        when=on(Delivery, REFUSED, per=_CLOCK).share(
            Delivery.signature == "stale", at_least=percent(100), floor=3, within=minutes(30), bound="plain"
        ),
        then=supports(CLOCK_SKEW, STRONG, family="signatures"),
        why="Signatures are refused for their time alone: the digests fit.",
        examples=(
            fires("three", *_late(0, 3, signature="stale"), for_=_KEY),
            silent("two", *_late(0, 2, signature="stale")),
            silent("one does not fit", *_late(0, 1, signature="failed"), *_late(0, 3, signature="stale")),
        ),
    ),
    Rule(
        "clock.payments-refused",
        when=on(Delivery, FROM_PAYER, Delivery.signature == "stale", per=_CLOCK).at_least(3, within=minutes(30)),
        then=supports(CLOCK_SKEW, STRONG, family="signatures", severity=Severity.SEV2),
        why="Deliveries of a payment provider are refused for their time alone.",
        examples=(
            fires("three", *_late(0, 3, signature="stale", sender="stripe"), for_=_KEY),
            silent("a shop's", *_late(0, 3, signature="stale")),
            silent("two", *_late(0, 2, signature="stale", sender="stripe")),
        ),
    ),
    _same_offset("slow", _SENDER_SLOW, _late, 300),
    _same_offset("fast", _SENDER_FAST, _early, 30),
    Rule(
        "clock.allowed-for",
        when=on(ClockWrong, per=(ClockWrong.merchant, ClockWrong.clock_source)).at_least(1, within=minutes(15)),
        then=supports(CLOCK_SKEW, STRONG, family="offset"),
        why="Twenty deliveries in a row were off by nearly the same, for ten minutes; what they say is moved in time.",
        examples=(
            fires("behind", CLOCK, for_=_KEY),
            silent("a while ago", CLOCK, after=minutes(16)),
        ),
    ),
    Rule(
        "clock.varies",
        when=(_spread >= percent(50) * abs(_median)) & (abs(_median) > seconds(30)) & _MANY,
        then=refutes(CLOCK_SKEW, 150, family="delay"),
        why="The offset varies widely: deliveries are delayed.",
        examples=(
            fires("100 to 400 s", *_late(100, 10), *_late(200, 4), *_late(400, 6), for_=_KEY),
            silent("steady", *_late(301, 20)),
        ),
    ),
)
