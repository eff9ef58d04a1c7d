"""Every method of estimating an impact: in numbers that a reader can do again, and in ranges that invent nothing."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from math import exp, factorial
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.agent import Fold
from migro.decide import recompute
from migro.decide.recompute import impact_mistakes
from migro.engine import MeasuredAmount, MeasuredShare
from migro.engine.significance import improbable
from migro.errors import RuleDefinitionError, RuleSetError
from migro.expressions import UNSET, Maybe, MaybeKey, fact, hours, minutes, percent, permille
from migro.models import Impact, Severity, Signal
from migro.reason import Figures, Readings, accrued, estimate, flow_of, losses, severity_of
from migro.reason.figures import DROUGHT
from migro.reason.impact import ratio, written
from migro.reason.severity import Stakes
from migro.rules import Amounts, Exposure, ImpactModel, Orders, PerDay, RuleSet, Sessions, SeverityScale, on, trailing
from migro.testing import START

from ..agent.world import DOWN, RULES, T0, Call, Run, Shop, call
from ..effort import cases

MINUTE = 60_000_000


class Basket(Signal, kind="methods.basket"):
    cart: MaybeKey[str] = UNSET


class Visits(Signal, kind="methods.visits"):
    per_minute: Maybe[Decimal] = UNSET


FAILED = Amounts(of=on(Call, per=Call.merchant), amount=Call.code, currency=fact(Shop.money), within=minutes(30))
MODEL = ImpactModel(
    step="checkout",
    conversion=percent(45),
    sessions=Sessions(per_minute=fact(Visits.per_minute), conversion=percent(2)),
    failed=FAILED,
    exposures=(
        PerDay("ads", told=fact(Shop.value), share=percent(20)),
        PerDay("urls", sessions=on(Call, per=Call.merchant).count(within=hours(1))),
    ),
)
SCALE = SeverityScale(
    default=Severity.SEV4,
    by_share=((Severity.SEV1, percent(50)), (Severity.SEV2, percent(15)), (Severity.SEV3, percent(3))),
)


def known(**more: Any) -> Readings:
    return Readings(**{"order_value": 7000, "currency": "EUR", **more})


def share(hits: int, size: int, over: int = 50) -> MeasuredShare:
    return MeasuredShare(hits, size, over * MINUTE)


def orders(found: int, usual: int, window: int = 60) -> tuple[tuple[int, Fraction, Fraction], ...]:
    return ((window * MINUTE, Fraction(found), Fraction(usual)),)


def by_name(impact: Impact) -> dict[str, Fraction]:
    return {e.method: Fraction(e.amount) for e in (*impact.estimates, *impact.exposures)}


# --- the worked check, and each formula ------------------------------------------------------------------------------


def test_the_worked_check_35_percent_fail_where_1_percent_is_usual() -> None:
    found = estimate(MODEL, known(share=share(210, 600), usual=percent(1)))

    # 12 starts x 45 % x 70.00 x 34 % = 128.52 a minute, of 378.00.
    assert (found.revenue, found.revenue_high, found.share_lost) == (12852, 12852, "17/50")
    assert severity_of(SCALE, Fraction(found.share_lost or 0), ())[0] is Severity.SEV2


def test_every_formula_gives_what_it_gives_by_hand() -> None:
    told = known(
        share=share(300, 600),
        visits=Fraction(100),
        orders=orders(2, 60),
        failed=(MeasuredAmount("EUR", Fraction(60_000), 5), MeasuredAmount("USD", Fraction(30_000), 9)),
        exposures=(("charged twice", (MeasuredAmount("GBP", Fraction(999), 2),)),),
        daily=(("ads", Fraction(10_000)), ("urls", Fraction(500))),
    )
    found = estimate(MODEL, told)

    assert by_name(found) == {
        "R_obs": 30_000 * Fraction(45, 100) / 30,  # the other currency's stands last under the same name
        "R_step within R_cap": 7000,
        "R_step low within R_cap": 7000,
        "R_model": 100 * Fraction(2, 100) * 7000 / 2,
        "R_model low": 100 * Fraction(2, 100) * 7000 * Fraction(460, 1000),
        "R_gap": Fraction(58 * 7000, 60),
        "R_cap": Fraction(60 * 7000, 60),
        "charged twice": 999,
        "ads": 2_000,
        "urls": 500 * Fraction(2, 100) * 7000,
    }
    assert found.revenue == 60_000 * 45 // 100 // 30
    assert (found.revenue_low, found.revenue_high) == (900, 7000)
    assert [(r.currency, r.low, r.high) for r in found.also] == [("USD", 450, 450)]
    assert [(r.currency, r.high) for r in found.projected] == [("EUR", 7000 * 120), ("USD", 450 * 120)]


def test_what_was_paid_is_lost_in_full_and_four_values_say_nothing() -> None:
    paid = attrs.evolve(MODEL, paid=True)
    five, four = (known(failed=(MeasuredAmount("EUR", Fraction(60_000), n),)) for n in (5, 4))

    assert by_name(estimate(paid, five)) == {"R_obs": 2_000}
    assert by_name(estimate(paid, four)) == {}


@pytest.mark.parametrize("missing", ["order_value", "currency"])
def test_without_an_order_value_there_is_a_share_and_no_money(missing: str) -> None:
    found = estimate(MODEL, known(share=share(1, 2), visits=Fraction(9), orders=orders(0, 60), **{missing: None}))

    assert (found.share_lost, found.rates, found.estimates, found.projected) == ("1/2", (), (), ())
    assert found.revenue is None


def test_without_a_share_the_orders_that_are_missing_are_the_share() -> None:
    assert estimate(MODEL, known(order_value=None, orders=orders(6, 15))).share_lost == "3/5"
    assert estimate(MODEL, known(orders=orders(7, 15))).share_lost is None


# --- the drought -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("usual", "most"), [(5, 0), (8, 1), (10, 2), (15, 6), (20, 9)])
def test_the_largest_counts_that_are_a_drought(usual: int, most: int) -> None:
    if usual == 15:
        most = 5 + improbable(6, Fraction(15), DROUGHT)  # 6 of 15: p = 0.0076
    assert improbable(most, Fraction(usual), DROUGHT)
    assert not improbable(most + 1, Fraction(usual), DROUGHT)


@settings(max_examples=cases(80))
@given(st.fractions(5, 60, max_denominator=7), st.integers(0, 60))
def test_a_drought_is_what_the_poisson_sum_says(usual: Fraction, found: int) -> None:
    p = exp(-usual) * sum(float(usual) ** k / factorial(k) for k in range(found + 1))
    if abs(p - 0.01) > 1e-9:
        assert improbable(found, usual, DROUGHT) == (p < 0.01)


def test_the_window_grows_until_five_orders_are_usual() -> None:
    windows = [(n * MINUTE, Fraction(0), Fraction(n, 12)) for n in (15, 30, 60, 120, 240)]
    unknown = (7 * MINUTE, None, Fraction(99))

    assert flow_of([unknown, *windows]) == flow_of(windows[2:3])
    assert flow_of(windows[:2]) is None


# --- laws ------------------------------------------------------------------------------------------------------------

READINGS = st.fixed_dictionaries(
    {
        "share": st.none() | st.integers(1, 400).flatmap(lambda n: st.builds(share, st.integers(0, n), st.just(n))),
        "usual": st.none() | st.fractions(0, 1, max_denominator=9),
        "order_value": st.none() | st.integers(1, 9000),
        "told": st.none() | st.sampled_from((percent(1), percent(80))),
        "visits": st.none() | st.fractions(0, 99, max_denominator=4),
        "orders": st.just(()) | st.builds(orders, st.integers(0, 30), st.integers(1, 30)),
        "failed": st.just(())
        | st.builds(
            lambda n, c: (MeasuredAmount(c, Fraction(n), n),), st.integers(1, 9), st.sampled_from(("EUR", "JPY"))
        ),
    }
)


@settings(max_examples=cases(150))
@given(READINGS, st.data())
def test_the_range_grows_with_share_and_order_value(given_: dict[str, Any], data: st.DataObject) -> None:
    given_ |= {"failed": (), "order_value": given_["order_value"] or 5, "share": given_["share"] or share(1, 9)}
    low = estimate(MODEL, known(**given_))
    hits, size = given_["share"].hits, given_["share"].size
    more = given_ | {
        "share": share(data.draw(st.integers(hits, size)), size),
        "order_value": given_["order_value"] + data.draw(st.integers(0, 99)),
    }
    high = estimate(MODEL, known(**more))

    for before, now in zip(low.rates, high.rates, strict=True):
        assert before.low <= now.low
        assert before.high <= now.high


@settings(max_examples=cases(150))
@given(READINGS, st.sampled_from(("usual", "order_value", "told", "visits", "orders", "failed", "share")))
def test_both_ends_are_amounts_of_known_inputs_and_no_more_than_is_usual(given_: dict[str, Any], less: str) -> None:
    full = estimate(MODEL, known(**given_))
    lacking = estimate(MODEL, known(**(given_ | {less: () if less in ("orders", "failed") else None})))

    for impact in (full, lacking):
        amounts = {
            e.currency: [Fraction(e.amount) for e in impact.estimates if e.currency == e.currency]
            for e in impact.estimates
        }
        for r in impact.rates:
            assert any(r.low <= a < r.low + 1 for a in amounts[r.currency])
            assert any(r.high - 1 < a <= r.high for a in amounts[r.currency])
    # What is not known takes methods away and adds none; that a cap is known only lowers.
    assert {m.split(" within")[0] for m in by_name(lacking)} <= {m.split(" within")[0] for m in by_name(full)}
    if less == "orders" and "R_gap" not in by_name(full):
        assert [r.high for r in full.rates] <= [r.high for r in lacking.rates]


@settings(max_examples=cases(100))
@given(READINGS)
def test_every_factor_is_named_and_the_record_follows_from_itself(given_: dict[str, Any]) -> None:
    impact, figures = estimate(MODEL, known(**given_)), Figures(MODEL, known(**given_))

    assert impact_mistakes(impact) == []
    # What severity reads is what the record says, worked out from the record alone.
    low = " low" if given_["share"] is not None and given_["share"].size < 100 else ""
    amounts = {e.method.split(" within")[0]: e.amount for e in impact.estimates if e.currency == impact.currency}
    first = next((amounts[n] for n in ("R_obs", f"R_step{low}", f"R_model{low}", "R_gap") if n in amounts), None)
    assert figures.revenue == impact.revenue == (None if first is None else int(Fraction(first)))
    assert figures.rated == bool(impact.rates)
    assert (None if figures.share_lost is None else ratio(figures.share_lost)) == impact.share_lost
    assert [str(s.amount) for s in figures.exposures()] == [e.amount for e in impact.exposures]
    for e in impact.estimates:
        product = Fraction(1)
        for f in e.factors:
            product *= Fraction(f.value)
        assert product == Fraction(e.amount)
        assert ("assumed" in {f.source for f in e.factors if f.name.startswith("orders per")}) == any(
            f.name.startswith("orders per") and (f.name.endswith("session") or given_["told"] is None)
            for f in e.factors
        )


# --- losses ----------------------------------------------------------------------------------------------------------


def test_what_was_lost_is_each_rate_for_as_long_as_it_held() -> None:
    first = accrued(Impact(), estimate(MODEL, known(share=share(300, 600))), START, goes_on=True)
    later = START + timedelta(minutes=10)
    second = accrued(first, Impact(), later, goes_on=True)
    third = accrued(second, Impact(), later + timedelta(hours=1), goes_on=True)

    assert first.losses == ()
    assert (second.losses[0].low, second.losses[0].high) == (10 * (first.revenue_low or 0), 10 * 18_900)
    assert [(x.low, x.high) for x in third.losses] == [(x.low, x.high) for x in second.losses]
    assert losses(first, later) == second.losses
    assert accrued(first, Impact(), later, goes_on=False).losses == ()


# --- severity --------------------------------------------------------------------------------------------------------


def stakes(figures: Figures, **told: Any) -> Stakes:
    return Stakes(**{"read_figures": lambda: figures, "currency": "EUR", **told})


def losing(minor: int, currency: str = "EUR") -> Figures:
    """Return figures of an issue that costs so much a minute."""
    lost = MeasuredAmount(currency, Fraction(30 * minor), 5)
    return Figures(ImpactModel(failed=FAILED, paid=True), Readings(currency=currency, failed=(lost,)))


@pytest.mark.parametrize(
    ("revenue", "severity"),
    [(50_000, "SEV1"), (49_999, "SEV2"), (10_000, "SEV2"), (9_999, "SEV3"), (1_000, "SEV3"), (999, "SEV4")],
)
def test_floors_hold_whatever_the_share(revenue: int, severity: str) -> None:
    found, because = severity_of(SCALE, Fraction(1, 100), (), stakes=stakes(losing(revenue)))

    assert found.word == severity
    assert ("(assumed)" in because) == (severity != "SEV4")


def test_floors_are_the_merchant_s_own_where_they_are_told_and_never_converted() -> None:
    euro, yen = losing(20_000), losing(20_000, "JPY")
    own = ((Severity.SEV1, 20_000),)

    assert severity_of(SCALE, None, (), stakes=stakes(euro, floors=own))[0] is Severity.SEV1
    assert severity_of(SCALE, None, (), stakes=stakes(yen, floors=own))[0] is Severity.SEV4
    assert severity_of(SCALE, None, (), stakes=stakes(yen, floors=own, currency="JPY"))[0] is Severity.SEV1


def test_an_exposure_of_a_hundredth_of_a_day_is_sev2() -> None:
    figures = Figures(MODEL, known(exposures=(), daily=(("ads", Fraction(5_000)),)))

    assert severity_of(SCALE, None, (), stakes=stakes(figures, daily=100_000))[0] is Severity.SEV2
    assert severity_of(SCALE, None, (), stakes=stakes(figures, daily=100_001))[0] is Severity.SEV4
    assert severity_of(SCALE, None, (), stakes=stakes(figures))[0] is Severity.SEV4


def test_a_peak_is_one_higher_and_half_of_all_makes_sev1_only_over_five_minutes() -> None:
    assert severity_of(SCALE, percent(20), (), peak=True)[0] is Severity.SEV1
    assert severity_of(SCALE, percent(60), (), peak=True)[0] is Severity.SEV1
    assert severity_of(SCALE, percent(60), (), window=5 * MINUTE)[0] is Severity.SEV1
    assert severity_of(SCALE, percent(60), (), window=5 * MINUTE - 1)[0] is Severity.SEV2


def test_what_shoppers_meet_is_sev3_at_least_where_nobody_knows_what_it_costs() -> None:
    facing = attrs.evolve(SCALE, customer_facing=True)

    nothing = stakes(Figures(MODEL, Readings()))
    assert severity_of(facing, None, (), stakes=nothing)[0] is Severity.SEV3
    assert severity_of(facing, permille(1), (), stakes=nothing)[0] is Severity.SEV4
    assert severity_of(facing, None, (), stakes=stakes(losing(1)))[0] is Severity.SEV4


# --- in a fold -------------------------------------------------------------------------------------------------------


def with_impact(model: ImpactModel) -> RuleSet:
    kind = attrs.evolve(DOWN, impact=model)
    rules = (attrs.evolve(r, then=attrs.evolve(r.then, kind=kind)) if r.then.kind is DOWN else r for r in RULES)
    return RuleSet("costs", *rules)


def test_amounts_are_added_up_once_for_each_thing_and_by_currency() -> None:
    each = attrs.evolve(FAILED, each=Call.code, amount=Call.code)
    model = ImpactModel(
        order_value=fact(Shop.value), currency=fact(Shop.money), exposures=(Exposure("codes", amounts=each),)
    )
    run = Run(fold=Fold(with_impact(model)))
    run.give(Shop(merchant=call(0).merchant, value=8200, money="EUR", occurred_at=T0, env="production"))
    run.give(*(call(n, n + 1, code=code) for n, code in enumerate((500, 503, 500, 503))))
    impact = run.decisions[-1].issue.impact

    assert [(e.method, e.per, e.currency, e.amount) for e in impact.exposures] == [("codes", "once", "EUR", "1003")]
    assert "codes = 10.03 EUR" in run.decisions[-1].explain().text()
    assert recompute(run.decisions[-1]) == ()


def test_orders_that_stop_coming_are_a_gap_within_the_cap_in_the_record() -> None:
    model = attrs.evolve(
        DOWN.impact or MODEL,
        orders=Orders(of=on(Call, Call.code == 200, per=Call.merchant), usual=(trailing(hours(4)),)),
    )
    run = Run(fold=Fold(with_impact(model)))
    run.give(Shop(merchant=call(0).merchant, value=1000, money="EUR", occurred_at=T0, env="production"))
    run.give(*(call(n, n * 120, code=200) for n in range(6 * 30)))
    run.give(*(call(1000 + n, 6 * 3600 + 900 + n) for n in range(3)))
    decision = run.decisions[-1]
    found = by_name(decision.issue.impact)

    assert found["R_cap"] == 500
    assert 0 < found["R_gap"] <= 500
    assert decision.issue.impact.usual_revenue == "500"
    assert recompute(decision) == ()


def test_the_record_of_an_impact_is_written_for_an_issue_and_its_decisions_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Impact] = []

    def noted(figures: Figures) -> Impact:
        asked.append(written(figures))
        return asked[-1]

    monkeypatch.setattr("migro.reason.assessment.written", noted)
    run = Run(fold=Fold(with_impact(DOWN.impact or MODEL)))
    run.give(Shop(merchant=call(0).merchant, value=1000, money="EUR", occurred_at=T0, env="production"))
    run.give(*(call(n, n + 1) for n in range(40)))

    assert run.decisions[-1].issue.impact.revenue is not None
    assert 0 < len(asked) <= len(run.decisions) + 1 < 20


def test_a_model_about_another_key_is_refused_when_the_rules_are_loaded() -> None:
    with pytest.raises(RuleSetError, match="expected impact measured per merchant"):
        with_impact(attrs.evolve(MODEL, failed=attrs.evolve(FAILED, of=on(Basket, per=Basket.cart))))
    with pytest.raises(RuleDefinitionError, match="expected conversion="):
        ImpactModel(failed=FAILED)
    with pytest.raises(RuleDefinitionError, match="expected after_first= beside alike="):
        attrs.evolve(FAILED, alike=(Call.code,))
    with pytest.raises(RuleDefinitionError, match="one of told= and sessions="):
        PerDay("nothing")
