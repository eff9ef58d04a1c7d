"""Measures, their baselines and comparisons: what they refuse, how they print, what their meaning is."""

# ruff: noqa: SIM300
# A measure in capitals is no constant to compare with; its comparison reads from left to right.

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.errors import RuleDefinitionError, RuleSetError
from migro.expressions import UNSET, Attr, Maybe, MaybeKey, Node, fact, hours, minutes, percent, permille
from migro.models import Signal
from migro.rules import (
    Compared,
    Constant,
    IssueKind,
    Measure,
    Rule,
    RuleSet,
    before,
    fact_uses,
    greatest,
    holding,
    hour_of_week,
    known,
    least,
    on,
    previous,
    selections,
    supports,
    trailing,
    vetoes,
)


class Request(Signal, kind="measures.request"):
    code: Attr[int]
    amount: Maybe[Decimal] = UNSET
    word: Maybe[str] = UNSET
    region: MaybeKey[str] = UNSET


class Probe(Signal, kind="measures.probe"):
    size: Attr[int]


class Shop(Signal, kind="measures.shop"):
    limit: Maybe[int] = UNSET
    host: Maybe[str] = UNSET
    platform: MaybeKey[str] = UNSET


DOWN = IssueKind[Any]("down", category="checkout")
FIVE = minutes(5)
ALL = on(Request, per=Request.merchant)
ERRORS = on(Request, Request.code >= 500, per=Request.merchant)
PER_REGION = on(Request, per=(Request.merchant, Request.region))
PROBES = on(Probe, per=Probe.merchant)
COUNT = ERRORS.count(within=FIVE)
EVERY = ALL.count(within=FIVE)
SHARE = COUNT.per(EVERY, floor=20)
BY_REGION = PER_REGION.count(within=FIVE)

