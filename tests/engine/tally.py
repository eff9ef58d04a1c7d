"""What random streams made of every construct: a law that is only ever tried on nothing holds by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from migro.expressions import FirstSeen, SetRelation, Truth, operands_of, terms_in
from migro.rules import Baseline, During, Given, Known, Measure, Premise, RuleSet, Selection, Timed, everything, leaves
from tests.oracle import Arrival, Step, World
from tests.oracle.numbers import Place

__all__ = ["Tally"]


@attrs.frozen
class Tally:
    """
    How often each construct was what.

    Attributes:
        yes: Satisfied, known, or a match, for some key and time.
        no: Looked at, and not satisfied, unknown, or no match, for some key and time.
        moved: Changed for the same time of evaluation by one late arrival or withdrawal.
    """

    yes: Counter[str] = attrs.Factory(Counter)
    no: Counter[str] = attrs.Factory(Counter)
    moved: Counter[str] = attrs.Factory(Counter)

    def note(self, world: World) -> None:
        """Count what a world makes of every construct of its rules."""
        self.yes["firing"] += bool(world.firings())
        for name, answers in answers_of(world).items():
            self.yes[name] += any(answers.values())
            self.no[name] += not all(answers.values())

    def note_late(self, rules: RuleSet, steps: Sequence[Step]) -> None:
        """Count which constructs the last late step changes."""
        late = [n for n, s in enumerate(steps) if not isinstance(s, Arrival) or s.signal.effective_at < s.now]
        if not late:
            return
        at = late[-1]
        before, after = (answers_of(World(rules, list(steps[:n]), steps[at].now)) for n in (at, at + 1))
        for name in before.keys() | after.keys():
            self.moved[name] += before.get(name, {}) != after.get(name, {})

    def add(self, other: Tally) -> None:
        self.yes.update(other.yes)
        self.no.update(other.no)
        self.moved.update(other.moved)

    def missing(self, names: Sequence[str], *, least: int, moved: int) -> list[str]:
        """Return the constructs that were seen too rarely on either side."""
        return [
            f"{n}: {self.yes[n]} yes, {self.no[n]} no, {self.moved[n]} moved"
            for n in names
            if min(self.yes[n], self.no[n]) < least or self.moved[n] < moved
        ]

    def table(self) -> str:
        names = sorted({*self.yes, *self.no, *self.moved})
        return "\n".join(f"{n:24} {self.yes[n]:7} {self.no[n]:7} {self.moved[n]:7}" for n in names)


def answers_of(world: World) -> dict[str, dict[Any, Any]]:
    """Return what every construct says, by its name and then by rule, place in the rule, key and time."""
    found: dict[str, dict[Any, Any]] = {}
    for rule in world.ruleset:
        for number, leaf in enumerate(leaves(rule.when)):
            if isinstance(leaf, Known):
                found.setdefault("Known", {})
                for key in world.rule_keys(rule):
                    found["Known"][rule.id, number, key] = world.holds(leaf, key, 1)[0]
                continue
            for place, node in enumerate(everything(leaf)):
                for name, what, answer in answers(world, node):
                    found.setdefault(name, {})[rule.id, number, place, what] = answer
        for key in world.rule_keys(rule):
            holds, _, lowered = world.fires(rule, key)
            found.setdefault("lowered", {})[rule.id, key] = holds and lowered
            if type(rule.when).__name__ in ("Both", "Unless", "Recent"):
                found.setdefault(type(rule.when).__name__, {})[rule.id, key] = holds
    return found


def answers(world: World, node: Any) -> Iterator[tuple[str, Any, Any]]:
    name = type(node).__name__
    match node:
        case During() | Given():
            for key in world.keys(node):
                yield name, key, world.holds(node, key, 1)[0]
        case Timed():
            for key in world.keys(node):
                sat = world.sat(node, key)
                yield name, key, bool(sat)
                for m in node.inputs:
                    if isinstance(m, Measure):
                        for t in world.points(node, key) | sat:
                            yield from measured(world, m, Place(node.key_names, key, t))
    if isinstance(node, Selection) and node.weight is not None:
        for row in world.selected(node):
            yield "weight", row.signal.id, row.weight > 1
    for pred in node.conditions if isinstance(node, Premise) else ():
        of = node if isinstance(node, Selection) else node.inputs[0]
        for one in operands_of(pred, whole=True):
            for label in labels(one):
                for _, s in world.of_class(of):
                    truth = world.truth(of, one, s)
                    yield label, (id(one), s.id), truth is Truth.MATCH
                    if truth is Truth.ERROR:
                        yield "error", (id(one), s.id), True


def labels(pred: Any) -> Iterator[str]:
    if isinstance(pred, FirstSeen):
        yield "FirstSeen"
    if isinstance(pred, SetRelation):
        yield pred.relation
    for operand in operands_of(pred):
        yield from (type(t).__name__ for t in terms_in(operand) if type(t).__name__ in ("Fact", "Feature"))
        if type(operand).__name__ in ("Arithmetic", "Scaled"):
            yield type(operand).__name__


def measured(world: World, measure: Measure[Any], place: Place) -> Iterator[tuple[str, Any, Any]]:
    value = world.value(measure, place)
    yield type(measure).__name__, (id(measure), place.key, place.t), value is not None
    if isinstance(measure, Baseline):
        number = world.usual(measure, place)[1]
        for n, method in enumerate(measure.methods):
            yield type(method).__name__, (id(measure), n, place.key, place.t), n == number
        return
    for part in measure.inputs:
        if isinstance(part, Measure):
            yield from measured(world, part, place)
