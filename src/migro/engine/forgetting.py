"""Forgetting: what nobody can need any more is dropped, so that only live windows stay."""

from __future__ import annotations

from bisect import bisect_left

from ..models import Signal
from .network import Network
from .sources import HOUR
from .spreading import prune
from .state import EngineState

__all__ = ["forget"]


def forget(network: Network, state: EngineState, now: int) -> None:
    """
    Drop what nobody can need at `now` (microseconds): keys that fell silent, anchors that have run out.

    Changes no firing. Call it now and then, between steps; the state otherwise keeps every key it has ever seen.
    """
    state.now = max(state.now, now)
    for (place, key), stream in list(state.streams.items()):
        source = network.sources[place]
        prune(state, source, stream)
        gone = source.remembered is not None and (
            stream.pruned is None or stream.pruned < state.now - source.retention - source.remembered
        )
        if not stream and gone:
            del state.streams[place, key]
    state.keys = {key: key for _, key in state.streams}
    state.speakers = {name: spoke for name, spoke in state.speakers.items() if spoke in state.streams}
    for place, key in list(state.times):
        network.nodes[place].forget(state, key)
    nodes, streams = network.nodes, state.streams
    state.current = {(n, key) for n, key in state.current if any((s, key) in streams for s in nodes[n].reads)}
    for (place, key), kept in list(state.candidates.items()):
        oldest = state.now - network.sources[place].retention
        del kept[: bisect_left(kept, oldest, key=lambda held: held[0])]
        if not kept:
            del state.candidates[place, key]
            state.remembered.pop((place, key), None)
    longest = state.now - network.longest_kept
    _forget_history(network, state, longest)
    for (place, key), series in list(state.series.items()):
        oldest = longest - (network.series[place].hours + 3) * HOUR
        for hour in [h for h in series.values if h < oldest]:
            del series.values[hour]
            series.medians.clear()
        series.past = [p for p in series.past if p[0] >= longest]
        if series.ended is not None and series.ended < longest and not series.past:
            del state.series[place, key]
    for id in [i for i, at in state.withdrawn.items() if at < longest]:
        del state.withdrawn[id]


def _forget_history(network: Network, state: EngineState, longest: int) -> None:
    for name, seen in list(state.seen.items()):
        horizon, kept = network.history_spans[name[0]]
        oldest = state.now - kept
        # One older than everything kept says whether the first of the kept is new.
        cut = bisect_left(seen, (oldest, ""))
        if cut > 1:
            del seen[: cut - 1]
        if seen[-1][0] < oldest - horizon:
            del state.seen[name]
    for (kind, _names, _), told in state.facts.items():
        cut = bisect_left(told, longest, key=lambda held: held[0])
        keep: list[tuple[int, str, Signal]] = []
        missing = set(network.fact_columns.get(kind, ()))
        for item in reversed(told[:cut]):
            here = {c for c in missing if getattr(item[2], c, None) is not None}
            if here:
                keep.append(item)
                missing -= here
        told[:cut] = keep[::-1]
