"""A stand-in for durable-rules that needs no package: it joins by looking at everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from migro.durable import Conversation
from migro.durable.limits import Fact, check_facts, check_rules

__all__ = ["PlainConversation"]


class PlainConversation(Conversation):
    """
    Fires what a program says, without a process.

    Attributes:
        told: The programs and facts that it was given.
    """

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[Mapping[str, Sequence[str]], Sequence[Fact]]] = []

    def fired(self, name: str, program: Mapping[str, Sequence[str]], facts: Sequence[Fact]) -> list[tuple[str, str]]:
        check_rules(program)
        check_facts(facts)
        self.told.append((program, facts))
        holds = {(token, key) for token, key, _ in facts}
        keys = sorted({key for _, key, _ in facts})
        return [(rule, k) for rule, tokens in program.items() for k in keys if all((t, k) in holds for t in tokens)]
