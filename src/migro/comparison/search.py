"""
Search: streams for which one of two rules fires and the other does not.

Scenes are made for each rule in many styles, with strays of the other's signals between them; what fires for one is
then varied a little. Everything is run by the engine, and the same pair of rules gives the same streams every time.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from ..engine import Key
from ..models import Signal
from ..rules import Rule, RuleSet
from .drafts import Draft, Printer
from .hunting import Effort, Enough, Found, Hunt
from .plans import Plan, staged
from .trials import Bench, Judge
from .variations import sequels, variations

__all__ = ["Effort", "Found", "printed", "search"]


def search(
    old: tuple[RuleSet, Rule[Any]],
    new: tuple[RuleSet, Rule[Any]],
    *,
    effort: Effort,
    judge: Judge | None = None,
    sides: Sequence[int] = (0, 1),
    either: bool = False,
) -> tuple[Found | None, Found | None, int]:
    """
    Return a stream for which only the old rule fires, one for which only the new one does, and how many were run.

    Args:
        sides: Which of the two are looked for; the search ends with them.
        either: Whether it ends with the first of them.
    """
    benches = [Bench(*old, judge), Bench(*new, judge)]
    hunt = Hunt(benches[0], benches[1], effort, Printer(), Plan.of(old, new).tick, either)
    try:
        for drafts, later in _interleaved(staged(old, new), staged(new, old)):
            hunt.try_out(drafts, later, sides)
            if hunt.streams > effort.streams // 3 or hunt.signals > effort.signals // 3:
                break
        hunt.pare(sides, Plan.of(old, new))
        for drafts, later in sequels(hunt, old, new):
            hunt.try_out(drafts, later, sides)
        for drafts, later in variations(hunt, old, new):
            hunt.try_out(drafts, later, sides)
    except Enough:
        pass
    smaller = [
        f if f is None or side not in sides else _shrunk(f, benches[side], benches[1 - side], hunt)
        for side, f in enumerate(hunt.found)
    ]
    return smaller[0], smaller[1], hunt.streams


def _interleaved(*many: Iterator[Any]) -> Iterator[Any]:
    for row in itertools.zip_longest(*many):
        yield from (item for item in row if item is not None)


def _shrunk(found: Found, fires: Bench, silent: Bench, hunt: Hunt) -> Found:
    """Leave out signals, large parts first, as long as exactly the same rule fires."""
    drafts, left = list(found.drafts), hunt.effort.shrinking

    def differs(some: Sequence[Draft]) -> bool:
        nonlocal left
        left -= len(some)
        signals = hunt.printer.signals(some)
        if not signals:
            return False
        return _splits(found.key, signals, found.moment, fires, silent)

    size = len(drafts) // 2 or 1
    while size and left > 0:
        place = 0
        while place < len(drafts) and left > 0:
            fewer = drafts[:place] + drafts[place + size :]
            if fewer and differs(fewer):
                drafts = fewer
            else:
                place += size
        size //= 2
    end = max(d.at for d in drafts)
    signals = hunt.printer.signals(drafts)
    at_once = signals is not None and _splits(found.key, signals, end, fires, silent)
    return attrs.evolve(found, drafts=tuple(drafts), moment=end if at_once else found.moment)


def _splits(key: Key, signals: Sequence[Signal], moment: int, fires: Bench, silent: Bench) -> bool:
    return key in fires.firing(signals, [moment])[0] and key not in silent.firing(signals, [moment])[0]


def printed(found: Found) -> tuple[Signal, ...]:
    """Return the stream as signals."""
    return Printer().signals(found.drafts) or ()
