"""
The oracle: what a rule set means, said by quantifiers, with nothing kept between two questions.

Written from the docstrings of `migro.rules`, and slow on purpose. It shares the data classes with the library and no
code with the engine. It is told a history: what arrived and what was withdrawn, each with the `now` of that step.

- S holds every signal that has arrived and is not withdrawn, each id once (the copy that came first). What was
  withdrawn stays so, whatever arrives under its id later; what has not arrived cannot be withdrawn.
- `signals`: what a condition, a selection and a configured fact are over S.
- `numbers` and `hours`: what a measure's value at a time is, UNKNOWN being None, and what is usual.
- `times`: the set of times at which a timed premise is satisfied, ``sat``, and the points at which it is looked at.
- `firings`: what a rule holds for.

Where the docstrings leave a corner open, this is what was decided:

- A session of a baseline's hours belongs to the whole baseline: equal measures with other methods have their own.
  It begins at a step after which a signal is selected for the key that was not before.
- At multiples a key is alive by a selection's signal if the key columns that both name are equal, and by a fact only
  where the fact's class has all key columns of the premise.
- An hour is usable at a time when it was taken by then and its session had not ended by then.
- A premise of several parts that were satisfied at several times rests on a fallback when any part did at its own.
- A premise that is satisfied at multiples has exactly those multiples as points.
"""

from __future__ import annotations

from collections.abc import Iterable

from migro.models import Signal
from migro.rules import RuleSet

from .firings import Firings, World
from .history import Arrival, Step, Withdrawal, at_receipt
from .statistics import reached

__all__ = ["Arrival", "Firings", "Step", "Withdrawal", "World", "at_receipt", "evaluate", "reached"]


def evaluate(ruleset: RuleSet, history: Iterable[Step | Signal], as_of: int) -> Firings:
    """Return every rule and key that holds at `as_of`; bare signals arrive when they were received."""
    return World(ruleset, at_receipt(history), as_of).firings()
