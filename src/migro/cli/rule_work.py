"""Work on one rule after another, shared among processes where that is asked for."""

from __future__ import annotations

import argparse
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Protocol, TypeVar

from ..errors import NotFound
from ..rules import Rule, RuleSet
from .equipment import equipped
from .surroundings import configuration

__all__ = ["Work", "add_choice", "each", "positive", "wanted"]

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")


def add_choice(parser: argparse.ArgumentParser) -> None:
    """Add ``--rule``; see `wanted`."""
    parser.add_argument("--rule", action="append", default=[], metavar="ID", help="only this rule; repeatable")


class Work(Protocol[T_co]):
    """What is done with each rule; it goes to other processes and says where the rules are from."""

    @property
    def config(self) -> Path | None:
        """Return the configuration file, if there is one."""
        ...

    @property
    def references(self) -> tuple[str, ...]:
        """Return the rule sets that take the place of the configured ones."""
        ...

    def of(self, ruleset: RuleSet, rule: Rule[Any]) -> T_co:
        """Return what comes of one rule; always the same."""
        ...


def wanted(ruleset: RuleSet, ids: Sequence[str]) -> list[Rule[Any]]:
    """
    Return the rules with these ids; all where none is asked for.

    Raises:
        NotFound: If there is no such rule; with every id of which that is true.
    """
    unknown = sorted(set(ids) - {rule.id for rule in ruleset.rules})
    if unknown:
        raise NotFound(f"expected ids of rules of {ruleset.name!r}, got {', '.join(map(repr, unknown))}")
    return [ruleset.rule(id) for id in ids] or list(ruleset.rules)


def positive(text: str) -> int:
    """Return the number that an option says, which has to be one from 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1, got {text}")
    return number


def each(work: Work[T], ruleset: RuleSet, rules: Sequence[Rule[Any]], jobs: int) -> Iterator[T]:
    """Yield what comes of each rule, in their order."""
    if jobs == 1:
        yield from (work.of(ruleset, rule) for rule in rules)
        return
    # Fresh processes, which load the rules themselves: rules hold functions and compiled patterns.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin, initargs=(work,)) as pool:
        yield from pool.map(_one, [rule.id for rule in rules])


_BEGUN: list[tuple[Work[Any], RuleSet]] = []


def _begin(work: Work[Any]) -> None:
    _BEGUN.append((work, equipped(configuration(work.config), work.references)[0]))


def _one(id: str) -> Any:
    ((work, ruleset),) = _BEGUN
    return work.of(ruleset, ruleset.rule(id))
