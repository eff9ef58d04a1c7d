"""Sources that fell silent: what is not seen is not healthy."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ...expressions import days, fact, hours, minutes, percent
from ...models import Severity
from ...models.signal import MerchantId
from ...rules import (
    MEDIUM,
    STRONG,
    IssueKind,
    Rule,
    SeverityScale,
    during,
    fires,
    on,
    refutes,
    silence,
    silent,
    supports,
)
from .planning_signals import ExpectedSource, Heartbeat, Interval
from .references import cited
from .responses import dashboard, draft_reply, notify, report
from .specimens import SHOP
from .specimens_operations import CHANGE, EXPECTED, HEARTBEAT, INTERVAL, NOW, at, said, usual
from .witnesses import anywhere, changed, usual_of

__all__ = ["BLIND_SPOT", "RULES"]

BLIND_SPOT = IssueKind[MerchantId](
    "monitoring_blind_spot",
    category="unknown",
    title="A source of signals fell silent",
    what="Logs, telemetry, webhooks or probes stopped, or a collector is wrongly set up; silence is no sign of health.",
    severity=SeverityScale(default=Severity.SEV3),
    responses=(
        notify("operators"),
        report("sources, when each was last heard of, what is judged without them"),
        dashboard(),
        draft_reply(
            "We receive no data of some of your sources since {first_seen}, so our view of your shop is limited. Please"
            " check whether they still send."
        ),
    ),
    human_only=("repair the collector",),
    false_positives="Holidays and maintenance.",
    related=("webhook_silence", "platform_incident_systemic", "clock_skew"),
    harm=("What it costs is unknown, which is the point: nothing else can be judged with full confidence meanwhile."),
    sources=cited("J"),
)

_SOURCE = (Heartbeat.merchant, Heartbeat.source)
_EXPECTED = (ExpectedSource.merchant, ExpectedSource.source)
_BEATS = on(Heartbeat, per=_SOURCE)
_ALIVE = on(Heartbeat, per=Heartbeat.merchant).within(minutes(5))
# An age is counted in microseconds, an interval in seconds; three of them may pass.
_OVERDUE = (_BEATS.age(horizon=days(1)) * Fraction(1, 3_000_000) > fact(ExpectedSource.interval_s)).holds(
    1, of=1, every=minutes(1)
)
_NEVER = silence(
    _BEATS,
    expected=on(ExpectedSource, ExpectedSource.active == True, per=_EXPECTED),  # noqa: E712
    ended=on(ExpectedSource, ExpectedSource.active == False, per=_EXPECTED),  # noqa: E712
    longer_than=hours(1),
)
_volume = on(Heartbeat, per=_SOURCE, weight=Heartbeat.events).count(within=hours(1))
_THIN = (_volume.per(usual_of(_volume), floor=20) <= percent(10)).holds(1, of=1, every=minutes(5))

_OTHER = said(HEARTBEAT, 0, source="webhook")
_FULL = said(HEARTBEAT, 0, events=10)

RULES: tuple[Rule[Any], ...] = (
    Rule(
        "blind-spot.overdue",
        when=anywhere(_OVERDUE, within=minutes(2)) & _ALIVE,
        then=supports(BLIND_SPOT, STRONG, family="heartbeat"),
        why="A source has been silent for three times its longest pause, while another is heard of.",
        examples=(
            fires("four minutes", EXPECTED, HEARTBEAT, said(_OTHER, 240), for_=SHOP),
            silent("three minutes", EXPECTED, HEARTBEAT, said(_OTHER, 180)),
            silent("nothing else is heard of", EXPECTED, HEARTBEAT, said(EXPECTED, 600, source="webhook")),
            silent("nobody expects it", HEARTBEAT, said(_OTHER, 240)),
        ),
    ),
    Rule(
        "blind-spot.never-heard",
        when=anywhere(_NEVER, within=hours(1)) & _ALIVE,
        then=supports(BLIND_SPOT, STRONG, family="heartbeat"),
        why="A source that is expected has not been heard of for an hour, while another is.",
        examples=(
            fires("an hour", EXPECTED, said(_OTHER, 3_660), for_=SHOP),
            silent("less", EXPECTED, said(_OTHER, 3_599)),
            silent("taken out", EXPECTED, said(EXPECTED, 1_800, active=False), said(_OTHER, 3_660)),
        ),
    ),
    Rule(
        "blind-spot.thin",
        when=anywhere(_THIN, within=minutes(10)),
        then=supports(BLIND_SPOT, MEDIUM, family="volume"),
        why="A source gives a tenth of what it usually does, or less.",
        examples=(
            fires("6 of 60", *usual(6, _FULL), said(HEARTBEAT, NOW + 1_000, events=6), for_=SHOP, after=minutes(45)),
            silent("7 of 60", *usual(6, _FULL), said(HEARTBEAT, NOW + 1_000, events=7), after=minutes(45)),
            silent("a quiet source", *usual(1, _FULL), said(HEARTBEAT, NOW + 1_000, events=1), after=minutes(45)),
        ),
    ),
    Rule(
        "blind-spot.closed",
        when=changed("shop_closed"),
        then=refutes(BLIND_SPOT, 150, family="closed"),
        why="The shop was closed or suspended.",
        lasts=days(14),
        examples=(
            fires("closed", said(CHANGE, 0, what="shop_closed"), for_=SHOP),
            silent("something else", CHANGE),
        ),
    ),
    Rule(
        "blind-spot.quiet-hours",
        when=during(
            on(Interval, Interval.what.one_of("closed", "night"), per=Interval.merchant),
            starts=Interval.starts_at,
            ends=Interval.ends_at,
        ),
        then=refutes(BLIND_SPOT, 150, family="closed"),
        why="It is a time at which next to nothing is expected.",
        examples=(
            fires("at night", said(INTERVAL, 0, what="night"), for_=SHOP),
            silent(
                "in the morning",
                said(INTERVAL, 0, what="night", ends_at=at(60)),
                after=minutes(2),
            ),
        ),
    ),
)
