"""Exact numbers and spans of time as rules write them: no floats, so a sum is equal and never merely close."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ..errors import RuleDefinitionError

__all__ = [
    "bounded",
    "days",
    "decimal_text",
    "exact_decimal",
    "hours",
    "microseconds",
    "minutes",
    "percent",
    "permille",
    "seconds",
    "span",
]


def _exact(value: int | str | Decimal, name: str) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise RuleDefinitionError(
            f"{name}() takes an int, a Decimal or a string such as '2.5', got {value!r} ({type(value).__name__}):"
            " a float is not exact"
        )
    try:
        return Fraction(bounded(Decimal(value)))
    except (ArithmeticError, ValueError) as e:
        raise RuleDefinitionError(f"{name}() takes a number of reasonable size, got {value!r}") from e


MOST_DIGITS = 100
"""Digits that a number may have before and after the point: more than any amount, id or time of this world."""

_LARGEST = 10**MOST_DIGITS


def bounded(value: Any) -> Any:
    """
    Return a number as it came, if exact arithmetic with it stays small; any other value as well.

    ``1e9999999`` is ten characters and a number of ten million digits: what strangers send is held within bounds.

    Raises:
        ValueError: If it is no finite number, or has more than 100 digits before or after the point.
    """
    if isinstance(value, Decimal):
        if not value.is_finite() or value.adjusted() >= MOST_DIGITS or int(value.as_tuple().exponent) < -MOST_DIGITS:
            raise ValueError(f"expected a finite number of at most {MOST_DIGITS} digits before and after the point")
    elif isinstance(value, int) and not -_LARGEST < value < _LARGEST:
        raise ValueError(f"expected a number of at most {MOST_DIGITS} digits")
    return value


def exact_decimal(value: object) -> object:
    """
    Return the Decimal behind its JSON form, a string; any other value as it came, for the validation that follows.

    Raises:
        ValueError: If the string is no number.
    """
    if not isinstance(value, str):
        return value
    try:
        return Decimal(value)
    except ArithmeticError as e:
        raise ValueError("expected a number such as '19.99'") from e


def percent(value: int | str | Decimal) -> Fraction:
    """
    Return `value` hundredths, exactly.

    >>> percent(5)
    Fraction(1, 20)
    >>> percent("2.5")
    Fraction(1, 40)
    """
    return _exact(value, "percent") / 100


def permille(value: int | str | Decimal) -> Fraction:
    """Return `value` thousandths, exactly."""
    return _exact(value, "permille") / 1000


def _span(**unit: int) -> timedelta:
    ((name, n),) = unit.items()
    # type() instead of isinstance(): True is an int to Python and no length of time.
    if type(n) is not int:
        raise RuleDefinitionError(
            f"{name}() takes a whole number, got {n!r} ({type(n).__name__}): write {name}(1) with a smaller unit"
        )
    try:
        return timedelta(**unit)
    except OverflowError as e:
        raise RuleDefinitionError(f"{name}() takes a length of time that a calendar has, got {n!r}") from e


def seconds(n: int) -> timedelta:
    """Return a span of `n` seconds."""
    return _span(seconds=n)


def minutes(n: int) -> timedelta:
    """Return a span of `n` minutes."""
    return _span(minutes=n)


def hours(n: int) -> timedelta:
    """Return a span of `n` hours."""
    return _span(hours=n)


def days(n: int) -> timedelta:
    """Return a span of `n` days."""
    return _span(days=n)


def decimal_text(value: Fraction) -> str:
    """
    Return a ratio as people read it: its decimal digits where they end, else numerator and denominator.

    >>> decimal_text(percent("2.5") * 100), decimal_text(Fraction(1, 3))
    ('2.5', '1/3')
    """
    rest, places = value.denominator, 0
    for prime in (2, 5):
        count = 0
        while rest % prime == 0:
            rest //= prime
            count += 1
        places = max(places, count)
    if rest != 1:
        return str(value)
    digits = f"{abs(value.numerator) * 10**places // value.denominator:0{places + 1}}"
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"


def microseconds(t: timedelta) -> int:
    """Return the whole microseconds of a span: the unit in which the engine counts."""
    return (t.days * 86_400 + t.seconds) * 1_000_000 + t.microseconds


def span(t: timedelta | int) -> str:
    """
    Return a span (or its microseconds) as people write it.

    >>> span(minutes(5)), span(seconds(90)), span(250)
    ('5 min', '90 s', '250 us')
    """
    us = t if isinstance(t, int) else microseconds(t)
    for unit, size in (("d", 86_400_000_000), ("h", 3_600_000_000), ("min", 60_000_000), ("s", 1_000_000)):
        if us and us % size == 0:
            return f"{us // size} {unit}"
    return f"{us} us"
