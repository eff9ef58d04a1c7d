"""Premises with times and those that are states: what they refuse, how they print, what their meaning is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

import pytest

from migro.errors import RuleDefinitionError, RuleSetError
from migro.expressions import UNSET, Attr, Maybe, MaybeKey, Pred, days, fact, hours, minutes, percent, seconds
from migro.models import Signal
from migro.rules import (
    IssueKind,
    Premise,
    Rule,
    RuleSet,
    Timed,
    during,
    given,
    holding,
    known,
    leaves,
    on,
    selections,
    silence,
    supports,
    together,
    vetoes,
)


class Request(Signal, kind="timed.request"):
    code: Attr[int]
    size: Maybe[int] = UNSET
    word: Maybe[str] = UNSET
    cart: MaybeKey[str] = UNSET


class Probe(Signal, kind="timed.probe"):
    ok: Attr[bool]


class Shop(Signal, kind="timed.shop"):
    limit: Maybe[int] = UNSET
    open: Maybe[bool] = UNSET
    platform: MaybeKey[str] = UNSET


class Sale(Signal, kind="timed.sale"):
    begins: Maybe[datetime] = UNSET
    ends: Maybe[datetime] = UNSET


DOWN = IssueKind[Any]("down", category="checkout")
FIVE = minutes(5)
ERRORS = on(Request, Request.code >= 500, per=Request.merchant)
FINE = on(Request, Request.code < 500, per=Request.merchant)
PER_CART = on(Request, per=(Request.merchant, Request.cart))
PROBES = on(Probe, per=Probe.merchant)
SALES = on(Sale, per=Sale.merchant)
OPEN: Pred[Shop] = Shop.open == True  # noqa: E712  # a column, no boolean
BAD: Pred[Probe] = Probe.ok == False  # noqa: E712

ANY: Any = None  # what follows are mistakes that a type checker would stop
NO: Any = "no"
ZERO = timedelta(0)
BEFORE_ZERO = timedelta(microseconds=-1)
LooseRequest: Any = Request
LooseShop: Any = Shop
LooseSale: Any = Sale
LooseProbe: Any = Probe
LOOSE: Any = ERRORS
LOOSE_CART: Any = PER_CART
LOOSE_SALES: Any = SALES
KNOWN: Any = known(DOWN)
Loosely = Callable[[], object]


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (lambda: LOOSE.after(NO, within=FIVE), "after() needs a premise that is satisfied at definite times"),
        (lambda: LOOSE.after(KNOWN, within=FIVE), "got <Known down is supported by at least 0 points>"),
        (lambda: LOOSE.after(LOOSE_CART, within=FIVE), ".after() joins premises about the same key"),
        (lambda: LOOSE.after(LOOSE, within=ZERO), "within= takes a span above 0 such as minutes(5)"),
        (lambda: LOOSE.without(ERRORS & ERRORS, within=FIVE), "without() needs a premise that is satisfied"),
        (lambda: LOOSE.without(LOOSE_CART, within=FIVE), ".without() joins premises about the same key"),
        (lambda: LOOSE.without(LOOSE, within=ANY), "within= takes a span above 0 such as minutes(5), got None"),
        (lambda: LOOSE.without(LOOSE, within=FIVE, before=BEFORE_ZERO), "before= takes a span from 0"),
        (lambda: LOOSE.without(LOOSE, within=FIVE, lateness=BEFORE_ZERO), "lateness= takes a span from 0"),
        (lambda: LOOSE.held(ZERO), "held= takes a span above 0"),
        (lambda: LOOSE.held(300), "held= takes a span above 0 such as minutes(5), got 300"),
        (lambda: LOOSE.holds(4, of=3, every=FIVE), ".holds() takes at most of= 3, got 4"),
        (lambda: LOOSE.holds(0, of=3, every=FIVE), "holds= takes a whole number from 1, got 0"),
        (lambda: LOOSE.holds(1, of=True, every=FIVE), "of= takes a whole number from 1, got True"),
        (lambda: LOOSE.holds(1, of=1, every=ZERO), "every= takes a span above 0"),
        (lambda: LOOSE.runs(4, of=3, within=FIVE), ".runs() takes at most of= 3, got 4"),
        (lambda: LOOSE.runs(1, of=1, within=ZERO), "within= takes a span above 0"),
        (lambda: LOOSE.via(LooseShop.limit), ".via() takes a key column of a fact, got <Col Shop.limit>"),
        (lambda: LOOSE.via(LooseShop.merchant), "expected a column that is not yet part of the key"),
        (lambda: together(LOOSE, within=FIVE), "together() takes two premises or more"),
        (lambda: together(LOOSE, KNOWN, within=FIVE), "together() needs a premise that is satisfied"),
        (lambda: together(LOOSE, LOOSE_CART, within=FIVE), "together() joins premises about the same key"),
        (lambda: together(LOOSE, LOOSE, within=ZERO), "within= takes a span above 0"),
        (lambda: LOOSE.fits(), ".fits() needs at least one predicate of Request"),
        (lambda: LOOSE.fits(LooseProbe.ok.present()), "fits(Request, ...) cannot use Probe.ok"),
        (
            lambda: on(Request, per=LooseRequest.merchant, weight=LooseRequest.word),
            "on() takes a whole-number column in weight=, got Request.word",
        ),
        (lambda: on(Request, per=LooseRequest.merchant, weight=LooseShop.limit), "on(Request, ...) cannot use Shop"),
        (
            lambda: silence(LOOSE, expected=LOOSE.at_least(1, within=FIVE), longer_than=FIVE),
            "silence() takes on(...) in expected= and ended=, got <Counted",
        ),
        (lambda: silence(LOOSE, expected=LOOSE, ended=NO, longer_than=FIVE), "in expected= and ended=, got 'no'"),
        (lambda: silence(KNOWN, expected=LOOSE, longer_than=FIVE), "silence() needs a premise that is satisfied"),
        (lambda: silence(LOOSE, expected=LOOSE_CART, longer_than=FIVE), "silence() joins premises about the same key"),
        (lambda: silence(LOOSE, expected=LOOSE, longer_than=ZERO), "longer_than= takes a span above 0"),
        (
            lambda: silence(LOOSE, expected=LOOSE, longer_than=FIVE, lateness=BEFORE_ZERO),
            "lateness= takes a span from 0",
        ),
        (lambda: during(NO, starts=LooseSale.begins, ends=LooseSale.ends), "during() takes on(...) first, got 'no'"),
        (
            lambda: during(LOOSE_SALES, starts=LooseSale.begins, ends=LooseRequest.code),
            "during() takes a column of Sale in ends=, got <Col Request.code>",
        ),
        (
            lambda: during(LOOSE_SALES, starts=LooseSale.status, ends=LooseSale.ends),
            "during() takes a time in starts=, got Sale.status",
        ),
        (
            lambda: during(LOOSE_SALES, starts=LooseSale.begins, ends=LooseSale.ends, lead=BEFORE_ZERO),
            "lead= takes a span from 0",
        ),
        (lambda: given(LooseShop, per=LooseShop.merchant), "given() needs at least one predicate of Shop"),
        (
            lambda: given(LooseShop, LooseShop.limit > fact(LooseShop.limit), per=LooseShop.merchant),
            "given() takes predicates on Shop alone",
        ),
        (
            lambda: given(LooseShop, LooseShop.limit.first_seen(horizon=FIVE), per=LooseShop.merchant),
            "given() takes predicates on Shop alone",
        ),
        (
            lambda: given(LooseShop, LooseRequest.code > 3, per=LooseShop.merchant),
            "on(Shop, ...) cannot use Request.code, which belongs to Request",
        ),
        (lambda: LOOSE & (LOOSE.count(within=FIVE)), "`&` joins two premises, got <Count"),
    ],
)
def test_a_mistake_raises_at_its_line_with_what_was_expected(write: Loosely, words: str) -> None:
    with pytest.raises(RuleDefinitionError) as caught:
        write()

    assert words in str(caught.value)


A, B, C = "Request: Request.code >= 500 per merchant", "Request: Request.code < 500 per merchant", "Shop.platform"
ROSTER = "Probe: any per merchant"


@pytest.mark.parametrize(
    ("premise", "text"),
    [
        (on(Request, per=(Request.merchant, Request.cart)), "Request: any per merchant and cart"),
        (
            on(Request, per=Request.merchant, weight=Request.size),
            "Request: any per merchant, weighted by Request.size",
        ),
        (PROBES.fits(BAD), "Probe: any per merchant, being Probe.ok == False"),
        (ERRORS.at_least(3, within=FIVE), f"at least 3 x [{A}] within 5 min"),
        (
            ERRORS.distinct(Request.word, at_least=2, within=seconds(90)),
            f"at least 2 different word in [{A}] within 90 s",
        ),
        (
            ERRORS.distinct(Request.code - 500, at_least=2, within=FIVE),
            f"at least 2 different (Request.code - 500) in [{A}] within 5 min",
        ),
        (
            ERRORS.share(Request.code == 502, at_least=percent(5), floor=20, within=FIVE),
            f"at least 5 % of [{A}] are Request.code == 502, n >= 20, within 5 min",
        ),
        (ERRORS.after(FINE, within=FIVE), f"[{A}] at most 5 min after [{B}]"),
        (ERRORS.without(FINE, within=FIVE), f"[{A}] and no [{B}] within 5 min"),
        (
            ERRORS.without(FINE, within=FIVE, before=seconds(30)),
            f"[{A}] and no [{B}] within 5 min or 30 s before",
        ),
        (together(ERRORS, FINE, within=FIVE), f"[{A}] together with [{B}] within 5 min"),
        (ERRORS.held(hours(2)), f"[{A}] for 2 h without a break"),
        (ERRORS.holds(2, of=3, every=FIVE), f"[{A}] at 2 of 3 checks every 5 min"),
        (ERRORS.runs(2, of=3, within=FIVE), f"[{A}] at 2 of the last 3 times within 5 min"),
        (ERRORS.via(Shop.platform), f"[{A}] with its Shop.platform"),
        (
            silence(ERRORS, expected=PROBES, longer_than=FIVE),
            f"no [{A}] for 5 min although expected by [{ROSTER}]",
        ),
        (
            during(SALES, starts=Sale.begins, ends=Sale.ends),
            "during [Sale: any per merchant] Sale.begins to Sale.ends",
        ),
        (
            ~during(SALES, starts=Sale.begins, ends=Sale.ends, lead=hours(1)),
            "not during [Sale: any per merchant] Sale.begins to Sale.ends (from 1 h before, to 0 us after)",
        ),
        (given(Shop, OPEN, per=Shop.merchant), "given Shop.open == True per merchant"),
        (
            ~given(Shop, OPEN, Shop.limit > 3, per=(Shop.merchant, Shop.platform)),
            "not given Shop.open == True & Shop.limit > 3 per merchant and platform",
        ),
        (~known(DOWN, at_least_points=60), "down is not supported by at least 60 points"),
        (ERRORS.unless(FINE), f"{A}, and since then no [{B}]"),
        (ERRORS.within(FIVE), f"[{A}] in the last 5 min"),
    ],
)
def test_every_premise_prints_as_people_read_it(premise: Premise[Any], text: str) -> None:
    assert str(premise) == text


TWO = (Request.code >= 500, Request.word == "x")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (on(Request, *TWO, per=Request.merchant), on(Request, *TWO[::-1], per=Request.merchant)),
        (on(Request, TWO[0] & TWO[1], per=Request.merchant), on(Request, TWO[1] & TWO[0], per=Request.merchant)),
        (FINE.fits(*TWO), FINE.fits(*TWO[::-1])),
        (
            FINE.share(*TWO, at_least=percent(5), floor=1, within=FIVE),
            FINE.share(*TWO[::-1], at_least=percent(5), floor=1, within=FIVE),
        ),
        (together(ERRORS, FINE, within=FIVE), together(FINE, ERRORS, within=FIVE)),
        (ERRORS & FINE, FINE & ERRORS),
        (
            given(Shop, OPEN, Shop.limit > 3, per=Shop.merchant),
            given(Shop, Shop.limit > 3, OPEN, per=Shop.merchant),
        ),
        (ERRORS.at_least(2, within=minutes(60)), ERRORS.at_least(2, within=hours(1))),
        (~~given(Shop, OPEN, per=Shop.merchant), given(Shop, OPEN, per=Shop.merchant)),
        (
            ~~during(SALES, starts=Sale.begins, ends=Sale.ends),
            during(SALES, starts=Sale.begins, ends=Sale.ends, lead=ZERO),
        ),
    ],
)
def test_the_order_of_operands_is_no_part_of_the_meaning(one: Premise[Any], other: Premise[Any]) -> None:
    def version(when: Premise[Any]) -> str:
        return Rule("r", when=when, then=vetoes(DOWN, family="f")).version

    assert version(one) == version(other)


def test_whatever_changes_the_meaning_changes_the_document() -> None:
    starts, ends = Sale.begins, Sale.ends
    different: list[Premise[Any]] = [
        ERRORS,
        on(Request, Request.code >= 500, per=Request.merchant, weight=Request.size),
        on(Request, Request.code >= 500, per=(Request.merchant, Request.cart)),
        on(Request, Request.code >= 500, per=(Request.cart, Request.merchant)),
        ERRORS.fits(Request.word == "x"),
        ERRORS.after(FINE, within=FIVE),
        ERRORS.after(FINE, within=minutes(6)),
        FINE.after(ERRORS, within=FIVE),
        together(ERRORS, FINE, within=FIVE),
        together(ERRORS, FINE, within=minutes(6)),
        ERRORS.without(FINE, within=FIVE),
        ERRORS.without(FINE, within=minutes(6)),
        ERRORS.without(FINE, within=FIVE, before=FIVE),
        ERRORS.without(FINE, within=FIVE, lateness=FIVE),
        FINE.without(ERRORS, within=FIVE),
        ERRORS.held(FIVE),
        ERRORS.held(minutes(6)),
        ERRORS.holds(1, of=2, every=FIVE),
        ERRORS.holds(2, of=2, every=FIVE),
        ERRORS.holds(1, of=3, every=FIVE),
        ERRORS.holds(1, of=2, every=minutes(6)),
        ERRORS.runs(1, of=2, within=FIVE),
        ERRORS.runs(2, of=2, within=FIVE),
        ERRORS.runs(1, of=3, within=FIVE),
        ERRORS.runs(1, of=2, within=minutes(6)),
        ERRORS.via(Shop.platform),
        silence(ERRORS, expected=FINE, longer_than=FIVE),
        silence(ERRORS, expected=FINE, longer_than=minutes(6)),
        silence(ERRORS, expected=FINE, longer_than=FIVE, lateness=FIVE),
        silence(ERRORS, expected=FINE, longer_than=FIVE, ended=PROBES),
        silence(ERRORS, expected=PROBES, longer_than=FIVE),
        silence(FINE, expected=FINE, longer_than=FIVE),
        during(SALES, starts=starts, ends=ends),
        during(SALES, starts=ends, ends=starts),
        during(SALES, starts=starts, ends=ends, lead=FIVE),
        during(SALES, starts=starts, ends=ends, slack=FIVE),
        ~during(SALES, starts=starts, ends=ends),
        given(Shop, OPEN, per=Shop.merchant),
        given(Shop, Shop.limit > 3, per=Shop.merchant),
        given(Shop, OPEN, per=(Shop.merchant, Shop.platform)),
        ~given(Shop, OPEN, per=Shop.merchant),
    ]

    same = [(str(a), str(b)) for a, b in combinations(different, 2) if a.document() == b.document()]
    assert same == []


@pytest.mark.parametrize(
    ("when", "span"),
    [
        (ERRORS.held(hours(1)), hours(1)),
        (ERRORS.after(FINE, within=hours(2)), hours(2)),
        (ERRORS.without(FINE, within=minutes(30), before=minutes(10), lateness=hours(5)), minutes(40)),
        (together(ERRORS, FINE, within=hours(1)), hours(1)),
        (ERRORS.holds(1, of=6, every=FIVE), minutes(30)),
        (ERRORS.runs(1, of=6, within=hours(1)), hours(1)),
        (ERRORS.at_least(2, within=hours(3)).via(Shop.platform), hours(3)),
        (silence(ERRORS, expected=FINE, longer_than=hours(1), lateness=hours(2)), hours(3)),
        (during(SALES, starts=Sale.begins, ends=Sale.ends, lead=hours(1), slack=hours(2)), hours(2)),
        (during(SALES, starts=Sale.begins, ends=Sale.ends, lead=hours(3), slack=hours(2)), hours(2)),
        (given(Shop, OPEN, per=Shop.merchant) & ERRORS, minutes(10)),
        (on(Request, Request.word.first_seen(horizon=days(28)), per=Request.merchant), minutes(10)),
        (holding(PER_CART.held(hours(4)), per=Request.merchant, within=hours(1)) >= 2, hours(4)),
    ],
)
def test_evidence_lasts_as_long_as_the_longest_span_that_a_premise_names(when: Premise[Any], span: timedelta) -> None:
    assert Rule("r", when=when, then=vetoes(DOWN, family="f")).lasts_us == span // timedelta(microseconds=1)


def test_premises_know_what_they_are_made_of() -> None:
    nested: Timed[Any] = ERRORS.at_least(2, within=FIVE).without(FINE, within=FIVE).held(FIVE)
    sale = during(SALES, starts=Sale.begins, ends=Sale.ends)

    assert list(selections(nested & sale)) == [ERRORS, FINE, SALES]
    assert leaves((nested & sale).unless(PROBES)) == (nested, sale, PROBES)


@pytest.mark.parametrize(
    ("when", "code"),
    [
        (~given(Shop, OPEN, per=Shop.merchant), "no-signal"),
        (~during(SALES, starts=Sale.begins, ends=Sale.ends) & ~known(DOWN), "no-signal"),
        (ERRORS.held(days(15)), "window"),
        (silence(ERRORS, expected=FINE, longer_than=days(15)), "window"),
        (ERRORS.holds(1, of=15, every=days(1)), "window"),
        (ERRORS.without(FINE, within=days(10), before=days(5)), "window"),
        (PER_CART, "key"),
        (ERRORS.via(Shop.platform), "key"),
    ],
)
def test_mistakes_of_meaning_are_found_when_rules_are_put_together(when: Premise[Any], code: str) -> None:
    other = IssueKind[Any]("other", category="checkout")
    with pytest.raises(RuleSetError) as caught:
        RuleSet("r", Rule("r", when=when, then=supports(other, 5, family="f")))

    assert code in {f.code for f in caught.value.findings}
