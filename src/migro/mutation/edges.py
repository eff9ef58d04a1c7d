"""
Edges: streams in which a rule begins or ceases to fire, each pinned with exactly when it does.

Examples say what a rule is for. Edges say where it ends: the last moment of a window, the value that is just not one
of those asked for, the instant at which evidence no longer counts. What is pinned was read by a person once, so that a
rule that has become another one is compared with that and never with itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from ..comparison.trials import with_what_it_reads
from ..engine import EngineState, Key, NativeEngine
from ..engine.examples import pass_until
from ..errors import Finding
from ..models import Signal, to_microseconds
from ..rules import Rule, RuleSet

__all__ = ["Edge", "Firing", "RuleEdges", "check_edges", "firing_in", "time_text"]


@attrs.frozen(order=True)
class Firing:
    """
    How long a rule fires for a key.

    Attributes:
        start: Microseconds after the first signal.
        end: The first microsecond at which it no longer does; None if it still does when the stream ends.
    """

    key: Key
    start: int
    end: int | None

    def __str__(self) -> str:
        until = "" if self.end is None else f" until {time_text(self.end)}"
        return f"firing for {'/'.join(self.key)} from {time_text(self.start)}{until}"


@attrs.frozen(kw_only=True)
class Edge:
    """
    A stream, and when a rule fires in it.

    Attributes:
        signals: In order of arrival.
        until: How long it is watched, in microseconds after the first signal.
        firing: Sorted by key and time; empty where the rule must stay silent.
        notices: For which changes it was chosen, in the words of `OPERATORS`.
    """

    signals: tuple[Signal, ...]
    until: int
    firing: tuple[Firing, ...]
    notices: tuple[str, ...] = ()

    def noticed(self, engine: NativeEngine, rule: str) -> bool:
        """Return whether the rule, as the engine has it, fires at other times than those that are pinned."""
        return firing_in(engine, rule, self.signals, self.until) != self.firing


@attrs.frozen(kw_only=True)
class RuleEdges:
    """
    What is pinned of a rule.

    Attributes:
        concludes: What it says when it fires, as `Conclusion.document`.
    """

    concludes: Mapping[str, Any]
    edges: tuple[Edge, ...]

    def says(self, rule: Rule[Any]) -> bool:
        """Return whether the rule still concludes what is pinned."""
        return dict(self.concludes) == rule.then.document()


def time_text(us: int) -> str:
    """Return a time after the first signal as hours, minutes, seconds and, where there are any, microseconds."""
    seconds, rest = divmod(us, 1_000_000)
    whole = f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{whole}.{rest:06d}" if rest else whole


def firing_in(engine: NativeEngine, rule: str, signals: Sequence[Signal], until: int) -> tuple[Firing, ...]:
    """
    Return when a rule fires in a stream, to the microsecond.

    Args:
        until: How long the stream is watched, in microseconds after its first signal.
    """
    holding: dict[int, frozenset[Key]] = {}
    start = to_microseconds(signals[0].received_at)
    for now, state in _moments(engine, signals, start + until):
        holding[now - start] = frozenset(key for id, key in state.firings if id == rule)
    return tuple(sorted(_intervals(holding), key=lambda f: (f.key, f.start)))


def _moments(engine: NativeEngine, signals: Sequence[Signal], end: int) -> Iterator[tuple[int, EngineState]]:
    # Of one instant the last word counts: what came and went within it held at no time, and nobody has to conclude it.
    state = EngineState()
    times = [to_microseconds(s.received_at) for s in signals]
    for signal, now, following in zip(signals, times, (*times[1:], None), strict=True):
        yield from _due(engine, state, now)
        engine.insert(state, signal, now)
        if following != now:
            engine.settle(state)
            yield now, state
    yield from _due(engine, state, end)
    pass_until(engine, state, end)
    yield end, state


def _due(engine: NativeEngine, state: EngineState, until: int) -> Iterator[tuple[int, EngineState]]:
    while (due := engine.next_due(state)) is not None and due <= until:
        pass_until(engine, state, due)
        yield due, state


def _intervals(holding: Mapping[int, frozenset[Key]]) -> Iterator[Firing]:
    since: dict[Key, int] = {}
    for now, keys in holding.items():
        for key in [k for k in since if k not in keys]:
            yield Firing(key, since.pop(key), now)
        for key in keys:
            since.setdefault(key, now)
    yield from (Firing(key, start, None) for key, start in since.items())


# --- checking ---------------------------------------------------------------------------------------------------


def check_edges(ruleset: RuleSet, rule: Rule[Any], pinned: RuleEdges | None) -> Iterator[Finding]:
    """Yield where a rule of a rule set is not what is pinned of it; one of which nothing is pinned is a finding too."""
    if pinned is None:
        yield Finding("unpinned", rule.id, rule.where, "expected edges of the rule, found none")
        return
    if not pinned.says(rule):
        yield Finding(
            "concludes",
            rule.id,
            rule.where,
            f"expected that it concludes {dict(pinned.concludes)}, got {dict(rule.then.document())}",
        )
    engine = NativeEngine(with_what_it_reads(ruleset, rule))
    for number, edge in enumerate(pinned.edges, start=1):
        found = firing_in(engine, rule.id, edge.signals, edge.until)
        if found != edge.firing:
            yield Finding(
                "edge", rule.id, rule.where, f"edge {number}: expected {_said(edge.firing)}, got {_said(found)}"
            )


def _said(firing: Sequence[Firing]) -> str:
    return "; ".join(map(str, firing)) or "silence"
