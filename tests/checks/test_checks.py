"""What the checker says of single mistakes, and what it leaves alone."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from migro.checks import Problem, check, check_rules
from migro.checks.figures import always, never, range_of
from migro.expressions import UNSET, Attr, Maybe, MaybeKey, feature, hours, minutes, percent
from migro.models import Severity, Signal
from migro.rules import (
    Compared,
    IssueKind,
    Rule,
    RuleSet,
    before,
    greatest,
    hour_of_week,
    known,
    on,
    refutes,
    supports,
    trailing,
    vetoes,
)


class Call(Signal, kind="checks.call"):
    code: Attr[int] = UNSET
    cart: MaybeKey[str] = UNSET
    route: Attr[str] = UNSET
    note: Maybe[str] = UNSET
    email_verified: Attr[bool] = UNSET
    token_age: Attr[int] = UNSET
    refresh_token: Maybe[str] = UNSET
    phone: Maybe[str] = UNSET
    lacking: Maybe[bool] = UNSET
    took_ms: Maybe[int] = UNSET


@feature("checks.long_note", version=1)
def long_note(signal: Call) -> bool:
    return len(signal.note or "") > 100


DOWN = IssueKind[Any]("down", category="checkout", prior=-40)
OTHER = IssueKind[Any]("other", category="checkout", prior=-40)
calls = on(Call, per=Call.merchant)
failed = on(Call, Call.code >= 500, per=Call.merchant)
worse = on(Call, Call.code >= 503, per=Call.merchant)


def rule(id: str, when: Any, then: Any = None, **more: Any) -> Rule[Any]:
    return Rule(id, when=when, then=then or supports(DOWN, 50, family="a"), **more)


def found(*rules: Rule[Any]) -> list[tuple[str, str]]:
    """Codes and rules, without the examples that no rule here has."""
    return [(p.code, p.rule) for p in check_rules("r", rules) if p.code != "MR111"]


def only(code: str, *rules: Rule[Any]) -> Problem:
    (problem,) = [p for p in check_rules("r", rules) if p.code == code]
    return problem


def test_of_many_conditions_those_that_exclude_each_other_are_shown() -> None:
    crowded = on(Call, Call.route == "pay", Call.code >= 500, Call.note.present(), Call.code < 400, per=Call.merchant)

    assert only("MR101", rule("r", crowded)).witness == "Call.code >= 500 and Call.code < 400"


@pytest.mark.parametrize(
    "when",
    [
        failed.count(within=hours(1)) > greatest(-1, calls.count(within=hours(1))) + 1,
        failed.count(within=hours(1)).per(calls.count(within=hours(1)), floor=5) > percent(100),
        failed.different(Call.email_verified, within=hours(1)) >= 3,
        abs(failed.count(within=hours(1)) - 5) < 0,
        failed.age(horizon=hours(1)) > hours(2),
    ],
    ids=str,
)
def test_numbers_that_can_never_be_are_known(when: Any) -> None:
    if "greatest" in str(when):  # one measure above another by one: no bound of either says so
        assert found(rule("r", when)) == []
    else:
        assert found(rule("r", when)) == [("MR101", "r")]


def test_a_share_by_its_lower_bound_can_miss_what_it_always_has() -> None:
    share = failed.count(within=hours(1)).per(calls.count(within=hours(1)), floor=5, bound="wilson")

    assert found(rule("r", share <= percent(100))) == []


def test_bounds_follow_sums_multiples_and_the_greatest() -> None:
    n, m = failed.count(within=hours(1)), calls.count(within=hours(1))

    assert range_of(2 * n + 3)[0] == 3
    assert range_of(3 - n)[1] == 3
    assert range_of(greatest(7, n))[0] == 7
    assert range_of(n.per(m)) == (Fraction(0), Fraction(1))
    assert range_of(m.per(n)) == (Fraction(0), None)
    assert range_of(n.baseline(hour_of_week(), trailing(hours(24))))[0] == 0
    below, above = n < 0, n >= 0
    assert isinstance(below, Compared)
    assert isinstance(above, Compared)
    assert (never(below), always(above), never(above), always(below)) == (True, True, False, False)


def test_a_condition_that_others_imply_is_told_with_them() -> None:
    problem = only("MR102", rule("r", on(Call, Call.code >= 500, Call.code > 300, per=Call.merchant)))

    assert "got Call.code > 300" in problem.message
    assert problem.witness.startswith("it follows from Call.code >= 500; a signal of Call: code=")


def test_of_two_equal_conditions_one_is_told() -> None:
    assert found(rule("r", on(Call, Call.code == 5, Call.code == 5, per=Call.merchant))) == [("MR102", "r")]


def test_saying_that_a_value_is_there_before_it_is_compared_is_no_mistake() -> None:
    assert found(rule("r", on(Call, Call.note.present(), ~(Call.note == "x"), per=Call.merchant))) == []


def test_a_stricter_rule_with_more_points_or_a_graver_severity_counts() -> None:
    strict = worse.at_least(3, within=minutes(5))
    loose = rule("loose", failed.at_least(2, within=minutes(5)))

    assert found(loose, rule("strict", strict, supports(DOWN, 60, family="a"))) == []
    assert found(loose, rule("strict", strict, supports(DOWN, 5, family="a", severity=Severity.SEV1))) == []
    assert found(loose, rule("strict", strict, supports(DOWN, 50, family="a"))) == [("MR103", "strict")]


def test_what_falls_back_to_fewer_points_takes_no_place() -> None:
    n = failed.count(within=hours(1))
    usual = n >= 2 * n.baseline(hour_of_week(), trailing(hours(24)))
    loose = rule("loose", usual, supports(DOWN, 105, family="a"))
    more = rule("more", usual & worse, supports(DOWN, 60, family="a"))

    assert found(loose, more) == [("MR103", "more")]  # both fall back together
    assert found(rule("n", failed, supports(DOWN, 50, family="a")), loose) == []


def test_something_else_besides_is_evidence_of_its_own() -> None:
    besides = on(Call, Call.route == "cart", per=Call.merchant)
    first = rule("first", failed)
    same = rule("same", failed.at_least(1, within=minutes(5)), supports(DOWN, 20, family="b"))

    assert found(first, rule("second", failed & besides, supports(DOWN, 20, family="b"))) == []
    assert found(first, rule("third", worse, supports(DOWN, 20, family="b"))) == [("MR110", "third")]
    assert [code for code, _ in found(first, same)] == ["MR110"]


def test_a_weaker_refutation_of_a_part_is_no_contradiction() -> None:
    against = rule("against", failed, refutes(DOWN, 20, family="b"))

    assert found(rule("for", worse), against) == []
    assert found(rule("for", worse), rule("veto", failed, vetoes(DOWN, family="b"))) == [("MR107", "for")]


def test_a_rule_that_waits_for_one_that_never_fires_is_told_with_it() -> None:
    never = rule("never", on(Call, Call.code > 5, Call.code < 5, per=Call.merchant), supports(OTHER, 50, family="a"))
    problem = only("MR105", rule("waits", failed & known(OTHER)), never)

    assert (problem.rule, problem.witness) == ("waits", "of its rules never never fires")


def test_points_that_do_not_open_an_issue_matter_where_somebody_waits_for_them() -> None:
    weak = rule("weak", failed, supports(OTHER, 5, family="a"))

    assert found(weak) == [("MR108", "weak")]
    assert found(weak, rule("waits", calls & known(OTHER))) == []


@pytest.mark.parametrize(
    ("column", "code"),
    [("phone", True), ("refresh_token", True), ("email_verified", False), ("token_age", False), ("note", False)],
)
def test_names_tell_what_is_about_one_person(column: str, code: bool) -> None:
    read = on(Call, getattr(Call, column).present(), per=Call.merchant)

    assert ("MR112" in dict(found(rule("r", read)))) is code


def test_a_feature_of_a_module_can_be_imported() -> None:
    @feature("checks.hidden", version=1)
    def hidden(signal: Call) -> bool:
        return signal.code == 1

    named = on(Call, long_note == True, per=Call.merchant)  # noqa: E712
    nested = on(Call, hidden == True, per=Call.merchant)  # noqa: E712

    assert found(rule("r", named)) == []
    assert found(rule("r", nested)) == [("MR113", "r")]


def test_what_is_refused_when_loaded_has_a_code_as_well() -> None:
    keyed = rule("keyed", on(Call, per=Call.cart))

    assert found(keyed) == [("MR100", "keyed")]
    assert "[does not load]" in str(check_rules("r", [keyed])[0])


def test_rules_in_order_and_codes_in_order_within_them() -> None:
    problems = check(
        RuleSet(
            "r",
            rule("b", on(Call, Call.phone == "x", per=Call.merchant).within(hours(2)), lasts=hours(1)),
            rule("a", failed & known(OTHER), supports(DOWN, 40, family="c")),
            rule(
                "c",
                calls.count(within=hours(1))
                >= calls.count(within=hours(1)).baseline(before(failed, within=hours(1))) - 1,
            ),
        )
    )

    assert [(p.rule, p.code) for p in problems if p.code != "MR111"] == [
        ("b", "MR109"),
        ("b", "MR112"),
        ("a", "MR105"),
    ]


number = failed.count(within=hours(1))
portion = failed.count(within=hours(1)).per(calls.count(within=hours(1)), floor=5)


@pytest.mark.parametrize(
    ("when", "proven"),
    [
        (number < 0, "never"),
        (number <= 0, ""),
        (number <= -1, "never"),
        (number == -1, "never"),
        (number == 0, ""),
        (number != -1, "always"),
        (number > -1, "always"),
        (number >= 0, "always"),
        (number > 0, ""),
        (portion > 1, "never"),
        (portion >= 1, ""),
        (portion >= percent(101), "never"),
        (portion <= 1, "always"),
        (portion < 1, ""),
        (portion <= 0, ""),
    ],
    ids=str,
)
def test_a_comparison_at_the_end_of_a_range_is_judged_exactly(when: Any, proven: str) -> None:
    assert (never(when), always(when)) == (proven == "never", proven == "always")


def test_exactly_the_points_that_there_are_can_be_waited_for() -> None:
    both = [
        rule("one", failed, supports(OTHER, 50, family="a")),
        rule("two", on(Call, Call.route == "cart", per=Call.merchant), supports(OTHER, 30, family="b")),
        rule("less", worse, supports(OTHER, 60, family="a")),
    ]

    assert found(rule("waits", calls & known(OTHER, at_least_points=90)), *both) == []
    assert found(rule("waits", calls & known(OTHER, at_least_points=91)), *both) == [("MR105", "waits")]


@pytest.mark.parametrize(
    ("selected", "asked", "said"),
    [
        ([], [Call.lacking == True], False),  # noqa: E712
        ([], [Call.lacking == False], False),  # noqa: E712
        ([], [Call.note == "stale"], False),
        ([], [Call.lacking.present(), Call.lacking == True], True),  # noqa: E712
        ([], [Call.lacking.present() & (Call.lacking == True)], True),  # noqa: E712
        ([Call.lacking.present()], [Call.lacking == True], True),  # noqa: E712
        ([Call.note == "cart"], [Call.note.one_of("cart", "pay"), Call.code >= 500], True),
        ([], [Call.code >= 500, Call.lacking == True], True),  # noqa: E712  # most fail the other condition
        ([], [(Call.code >= 500) | (Call.lacking == True)], False),  # noqa: E712
        ([], [Call.took_ms >= 5_000], True),  # what was not measured is not known
    ],
    ids=str,
)
def test_a_share_says_what_a_signal_without_a_flag_counts_as(selected: Any, asked: Any, said: bool) -> None:
    asking = on(Call, *selected, per=Call.merchant).share(*asked, at_least=percent(20), floor=30, within=hours(1))

    assert [code for code, _ in found(rule("r", asking)) if code == "MR114"] == ([] if said else ["MR114"])


def test_whoever_is_left_out_of_a_share_is_named_with_what_to_write() -> None:
    asking = calls.share(Call.lacking == True, at_least=percent(20), floor=30, within=hours(1))  # noqa: E712
    problem = only("MR114", rule("r", asking))

    assert "a signal without Call.lacking counts as" in problem.message
    assert "Call.lacking.present()" in problem.witness
