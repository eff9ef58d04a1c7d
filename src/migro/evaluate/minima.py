"""The smallest value of a smooth function of many numbers, without a library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import mul
from typing import Final

__all__ = ["minimum"]

_ROUNDS: Final = 80
_REMEMBERED: Final = 6
_ENOUGH: Final = 2e-5
_LEAST: Final = 1e-6

Slope = Callable[[list[float]], tuple[float, list[float]]]


def minimum(slope: Slope, start: list[float]) -> list[float]:
    """
    Return where a convex function is smallest, nearly: L-BFGS with steps that are halved until they lead down.

    Source: Nocedal and Wright, Numerical Optimization, 2nd edition, algorithm 7.4.

    Args:
        slope: Its value and its gradient at a place.
        start: Where to begin.
    """
    place = start
    value, down = slope(place)
    steps: list[tuple[list[float], list[float]]] = []
    for _ in range(_ROUNDS):
        ahead = [-one for one in _turned(down, steps)]
        steep = _times(down, ahead)
        if steep >= 0:
            break
        far = 1.0
        while True:
            there = [one + far * step for one, step in zip(place, ahead, strict=True)]
            new, new_down = slope(there)
            if new <= value + 1e-4 * far * steep or far < _LEAST:
                break
            far /= 2
        if new >= value:
            break
        step = [b - a for a, b in zip(place, there, strict=True)]
        turn = [b - a for a, b in zip(down, new_down, strict=True)]
        if _times(step, turn) > 0:
            steps = [*steps[1 - _REMEMBERED :], (step, turn)]
        gained, place, value, down = value - new, there, new, new_down
        if gained < _ENOUGH * max(1.0, abs(value)):
            break
    return place


def _turned(down: list[float], steps: Sequence[tuple[list[float], list[float]]]) -> list[float]:
    """Return the gradient, turned and stretched by what the last steps told about the curve."""
    way = down
    shares = []
    for step, turn in reversed(steps):
        share = _times(step, way) / _times(step, turn)
        shares.append(share)
        way = [one - share * other for one, other in zip(way, turn, strict=True)]
    if steps:
        step, turn = steps[-1]
        size = _times(step, turn) / _times(turn, turn)
    else:
        size = 1.0 / max(1.0, *map(abs, down), 0.0)
    way = [size * one for one in way]
    for (step, turn), share in zip(steps, reversed(shares), strict=True):
        back = share - _times(turn, way) / _times(step, turn)
        way = [one + back * other for one, other in zip(way, step, strict=True)]
    return way


def _times(left: Sequence[float], right: Sequence[float]) -> float:
    return float(sum(map(mul, left, right)))
