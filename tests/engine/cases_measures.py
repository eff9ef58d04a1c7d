"""Cases for measures: what their values are, and what is usual."""

# ruff: noqa: SIM300
# A measure in capitals is no constant to compare with; its comparison reads from left to right.

from __future__ import annotations

from fractions import Fraction
from typing import Any

from migro.expressions import fact, hours, percent, permille
from migro.rules import Constant, before, greatest, holding, hour_of_week, least, on, previous, trailing

from .cases import EVERY, Event, Fact, X, Y, case, e, fact_told, x, y
from .profiles import HOUR, us

__all__ = ["MEASURES"]

IN5 = us(5)
COUNT = X.count(within=IN5)
WEIGHTED = on(Event, per=Event.merchant, weight=Event.size)
LATEST = EVERY.latest(Event.n, max_age=IN5)
MEAN = EVERY.smoothed(Event.n, by=percent(50), samples=2, within=IN5)
SHARE = X.count(within=IN5).per(EVERY.count(within=IN5), floor=2)
WILSON = X.count(within=IN5).per(EVERY.count(within=IN5), bound="wilson")
STANDOUT = X.standout(Event.n, against=EVERY, at_most=percent(40), within=IN5)
NOWHERE = X.standout(Event.n, against=Y, at_most=percent(40), within=IN5)
PER_CART = on(Event, Event.word == "x", per=(Event.merchant, Event.cart))
CARTS = holding(PER_CART, per=Event.merchant, within=IN5)
HOURLY = X.count(within=hours(1))
QUIET = X.count(within=us(20)).drop(Y.count(within=us(20)), p=percent(10), every=us(10), floor=3)


def every_hour(n: int, start: int = 0) -> tuple[Any, ...]:
    return tuple(x(start + h * HOUR) for h in range(n))


