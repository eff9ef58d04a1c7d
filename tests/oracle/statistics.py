"""Exact statistics: medians, score intervals, Poisson tails."""

from __future__ import annotations

from fractions import Fraction

__all__ = ["improbable", "median", "reached", "significant"]

Z = Fraction(196, 100)


def median(values: list[Fraction]) -> Fraction:
    low_to_high = sorted(values)
    return (low_to_high[(len(values) - 1) // 2] + low_to_high[len(values) // 2]) / 2


def significant(hits: Fraction | int, size: Fraction | int, limit: Fraction) -> bool:
    """
    Whether a limit lies outside the 95 % score interval of a share, or on its edge.

    The interval's ends solve ``(p - t)^2 = z^2 t (1 - t) / n`` for t; outside of them the left side is greater.
    """
    return (Fraction(hits) / size - limit) ** 2 >= Z**2 * limit * (1 - limit) / size


def reached(hits: int, size: int, least: Fraction, bound: str) -> bool:
    """Whether the share, or for fewer than 100 signals the lower end of its 95 % score interval, is reached."""
    if Fraction(hits, size) < least:
        return False
    return bound == "plain" or size >= 100 or significant(hits, size, least)


def improbable(count: Fraction, mean: Fraction, p: Fraction) -> bool:
    """
    Whether a Poisson count of at most `count` is less probable than `p`.

    ``e^-m (1 + m + ... + m^x / x!) < p`` is ``1 + m + ... < p e^m``, and e^m lies between every partial sum of its
    series and that sum plus a geometric series above what is left.
    """
    x = count.numerator // count.denominator
    term, power, n = Fraction(1), Fraction(1), 0
    below = Fraction(1) if x >= 0 else Fraction(0)
    while True:
        n += 1
        term = term * mean / n
        power += term
        if n <= x:
            below += term
            continue
        if below < p * power:
            return True
        if n + 2 > mean and below >= p * (power + term * mean / (n + 1) / (1 - mean / (n + 2))):
            return False
