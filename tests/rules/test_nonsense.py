"""Nonsense is refused where it is written, with what was expected."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from migro import UNSET, Attr, IssueKind, Maybe, MaybeKey, Rule, RuleSet, Signal, feature, minutes, on, supports
from migro.errors import InputError, RuleDefinitionError, RuleSetError
from migro.expressions import hours, percent, seconds
from migro.models import MerchantId

AT = datetime(2026, 3, 1, tzinfo=UTC)
DOWN = IssueKind[MerchantId]("nonsense_down", category="checkout")


class Req(Signal, kind="nonsense.req"):
    code: Attr[int]
    amount: Maybe[Decimal] = UNSET
    cart: MaybeKey[str] = UNSET


Loose: Any = Req
Made: Any = type(Signal)
REQS: Any = on(Req, per=Req.merchant)
ERRORS: Any = on(Req, Req.code >= 500, per=Req.merchant)
COUNT: Any = REQS.count(within=minutes(10))


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (lambda: minutes(2.5), "minutes() takes a whole number, got 2.5 (float)"),  # type: ignore[arg-type]
        (lambda: hours(True), "hours() takes a whole number, got True (bool)"),
        (lambda: seconds("5"), "seconds() takes a whole number, got '5' (str)"),  # type: ignore[arg-type]
        (lambda: minutes(10**30), "minutes() takes a length of time that a calendar has"),
        (lambda: percent("1e9999999"), "percent() takes a number of reasonable size"),
        (lambda: percent("nan"), "percent() takes a number of reasonable size"),
        (lambda: Loose.amount > Decimal("NaN"), "a number out of bounds: expected a finite number"),
        (lambda: Loose.amount != Decimal("sNaN"), "a number out of bounds: expected a finite number"),
        (lambda: Loose.code == 10**5000, "a number out of bounds: expected a number of at most 100 digits"),
        (lambda: Decimal("Infinity") <= COUNT, ">= takes a number within bounds"),
        (lambda: (Req.code > 1) & ERRORS, "`&` joins two conditions on a signal, got <Selection"),
        (lambda: (Req.code > 1) | Loose.code, "`|` joins two conditions on a signal, got <Col"),
        (lambda: (Req.code > 1) & True, "`&` joins two conditions on a signal, got True (bool)"),  # type: ignore[operator]
        (lambda: on(Req, per=(Req.merchant, Req.merchant)), "groups by different key columns"),
    ],
)
def test_nonsense_is_refused_at_its_line(write: Callable[[], object], words: str) -> None:
    with pytest.raises(RuleDefinitionError) as caught:
        write()

    assert words in str(caught.value)


@pytest.mark.parametrize("kind", ["*", "bad kind", "bad\n", ".x", "x/y"])
def test_a_kind_of_signals_is_one_plain_word(kind: str) -> None:
    with pytest.raises(RuleDefinitionError, match=r"expected a kind of letters, digits and \. _ -"):
        Made("Star", (Signal,), {"__module__": __name__}, kind=kind)


@pytest.mark.parametrize("declared", [{"merchant": Attr[int]}, {"id": Attr[str]}, {"status": Maybe[str]}])
def test_what_every_signal_has_is_not_declared_otherwise(declared: dict[str, Any]) -> None:
    with pytest.raises(RuleDefinitionError, match="every signal has"):
        Made("Odd", (Signal,), {"__module__": __name__, "__annotations__": declared}, kind="nonsense.odd")


def test_a_class_without_columns_of_its_own_is_a_signal_all_the_same() -> None:
    class Event(Signal, kind="nonsense.event"):
        """Only its time counts."""

    assert Event(occurred_at=AT).kind == "nonsense.event"


@pytest.mark.parametrize("amount", ["1e10000", "1e-10000", "NaN", "Infinity", "9" * 101])
def test_a_number_that_would_take_for_ever_to_add_up_is_refused_with_the_signal(amount: str) -> None:
    with pytest.raises(InputError, match="expected a finite number of at most 100 digits"):
        Req.from_data({"code": 1, "amount": amount, "occurred_at": AT})
    with pytest.raises(InputError, match=r"metrics\.amount: expected .*finite number"):
        Signal.from_data({"kind": "x", "metrics": {"amount": Decimal(amount)}, "occurred_at": AT})
    with pytest.raises(InputError, match="expected a number of at most 100 digits"):
        Req.from_data({"code": 10**100, "occurred_at": AT})


def test_two_functions_under_one_name_and_version_are_found_in_a_rule_set() -> None:
    @feature("nonsense.odd", version=1)
    def first(signal: Req) -> bool:
        return True

    @feature("nonsense.odd", version=1)
    def second(signal: Req) -> bool:
        return False

    rules = [
        Rule(f"r{n}", when=on(Req, f == True, per=Req.merchant), then=supports(DOWN, 50, family="f"))  # noqa: E712
        for n, f in enumerate((first, second))
    ]

    with pytest.raises(RuleSetError, match=r"expected one function behind 'nonsense\.odd' version 1") as caught:
        RuleSet("odd", *rules)
    assert [finding.code for finding in caught.value.findings] == ["feature"]
    assert len(RuleSet("fine", rules[0])) == 1