MEASURES = (
    # --- aggregates ---
    case("a count of one", COUNT >= 1, (x(0),), 0, 0),
    case("a comparison has the signals of both sides as points", COUNT < EVERY.count(within=IN5), (x(0), y(1)), 1, 1),
    case("a count of none at a point of the other side", COUNT <= 0 * EVERY.count(within=IN5), (x(0), y(6)), 6, 6),
    case("counts add weights", WEIGHTED.count(within=IN5) >= 5, (e(0, size=2), e(5, size=3)), 5, 5),
    case(
        "a total is times the weight",
        WEIGHTED.total(Event.n, within=IN5) == 7,
        (e(0, size=2, n=2), e(5, size=3, n=1)),
        5,
        5,
    ),
    case("a total of nothing is nought", EVERY.total(Event.n, within=IN5) == 0, (e(0),), 0, 0),
    case("different values", EVERY.different(Event.word, within=IN5) >= 2, (x(0), y(5)), 5, 5),
    case(
        "the largest group", WEIGHTED.top(Event.word, within=IN5) == 4, (x(0, size=3), y(1, size=2), x(5, size=1)), 5, 5
    ),
    case("a group stands out", STANDOUT == 2, (x(0, n=1), x(1, n=1), y(2), y(3, n=2), y(4, n=3)), 4, 4),
    case("a group that is as common elsewhere does not", STANDOUT == 0, (x(0, n=1), x(1, n=1), y(2), y(3, n=2)), 3, 3),
    case("a group that is nowhere else stands out", NOWHERE == 1, (x(0, n=1), y(1)), 1, 1),
    case("nothing stands out of nothing", NOWHERE >= 0, (x(0, n=1),), 0, None),
    case("no group", EVERY.top(Event.word, within=IN5) == 0, (e(0),), 0, 0),
    case(
        "the median is one of the values",
        EVERY.quantile(percent(50), Event.n, within=IN5) == 2,
        (e(0, n=2), e(1, n=9), e(2, n=1)),
        2,
        2,
    ),
    case(
        "a quantile adds weights",
        WEIGHTED.quantile(percent(50), Event.n, within=IN5) == 9,
        (e(0, n=1, size=2), e(1, n=9, size=3)),
        1,
        1,
    ),
    case(
        "half of two values is the lower one",
        EVERY.quantile(percent(50), Event.n, within=IN5) == 1,
        (e(0, n=9), e(1, n=1)),
        1,
        1,
    ),
    case(
        "a quantile of spans counts microseconds",
        EVERY.quantile(percent(90), Event.end - Event.begin, within=IN5) >= us(4),
        (e(0, begin=0, end=4),),
        0,
        0,
    ),
    case(
        "a quantile without a value is unknown", EVERY.quantile(percent(50), Event.n, within=IN5) >= 0, (e(0),), 0, None
    ),
    case("the latest value", LATEST == 3, (e(0, n=1), e(1, n=3), e(2)), 2, 2),
    case("of equal times the greatest id is the latest", LATEST == 3, (e(1, n=3, id="b"), e(1, n=1, id="a")), 1, 1),
    case("the latest value gets too old", LATEST >= 0, (e(0, n=1), e(6)), 6, 0),
    case("age at the signal itself", EVERY.age(horizon=IN5) == 0, (e(0),), 0, 0),
    case(
        "age at another's point",
        X.age(horizon=IN5) >= least(5, Y.count(within=IN5) * 5),
        (x(0), y(5)),
        5,
        5,
    ),
    case(
        "age beyond the horizon is unknown",
        X.age(horizon=IN5) >= greatest(1, Y.count(within=IN5)),
        (x(0), y(6)),
        6,
        None,
    ),
    case("smoothed over two", MEAN == Fraction(3, 2), (e(0, n=9), e(1, n=1), e(2, n=2)), 2, 2),
    case("smoothed over too few is unknown", MEAN >= 0, (e(0, n=9), e(6, n=1)), 6, None),
    # --- arithmetic ---
    case("a difference", COUNT - Y.count(within=IN5) == -1, (y(0),), 0, 0),
    case("an absolute value", abs(COUNT - Y.count(within=IN5)) == 1, (y(0),), 0, 0),
    case("a product", COUNT * percent(50) == Fraction(1, 2), (x(0),), 0, 0),
    case("unknown spoils the greatest", greatest(LATEST, 5) >= 5, (e(0),), 0, None),
    case("a fact as a limit", COUNT >= fact(Fact.limit), (fact_told(0, limit=2), x(1), x(2)), 2, 2),
    case("a fact that is not told", COUNT >= fact(Fact.limit), (x(1), x(2)), 2, None),
    case("a fact by default", COUNT >= fact(Fact.limit, default=2), (x(1), x(2)), 2, 2),
    case("a fact is no point", COUNT >= fact(Fact.limit), (x(1), fact_told(2, limit=1)), 2, None),
    # --- ratios ---
    case("a share of enough", SHARE == Fraction(1, 2), (x(0), y(1)), 1, 1),
    case("a share below its floor is unknown", SHARE >= 0, (x(0),), 0, None),
    case("a small share needs its interval", WILSON >= percent(50), tuple(x(0, id=f"i{n}") for n in range(3)), 0, None),
    case("four of four are more than half", WILSON >= percent(50), tuple(x(0, id=f"i{n}") for n in range(4)), 0, 0),
    case("a limit on the left", Constant(percent(50)) <= WILSON, tuple(x(0, id=f"i{n}") for n in range(3)), 0, None),
    case(
        "none of three is not surely less than half",
        WILSON <= percent(50),
        tuple(y(0, id=f"i{n}") for n in range(3)),
        0,
        None,
    ),
    case("none of four is", WILSON <= percent(50), tuple(y(0, id=f"i{n}") for n in range(4)), 0, 0),
    case("an equal share needs no interval", WILSON == 1, (x(0),), 0, 0),
    # --- holding ---
    case("finer keys are counted", CARTS >= 2, (x(0, cart="a"), x(5, cart="b")), 5, 5),
    case("finer keys in too long a time", CARTS >= 2, (x(0, cart="a"), x(6, cart="b")), 6, None),
    case("a finer key counts once", CARTS >= 2, (x(0, cart="a"), x(5, cart="a")), 5, None),
    case("its points are where the premise is satisfied", CARTS == 1, (x(0, cart="a"), y(3, cart="b")), 3, 0),
    case(
        "keys of another kind are counted through a fact",
        holding(X.via(Fact.org), per=Fact.org, within=IN5) >= 2,
        (fact_told(0, org="o"), fact_told(0, org="o", merchant="n"), x(1), x(2, merchant="n")),
        2,
        {"o": 2},
    ),
    # --- rising, differs, drop ---
    case("rising", LATEST.rising(samples=3), (e(0, n=1), e(1, n=2), e(5, n=3)), 5, 5),
    case("not rising when equal", LATEST.rising(samples=2), (e(0, n=1), e(1, n=1)), 1, None),
    case("rising in too long a time", LATEST.rising(samples=3), (e(0, n=1), e(1, n=2), e(6, n=3)), 6, None),
    case(
        "three counts against none differ at two errors",
        COUNT.differs(Y.count(within=IN5), z=2),
        tuple(x(0, id=f"i{n}") for n in range(4)),
        0,
        0,
    ),
    case(
        "and not at three", COUNT.differs(Y.count(within=IN5), z=3), tuple(x(0, id=f"i{n}") for n in range(4)), 0, None
    ),
    case("a drop", QUIET, tuple(y(1, id=f"i{n}") for n in range(3)), 10, 10),
    case("no drop below the floor", QUIET, tuple(y(1, id=f"i{n}") for n in range(2)), 10, None),
    case("one of three is no drop", QUIET, (*(y(1, id=f"i{n}") for n in range(3)), x(2)), 10, None),
    case("a drop is gone with what is expected", QUIET, tuple(y(1, id=f"i{n}") for n in range(3)), 30, 20),
    # --- comparisons at multiples ---
    case("alive to the end of its reach", (COUNT <= 0).holds(1, of=1, every=us(10)), (x(1),), 40, 10),
    case(
        "alive for as long as the multiples it looks back to",
        (COUNT <= 0).holds(1, of=3, every=us(10)),
        (x(1),),
        40,
        30,
    ),
    case(
        "alive by a fact for ever",
        (COUNT <= fact(Fact.limit)).holds(1, of=1, every=us(10)),
        (fact_told(1, limit=0),),
        40,
        40,
    ),
    case(
        "not alive before the fact",
        (COUNT <= fact(Fact.limit)).holds(1, of=1, every=us(10)),
        (fact_told(11, limit=0),),
        15,
        None,
    ),
    # --- what is usual ---
    case("the time before", COUNT > COUNT.baseline(previous()), (x(0), x(6), x(6, id="b")), 6, 6),
    case("the time before is empty", COUNT > COUNT.baseline(previous()), (x(6),), 6, 6),
    case("before a change", COUNT < COUNT.baseline(before(Y, within=us(9))), (x(0), x(1), y(2), x(8)), 8, 8),
    case(
        "before a change too long ago", COUNT < COUNT.baseline(before(Y, within=IN5)), (x(0), x(1), y(2), x(8)), 8, None
    ),
    case(
        "a fallback lowers",
        COUNT < COUNT.baseline(before(Y, within=IN5), previous()),
        (x(0), x(0, id="b"), x(6)),
        6,
        {"m": (6, True)},
    ),
    case(
        "a change that is told late answers first from then on",
        COUNT >= COUNT.baseline(before(Y, within=us(9)), previous()),
        (x(6), y(6, now=7)),
        7,
        {"m": (6, False)},
    ),
    case(
        "the first method does not lower",
        COUNT < COUNT.baseline(previous(), before(Y, within=IN5)),
        (x(0), x(0, id="b"), x(6)),
        6,
        {"m": (6, False)},
    ),
    # The key begins at 0: the hours 1, 2 and 3 are taken at 3, 4 and 5.
    case(
        "three hours are known when the third is taken",
        HOURLY >= HOURLY.baseline(trailing(hours(4))),
        every_hour(6),
        5 * HOUR,
        5 * HOUR,
        lasts=10 * HOUR,
    ),
    case(
        "two hours are too few",
        HOURLY >= HOURLY.baseline(trailing(hours(4))),
        (*every_hour(5), x(5 * HOUR - 1)),
        5 * HOUR - 1,
        None,
        lasts=10 * HOUR,
    ),
    case(
        "hours are scaled to the span",
        X.count(within=hours(2)) == X.count(within=hours(2)).baseline(trailing(hours(5))),
        every_hour(7),
        5 * HOUR + 1,
        None,
        lasts=1,
    ),
    case(
        "a late signal does not change what was usual",
        HOURLY > HOURLY.baseline(trailing(hours(4))),
        (
            *every_hour(5),
            *(x(2 * HOUR + n, now=5 * HOUR) for n in (1, 2)),
            *(x(3 * HOUR + n, now=5 * HOUR) for n in (1, 2)),
            x(5 * HOUR),
        ),
        5 * HOUR,
        5 * HOUR,
        lasts=1,
    ),
    case(
        "the same hour of last week",
        HOURLY >= 2 * HOURLY.baseline(hour_of_week(weeks=1)),
        (x(0), x(HOUR + 1), x(169 * HOUR), x(169 * HOUR + 2)),
        169 * HOUR + 2,
        169 * HOUR + 2,
        lasts=1,
    ),
    case(
        "an improbable hour",
        HOURLY.drop(HOURLY.baseline(trailing(hours(4))), p=permille(10), every=hours(1), floor=5),
        tuple(x(h * HOUR + n) for h in range(5) for n in range(1, 8)),
        6 * HOUR,
        6 * HOUR,
        lasts=1,
    ),
)
