"""A scenario: what can be played, and in which variants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import attrs

from .timeline import Simulation

__all__ = ["Scenario"]


def _own(value: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(value))


@attrs.frozen(kw_only=True)
class Scenario:
    """
    One story about what breaks, or only seems to.

    Attributes:
        id: Its name, such as ``SC08``.
        title: One line for people.
        play: Plays it: takes a seed and the name of a variant, which is empty for the story itself.
        variants: What is different, by the name of the variant; ``b`` of ``SC08`` is played as ``SC08b``.
        amended: What the truth asks for instead of what the story would, and why; empty where it asks for the same.
    """

    id: str
    title: str
    play: Callable[[int, str], Simulation]
    variants: Mapping[str, str] = attrs.field(factory=dict, converter=_own)
    amended: str = ""
