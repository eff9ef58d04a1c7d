"""Candidates: the keys that rules could hold for just now, found without what the engine has concluded."""

from __future__ import annotations

from typing import Any

from ..rules import During, Given, Known, Premise, Rule, Timed, leaves
from .native import NativeEngine
from .state import EngineState, Key

__all__ = ["Candidates"]


class Candidates:
    """
    The keys that the rules of an engine could hold for at one moment; `state` must not change meanwhile.

    More than those that they do hold for, and none too few. What the engine has already concluded is not looked at,
    so that whoever judges the engine does not begin with its answers.
    """

    def __init__(self, engine: NativeEngine, state: EngineState) -> None:
        self._engine = engine
        self._times: dict[int, set[Key]] = {}
        self._streams: dict[int, set[Key]] = {}
        self._told: dict[tuple[str, tuple[str, ...]], set[Key]] = {}
        self._found: dict[str, frozenset[Key]] = {}
        for place, key in state.times:
            self._times.setdefault(place, set()).add(key)
        for place, key in state.streams:
            self._streams.setdefault(place, set()).add(key)
        for kind, names, key in state.facts:
            self._told.setdefault((kind, names), set()).add(key)

    def of(self, rule: Rule[Any]) -> frozenset[Key]:
        """Return the keys that a rule could hold for."""
        if rule.id not in self._found:
            self._found[rule.id] = frozenset(k for leaf in leaves(rule.when) for k in self._of(leaf))
        return self._found[rule.id]

    def _of(self, leaf: Premise[Any]) -> set[Key]:
        network = self._engine.network
        match leaf:
            case Known(kind=kind):
                return {k for rule in self._engine.ruleset.about(kind.name) for k in self.of(rule)}
            case Given(owner=owner):
                return self._told.get((owner.__signal_kind__, leaf.key_names), set())
            case During():
                return self._streams.get(network.calendars[id(leaf)][0], set())
            case Timed():
                node = network.node_of(leaf)
                # The times of a selection are those of its stream.
                streams = [self._streams.get(source, set()) for source in node.sources]
                return self._times.get(node.number, set()).union(*streams)
            case _:
                raise TypeError(f"no such premise: {leaf!r}")
