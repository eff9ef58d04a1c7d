"""Cases for what holds as a state, and for conditions on single signals."""

from __future__ import annotations

from migro.expressions import fact, percent
from migro.rules import during, given, on

from .cases import Event, Fact, X, Y, case, e, fact_told, x, y
from .profiles import us

__all__ = ["STATES"]

NEW = on(Event, Event.word.first_seen(horizon=us(5)), per=Event.merchant)
CALENDAR = on(Event, per=Event.merchant)
SALE = during(CALENDAR, starts=Event.begin, ends=Event.end, lead=us(2), slack=us(3))
PLAIN_SALE = during(CALENDAR, starts=Event.begin, ends=Event.end)

STATES = (
    # --- during ---
    case("a calendar has no anchor", PLAIN_SALE, (e(0, begin=5, end=9),), 5, {"m": None}),
    case("a calendar ends after its end", PLAIN_SALE, (e(0, begin=5, end=9),), 10, None),
    case("lead and slack count", SALE, (e(0, begin=5, end=9),), 3, {"m": None}),
    case("slack ends", SALE, (e(0, begin=5, end=9),), 13, None),
    case("a calendar without an end declares nothing", PLAIN_SALE, (e(0, begin=5),), 5, None),
    case("a calendar takes back whenever it holds", X.unless(PLAIN_SALE), (e(0, begin=0, end=9), x(5)), 9, None),
    case("and gives back when it is over", X.unless(PLAIN_SALE), (e(0, begin=0, end=9), x(5)), 10, 5),
    case("outside of every interval", X & ~PLAIN_SALE, (e(0, begin=0, end=4), x(5)), 5, 5),
    # --- given ---
    case(
        "what is told holds",
        given(Fact, Fact.limit >= 2, per=Fact.merchant),
        (fact_told(0, limit=2),),
        500,
        {"m": None},
    ),
    case(
        "told anew",
        given(Fact, Fact.limit >= 2, per=Fact.merchant),
        (fact_told(0, limit=2), fact_told(5, limit=1)),
        5,
        None,
    ),
    case(
        "told without the column",
        given(Fact, Fact.limit >= 2, per=Fact.merchant),
        (fact_told(0, limit=2), fact_told(5, org="o")),
        5,
        {"m": None},
    ),
    case(
        "told late about before",
        given(Fact, Fact.limit >= 2, per=Fact.merchant),
        (fact_told(5, limit=2), fact_told(4, limit=1, now=6)),
        6,
        {"m": None},
    ),
    case("not given where nothing is told", X & ~given(Fact, Fact.limit >= 2, per=Fact.merchant), (x(0),), 0, 0),
    case(
        "not given where it is told",
        X & ~given(Fact, Fact.limit >= 2, per=Fact.merchant),
        (x(0), fact_told(0, limit=2)),
        0,
        None,
    ),
    # --- first seen ---
    case("a new value", NEW, (x(0),), 0, 0),
    case("seen at the start of the horizon", NEW, (x(0), x(5)), 5, 0),
    case("seen before the horizon", NEW, (x(0), x(6)), 6, 6),
    case("of equal times the smallest id is first", NEW, (x(0, id="a"), y(3, id="b"), x(3, id="c")), 3, 3),
    case("what comes late was first", NEW & Y, (y(1), x(5), x(3, now=6)), 6, 3),
    case("no value is no new one", NEW, (e(0),), 0, None),
    case(
        "what the selection leaves out has been seen",
        on(Event, Event.word.first_seen(horizon=us(5)), Event.n == 1, per=Event.merchant),
        (x(0), x(1, n=1)),
        1,
        None,
    ),
    # --- terms, sets and facts ---
    case(
        "a difference of columns",
        on(Event, Event.n - Event.size >= 1, per=Event.merchant),
        (e(0, n=2, size=1), e(1, n=1, size=1), e(2, n=3)),
        2,
        0,
    ),
    case("an absolute column", on(Event, abs(Event.n - 3) == 1, per=Event.merchant), (e(0, n=2), e(1, n=3)), 1, 0),
    case(
        "a scaled column is exact",
        on(Event, Event.n.scaled(percent(10)) == Event.size, per=Event.merchant),
        (e(0, n=10, size=1), e(1, n=11, size=1)),
        1,
        0,
    ),
    case(
        "a span of time",
        on(Event, Event.end - Event.begin >= us(5), per=Event.merchant),
        (e(0, begin=0, end=5), e(1, begin=0, end=4)),
        1,
        0,
    ),
    case(
        "every set covers the empty one",
        on(Event, Event.tags.covers(Event.more), per=Event.merchant),
        (e(0, tags=frozenset(), more=frozenset()),),
        0,
        0,
    ),
    case(
        "no set lacks the empty one",
        on(Event, Event.tags.lacks(Event.more), per=Event.merchant),
        (e(0, tags=frozenset(), more=frozenset()),),
        0,
        None,
    ),
    case(
        "a set lacks what is not in it",
        on(Event, Event.tags.lacks(frozenset({"a", "b"})), per=Event.merchant),
        (e(0, tags=frozenset({"a"})),),
        0,
        0,
    ),
    case(
        "sets overlap in one element",
        on(Event, Event.tags.overlaps(Event.more), per=Event.merchant),
        (e(0, tags=frozenset({"a", "b"}), more=frozenset({"b", "c"})), e(1, tags=frozenset({"a"}))),
        1,
        0,
    ),
    case(
        "a fact of the same time is in force",
        on(Event, Event.n >= fact(Fact.limit), per=Event.merchant),
        (fact_told(5, limit=2), e(5, n=2)),
        5,
        5,
    ),
    case(
        "a later fact is not",
        on(Event, Event.n >= fact(Fact.limit), per=Event.merchant),
        (fact_told(6, limit=2), e(5, n=2, now=6)),
        6,
        None,
    ),
    case(
        "a fact is added",
        on(Event, Event.n + fact(Fact.limit) >= 3, per=Event.merchant),
        (fact_told(0, limit=1), e(5, n=2), e(6, n=1)),
        6,
        5,
    ),
    case(
        "among a set",
        on(Event, Event.word.among(Event.more), per=Event.merchant),
        (x(0, more=frozenset({"x"})), x(1, more=frozenset())),
        1,
        0,
    ),
    case(
        "among what is told",
        on(Event, Event.word.among(fact(Fact.words)), per=Event.merchant),
        (fact_told(0, words=frozenset({"x"})), x(0), y(1)),
        1,
        0,
    ),
)
