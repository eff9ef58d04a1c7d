"""Lowering: the rules that durable-rules can be given, as rule sets of texts that it takes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import attrs

from ..models import digest
from ..rules import Known, Premise, Rule, RuleSet
from .fragment import Portability, conditions, portability
from .limits import MAX_CONDITIONS, MAX_PREMISES, MAX_RULES, MAX_SHARED, hashed

__all__ = ["Condition", "Lowered", "Lowering", "Shard", "Tokens"]


class Tokens:
    """
    Short names for values, such as ``p0``, ``p1``: each value has one, and durable-rules tells them all apart.

    No text of a rule or signal reaches durable-rules: it compares long ones wrongly, finds some under the number of
    others, and has no business with what people wrote.
    """

    def __init__(self, letter: str) -> None:
        self._letter = letter
        self._next = 0
        self._taken: set[int] = set()
        self._of: dict[Any, str] = {}

    def of(self, value: Any) -> str:
        """Return the token of a value, a new one where it has none yet."""
        if value not in self._of:
            self._of[value] = self._fresh()
        return self._of[value]

    def values(self) -> dict[str, Any]:
        """Return the values by their tokens."""
        return {token: value for value, token in self._of.items()}

    def _fresh(self) -> str:
        while True:
            token = f"{self._letter}{self._next}"
            self._next += 1
            if (number := hashed(token)) not in self._taken:
                self._taken.add(number)
                return token


@attrs.frozen(eq=False)
class Condition:
    """
    What one fact is about: whether a premise holds for a key, where a firing on it lasts so long.

    Attributes:
        token: Its name in the facts.
        lasts: In microseconds; a known issue, a calendar and a configured fact do not depend on it.
    """

    token: str
    premise: Premise[Any]
    lasts: int


@attrs.frozen(eq=False)
class Lowered:
    """A rule as durable-rules has it."""

    token: str
    rule: Rule[Any]
    conditions: tuple[Condition, ...]


@attrs.frozen(eq=False)
class Shard:
    """Rules of one stratum that durable-rules takes as one rule set, within its limits."""

    rules: tuple[Lowered, ...]

    @cached_property
    def program(self) -> dict[str, tuple[str, ...]]:
        """The tokens of each rule's conditions, by the rule's token."""
        return {one.token: tuple(c.token for c in one.conditions) for one in self.rules}

    @cached_property
    def name(self) -> str:
        """What it is called: the same for the same program."""
        return digest(self.program)[:16]

    @cached_property
    def tokens(self) -> frozenset[str]:
        """The tokens of all its conditions."""
        return frozenset(token for tokens in self.program.values() for token in tokens)


class Lowering:
    """
    A rule set, lowered.

    Attributes:
        ruleset: Where it comes from.
        portability: How each rule stands, by its id.
        strata: The rules that are not refused, in the strata of the rule set, each in shards.
    """

    def __init__(self, ruleset: RuleSet) -> None:
        self.ruleset = ruleset
        self.portability: dict[str, Portability] = {p.rule: p for p in portability(ruleset)}
        self._names = Tokens("r")
        self._tokens = Tokens("p")
        self._conditions: dict[str, Condition] = {}
        self.strata: tuple[tuple[Shard, ...], ...] = tuple(
            tuple(_shards([self._lowered(rule) for rule in stratum if self.takes(rule)])) for stratum in ruleset.strata
        )

    def takes(self, rule: Rule[Any]) -> bool:
        """Return whether a rule is in the fragment."""
        return self.portability[rule.id].standing != "refused"

    @cached_property
    def closed(self) -> frozenset[str]:
        """Issue kinds about which no refused rule concludes: their points are those of the second engine alone."""
        return frozenset(k for k in self.ruleset.kinds if all(self.takes(r) for r in self.ruleset.about(k)))

    def _lowered(self, rule: Rule[Any]) -> Lowered:
        parts = tuple(self._condition(part, rule.lasts_us) for part in conditions(rule.when))
        return Lowered(self._names.of(rule.id), rule, parts)

    def _condition(self, part: Premise[Any], lasts: int) -> Condition:
        span = 0 if isinstance(part, Known) else lasts
        meaning = json.dumps([part.document(), part.key_names, span], sort_keys=True, default=str)
        token = self._tokens.of(meaning)
        return self._conditions.setdefault(token, Condition(token, part, lasts))


def _shards(rules: list[Lowered]) -> Iterator[Shard]:
    """Yield rules in as few rule sets as their order allows."""
    held: list[Lowered] = []
    uses: dict[str, int] = {}
    for one in rules:
        mine = {c.token for c in one.conditions}
        assert len(mine) <= MAX_CONDITIONS, one
        full = len(held) >= MAX_RULES or len(uses.keys() | mine) > MAX_PREMISES
        if held and (full or any(uses.get(token, 0) >= MAX_SHARED for token in mine)):
            yield Shard(tuple(held))
            held, uses = [], {}
        held.append(one)
        for token in mine:
            uses[token] = uses.get(token, 0) + 1
    if held:
        yield Shard(tuple(held))
