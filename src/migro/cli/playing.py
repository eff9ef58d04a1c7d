"""Events through an agent, one after the other: the one way that runs, demos and evaluations go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import attrs

from ..agent import Agent, Processed
from ..models import Decision
from ..ports import Memory
from .material import Event

__all__ = ["Turn", "play", "settled"]


@attrs.frozen(kw_only=True)
class Turn:
    """
    What one event led to.

    Attributes:
        event: What came in.
        due: What was decided before it, because its time of receipt made something due for any merchant.
        done: What became of it; None for an event that could not be read.
    """

    event: Event
    due: tuple[Decision, ...] = ()
    done: Processed | None = None

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """Every decision that fell, in order."""
        return (*self.due, *(self.done.decisions if self.done is not None else ()))


def play(agent: Agent, events: Iterable[Event], *, after: Callable[[Turn], None] | None = None) -> Iterator[Turn]:
    """
    Yield what each event leads to, with time passing by the times of receipt; what is planned is tried after its turn.

    Args:
        after: What is done after a turn in the place of `Agent.drain`, which is done where something was decided.

    Whoever stops in between decides what becomes of what is planned, and so does whoever comes to the end:
    `Agent.drain` tries it.
    """
    for event in events:
        if event.signal is None:
            yield Turn(event=event)
            continue
        due = agent.tick(event.signal.received_at)
        done = settled(agent.memory, agent.process(event.signal))
        turn = Turn(event=event, due=due, done=done)
        yield turn
        if after is not None:
            after(turn)
        elif turn.decisions:
            agent.drain()


def settled(memory: Memory, done: Processed) -> Processed:
    """Return what became of a signal, looked up where another writer of the memory consumed it."""
    if done.disposition is not None:
        return done
    places = memory.read("journal", id=done.signal.id, partition=done.partition)
    found = next((e.disposition for e in places if e.seq == done.seq), None)
    return attrs.evolve(done, disposition=found)
