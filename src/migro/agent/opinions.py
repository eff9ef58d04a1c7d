"""Second opinions: what fires in every partition, judged by another engine while nothing else happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from ..errors import ConfigurationError, SecondEngineError
from .loop import Loop

if TYPE_CHECKING:
    # An extra's rim, and processes; who never asks for it does not load them.
    from ..durable import Disagreement, SecondEngine

__all__ = ["Opinion", "second_opinion", "why_disagreeing"]

_NAMED = 3
"""How many rules the reason of a halt names."""


@attrs.frozen(kw_only=True)
class Opinion:
    """
    What a second engine says of an agent's states.

    Attributes:
        partitions: The partitions that were compared, sorted.
        disagreements: Where the engines differ; `stream` is the partition.
        errors: Partitions on which there was no answer, with why: then nothing is known of them.
    """

    partitions: tuple[str, ...]
    disagreements: tuple[Disagreement, ...] = ()
    errors: tuple[tuple[str, SecondEngineError], ...] = ()


def second_opinion(loop: Loop, second: SecondEngine) -> Opinion:
    """
    Return what a second engine says of the partitions that are loaded.

    Raises:
        ConfigurationError: If it is the second of another engine than the loop's.
    """
    if second.engine is not loop.fold.engine:
        raise ConfigurationError("expected SecondEngine(agent.fold.engine), got one beside another engine")
    found: list[Disagreement] = []
    compared: list[str] = []
    errors: list[tuple[str, SecondEngineError]] = []
    for partition in loop.loaded:
        try:
            found += second.compare(loop.state(partition).engine, stream=partition)
        except SecondEngineError as e:
            errors.append((partition, e))
        else:
            compared.append(partition)
    return Opinion(partitions=tuple(compared), disagreements=tuple(found), errors=tuple(errors))


def why_disagreeing(opinion: Opinion) -> str:
    """Return why automation is halted by an opinion: rules and kinds alone, since keys may stand for people."""
    names = sorted({one.name for one in opinion.disagreements})
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"the engines disagree about {', '.join(names[:_NAMED])}{more}"
