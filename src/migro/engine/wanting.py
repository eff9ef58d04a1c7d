"""
Wanting: which nodes have to be kept up with every signal, and which are left alone until it matters what they say.

Two kinds of nodes are left alone for a key. What a premise names after a part that was never satisfied cannot make it
hold: of "these fail, and those do not" nobody asks the second before the first was so. And a rule that only lowers an
issue matters while there is one. Streams go on meanwhile, so a node that is wanted again is taken anew from these, as
for a signal that is as late as its times reach back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import attrs

from ..rules import Both, Premise, Recent, Rule, Timed, Unless, leaves
from . import joins as j
from . import nodes as n
from .state import EngineState, Key

if TYPE_CHECKING:
    from .network import Network

__all__ = ["Want", "is_about", "is_wanted", "lowered_by", "note_wants"]


@attrs.frozen
class Want:
    """
    For what a node is kept up.

    Attributes:
        before: Nodes that are satisfied first, or what it says does not matter.
        lowers: The kind of issue that it can only lower, with the rules that support such a one; None otherwise.
    """

    before: tuple[int, ...] = ()
    lowers: tuple[str, tuple[str, ...]] | None = None


def is_about(state: EngineState, kind: str, supporters: tuple[str, ...], key: Key) -> bool:
    """Return whether there is an issue that evidence against it may lower: a rule supports it, or somebody holds it."""
    if state.issues is None or (kind, key) in state.issues:
        return True
    firings = state.firings
    return bool(firings) and any((rule, key) in firings for rule in supporters)


def is_wanted(network: Network, state: EngineState, node: n.Node, key: Key) -> bool:
    """Return whether it matters just now what a node says of a key, where it is known what issues there are."""
    nodes = network.nodes
    for want in node.wants:
        for place in want.before:
            if not nodes[place].times(state, key):
                break
        else:
            if want.lowers is None or state.attentive or is_about(state, *want.lowers, key):
                return True
    return False


def note_wants(network: Network) -> None:
    """Note with each node that can be left alone what it is wanted for, and with others whom they can wake."""
    wants: dict[int, dict[Want, None]] = {}
    always: set[int] = set()
    for rule in network.ruleset.rules:
        lowers = lowered_by(network, rule)
        for leaf, before in _asked(rule.when, ()):
            numbers = tuple(network.node_of(one).number for one in before)
            wants.setdefault(network.node_of(leaf).number, {})[Want(numbers, lowers)] = None
    for node in network.nodes:
        if not isinstance(node, j.AfterNode | j.TogetherNode | j.WithoutNode):
            always.update(node.children)
            continue
        # What is kept up in any case says whether the other one matters.
        order = sorted(node.children, key=lambda child: not network.nodes[child].fills)
        if isinstance(node, j.WithoutNode):
            order = list(node.children)
        for place, child in enumerate(order):
            wants.setdefault(child, {})[Want(tuple(order[:place]))] = None
    for node in network.nodes:
        found = wants.get(node.number, {})
        if node.number in always or not found or Want() in found or not _can_wait(node):
            continue
        node.wants = tuple(found)
        for waker in {place for want in found for place in want.before}:
            network.nodes[waker].wakes.append(node.number)


def lowered_by(network: Network, rule: Rule[Any]) -> tuple[str, tuple[str, ...]] | None:
    """
    Return the kind of issue that a rule can only lower, with the rules that support it; None for one of these.

    None as well for one that may hold without any signal: it does since it was first looked at.
    """
    kind = rule.then.kind.name
    lowers = rule.then.effect != "supports" and bool(_needed(rule.when))
    return (kind, network.ruleset.supporters(kind)) if lowers else None


def _can_wait(node: n.Node) -> bool:
    """Return whether nothing but its times is asked of a node, and nothing but signals changes them."""
    kept = node.waits or node.remembered or node.fills or (node.falls_back and node.parents)
    return bool(node.reads) and not kept and not isinstance(node, n.SelectionNode)


def _asked(
    premise: Premise[Any], before: tuple[Timed[Any], ...]
) -> Iterator[tuple[Timed[Any], tuple[Timed[Any], ...]]]:
    """Yield the timed parts of a premise, each with those before it without which it does not hold."""
    match premise:
        case Both(parts=parts):
            for part in parts:
                yield from _asked(part, before)
                before += _needed(part)
        case Recent(of=of):
            yield from _asked(of, before)
        case Unless(of=of, recovery=recovery):
            yield from _asked(of, before)
            # The parts of a recovery are shown one by one, whichever of them is missing.
            yield from ((leaf, before + _needed(of)) for leaf in leaves(recovery) if isinstance(leaf, Timed))
        case Timed():
            yield premise, before


def _needed(premise: Premise[Any]) -> tuple[Timed[Any], ...]:
    """Return the timed parts without which a premise does not hold."""
    match premise:
        case Both(parts=parts):
            return tuple(leaf for part in parts for leaf in _needed(part))
        case Recent(of=of) | Unless(of=of):
            return _needed(of)
        case Timed():
            return (premise,)
        case _:
            return ()
