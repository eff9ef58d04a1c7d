"""Release: a rule that was left out is judged again, on everything that is still held."""

from __future__ import annotations

from .native import NativeEngine
from .state import EngineState, Key

__all__ = ["release"]


def release(engine: NativeEngine, state: EngineState, rule: str, now: int) -> bool:
    """
    Let a quarantined rule be judged again; `settle` then draws its conclusions. Returns whether it was quarantined.

    Windows have gone on meanwhile, without the signals on which its predicates raised.
    """
    if state.quarantined.pop(rule, None) is None:
        return False
    state.now = max(state.now, now)
    state.errors.pop(rule, None)
    state.dirty.update((rule, key) for key in _keys(engine, state, rule))
    return True


def _keys(engine: NativeEngine, state: EngineState, rule: str) -> set[Key]:
    """Return every key that a rule may hold for by now: those that a part of its premise has answered for."""
    network = engine.network
    keys = {key for place, key in state.times if rule in network.nodes[place].rules}
    keys |= {key for place, key in state.streams if rule in network.sources[place].users and _declares(engine, place)}
    for kind, names, reader in network.givens:
        if reader == rule:
            keys |= {key for told, by, key in state.facts if (told, by) == (kind, names)}
    known = {kind for kind, readers in network.readers.items() if rule in readers}
    keys |= {key for other, key in state.firings if engine.ruleset.rule(other).then.kind.name in known}
    return keys


def _declares(engine: NativeEngine, place: int) -> bool:
    return bool(engine.network.sources[place].intervals)
