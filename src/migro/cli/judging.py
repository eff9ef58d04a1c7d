"""A second engine beside a run: it judges what fires before anything acts, and halts automation where it disagrees."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..agent import Agent
from ..configuration import Configuration
from ..errors import ConfigurationError
from ..models import ActionStatus

if TYPE_CHECKING:
    from ..durable import SecondEngine

__all__ = ["Judging", "judged"]

_EVERY_S = 60
"""How often it is asked where nothing is to be executed, in seconds: it looks at everything each time."""


class Judging:
    """
    Asks a second engine.

    Args:
        agent: Whose states it judges.
        second: The engine; None for nobody.
        complain: Told where it has no answer: then nothing changes.
        seconds: A clock that never goes back.
    """

    def __init__(
        self,
        agent: Agent,
        second: SecondEngine | None,
        complain: Callable[[str], None],
        *,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._agent, self._second, self._complain, self._seconds = agent, second, complain, seconds
        self._again_at = seconds()
        self._told = ""

    def ask(self) -> None:
        """Let it judge where a minute is over, or something is planned and would be executed next."""
        if self._second is None or not (self._seconds() >= self._again_at or self._planned()):
            return
        opinion = self._agent.second_opinion(self._second)
        self._again_at = self._seconds() + _EVERY_S
        told = "; ".join(dict.fromkeys(str(error) for _, error in opinion.errors))
        if told and told != self._told:
            self._complain(f"the second engine has no answer, which changes nothing: {told}")
        self._told = told

    def _planned(self) -> bool:
        return any(a.status is ActionStatus.PLANNED for a in self._agent.memory.read("actions", pending=True))


@contextmanager
def judged(agent: Agent, config: Configuration, complain: Callable[[str], None]) -> Iterator[Judging]:
    """
    Ask the second engine that is configured, if one is, and end it in the end.

    Raises:
        ConfigurationError: If it cannot be asked here.
    """
    if not config.rules.second_engine:
        yield Judging(agent, None, complain)
        return
    from ..durable import SecondEngine, missing

    if told := missing():
        raise ConfigurationError(f"rules.second_engine: {told}")
    with SecondEngine(agent.fold.engine) as second:
        yield Judging(agent, second, complain)
