"""Journals that agents have written, to be folded again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import attrs
from hypothesis import strategies as st

from migro.agent import PLATFORM, Agent, Fold
from migro.decide import Policy
from migro.expressions import minutes
from migro.models import ActionStatus, ConfigChanged, ErasureRequested, Input, PersonActed, SignalReceived
from migro.ports import Memory
from migro.remember import VolatileMemory
from migro.rules import Rule, RuleSet, supports
from tests.agent.world import DOWN, OPEN_POLICY, RULES, after, failing

M1 = "merchant:m_1"

STRICTER = RuleSet(
    "world",
    *(r for r in RULES if r.id != "burst"),
    Rule("burst", when=failing.at_least(5, within=minutes(5)), then=supports(DOWN, 105, family="http")),
)
"""The rules of the world, but for one threshold."""

choices = st.lists(st.integers(0, 20), min_size=30, max_size=30)


def plain(items: Sequence[Input]) -> list[Input]:
    """Return inputs without what only an agent writes."""
    return [i for i in items if not isinstance(i, ConfigChanged | ErasureRequested)]


def answer(agent: Agent, memory: Memory, choice: int, at: Any) -> None:
    """Let a person answer what waits, or hands do what is planned."""
    waiting = [a for a in memory.read("actions", partition=M1) if a.status is ActionStatus.WAITING]
    if waiting and choice % 3:
        action = waiting[choice % len(waiting)]
        agent.tell(
            M1,
            PersonActed(
                at=at,
                verb="approve" if choice % 2 else "reject",
                by=f"person-{choice % 5}",
                target=action.idempotency_key,
                binding=action.binding,
            ),
        )
    elif choice % 2:
        agent.drain()


def give(agent: Agent, item: Input) -> None:
    """Give an agent an input as a host would: time passes for everybody, then the input comes."""
    agent.tick(item.at)
    if isinstance(item, SignalReceived):
        agent.handle(item.signal)
    else:
        agent.tell(M1, item)


def written(
    items: Sequence[Input],
    picks: Sequence[int] = (),
    *,
    memory: Memory | None = None,
    rules: Sequence[RuleSet] = (RULES,),
    restart_every: int = 0,
    **options: Any,
) -> Memory:
    """
    Return a memory that an agent has written: over the inputs, with answers, restarts, and rules in turn.

    Args:
        rules: Rule sets that are in force one after the other, each for an equal part of the inputs.
        restart_every: After how many inputs another agent takes over; 0 for never.
    """
    kept: Memory = VolatileMemory() if memory is None else memory
    given = plain(items)
    part = -(-len(given) // len(rules)) or 1
    host = _agent(kept, rules[0], options)
    for n, item in enumerate(given):
        if n and (n % part == 0 or (restart_every and n % restart_every == 0)):
            host = _agent(kept, rules[n // part], options)
        give(host, item)
        if n < len(picks) and picks[n]:
            answer(host, kept, picks[n], item.at)
    if given:
        host.tick(after(200_000))
        host.drain()
    return kept


def _agent(memory: Memory, rules: RuleSet, options: dict[str, Any]) -> Agent:
    return Agent(**{"rules": rules, "memory": memory, "policy": OPEN_POLICY, "snapshot_every": 5, **options})


def fold_of(rules: RuleSet = RULES, policy: Policy = OPEN_POLICY) -> Fold:
    return Fold(rules, policy)


@attrs.frozen
class WithoutLedger:
    """A memory as a host might write it: the port and nothing beside it."""

    memory: Memory

    def accept(self, *arguments: Any) -> Any:
        return self.memory.accept(*arguments)

    def load(self, *arguments: Any) -> Any:
        return self.memory.load(*arguments)

    def commit(self, *arguments: Any) -> Any:
        return self.memory.commit(*arguments)

    def read(self, *arguments: Any, **narrowed: Any) -> Iterator[Any]:
        return self.memory.read(*arguments, **narrowed)


__all__ = ["M1", "PLATFORM", "STRICTER", "WithoutLedger", "answer", "choices", "fold_of", "give", "plain", "written"]