NO: Any = "no"  # what follows are mistakes that a type checker would stop
ZERO = timedelta(0)
LooseRequest: Any = Request
LooseProbe: Any = Probe
LooseShop: Any = Shop
LOOSE: Any = ALL
LOOSE_COUNT: Any = COUNT
LOOSE_REGION: Any = BY_REGION
HALF: Any = 0.5
NUMBER: Any = 95


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (lambda: LOOSE.count(within=ZERO), "within= takes a span above 0 such as minutes(5)"),
        (lambda: LOOSE.total(LooseRequest.word, within=FIVE), ".total() takes a numeric column, got Request.word"),
        (lambda: LOOSE.total(LooseProbe.size, within=FIVE), "total(Request, ...) cannot use Probe.size"),
        (lambda: LOOSE.total(3, within=FIVE), "total(Request, ...) takes columns, got 3"),
        (lambda: LOOSE.different(LooseProbe.size, within=FIVE), "different(Request, ...) cannot use Probe.size"),
        (lambda: LOOSE.top(LooseProbe.size, within=FIVE), "top(Request, ...) cannot use Probe.size"),
        (lambda: LOOSE.quantile(NUMBER, LooseRequest.code, within=FIVE), "takes percent(...) above 0 and at most 1"),
        (lambda: LOOSE.quantile(percent(0), LooseRequest.code, within=FIVE), "got Fraction(0, 1)"),
        (
            lambda: LOOSE.quantile(percent(95), LooseRequest.word, within=FIVE),
            ".quantile() takes a numeric column or a span of time, got Request.word",
        ),
        (lambda: LOOSE.latest(LooseRequest.word, max_age=FIVE), ".latest() takes a numeric column"),
        (lambda: LOOSE.latest(LooseRequest.code, max_age=ZERO), "max_age= takes a span above 0"),
        (lambda: LOOSE.age(horizon=ZERO), "horizon= takes a span above 0"),
        (
            lambda: LOOSE.smoothed(LooseRequest.code, by=HALF, samples=3, within=FIVE),
            ".smoothed() takes by= as permille(...) above 0 and at most 1, got 0.5",
        ),
        (
            lambda: LOOSE.smoothed(LooseRequest.code, by=percent(30), samples=0, within=FIVE),
            "samples= takes a whole number from 1, got 0",
        ),
        (
            lambda: LOOSE.standout(LooseRequest.word, against=PROBES, at_most=percent(40), within=FIVE),
            ".standout() takes a selection of Request in against=, got <Selection Probe",
        ),
        (
            lambda: LOOSE.standout(LooseRequest.word, against=PER_REGION, at_most=percent(40), within=FIVE),
            ".standout() joins premises about the same key",
        ),
        (
            lambda: LOOSE.standout(LooseRequest.word, against=LOOSE, at_most=percent(140), within=FIVE),
            "at_most=percent(...) above 0 and at most 1, got Fraction(7, 5)",
        ),
        (lambda: LOOSE_COUNT + LOOSE_REGION, "+ joins premises about the same key: one is per merchant"),
        (lambda: LOOSE_COUNT - NO, "- takes a measure, a fact, an int, a Decimal, percent(...) or a span, got 'no'"),
        (lambda: LOOSE_COUNT + True, "+ takes a measure, a fact, an int, a Decimal"),
        (lambda: LOOSE_COUNT >= HALF, ">= takes a measure, a fact, an int, a Decimal, percent(...) or a span, got 0.5"),
        (lambda: LOOSE_COUNT < LOOSE_REGION, "< joins premises about the same key"),
        (lambda: LOOSE_COUNT == fact(LooseShop.host), "== takes a fact that is a number, got fact(Shop.host)"),
        (lambda: LOOSE_COUNT * LOOSE_COUNT, "a measure is multiplied with an int, percent(...) or permille(...)"),
        (lambda: HALF * LOOSE_COUNT, "permille(...), got 0.5"),
        (lambda: LOOSE_COUNT.per(LOOSE_REGION), ".per() joins premises about the same key"),
        (lambda: LOOSE_COUNT.per(LOOSE_COUNT, floor=0), "floor= takes a whole number from 1, got 0"),
        (lambda: LOOSE_COUNT.per(LOOSE_COUNT, bound=NO), ".per() takes bound 'wilson' or 'plain', got 'no'"),
        (lambda: greatest(1, 2), "greatest() takes two values or more, one of them a measure, got (1, 2)"),
        (lambda: least(LOOSE_COUNT), "least() takes two values or more"),
        (lambda: greatest(LOOSE_COUNT, LOOSE_REGION), "greatest() joins premises about the same key"),
        (lambda: LOOSE_COUNT.rising(samples=1), ".rising() takes samples= from 2, got 1"),
        (lambda: LOOSE_COUNT.rising(samples=NO), "samples= takes a whole number from 1, got 'no'"),
        (lambda: LOOSE_COUNT.drop(LOOSE_COUNT, p=HALF, every=FIVE), ".drop() takes p= as permille(...) between 0 and"),
        (lambda: LOOSE_COUNT.drop(LOOSE_COUNT, p=Fraction(1), every=FIVE), "between 0 and 1, got Fraction(1, 1)"),
        (lambda: LOOSE_COUNT.drop(LOOSE_COUNT, p=percent(1), every=ZERO), "every= takes a span above 0"),
        (lambda: LOOSE_COUNT.drop(LOOSE_COUNT, p=percent(1), every=FIVE, floor=0), "floor= takes a whole number"),
        (lambda: LOOSE_COUNT.drop(LOOSE_REGION, p=percent(1), every=FIVE), ".drop() joins premises about the same key"),
        (lambda: SHARE.differs(COUNT), ".differs() compares two shares or two counts, got one of each"),
        (lambda: COUNT.differs(EVERY, z=0), "z= takes a whole number from 1, got 0"),
        (lambda: LOOSE_COUNT.baseline(), ".baseline() takes hour_of_week(...), trailing(...), previous() or before"),
        (lambda: LOOSE_COUNT.baseline(FIVE), ".baseline() takes hour_of_week(...)"),
        (
            lambda: COUNT.baseline(previous()).baseline(previous()),
            ".baseline() takes a measure without a baseline in it",
        ),
        (lambda: LOOSE_COUNT.baseline(before(PER_REGION, within=FIVE)), ".baseline() joins premises about the same"),
        (lambda: before(NO, within=FIVE), "before() needs a premise that is satisfied at definite times"),
        (lambda: before(LOOSE, within=ZERO), "within= takes a span above 0"),
        (lambda: hour_of_week(weeks=9), "hour_of_week() takes at most 8 weeks, got 9"),
        (lambda: hour_of_week(weeks=0), "weeks= takes a whole number from 1, got 0"),
        (lambda: trailing(minutes(210)), "trailing() takes whole hours from 4 to 168"),
        (lambda: trailing(hours(2)), "trailing() takes whole hours from 4 to 168"),
        (lambda: trailing(hours(169)), "trailing() takes whole hours from 4 to 168"),
        (
            lambda: holding(LOOSE, per=LooseRequest.merchant, within=FIVE),
            "holding() counts keys that are finer than per=; the premise is per merchant",
        ),
        (
            lambda: holding(PER_REGION, per=LooseRequest.code, within=FIVE),
            "holding() takes a key column of merchant and region in per=, got <Col Request.code>",
        ),
        (
            lambda: holding(PER_REGION, per=LooseShop.platform, within=FIVE),
            "holding() takes a key column of merchant and region in per=",
        ),
        (
            lambda: holding(NO, per=LooseRequest.merchant, within=FIVE),
            "holding() needs a premise that is satisfied at definite times",
        ),
        (lambda: bool(COUNT >= 3), "is not known while the rule is being written"),
    ],
)
def test_a_mistake_raises_at_its_line_with_what_was_expected(write: Callable[[], object], words: str) -> None:
    with pytest.raises(RuleDefinitionError) as caught:
        write()

    assert words in str(caught.value)


