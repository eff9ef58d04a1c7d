"""Impact and severity: exact, and nothing invented."""

from __future__ import annotations

import inspect
from datetime import timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro.engine import MeasuredShare
from migro.models import Impact, Severity
from migro.reason import Readings, estimate, severity_of, wilson_lower
from migro.reason.figures import largest_share
from migro.rules import ImpactModel, SeverityScale

CHECKOUT = ImpactModel(step="checkout", conversion=Fraction(45, 100))
SCALE = SeverityScale(
    default=Severity.SEV3,
    by_share=((Severity.SEV1, Fraction(1, 2)), (Severity.SEV2, Fraction(15, 100)), (Severity.SEV3, Fraction(3, 100))),
)


def measured(hits: int, size: int, window: timedelta = timedelta(minutes=5)) -> MeasuredShare:
    return MeasuredShare(hits, size, window // timedelta(microseconds=1))


def known(share: MeasuredShare | None, **more: Any) -> Readings:
    return Readings(**{"share": share, "order_value": 7000, "currency": "EUR", **more})


def test_the_worked_example_of_twelve_starts_a_minute_and_34_percent_lost() -> None:
    found = estimate(CHECKOUT, known(measured(204, 600, timedelta(minutes=50))))

    # 12 starts a minute x 45 % x 70.00 = 378.00 a minute, of which 34 % are lost: 128.52.
    assert (found.share_lost, found.revenue_high, found.currency) == ("17/50", 12852, "EUR")
    assert found.revenue_low == 378_00 * 303 // 1000
    assert severity_of(SCALE, Fraction(34, 100), ())[0] is Severity.SEV2


def test_every_assumption_is_named_with_its_source_and_exact() -> None:
    found = estimate(CHECKOUT, known(measured(1, 7, timedelta(minutes=9))))

    assert [(a.name, a.value, a.source) for a in found.assumptions] == [
        ("failing share", "1 of 7", "measured"),
        ("baseline of the share", "0", "assumed"),
    ]
    assert [(f.name, f.value, f.source) for f in found.estimates[0].factors] == [
        ("checkout starts per minute", "7/9", "measured"),
        ("orders per checkout start", "0.45", "assumed"),
        ("order value", "7000", "fact"),
        ("failing share above the usual", "1/7", "measured"),
    ]


@pytest.mark.parametrize(("value", "currency"), [(None, "EUR"), (7000, None), (None, None), (7000, "")])
def test_no_money_is_invented(value: int | None, currency: str | None) -> None:
    found = estimate(CHECKOUT, known(measured(204, 600), order_value=value, currency=currency))

    assert (found.revenue_low, found.revenue_high, found.currency) == (None, None, None)
    assert found.share_lost == "17/50"
    assert "not known" in found.method


def test_without_a_measured_share_nothing_is_said() -> None:
    assert estimate(CHECKOUT, known(None)) == Impact(method="no share is measured")


def test_a_kind_without_a_model_has_a_share_and_no_money() -> None:
    assert estimate(None, known(measured(1, 2))).revenue_high is None


def test_the_largest_share_counts() -> None:
    assert largest_share([measured(1, 10), measured(3, 10), measured(2, 10)]) == measured(3, 10)
    assert largest_share([measured(1, 10), measured(10, 100)]) == measured(10, 100)
    assert largest_share([]) is None


def test_a_window_below_a_second_is_no_window_of_a_second() -> None:
    found = estimate(CHECKOUT, known(measured(1, 2, timedelta(milliseconds=500)), order_value=100))

    assert found.estimates[0].factors[0].value == "240"


@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_lower_bound_is_the_exact_one_rounded_down(pair: tuple[int, int]) -> None:
    hits, size = pair
    with localcontext() as context:
        context.prec = 50
        x, n, z = Decimal(hits), Decimal(size), Decimal("1.96")
        root = (z * z * (x * (n - x) / n + z * z / 4)).sqrt()
        exact = max(Decimal(0), (x + z * z / 2 - root) / (n + z * z))
        found = wilson_lower(hits, size)
        shown = Decimal(found.numerator) / found.denominator

        assert shown <= exact
        assert exact - shown < Decimal("0.00101")
    assert 0 <= found <= Fraction(hits, size)


def test_the_lower_bound_of_nothing_is_nothing() -> None:
    assert wilson_lower(0, 0) == wilson_lower(0, 50) == 0


@pytest.mark.parametrize(
    ("share", "severity"),
    [("1/2", "SEV1"), ("49/100", "SEV2"), ("15/100", "SEV2"), ("14/100", "SEV3"), ("3/100", "SEV3"), ("2/100", "SEV4")],
)
def test_severity_follows_the_lost_share(share: str, severity: str) -> None:
    assert severity_of(SCALE, Fraction(share), ())[0].word == severity


def test_without_a_share_the_kind_says_how_bad_it_is() -> None:
    assert severity_of(SCALE, None, ()) == (Severity.SEV3, "default of the kind: no share is measured")


@given(st.lists(st.sampled_from(Severity), max_size=4), st.integers(0, 100))
def test_a_floor_only_raises(floors: list[Severity], percent: int) -> None:
    share = Fraction(percent, 100)
    plain, _ = severity_of(SCALE, share, ())
    named = tuple((f"r{n}", f) for n, f in enumerate(floors))

    assert severity_of(SCALE, share, named)[0] == max([plain, *floors])


def test_severity_cannot_read_confidence() -> None:
    assert list(inspect.signature(severity_of).parameters) == [
        *("scale", "share", "floors", "window", "stakes", "peak")
    ]
