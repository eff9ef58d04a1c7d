"""Which keys a premise or a measure could be about."""

from __future__ import annotations

from typing import Any

from migro.rules import (
    After,
    Drop,
    Given,
    Holding,
    Holds,
    Known,
    Measure,
    Premise,
    RuleSet,
    Selection,
    Silence,
    Told,
    Via,
    Without,
    everything,
)

from .history import Step
from .signals import Key, Signals, fact_names

__all__ = ["Keys", "part"]


class Keys(Signals):
    """The keys that signals name."""

    def __init__(self, ruleset: RuleSet, history: list[Step], as_of: int) -> None:
        super().__init__(ruleset, history, as_of)
        self._keys: dict[int, set[Key]] = {}

    def keys(self, node: Any) -> set[Key]:
        """Return every key that a premise or measure could be about."""
        if id(node) not in self._keys:
            self._keys[id(node)] = self.find_keys(node)
        return self._keys[id(node)]

    def find_keys(self, node: Any) -> set[Key]:
        match node:
            case Selection():
                return {r.key for r in self.selected(node)}
            case Silence(expected=expected):
                return self.keys(expected)
            case Via(of=of, value=fact):
                told = {getattr(s, fact.column.name) for _, s in self.signals if isinstance(s, fact.column.owner)}
                return {(*k, v) for k in self.keys(of) for v in told if v is not None}
            case After(of=of) | Without(of=of):
                return self.keys(of)
            case Holding(of=of):
                return {part(k, of.key_names, node.key_names) for k in self.keys(of)}
            case Told():
                return set()
            case Given(owner=owner, per=per):
                facts = [s for _, s in self.signals if s.kind == owner.__signal_kind__]
                return {k for s in facts if None not in (k := tuple(getattr(s, c.name) for c in per))}
            case Holds() | Drop():
                # What keeps a key alive is any signal under the premise, also one that it only waits for.
                under = [s for s in everything(node) if isinstance(s, Selection)]
                wide = [s for s in under if set(node.key_names) <= set(s.key_names)]
                named = {part(r.key, s.key_names, node.key_names) for s in wide for r in self.selected(s)}
                return named | {k for i in node.inputs for k in self.keys(i)} | self.told_keys(node)
            case Measure() | Premise() if not isinstance(node, Known):
                return {k for i in node.inputs for k in self.keys(i)} | self.told_keys(node)
        raise AssertionError(f"no keys: {node!r}")

    def told_keys(self, node: Any) -> set[Key]:
        """Return the keys that the facts of a premise's measures are about as a whole."""
        facts = [f for m in node.inputs if isinstance(m, Told) for f in m.facts]
        return {
            tuple(getattr(s, n) for n in node.key_names)
            for f in facts
            if node.key_names and set(fact_names(f, node.key_names)) == set(node.key_names)
            for _, s in self.signals
            if s.kind == f.column.owner.__signal_kind__ and all(getattr(s, n) is not None for n in node.key_names)
        }


def part(key: Key, names: tuple[str, ...], wanted: tuple[str, ...]) -> Key:
    """Return the values of some of a key's columns."""
    values = dict(zip(names, key, strict=True))
    return tuple(values[n] for n in wanted)