A, E = "Request: any per merchant", "Request: Request.code >= 500 per merchant"
N = f"number of [{E}] in 5 min"


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (COUNT, N),
        (ALL.total(Request.amount, within=FIVE), f"total Request.amount of [{A}] in 5 min"),
        (ALL.different(Request.word, within=FIVE), f"different Request.word of [{A}] in 5 min"),
        (ALL.quantile(percent(95), Request.code, within=FIVE), f"19/20 quantile of Request.code of [{A}] in 5 min"),
        (ALL.latest(Request.code, max_age=hours(1)), f"latest Request.code of [{A}], at most 1 h old"),
        (ALL.top(Request.word, within=FIVE), f"largest group by Request.word of [{A}] in 5 min"),
        (
            ERRORS.standout(Request.word, against=ALL, at_most=percent(40), within=FIVE),
            f"largest group by Request.word of [{E}] that is at most 2/5 of [{A}] in 5 min",
        ),
        (ALL.age(horizon=hours(1)), f"age of the newest [{A}], at most 1 h"),
        (
            ALL.smoothed(Request.code, by=permille(300), samples=5, within=hours(1)),
            f"Request.code of [{A}] smoothed by 3/10 over 5 in 1 h",
        ),
        (
            holding(PER_REGION, per=Request.merchant, within=FIVE),
            "number of merchant and region with [Request: any per merchant and region] in 5 min",
        ),
        (COUNT + 1, f"({N} + 1)"),
        (5 - COUNT, f"(5 - {N})"),
        (COUNT - fact(Shop.limit), f"({N} - fact(Shop.limit))"),
        (percent(50) * COUNT, f"1/2 x {N}"),
        (abs(COUNT), f"|{N}|"),
        (greatest(5, COUNT), f"greatest(5, {N})"),
        (least(COUNT, 5), f"least({N}, 5)"),
        (SHARE, f"({N}) / (number of [{A}] in 5 min), n >= 20"),
        (COUNT.per(EVERY, bound="wilson"), f"({N}) / (number of [{A}] in 5 min), n >= 1, Wilson bound"),
        (
            COUNT.baseline(hour_of_week(weeks=4), trailing(hours(24)), previous(), before(PROBES, within=FIVE)),
            f"usual {N} by the same hour of 4 weeks, else the last 1 d, else the time before,"
            " else the time before [Probe: any per merchant]",
        ),
        (COUNT >= 3, f"{N} >= 3"),
        (COUNT != EVERY, f"{N} != number of [{A}] in 5 min"),
        (ALL.age(horizon=hours(1)) > minutes(1), f"age of the newest [{A}], at most 1 h > 60000000"),
        (COUNT.rising(samples=3), f"{N} rising over 3 samples"),
        (
            COUNT.drop(EVERY, p=permille(10), every=FIVE),
            f"{N} improbably small (p < 1/100) for number of [{A}] in 5 min, expected >= 5, checked every 5 min",
        ),
        (COUNT.differs(EVERY), f"{N} differs from number of [{A}] in 5 min by 3 standard errors"),
    ],
)
def test_every_measure_prints_as_people_read_it(node: Node, text: str) -> None:
    assert str(node) == text


