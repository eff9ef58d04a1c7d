"""
Satisfaction: whether a signal can be that some predicates have these truths and others those.

A search over the cases of `migro.comparison.domains`, cut short as soon as what is chosen decides a predicate. It
goes through at most `BUDGET` steps; beyond that the answer is "not known".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from ..expressions import Conjunction, Disjunction, Fact, Negation, Pred, Truth
from .domains import Case, Domain, TooLarge, domains
from .identity import identity

__all__ = ["ANY", "BUDGET", "DEFINITE", "MATCH", "NOT_MATCH", "NO_MATCH", "Model", "Wanted", "impossible", "models"]

BUDGET = 30_000
"""Steps of one search."""

NO_MATCH, MATCH = 1 << Truth.NO_MATCH, 1 << Truth.MATCH
DEFINITE = NO_MATCH | MATCH
ANY = 15
NOT_MATCH = ANY & ~MATCH

Wanted = tuple[tuple[Pred[Any], ...], int]
"""Predicates that hold together, and the truths that their conjunction may have, a bit each."""

_TRUTHS = tuple(Truth)
_AND = [[0] * 16 for _ in range(16)]
_OR = [[0] * 16 for _ in range(16)]
for _a in range(16):
    for _b in range(16):
        for _s in _TRUTHS:
            for _t in _TRUTHS:
                if _a >> _s & 1 and _b >> _t & 1:
                    _AND[_a][_b] |= 1 << (_s & _t)
                    _OR[_a][_b] |= 1 << (_s | _t)
_NOT = [sum(1 << ~t for t in _TRUTHS if mask >> t & 1) for mask in range(16)]


@attrs.frozen
class Model:
    """
    A signal that answers a question, as far as it matters.

    Attributes:
        columns: Values by column; None where the column has none.
        facts: What has to be known about its key.
        seen: Columns whose value another signal had before.
        complete: Whether all of it could be written down; else it shows only that a proof fails.
    """

    columns: Mapping[str, Any]
    facts: tuple[tuple[Fact[Any], Any], ...]
    seen: tuple[str, ...]
    complete: bool


def impossible(signal: type[Any], *wanted: Wanted) -> bool:
    """Return whether no signal of the class can be like that; false also where nobody found out."""
    try:
        return next(models(signal, *wanted), None) is None
    except TooLarge:
        return False


def models(signal: type[Any], *wanted: Wanted) -> Iterator[Model]:
    """
    Yield signals that are like that, each with another combination of cases.

    Raises:
        TooLarge: If the search takes too many steps; what was found until then has been yielded.
    """
    search = _Search(wanted, domains((p for predicates, _ in wanted for p in predicates), signal))
    for chosen in search.run():
        cases = list(chosen.values())
        columns: dict[str, Any] = {}
        complete = True
        for case in cases:
            complete = complete and case.columns is not None
            for name, value in (case.columns or {}).items():
                # A column that is compared with a number and with a column may be asked for two values.
                complete = complete and columns.setdefault(name, value) == value
        facts = tuple(f for case in cases for f in case.facts)
        yield Model(columns, facts, tuple(c for case in cases for c in case.seen), complete)


class _Search:
    def __init__(self, wanted: Sequence[Wanted], found: Mapping[str, Domain]) -> None:
        self.wanted = wanted
        self.of_atom = found
        self.order = list({id(d): d for d in found.values()}.values())
        self.masks = {atom: domain.mask(atom) for atom, domain in found.items()}
        self.atoms: dict[int, str] = {}
        self.steps = 0

    def run(self) -> Iterator[dict[int, Case]]:
        yield from self._choose(0, {})

    def _choose(self, depth: int, chosen: dict[int, Case]) -> Iterator[dict[int, Case]]:
        self.steps += 1
        if self.steps > BUDGET:
            raise TooLarge("the predicates have too many combinations")
        for predicates, mask in self.wanted:
            possible = MATCH
            for p in predicates:
                possible = _AND[possible][self._possible(p, chosen)]
            if not possible & mask:
                return
        if depth == len(self.order):
            yield dict(chosen)
            return
        domain = self.order[depth]
        for case in domain.cases:
            chosen[id(domain)] = case
            yield from self._choose(depth + 1, chosen)
        del chosen[id(domain)]

    def _possible(self, pred: Pred[Any], chosen: Mapping[int, Case]) -> int:
        match pred:
            case Conjunction(parts=parts):
                possible = MATCH
                for p in parts:
                    possible = _AND[possible][self._possible(p, chosen)]
                return possible
            case Disjunction(parts=parts):
                possible = NO_MATCH
                for p in parts:
                    possible = _OR[possible][self._possible(p, chosen)]
                return possible
            case Negation(part=part):
                return _NOT[self._possible(part, chosen)]
            case _:
                atom = self.atoms.get(id(pred)) or self.atoms.setdefault(id(pred), identity(pred))
                case = chosen.get(id(self.of_atom[atom]))
                return self.masks[atom] if case is None else 1 << case.truths[atom]
