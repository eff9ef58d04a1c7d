"""Inline examples are run by the engine, and say what came out instead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from migro.engine import ExampleResult, NativeEngine, check_examples, run_example
from migro.expressions import UNSET, Attr, MaybeKey, minutes
from migro.models import MerchantId, Signal
from migro.rules import Example, IssueKind, Rule, RuleSet, fires, known, on, silent, supports


class Request(Signal, kind="example.request"):
    status: Attr[int] = UNSET
    cart: MaybeKey[str] = UNSET


NINE = datetime(2026, 3, 1, 9, tzinfo=UTC)
DOWN = IssueKind[Any]("down", category="checkout")
STUCK = IssueKind[Any]("stuck", category="checkout")


def request(status: int, *, minute: int = 0, merchant: str | None = "m1", received: int | None = None) -> Request:
    at, seen = NINE + timedelta(minutes=minute), NINE + timedelta(minutes=minute if received is None else received)
    return Request(
        status=status, merchant=None if merchant is None else MerchantId(merchant), occurred_at=at, received_at=seen
    )


def down(*examples: Example) -> Rule[Any]:
    return Rule(
        "down",
        when=on(Request, Request.status >= 500, per=Request.merchant).at_least(2, within=minutes(5)),
        then=supports(DOWN, 50, family="http"),
        examples=examples,
    )


def test_examples_that_come_out_as_they_say_are_no_failures() -> None:
    rules = RuleSet(
        "r",
        down(
            fires("two", request(500), request(502, minute=5), for_="m1"),
            silent("too far apart", request(500), request(502, minute=6)),
            silent(
                "over by the time of the last signal", request(500), request(500, minute=1), request(200, minute=12)
            ),
            silent("nothing"),
        ),
    )

    assert check_examples(rules) == ()


def test_a_firing_example_that_is_silent_says_so_with_rule_and_place() -> None:
    (failure,) = check_examples(RuleSet("r", down(fires("one", request(500), for_="m1"))))

    assert (failure.rule, failure.example) == ("down", "one")
    assert str(failure).startswith("test_examples.py:")
    assert str(failure).endswith("down: example 'one': expected firing for m1, got silence")


def test_a_silent_example_that_fires_says_for_which_keys() -> None:
    both = [request(500, minute=m, merchant=k) for m in (0, 1) for k in ("m1", "m2")]
    (failure,) = check_examples(RuleSet("r", down(silent("four", *both))))

    assert failure.result.fired_for == (("m1",), ("m2",))
    assert str(failure).endswith("expected silence, got firing for m1, m2")


def test_firing_for_one_key_too_many_is_a_failure() -> None:
    both = [request(500, minute=m, merchant=k) for m in (0, 1) for k in ("m1", "m2")]

    assert check_examples(RuleSet("r", down(fires("four", *both, for_="m1"))))


def test_signals_arrive_in_order_of_receipt_whatever_order_they_are_written_in() -> None:
    late = request(500, minute=0, received=4)
    rules = RuleSet("r", down(fires("written backwards", late, request(500, minute=3), for_="m1")))

    assert check_examples(rules) == ()


def test_a_rule_about_known_issues_is_run_with_the_rules_that_know_them() -> None:
    chained = Rule(
        "stuck",
        when=known(DOWN, at_least_points=50),
        then=supports(STUCK, 50, family="chain"),
        examples=(
            fires("down", request(500), request(500, minute=1), for_="m1"),
            silent("not down", request(500)),
        ),
    )

    assert check_examples(RuleSet("r", chained, down())) == ()
    assert [f.example for f in check_examples(RuleSet("r", chained))] == ["down"]


def test_a_signal_that_does_not_fit_the_class_of_its_kind_is_a_failure() -> None:
    misfit = Signal(kind="example.request", merchant=MerchantId("m1"), occurred_at=NINE)
    rules = RuleSet("r", down(silent("misfit", misfit)))
    (failure,) = check_examples(rules)

    assert "status" in str(failure)


def test_one_example_can_be_run_alone() -> None:
    rule = down()
    result = run_example(
        NativeEngine(RuleSet("r", rule)), rule, fires("x", request(500), request(500, minute=2), for_="m1")
    )

    assert result == ExampleResult(fired_for=(("m1",),))


def test_an_example_of_absence_is_judged_after_its_last_signal() -> None:
    errors = on(Request, Request.status >= 500, per=Request.merchant)
    paid = on(Request, Request.status == 200, per=Request.merchant)
    rule = Rule(
        "alone",
        when=errors.without(paid, within=minutes(5), lateness=minutes(1)),
        then=supports(DOWN, 50, family="http"),
        examples=(
            fires("nothing in time", request(500), for_="m1", after=minutes(6)),
            silent("not yet judged", request(500), after=minutes(6) - timedelta(microseconds=1)),
            silent("in time", request(500), request(200, minute=5), after=minutes(6)),
            silent("late, but it came", request(500), request(200, minute=5, received=9)),
        ),
    )

    assert check_examples(RuleSet("r", rule)) == ()


def test_timers_between_the_signals_of_an_example_run_as_they_would() -> None:
    errors = on(Request, Request.status >= 500, per=Request.merchant)
    none = (errors.count(within=minutes(1)) <= 0).holds(1, of=1, every=minutes(2))
    rule = Rule(
        "quiet",
        when=none.after(errors, within=minutes(5)),
        then=supports(DOWN, 50, family="http"),
        examples=(
            fires("a pause", request(500), request(500, minute=4, received=4), for_="m1"),
            silent("no pause", *(request(500, minute=m) for m in range(5))),
        ),
    )

    assert check_examples(RuleSet("r", rule)) == ()


def test_composite_keys_are_written_as_tuples() -> None:
    per_cart = IssueKind[Any]("cart", category="checkout", per=("merchant", "cart"))
    rule = Rule(
        "cart",
        when=on(Request, per=(Request.merchant, Request.cart)),
        then=supports(per_cart, 5, family="http"),
        examples=(
            fires("cart", Request(status=1, merchant=MerchantId("m1"), cart="c1", occurred_at=NINE), for_=("m1", "c1")),
            silent("no cart", Request(status=1, merchant=MerchantId("m1"), occurred_at=NINE)),
        ),
    )

    assert check_examples(RuleSet("r", rule)) == ()
