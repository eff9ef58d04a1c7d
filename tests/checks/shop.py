"""A small sound rule set that has nothing to do with the shipped one: parcels, drivers and depots."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from migro.expressions import UNSET, Attr, Maybe, MaybeKey, days, hours, minutes, percent
from migro.models import MerchantId, Signal
from migro.rules import (
    Example,
    IssueKind,
    Rule,
    RuleSet,
    before,
    fires,
    holding,
    known,
    on,
    refutes,
    silence,
    silent,
    supports,
    together,
    vetoes,
)


class Scan(Signal, kind="parcels.scan"):
    depot: MaybeKey[str] = UNSET
    step: Attr[str] = UNSET
    weight_g: Attr[int] = UNSET
    late_min: Maybe[int] = UNSET
    fee: Attr[Decimal] = UNSET
    damaged: Attr[bool] = UNSET
    note: Maybe[str] = UNSET
    marks: Attr[frozenset[str]] = UNSET


class Van(Signal, kind="parcels.van"):
    plate: MaybeKey[str] = UNSET
    speed: Attr[int] = UNSET
    fuel: Attr[Decimal] = UNSET
    state_word: Attr[str] = UNSET
    driver: Maybe[str] = UNSET
    open_door: Attr[bool] = UNSET


class Release(Signal, kind="parcels.release"):
    build: Attr[str] = UNSET
    stage: Maybe[str] = UNSET


LOST = IssueKind[Any]("parcels_lost", category="integration")
STUCK = IssueKind[Any]("van_stuck", category="performance", prior=-60)
DELAY = IssueKind[Any]("delivery_delay", category="performance", prior=-40)
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def _at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


def scan(minute: int = 0, step: str = "sorted", *, weight: int = 900, **more: Any) -> Scan:
    fields: dict[str, Any] = {"depot": "d1", "fee": Decimal("1.50"), "damaged": False, "marks": frozenset({"air"})}
    fields |= more
    return Scan(merchant=MerchantId("m"), occurred_at=_at(minute), step=step, weight_g=weight, **fields)


def van(minute: int = 0, speed: int = 50, word: str = "driving", **more: Any) -> Van:
    fields: dict[str, Any] = {"plate": "p1", "fuel": Decimal("0.5"), "open_door": False, **more}
    return Van(merchant=MerchantId("m"), occurred_at=_at(minute), speed=speed, state_word=word, **fields)


_missing = on(Scan, Scan.step == "missing", Scan.weight_g >= 1, per=Scan.merchant)
_sorted = on(Scan, Scan.step == "sorted", per=Scan.merchant)
_scans = on(Scan, per=Scan.merchant)
_halted = on(Van, Van.speed <= 2, Van.state_word.one_of("driving", "braking"), per=Van.merchant)
_moving = on(Van, Van.speed >= 20, per=Van.merchant)
_vans = on(Van, per=Van.merchant)
_released = on(Release, Release.build != "nightly", per=Release.merchant)
_EXAMPLES: tuple[Example, ...] = (
    fires("something", scan(), van(), for_="m"),
    silent("nothing"),
)
"""Never run: a checker proves and runs nothing of them but to show two rules together."""


def _rule(id: str, when: Any, then: Any, lasts: timedelta | None = None) -> Rule[Any]:
    return Rule(id, when=when, then=then, lasts=lasts, examples=_EXAMPLES)


SHOP = RuleSet(
    "shop",
    _rule("lost.once", _missing, supports(LOST, 40, family="scan")),
    _rule("lost.several", _missing.at_least(4, within=minutes(30)), supports(LOST, 90, family="scan")),
    _rule(
        "lost.share",
        _scans.share(Scan.damaged == True, at_least=percent(3), floor=40, within=hours(2)),  # noqa: E712
        supports(LOST, 70, family="damage"),
    ),
    _rule(
        "lost.depots",
        on(Scan, Scan.step.matches("^lost"), Scan.fee > Decimal("0.10"), per=Scan.merchant).distinct(
            Scan.depot, at_least=3, within=hours(6)
        ),
        supports(LOST, 60, family="spread"),
    ),
    _rule(
        "lost.notes",
        on(Scan, Scan.note.present(), Scan.note.matches("(?i)nowhere"), per=Scan.merchant).within(minutes(45)),
        supports(LOST, 5, family="notes"),
        hours(1),
    ),
    _rule(
        "lost.found-again",
        on(Scan, Scan.step == "delivered", Scan.marks.has("late"), per=Scan.merchant).at_least(2, within=hours(1)),
        refutes(LOST, 60, family="found"),
    ),
    _rule("lost.stocktaking", on(Scan, Scan.step == "counting", per=Scan.merchant), vetoes(LOST, family="counting")),
    _rule("stuck.now", _halted.unless(_moving), supports(STUCK, 50, family="van")),
    _rule(
        "stuck.streak",
        _vans.fits(Van.speed == 0, Van.open_door == False).runs(5, of=6, within=minutes(20)),  # noqa: E712
        supports(STUCK, 80, family="van"),
    ),
    _rule(
        "stuck.thirsty",
        on(Van, Van.fuel <= Decimal("0.05"), per=Van.merchant) & _halted.at_least(3, within=minutes(15)),
        supports(STUCK, 100, family="fuel"),
    ),
    _rule(
        "stuck.fleet",
        holding(on(Van, Van.speed == 0, per=(Van.merchant, Van.plate)), per=Van.merchant, within=minutes(10)) >= 4,
        supports(STUCK, 105, family="fleet"),
    ),
    _rule("stuck.moves", _moving.at_least(3, within=minutes(5)), refutes(STUCK, 105, family="moves")),
    _rule(
        "delay.slower",
        _scans.quantile(percent(90), Scan.late_min, within=hours(1))
        >= 2
        * _scans.quantile(percent(90), Scan.late_min, within=hours(1)).baseline(before(_released, within=hours(3))),
        supports(DELAY, 60, family="time"),
    ),
    _rule(
        "delay.silence",
        silence(_sorted, expected=on(Release, per=Release.merchant), longer_than=hours(4)),
        supports(DELAY, 30, family="silence"),
    ),
    _rule(
        "delay.after-loss",
        known(LOST, at_least_points=90) & on(Scan, Scan.late_min > 30, per=Scan.merchant),
        supports(DELAY, 50, family="chain"),
    ),
    _rule(
        "delay.not-lost",
        _scans.count(within=hours(2)).per(_vans.count(within=hours(2)), floor=5).rising(samples=4) & ~known(LOST),
        supports(DELAY, 40, family="load"),
    ),
    _rule(
        "delay.both",
        together(
            _halted.at_least(2, within=minutes(10)),
            on(Scan, Scan.late_min.between(10, 90), per=Scan.merchant),
            within=minutes(30),
        ),
        supports(DELAY, 45, family="both"),
    ),
    _rule(
        "delay.unsorted",
        on(Scan, Scan.step == "arrived", per=Scan.merchant).without(_sorted, within=hours(3)),
        supports(DELAY, 35, family="unsorted"),
    ),
    _rule(
        "delay.holiday",
        on(Release, Release.stage == "holiday", per=Release.merchant).within(days(1)),
        vetoes(DELAY, family="calendar"),
    ),
)
