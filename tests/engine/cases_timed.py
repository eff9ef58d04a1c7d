"""Cases for selections and for what is said about times."""

from __future__ import annotations

from migro.expressions import percent
from migro.rules import on, silence, together

from .cases import EVERY, Event, Fact, X, Y, case, e, fact_told, gone, x, y
from .profiles import us

__all__ = ["TIMED"]

FEW = X.at_least(2, within=us(5))
PER_CART = on(Event, Event.word == "x", per=(Event.merchant, Event.cart))
WEIGHTED = on(Event, per=Event.merchant, weight=Event.size)
GOOD = EVERY.fits(Event.n >= 1)
QUIET = silence(X, expected=on(Event, Event.n == 1, per=Event.merchant), longer_than=us(10), lateness=us(2))
ENDING = silence(
    X,
    expected=on(Event, Event.n == 1, per=Event.merchant),
    ended=on(Event, Event.n == 0, per=Event.merchant),
    longer_than=us(10),
    lateness=us(0),
)
ONE, ZERO = e(0, n=1), e(0, n=0)
HALF = EVERY.share(Event.n >= 1, at_least=percent(50), floor=2, within=us(5), bound="plain")

TIMED = (
    # --- windows, lasts, withdrawals, redeliveries ---
    case("a selection is satisfied at its signals", X, (x(1), x(4), y(5)), 5, 4),
    case("lasts includes its end", X, (x(0),), 1000, 0),
    case("lasts ends a microsecond later", X, (x(0),), 1001, None),
    case("a window includes both ends", FEW, (x(0), x(5)), 5, 5),
    case("a window is no microsecond longer", FEW, (x(0), x(6)), 6, None),
    case("equal times are two signals", FEW, (x(3, id="a"), x(3, id="b")), 3, 3),
    case("equal ids are one signal", FEW, (x(3, id="a"), x(3, id="a", now=4)), 4, None),
    case("a late signal completes a window in the past", FEW, (x(0), x(20), x(5, now=20)), 20, 5),
    case("a withdrawn signal was never there", FEW, (x(0), x(5), gone(x(0), 6)), 6, None),
    case("an unknown withdrawal takes nothing back", X, (gone(x(5), 3), x(5)), 5, 5),
    case("a withdrawal moves the anchor back", X, (x(0), x(5), gone(x(5), 6)), 6, 0),
    case("what is withdrawn stays so", X, (x(0), gone(x(0), 1), x(0, now=2)), 2, None),
    case("a signal without the key is nobody's", X, (x(0, merchant=None),), 0, None),
    case(
        "every key has its own window", FEW, (x(0, merchant="a"), x(1, merchant="b"), x(5, merchant="b")), 5, {"b": 5}
    ),
    case("a composite key needs all of its parts", PER_CART, (x(0, cart="c"), x(1)), 1, {("m", "c"): 0}),
    # --- weights ---
    case("weights are added", WEIGHTED.at_least(3, within=us(5)), (e(0, size=2), e(5, size=1)), 5, 5),
    case("a weight below one selects nothing", WEIGHTED, (e(0, size=0), e(1)), 1, None),
    case(
        "distinct counts values and no weights",
        WEIGHTED.distinct(Event.word, at_least=2, within=us(5)),
        (x(0, size=9),),
        0,
        None,
    ),
    case(
        "shares add weights on both sides",
        WEIGHTED.share(Event.n >= 1, at_least=percent(60), floor=5, within=us(5), bound="plain"),
        (e(0, size=3, n=1), e(1, size=2, n=0), e(2, size=1, n=1)),
        2,
        2,
    ),
    # --- distinct, share, fits ---
    case(
        "distinct is not anchored without a value",
        X.distinct(Event.n, at_least=1, within=us(5)),
        (x(0, n=1), x(1)),
        1,
        0,
    ),
    case(
        "distinct takes arithmetic",
        X.distinct(Event.n - Event.size, at_least=2, within=us(5)),
        (x(0, n=2, size=1), x(1, n=3, size=2)),
        1,
        None,
    ),
    case("a share is anchored at a hit", HALF, (e(0, n=1), e(1, n=0)), 1, None),
    case("a share is anchored at a hit at the same time", HALF, (e(1, n=1), e(1, n=0)), 1, 1),
    case("an unknown is on neither side of a share", HALF, (e(0), e(1, n=1)), 1, None),
    case("fits needs a match", GOOD, (e(0, n=1), e(1, n=0)), 1, 0),
    case("fits is spoilt by another of the same time", GOOD, (e(0, n=1), e(5, n=1, id="a"), e(5, n=0, id="b")), 5, 0),
    case("fits is not spoilt by an unknown", GOOD, (e(5, n=1, id="a"), e(5, id="b")), 5, 5),
    # --- after ---
    case("after looks back to the end of its span", X.after(Y, within=us(5)), (y(0), x(5)), 5, 5),
    case("after looks no microsecond further", X.after(Y, within=us(5)), (y(0), x(6)), 6, None),
    case("an equal time is no order", X.after(Y, within=us(5)), (y(5), x(5)), 5, None),
    case("a microsecond is an order", X.after(Y, within=us(5)), (y(4), x(5)), 5, 5),
    case("after notices what came late", X.after(Y, within=us(5)), (x(5), y(1, now=9)), 9, 5),
    case("after forgets what is withdrawn", X.after(Y, within=us(5)), (y(1), x(5), gone(y(1), 9)), 9, None),
    # --- without ---
    case("without is judged after span and lateness", X.without(Y, within=us(5), lateness=us(2)), (x(0),), 7, 5),
    case("without is not judged before", X.without(Y, within=us(5), lateness=us(2)), (x(0),), 6, None),
    case("what follows at once follows", X.without(Y, within=us(5), lateness=us(0)), (x(0), y(0)), 5, None),
    case("what follows at the end follows", X.without(Y, within=us(5), lateness=us(0)), (x(0), y(5)), 5, None),
    case("what follows later does not", X.without(Y, within=us(5), lateness=us(0)), (x(0), y(6)), 6, 5),
    case("what follows late takes it back", X.without(Y, within=us(5), lateness=us(0)), (x(0), y(5, now=9)), 9, None),
    case("each start is judged for itself", X.without(Y, within=us(5), lateness=us(0)), (x(0), x(3), y(5)), 9, None),
    case("an earlier start stands", X.without(Y, within=us(5), lateness=us(0)), (x(0), x(3), y(6)), 9, 5),
    case(
        "what came before counts where it may",
        X.without(Y, within=us(5), before=us(3), lateness=us(0)),
        (y(0), x(3)),
        9,
        None,
    ),
    case("but not any earlier", X.without(Y, within=us(5), before=us(3), lateness=us(0)), (y(0), x(4)), 9, 9),
    # --- together ---
    case("together in any order", together(X, Y, within=us(5)), (y(0), x(5)), 5, 5),
    case("together in too long a time", together(X, Y, within=us(5)), (y(0), x(6)), 6, None),
    case("together at one time", together(X, Y, within=us(5)), (y(3), x(3)), 3, 3),
    case("together once more", together(X, Y, within=us(5)), (y(0), x(5), x(4, now=6), y(8, now=9)), 9, 8),
    # --- held ---
    case("held for its span", GOOD.held(us(5)), (e(0, n=1), e(5, n=1)), 5, 5),
    case("held for a microsecond less", GOOD.held(us(5)), (e(1, n=1), e(5, n=1)), 5, None),
    case("held breaks at a point that does not fit", GOOD.held(us(5)), (e(0, n=1), e(3, n=0), e(5, n=1)), 5, None),
    case("held does not break at an unknown", GOOD.held(us(5)), (e(0, n=1), e(3), e(5, n=1)), 5, 5),
    case("held looks back twice its span", GOOD.held(us(5)), (e(0, n=1), e(10, n=1)), 10, 10),
    case("held looks back no further", GOOD.held(us(5)), (e(0, n=1), e(11, n=1)), 11, None),
    case("held may begin between span and twice of it", GOOD.held(us(5)), (e(0, n=0), e(1, n=1), e(8, n=1)), 8, 8),
    case(
        "held of a break that is withdrawn",
        GOOD.held(us(5)),
        (e(0, n=1), e(3, n=0), e(5, n=1), gone(e(3, n=0), 6)),
        6,
        5,
    ),
    # --- runs ---
    case("three in a row", GOOD.runs(3, of=3, within=us(9)), (e(0, n=1), e(4, n=1), e(9, n=1)), 9, 9),
    case(
        "three in a row in too long a time",
        GOOD.runs(3, of=3, within=us(8)),
        (e(0, n=1), e(4, n=1), e(9, n=1)),
        9,
        None,
    ),
    case("two of three", GOOD.runs(2, of=3, within=us(9)), (e(0, n=1), e(4, n=0), e(9, n=1)), 9, 9),
    case(
        "two of the last three, not of four",
        GOOD.runs(2, of=3, within=us(9)),
        (e(0, n=1), e(1, n=0), e(2, n=0), e(9, n=1)),
        9,
        None,
    ),
    case("runs needs as many points", GOOD.runs(1, of=2, within=us(9)), (e(0, n=1),), 0, None),
    case("runs ends where the premise is satisfied", GOOD.runs(1, of=2, within=us(9)), (e(0, n=1), e(1, n=0)), 1, None),
    case(
        "equal times are one point", GOOD.runs(2, of=2, within=us(9)), (e(3, n=1, id="a"), e(3, n=1, id="b")), 3, None
    ),
    case(
        "a late point moves what follows",
        GOOD.runs(2, of=2, within=us(9)),
        (e(0, n=1), e(9, n=1), e(4, n=0, now=9)),
        9,
        None,
    ),
    # --- holds ---
    case("a premise holds at the next multiple", X.holds(1, of=1, every=us(10)), (x(1),), 10, 10),
    case("not before the multiple is there", X.holds(1, of=1, every=us(10)), (x(1),), 9, None),
    case("a time at a multiple belongs to it", X.holds(1, of=1, every=us(10)), (x(10),), 19, 10),
    case("a time just after belongs to the next", X.holds(1, of=1, every=us(10)), (x(11),), 20, 20),
    case("two multiples in a row", X.holds(2, of=2, every=us(10)), (x(1), x(11)), 20, 20),
    case("two of three multiples", X.holds(2, of=3, every=us(10)), (x(1), x(21)), 30, 30),
    case("two of two multiples with a gap", X.holds(2, of=2, every=us(10)), (x(1), x(21)), 30, None),
    case(
        "a comparison is measured at the multiple",
        (X.count(within=us(12)) <= 0 * Y.count(within=us(12))).holds(1, of=1, every=us(10)),
        (x(1), y(9)),
        20,
        20,
    ),
    case("the window still has it", (X.count(within=us(19)) <= 0).holds(1, of=1, every=us(10)), (x(1),), 20, None),
    # --- silence ---
    case("silent after its span and lateness", QUIET, (ONE,), 12, 10),
    case("not yet silent", QUIET, (ONE,), 11, None),
    case("silent again after another span", QUIET, (ONE,), 22, 20),
    case("what comes starts the clock again", QUIET, (ONE, x(9)), 21, 19),
    case("what comes at the end was in time", QUIET, (ONE, x(10)), 21, None),
    case("what comes just after was not", QUIET, (ONE, x(11)), 21, 10),
    case("a key that is not expected is not silent", QUIET, (x(0),), 100, None),
    case("an expectation that is renewed does not start again", QUIET, (ONE, e(5, n=1)), 12, 10),
    case("not silent when the expectation has ended", ENDING, (ONE, e(10, n=0)), 20, None),
    case("silent just before it ends", ENDING, (ONE, e(11, n=0)), 20, 10),
    case("an end at the same time ends", ENDING, (ONE, ZERO), 20, None),
    case("expected again is a clock of its own", ENDING, (ONE, e(5, n=0), e(8, n=1)), 20, 18),
    case("a late word takes silence back", ENDING, (ONE, x(4, now=12)), 12, None),
    # --- via ---
    case(
        "a fact leads to another key",
        X.via(Fact.org),
        (fact_told(0, org="o"), x(1), fact_told(2, org="p"), x(3)),
        3,
        {("m", "o"): 1, ("m", "p"): 3},
    ),
    case("a fact that is not told leads nowhere", X.via(Fact.org), (x(1), fact_told(2, org="o")), 3, None),
    case(
        "a fact counts from its own time on", X.via(Fact.org), (x(1), fact_told(1, org="o", now=3)), 3, {("m", "o"): 1}
    ),
)
