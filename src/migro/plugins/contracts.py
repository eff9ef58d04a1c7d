"""What a plugin of each group has to be; whatever is not that is refused before it is used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from ..expressions.features import Feature, FeatureSet
from ..lexicons import Lexicon
from ..models import Signal
from ..ports import Actuator, Memory, Source
from ..rules import RuleSet

__all__ = [
    "Factory",
    "Unfit",
    "actuator",
    "factory",
    "features",
    "lexicons",
    "memory",
    "ruleset",
    "source",
    "vocabulary",
]

T = TypeVar("T")

Factory = Callable[[Mapping[str, Any]], object]
"""Makes an actuator, a memory or a source of its table in ``migro.toml``."""


class Unfit(Exception):
    """What was found is not what its group asks for; caught where the problem is told."""

    def __init__(self, expected: str, found: object) -> None:
        got = f"the class {found.__name__}" if isinstance(found, type) else type(found).__name__
        super().__init__(f"expected {expected}, got {got}")


def ruleset(found: object) -> RuleSet:
    """Return a rule set."""
    if not isinstance(found, RuleSet):
        raise Unfit("a RuleSet", found)
    return found


def vocabulary(found: object) -> tuple[type[Signal], ...]:
    """Return signal classes: one, or several in any collection."""
    # `Signal` itself has no kind of its own.
    return _several(
        found,
        lambda one: one if isinstance(one, type) and issubclass(one, Signal) and one is not Signal else None,
        "subclasses of Signal with a kind, such as class Shot(Signal, kind='shot')",
    )


def features(found: object) -> FeatureSet:
    """
    Return features: one, or several in any collection.

    Raises:
        RuleDefinitionError: If two of them have one name and version.
    """
    return FeatureSet(_several(found, lambda one: one if isinstance(one, Feature) else None, "a Feature or several"))


def lexicons(found: object) -> tuple[Lexicon, ...]:
    """Return lexicons: one, or several in any collection."""
    return _several(found, lambda one: one if isinstance(one, Lexicon) else None, "a Lexicon or several")


def _several(found: object, fit: Callable[[object], T | None], expected: str) -> tuple[T, ...]:
    several: tuple[object, ...] = (found,)
    # A feature is something to compare, and so is no collection whatever it looks like.
    if isinstance(found, Iterable) and not isinstance(found, type | Feature):
        several = tuple(found)
    if not several:
        raise Unfit(expected, found)
    fitting: list[T] = []
    for one in several:
        fits = fit(one)
        if fits is None:
            raise Unfit(expected, one)
        fitting.append(fits)
    return tuple(fitting)


def factory(found: object) -> Factory:
    """Return a factory; what it makes is checked when it is made."""
    if not callable(found):
        raise Unfit("a function that takes its table of settings", found)
    return found


def actuator(made: object) -> Actuator:
    """Return an actuator that names its kinds."""
    if not isinstance(made, Actuator):
        raise Unfit("an actuator with `kinds` and `execute`", made)
    kinds: object = made.kinds
    if not isinstance(kinds, frozenset) or not kinds or not all(isinstance(k, str) and k for k in kinds):
        raise Unfit("a frozenset of names as the actuator's `kinds`", kinds)
    return made


def memory(made: object) -> Memory:
    """Return a memory."""
    if not isinstance(made, Memory):
        raise Unfit("a memory with `accept`, `load`, `commit` and `read`", made)
    return made


def source(made: object) -> Source:
    """Return a source."""
    if not isinstance(made, Source):
        raise Unfit("a source with `signals`", made)
    return made
