"""Draws that are the same on every machine: no floating point, only integers and decimals."""

from __future__ import annotations

from decimal import Context, Decimal
from functools import lru_cache
from random import Random

__all__ = ["lognormal", "poisson"]

_EXACT = Context(prec=24)
_ONE = 1 << 53
_MOST = 16
"""Above this mean a draw is a sum of draws, so that the smallest probability keeps its digits."""


def poisson(rng: Random, mean: Decimal) -> int:
    """Return how many events of a Poisson process with that mean there are."""
    if mean <= 0:
        return 0
    if mean > _MOST:
        parts = int(mean / _MOST) + 1
        return sum(poisson(rng, mean / parts) for _ in range(parts))
    floor, count, product = _none(mean), 0, _random(rng)
    while product > floor:
        count += 1
        product = product * _random(rng) >> 53
    return count


def lognormal(rng: Random, *, median: Decimal, ninety_fifth: Decimal) -> Decimal:
    """Return a draw of the log-normal distribution with that median and 95th percentile, to a thousandth."""
    # The sum of twelve uniform draws is nearly normal, with variance 1.
    normal = sum((Decimal(rng.randrange(1_000_000)) for _ in range(12)), start=Decimal(0)) / 1_000_000 - 6
    spread = _EXACT.divide(_EXACT.ln(ninety_fifth / median), Decimal("1.645"))
    return (median * _EXACT.exp(spread * normal)).quantize(Decimal("0.001"))


def _random(rng: Random) -> int:
    return rng.getrandbits(53) + 1


@lru_cache(maxsize=4096)
def _none(mean: Decimal) -> int:
    """Return the probability of no event, as a share of 2^53."""
    return int(_EXACT.multiply(_EXACT.exp(-mean), Decimal(_ONE)))