def test_whatever_changes_the_meaning_changes_the_document() -> None:
    column, six = Request.code, minutes(6)
    measures: list[Measure[Any]] = [
        COUNT,
        EVERY,
        ERRORS.count(within=six),
        ALL.total(column, within=FIVE),
        ALL.total(Request.amount, within=FIVE),
        ALL.different(column, within=FIVE),
        ALL.quantile(percent(95), column, within=FIVE),
        ALL.quantile(percent(90), column, within=FIVE),
        ALL.latest(column, max_age=FIVE),
        ALL.top(column, within=FIVE),
        ALL.standout(column, against=ERRORS, at_most=percent(40), within=FIVE),
        ALL.standout(column, against=ERRORS, at_most=percent(50), within=FIVE),
        ALL.standout(column, against=ALL, at_most=percent(40), within=FIVE),
        ALL.age(horizon=FIVE),
        ALL.smoothed(column, by=percent(30), samples=5, within=FIVE),
        ALL.smoothed(column, by=percent(40), samples=5, within=FIVE),
        ALL.smoothed(column, by=percent(30), samples=6, within=FIVE),
        holding(PER_REGION, per=Request.merchant, within=FIVE),
        holding(PER_REGION, per=Request.merchant, within=six),
        COUNT + EVERY,
        COUNT - EVERY,
        EVERY - COUNT,
        2 * COUNT,
        3 * COUNT,
        abs(COUNT),
        greatest(COUNT, 5),
        least(COUNT, 5),
        COUNT.per(EVERY),
        EVERY.per(COUNT),
        COUNT.per(EVERY, floor=20),
        COUNT.per(EVERY, bound="wilson"),
        COUNT.baseline(previous()),
        COUNT.baseline(hour_of_week(weeks=4)),
        COUNT.baseline(hour_of_week(weeks=3)),
        COUNT.baseline(trailing(hours(24))),
        COUNT.baseline(trailing(hours(23))),
        COUNT.baseline(before(PROBES, within=FIVE)),
        COUNT.baseline(before(PROBES, within=six)),
        COUNT.baseline(before(ALL, within=FIVE)),
        COUNT.baseline(previous(), trailing(hours(24))),
        COUNT.baseline(trailing(hours(24)), previous()),
        COUNT + fact(Shop.limit),
        COUNT + fact(Shop.limit, default=3),
    ]
    premises: list[Node] = [
        COUNT >= 3,
        COUNT > 3,
        COUNT <= 3,
        COUNT < 3,
        COUNT == 3,
        COUNT != 3,
        COUNT >= 4,
        EVERY >= 3,
        COUNT.rising(samples=3),
        COUNT.rising(samples=4),
        COUNT.differs(EVERY),
        COUNT.differs(EVERY, z=2),
        COUNT.drop(EVERY, p=percent(1), every=FIVE),
        COUNT.drop(EVERY, p=percent(2), every=FIVE),
        COUNT.drop(EVERY, p=percent(1), every=six),
        COUNT.drop(EVERY, p=percent(1), every=FIVE, floor=6),
    ]

    nodes: list[Node] = [*measures, *premises]
    same = [(str(a), str(b)) for a, b in combinations(nodes, 2) if a.document() == b.document()]
    assert same == []


NUMBERS = st.lists(st.integers(-9, 9), min_size=1, max_size=4)


@settings(max_examples=50)
@given(numbers=NUMBERS, data=st.data())
def test_the_greatest_of_several_is_the_same_in_any_order(numbers: list[int], data: st.DataObject) -> None:
    parts: list[Any] = [COUNT, EVERY, *numbers]
    shuffled = data.draw(st.permutations(parts))

    assert greatest(*parts).document() == greatest(*shuffled).document()
    assert least(*parts).document() == least(*shuffled).document()


