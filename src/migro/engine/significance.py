"""Significance: exact tests on counts and shares, so that the same evidence gives the same answer everywhere."""

from __future__ import annotations

from decimal import Context, Decimal
from fractions import Fraction
from operator import ge, gt, le, lt

__all__ = ["bounded", "improbable", "share_reached", "shares_differ"]

_Z2 = Fraction(38416, 10_000)
"""1.96 squared: the bounds of the two-sided 95 % interval."""

_PLAIN_FROM = 100
"""From this many on, a share is taken as it is."""

_OPERATORS = {"lt": lt, "le": le, "gt": gt, "ge": ge}

_CONTEXT = Context(prec=60)
"""Sixty digits, whatever the context of the process is: far more than tell a probability from its limit."""

_COUNTED_UP_TO = 20_000
"""Above this count, and above five times as many expected, a bound takes the place of the Poisson sum."""


def share_reached(hits: int, size: int, at_least: Fraction, *, wilson: bool) -> bool:
    """
    Return whether `hits` of `size` reach the share, in integers.

    With `wilson` and fewer than 100 signals the lower end of the score interval has to reach it:
    ``x/n >= t and (x - t n)^2 >= z^2 t (1 - t) n``. Source: E. B. Wilson, JASA 22 (1927), 209-212.
    """
    if hits * at_least.denominator < at_least.numerator * size:
        return False
    return not wilson or size >= _PLAIN_FROM or _far(hits, size, at_least)


def bounded(operator: str, over: int | Fraction, under: int | Fraction, limit: int | Fraction, *, wilson: bool) -> bool:
    """Return whether a share compares with a limit, and with `wilson` also the near end of its score interval."""
    if not _OPERATORS[operator](Fraction(over), limit * Fraction(under)):
        return False
    return not wilson or under >= _PLAIN_FROM or not 0 < limit < 1 or _far(over, under, Fraction(limit))


def _far(over: int | Fraction, under: int | Fraction, limit: Fraction) -> bool:
    excess = over - limit * under
    return excess * excess >= _Z2 * limit * (1 - limit) * under


def shares_differ(a: int | Fraction, n: int | Fraction, b: int | Fraction, m: int | Fraction, z: int) -> bool:
    """
    Return whether two shares differ by `z` pooled standard errors: the two-proportion test, squared.

    ``(a m - b n)^2 (n + m) >= z^2 (a + b) (n + m - a - b) n m``
    """
    gap = a * m - b * n
    return gap != 0 and gap * gap * (n + m) >= z * z * (a + b) * (n + m - a - b) * n * m


def improbable(found: int, expected: Fraction, p: Fraction) -> bool:
    """
    Return whether ``P(X <= found) < p`` for a Poisson distributed X with that mean.

    Summed to sixty digits in decimal arithmetic, which is the same on every machine. A count at or above its mean is
    not improbable for any p up to 1/3, since the median of a Poisson variable is at most its mean plus 1/3.
    """
    if found < 0:
        return True
    if p <= Fraction(1, 3) and found >= expected:
        return False
    if found > _COUNTED_UP_TO or expected > 5 * _COUNTED_UP_TO:
        # One-sided Chernoff bound, which only errs by saying no: P(X <= x) <= exp(-(mean - x)^2 / (2 mean)).
        gap = expected - found
        exponent = _decimal(-(gap * gap) / (2 * expected))
        return _CONTEXT.exp(exponent) < _decimal(p)
    mean = _decimal(expected)
    term = total = Decimal(1)
    for k in range(1, found + 1):
        term = _CONTEXT.divide(_CONTEXT.multiply(term, mean), Decimal(k))
        total = _CONTEXT.add(total, term)
    return total < _CONTEXT.multiply(_decimal(p), _CONTEXT.exp(mean))


def _decimal(value: Fraction) -> Decimal:
    return _CONTEXT.divide(Decimal(value.numerator), Decimal(value.denominator))
