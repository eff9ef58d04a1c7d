"""The storefront's half of the pack: every mode can be concluded, and bounds lie where the catalogue puts them."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.engine import EngineState, NativeEngine
from migro.engine.examples import run_example
from migro.errors import RuleDefinitionError
from migro.expressions import minutes, percent
from migro.models import Signal, to_microseconds
from migro.packs.headless import RULES
from migro.packs.headless.browser import IMAGES
from migro.packs.headless.shop_witnesses import mostly, newest, still
from migro.packs.headless.signals import Probe
from migro.packs.headless.specimens import burst, order, payment, probe
from migro.packs.headless.specimens_operations import NOW, said
from migro.packs.headless.specimens_operations import usual as per_hour
from migro.packs.headless.specimens_shop import CART_UPDATE, HOST, OPENS, PAYMENT_POLL, SESSIONS, weekly
from migro.packs.headless.storefront_signals import CheckoutOpens
from migro.rules import STRONG, Example, Rule, RuleSet, on, supports

KINDS = [k.name for k in RULES.kinds.values() if k.category in ("checkout", "auth", "frontend_mismatch", "performance")]


def _world(rule: Rule[Any]) -> NativeEngine:
    return NativeEngine(RuleSet("one", rule, signals=RULES.signals.values()))


def _fires(engine: NativeEngine, *signals: Signal, after: timedelta = timedelta(0)) -> bool:
    (rule,) = engine.ruleset.rules
    result = run_example(engine, rule, Example("tried", signals, (), after))
    assert result.errors == ()
    assert result.unreadable == ()
    return bool(result.fired_for)


def _lowered(engine: NativeEngine, *signals: Signal) -> bool:
    state = EngineState()
    for signal in sorted(signals, key=lambda s: s.received_at):
        engine.pass_time(state, to_microseconds(signal.received_at))
        engine.insert(state, signal, to_microseconds(signal.received_at))
        engine.settle(state)
    (firing,) = state.firings.values()
    return firing.lowered


EMPTY_SHARE = _world(RULES.rule("cart-lost.empty-share"))
DROUGHT = _world(RULES.rule("checkout.order-drought-60min"))
CERTIFICATE = _world(RULES.rule("host.main-certificate"))
NO_ORDER = _world(RULES.rule("no-order.unmatched"))
LEFT_OVER = _world(RULES.rule("cart-conflict.unrecovered"))
ONE_BROWSER = _world(RULES.rule("cart-lost.one-browser"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_mode_has_a_strong_witness_a_further_one_and_something_against_it(kind: str) -> None:
    rules = RULES.about(kind)
    support = [r for r in rules if r.then.effect == "supports"]

    assert any(r.then.points == STRONG for r in support)
    assert len({r.then.family for r in support}) >= 2
    assert any(r.then.effect in ("refutes", "vetoes") for r in rules)


@given(good=st.integers(0, 200), empty=st.integers(0, 40))
def test_empty_checkouts_count_by_the_score_interval(good: int, empty: int) -> None:
    n, share = good + empty, Fraction(1, 20)
    excess = empty - share * n
    beyond_chance = n >= 100 or excess**2 >= Fraction(38416, 10_000) * share * (1 - share) * n

    fires = _fires(EMPTY_SHARE, *_opened(good, empty), said(OPENS, 9, opens=0))

    assert fires is (n >= 20 and empty > 0 and excess >= 0 and beyond_chance)


def _opened(good: int, empty: int) -> tuple[CheckoutOpens, ...]:
    return said(OPENS, 0, opens=good), said(OPENS, 1, opens=empty, empty=True)


@pytest.mark.parametrize(("came", "drought"), [(0, True), (5, True), (6, True), (7, False), (15, False)])
def test_orders_are_missed_when_so_few_have_a_chance_below_one_in_a_hundred(came: int, drought: bool) -> None:
    # 15 are usual; of a Poisson variable with that mean P(X <= 6) = 0.0076 and P(X <= 7) = 0.018.
    signals = (*per_hour(15, order(0)), *burst(came, order(NOW + 1)), said(SESSIONS, NOW + 2))

    assert _fires(DROUGHT, *signals, after=minutes(60)) is drought


@given(st.lists(st.tuples(st.sampled_from(["eu", "us", "ap"]), st.booleans()), min_size=1, max_size=8))
def test_a_certificate_is_bad_when_two_regions_refuse_it_twice_in_a_row(runs: list[tuple[str, bool]]) -> None:
    signals = [
        said(HOST, 60 * i, region=region, **({"tls_error": "expired"} if refused else {}))
        for i, (region, refused) in enumerate(runs)
    ]
    twice = {
        region
        for region in ("eu", "us", "ap")
        for seen in ([refused for r, refused in runs if r == region],)
        if any(a and b for a, b in pairwise(seen))
    }

    assert _fires(CERTIFICATE, *signals) is (len(twice) >= 2)


@given(st.integers(-90, 40).map(lambda n: n * 60))
@settings(max_examples=40)
def test_a_payment_has_its_order_from_an_hour_before_to_a_quarter_of_one_after(offset: int) -> None:
    paid = payment(0, cart_ref="c1")

    found = _fires(NO_ORDER, paid, order(offset, cart_ref="c1"), after=minutes(25))

    assert found is not (-3_600 <= offset <= 900)


@pytest.mark.parametrize(("left", "fires"), [(1, True), (0, False)])
def test_a_conflict_that_is_solved_in_two_seconds_hurts_nobody(left: int, fires: bool) -> None:
    changed = burst(19, said(CART_UPDATE, 0), cart_ref="c")
    conflict = said(CART_UPDATE, 30, conflict=True, ok=False, cart_ref="c99")
    solved = () if left else (said(CART_UPDATE, 32, cart_ref="c99"),)

    assert _fires(LEFT_OVER, *changed, conflict, *solved, after=minutes(2)) is fires


@given(chrome=st.integers(0, 10), safari=st.integers(0, 10), share=st.integers(1, 99))
def test_one_browser_stands_out_by_its_failures_and_not_by_its_users(chrome: int, safari: int, share: int) -> None:
    users = [
        said(OPENS, 0, opens=100 * (100 - share), browser="chrome"),
        said(OPENS, 1, opens=100 * share, browser="safari"),
    ]
    # At one time, so that there is one moment to judge.
    failing = [said(OPENS, 2, opens=n, browser=b, empty=True) for b, n in (("chrome", chrome), ("safari", safari)) if n]
    found = _fires(ONE_BROWSER, *users, *failing)
    n = chrome + safari
    of_all = {"chrome": 100 * (100 - share) + chrome, "safari": 100 * share + safari}
    rare = [k for k, v in (("chrome", chrome), ("safari", safari)) if of_all[k] * 10 <= 4 * sum(of_all.values()) and v]
    most = max(({"chrome": chrome, "safari": safari}[k] for k in rare), default=0)

    assert found is (n >= 10 and most * 10 >= 7 * n)


def test_what_is_usual_from_weeks_counts_in_full_and_from_hours_one_class_lower() -> None:
    engine = _world(RULES.rule("checkout-throttled.traffic"))
    many = said(SESSIONS, 0, sessions=300)
    hours_before = tuple(said(SESSIONS, -3_600 * h, sessions=1_200) for h in range(1, 8))

    assert not _lowered(engine, *weekly(said(SESSIONS, 0, sessions=1_200)), many)
    assert _lowered(engine, *hours_before, many)


_PROBES = on(Probe, per=Probe.merchant)
_RED = Probe.ok == False  # noqa: E712


def _about(premise: Any) -> NativeEngine:
    return _world(Rule("tried", when=premise, then=supports(IMAGES, 50, family="tried")))


@given(st.lists(st.booleans(), min_size=1, max_size=12))
def test_what_mostly_fits_is_read_anew_with_every_signal(reds: list[bool]) -> None:
    engine = _about(mostly(_PROBES, _RED, at_least=percent(50), floor=3, within=minutes(60)))
    signals = [probe(10 * i, not red) for i, red in enumerate(reds)]

    assert _fires(engine, *signals) is (len(reds) >= 3 and 2 * sum(reds) >= len(reds))


@given(st.lists(st.booleans(), min_size=1, max_size=8))
def test_the_newest_says_how_it_is(reds: list[bool]) -> None:
    engine = _about(newest(_PROBES, _RED))

    assert _fires(engine, *(probe(10 * i, not red) for i, red in enumerate(reds))) is reds[-1]


def test_a_comparison_is_still_true_or_no_longer() -> None:
    engine = _about(still(_PROBES.count(within=minutes(1)) < 3))

    assert _fires(engine, probe(0), probe(1))
    assert not _fires(engine, probe(0), probe(1), probe(2))
    assert _fires(engine, probe(0), probe(1), probe(2), probe(90))


def test_only_a_comparison_can_be_still_true() -> None:
    with pytest.raises(RuleDefinitionError, match="takes a comparison of measures"):
        still(_PROBES)


def test_money_that_was_matched_since_is_no_longer_missed() -> None:
    engine = _world(RULES.rule("no-order.many"))
    missed = burst(2, said(PAYMENT_POLL, 0, unmatched=5))

    assert _fires(engine, *missed)
    assert not _fires(engine, *missed, said(PAYMENT_POLL, 60))