@given(value=st.integers(-(10**30), 10**30), parts=st.integers(1, 10**6))
def test_a_number_in_a_rule_is_exact_whatever_its_type(value: int, parts: int) -> None:
    ratio = Fraction(value, parts)
    written = COUNT >= ratio
    assert isinstance(written, Compared)
    assert isinstance(written.right, Constant)

    assert written.right.value == ratio
    assert (COUNT >= value).document() == (COUNT >= Decimal(value)).document() == (COUNT >= Fraction(value)).document()


def test_a_span_beside_a_measure_is_its_microseconds() -> None:
    assert (ALL.age(horizon=hours(1)) >= minutes(1)).document() == (ALL.age(horizon=hours(1)) >= 60_000_000).document()


def test_a_number_may_stand_on_either_side() -> None:
    assert (1 + COUNT).document() == {"plus": [{"number": 1}, COUNT.document()]}
    assert (COUNT * percent(50)).document() == (percent(50) * COUNT).document()
    assert (3 <= COUNT).document() == (COUNT >= 3).document()
    assert (fact(Shop.limit) < COUNT).document() == (COUNT > fact(Shop.limit)).document()


def test_measures_know_what_they_are_made_of() -> None:
    when = (greatest(5, COUNT - fact(Shop.limit)) >= 2 * EVERY.baseline(before(PROBES, within=FIVE))).unless(
        ALL.at_least(1, within=FIVE)
    )

    assert list(selections(when)) == [ERRORS, ALL, PROBES, ALL]
    assert [(str(f), names) for f, names in fact_uses(when)] == [("fact(Shop.limit)", ("merchant",))]


def test_the_longest_span_of_a_measure_counts_and_the_hours_of_a_baseline_do_not() -> None:
    def lasts(when: Any) -> int:
        return Rule("r", when=when, then=vetoes(DOWN, family="f")).lasts_us // 60_000_000

    assert lasts(ALL.count(within=hours(2)) >= COUNT) == 120
    assert lasts(COUNT >= COUNT.baseline(hour_of_week(weeks=4), trailing(hours(24)))) == 10
    assert lasts(COUNT >= COUNT.baseline(before(ALL.at_least(2, within=hours(3)), within=hours(1)))) == 180
    assert lasts(COUNT.drop(EVERY, p=percent(1), every=hours(1))) == 60


def test_the_same_columns_in_another_order_are_another_key() -> None:
    turned = on(Request, per=(Request.region, Request.merchant)).count(within=FIVE)
    loose: Any = turned

    with pytest.raises(RuleDefinitionError, match="one is per merchant and region, the other per region and merchant"):
        LOOSE_REGION >= loose  # noqa: B015  # the comparison is the mistake


def test_a_fact_beside_a_measure_has_to_share_a_key() -> None:
    by_region = on(Request, per=Request.region).count(within=FIVE)
    kind = IssueKind[Any]("regional", category="checkout", per=("region",))
    with pytest.raises(RuleSetError) as caught:
        RuleSet("r", Rule("r", when=by_region > fact(Shop.limit), then=supports(kind, 5, family="f")))

    assert [f.code for f in caught.value.findings] == ["fact-key"]
    assert "expected Shop to share a key with the premise (per region)" in str(caught.value)


@pytest.mark.parametrize(
    "measure",
    [
        holding(PER_REGION, per=Request.merchant, within=FIVE),
        ERRORS.standout(Request.word, against=ALL, at_most=percent(40), within=FIVE) + 1,
    ],
    ids=["holding", "standout"],
)
def test_what_keeps_no_hours_has_no_baseline_over_hours(measure: Measure[Any]) -> None:
    assert str(measure.baseline(previous())).startswith("usual ")
    with pytest.raises(RuleDefinitionError, match=re.escape(".baseline() over hours takes a measure of selections")):
        measure.baseline(previous(), trailing(hours(24)))


def test_what_a_rule_concludes_from_is_a_comparison_and_not_a_number() -> None:
    number: Any = COUNT

    with pytest.raises(RuleDefinitionError, match="rule 'r' needs a premise in when=, got <Count"):
        Rule("r", when=number, then=supports(DOWN, 5, family="f"))
    assert str((COUNT >= 3) & known(DOWN)).startswith(f"{N} >= 3\n  and down is supported")
