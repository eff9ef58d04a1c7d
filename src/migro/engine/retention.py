"""Retention: how long each stream and each node has to be kept for what rests on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..rules import (
    After,
    Baseline,
    Before,
    Compared,
    Counted,
    Differs,
    Distinct,
    Drop,
    Fits,
    Held,
    Holding,
    Holds,
    Measure,
    Previous,
    Rising,
    Runs,
    Selection,
    Share,
    Silence,
    Together,
    Via,
    Without,
)
from . import nodes as n
from .measuring import holding_source
from .sources import HOUR

if TYPE_CHECKING:
    from .network import Network

__all__ = ["FOR_EVER", "keep_source", "keep_value", "need_times"]

_DAY = 24 * HOUR
"""How far back an effective time can lie, in microseconds."""

FOR_EVER = 1 << 62
"""In microseconds; longer than anybody keeps anything."""


def need_times(network: Network, number: int, need: int) -> None:
    """Note that a node's times are needed for that long, and what follows for what it is made of."""
    node = network.nodes[number]
    node.keep = max(node.keep, need)
    match node.premise:
        case Selection():
            keep_source(network, node.sources[0], need)
        case Counted(length=length) | Distinct(length=length) | Share(length=length):
            keep_source(network, node.sources[0], need + length)
        case Fits():
            keep_source(network, node.sources[0], need)
        case Compared(left=left, right=right) | Differs(left=left, right=right):
            keep_value(network, left, need)
            keep_value(network, right, need)
        case Rising(left=left):
            keep_value(network, left, need + left.longest)
        case Drop(left=left, expected=expected, every=every):
            keep_value(network, left, need + every)
            keep_value(network, expected, need + every)
        case After(length=length):
            need_times(network, node.children[0], need)
            need_times(network, node.children[1], need + length)
        case Without(length=length, lateness=lateness, before=before):
            for child in node.children:
                need_times(network, child, need + length + lateness + before)
        case Together(length=length):
            for child in node.children:
                need_times(network, child, need + length)
        case Held(length=length):
            need_times(network, node.children[0], need + 2 * length)
        case Runs(length=length):
            need_times(network, node.children[0], need + length)
        case Holds(n=count, every=every):
            need_times(network, node.children[0], need + (count + 1) * every)
        case Via():
            need_times(network, node.children[0], need)
        case Silence(length=length, lateness=lateness):
            told = network.nodes[node.children[0]]
            # However long the silence: a late signal can still tell of a time up to a day ago.
            past = need if isinstance(told, n.SelectionNode) else max(need, _DAY)
            need_times(network, told.number, past + length + lateness)
            told.remembered = True
            for source in told.sources:
                network.sources[source].remembered = None
            for roster in node.children[1:]:
                network.nodes[roster].keep = FOR_EVER
                network.sources[network.nodes[roster].sources[0]].retention = FOR_EVER


def keep_value(network: Network, measure: Any, need: int) -> None:
    match measure:
        case Holding(of=of, length=length):
            need_times(network, network.node(of).number, need + length)
            keep_source(network, holding_source(network, measure), need + length)
        case Baseline(of=of, methods=methods):
            for method in methods:
                match method:
                    case Previous():
                        keep_value(network, of, need + of.longest + 1)
                    case Before(change=change, length=length):
                        need_times(network, network.node(change).number, need + length)
                        keep_value(network, of, need + length + 1)
                    case _:
                        keep_value(network, of, 3 * HOUR)
        case Measure(inputs=inputs, span=span):
            for part in inputs:
                if isinstance(part, Selection):
                    keep_source(network, network.source(part).number, need + span)
                else:
                    keep_value(network, part, need)


def keep_source(network: Network, number: int, need: int) -> None:
    network.sources[number].retention = max(network.sources[number].retention, need)
