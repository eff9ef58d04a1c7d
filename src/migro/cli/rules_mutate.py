"""``migro rules mutate``: whether the examples of rules would notice that a rule has become another one."""

from __future__ import annotations

import argparse
import multiprocessing
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import attrs

from ..documents import Lock
from ..errors import NotFound
from ..mutation import OPERATORS, Bench, Mutant, Verdict, mutants
from ..rules import Rule, RuleSet
from .console import Console
from .equipment import equipped
from .rules_lock import existing_lock
from .surroundings import configuration

__all__ = ["register"]

_WORDS = {
    "killed": "noticed by an example",
    "refused": "refused when loaded",
    "equal": "proven to be the same",
    "locked": "noticed by the lock alone",
    "survived": "noticed by nothing",
}


def register(inside: Any, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    mutate = inside.add_parser(
        "mutate",
        parents=[common],
        help="change each rule in many small ways, and list the changes that no example notices",
        description="Exit code 0: every change is noticed; 1: at least one is not.",
    )
    mutate.add_argument(
        "--rules", action="append", metavar="REF", help="package.module:NAME, or a name (default: as configured)"
    )
    mutate.add_argument("--rule", action="append", default=[], metavar="ID", help="only this rule; repeatable")
    mutate.add_argument(
        "--operator",
        action="append",
        default=[],
        choices=list(OPERATORS),
        metavar="NAME",
        help=f"only changes of this sort; repeatable ({', '.join(OPERATORS)})",
    )
    mutate.add_argument(
        "--lock",
        type=Path,
        metavar="FILE",
        help="also change what rules conclude, which no example sees: a rule that this lock holds is noticed by it",
    )
    mutate.add_argument("--every", type=_positive, default=1, metavar="N", help="try one change of every N")
    mutate.add_argument("--jobs", type=_positive, default=1, metavar="N", help="processes that share the work")
    mutate.set_defaults(command=mutate_rules)


def mutate_rules(arguments: argparse.Namespace, console: Console) -> int:
    """Print what became of the mutants of a rule set."""
    ruleset, _ = equipped(configuration(arguments.config), arguments.rules or ())
    lock = None if arguments.lock is None else existing_lock(arguments.lock)
    work = _Work(
        config=arguments.config,
        references=tuple(arguments.rules or ()),
        operators=frozenset(arguments.operator),
        every=arguments.every,
        lock=lock,
    )
    rules = _wanted(ruleset, arguments.rule)
    verdicts: list[Verdict] = []
    with console.progress("rules", len(rules)) as meter:
        for rule, found in zip(rules, _judged(ruleset, rules, work, arguments.jobs), strict=True):
            verdicts += found
            meter.step(rule.id)
    survivors = [v for v in verdicts if v.outcome == "survived"]
    if console.text:
        _tell(verdicts, survivors, console)
    elif console.format == "json":
        console.data({"counts": _counts(verdicts), "survivors": [_data(v) for v in survivors]})
    else:
        console.records(_data(v) for v in verdicts)
    return 1 if survivors else 0


def _wanted(ruleset: RuleSet, ids: Sequence[str]) -> list[Rule[Any]]:
    unknown = sorted(set(ids) - {rule.id for rule in ruleset.rules})
    if unknown:
        raise NotFound(f"expected ids of rules of {ruleset.name!r}, got {', '.join(map(repr, unknown))}")
    return [ruleset.rule(id) for id in ids] or list(ruleset.rules)


# --- work -----------------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class _Work:
    """What every process has to know."""

    config: Path | None
    references: tuple[str, ...]
    operators: frozenset[str]
    every: int
    lock: Lock | None

    def judge(self, ruleset: RuleSet, rule: Rule[Any]) -> list[Verdict]:
        """Judge what is chosen of a rule's mutants; of one rule always the same."""
        held = self.lock.rules.get(rule.id) if self.lock is not None else None
        bench = Bench(ruleset, rule, locked=held is not None and held.hash == rule.version)
        return [bench.verdict(mutant) for mutant in self._chosen(ruleset, rule)]

    def _chosen(self, ruleset: RuleSet, rule: Rule[Any]) -> Iterator[Mutant]:
        # Begun at another place for each rule, or a sample would hold the same operators of all.
        first = [r.id for r in ruleset.rules].index(rule.id) % self.every
        found = (
            m
            for m in mutants(rule, conclusions=self.lock is not None)
            if not self.operators or m.operator in self.operators
        )
        for number, mutant in enumerate(found):
            if number % self.every == first:
                yield mutant


def _judged(ruleset: RuleSet, rules: list[Rule[Any]], work: _Work, jobs: int) -> Iterator[list[Verdict]]:
    if jobs == 1:
        yield from (work.judge(ruleset, rule) for rule in rules)
        return
    # Fresh processes, which load the rules themselves: rules hold functions and compiled patterns.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin, initargs=(work,)) as pool:
        yield from pool.map(_judge_one, [rule.id for rule in rules])


_BEGUN: list[tuple[_Work, RuleSet]] = []


def _begin(work: _Work) -> None:
    _BEGUN.append((work, equipped(configuration(work.config), work.references)[0]))


def _judge_one(id: str) -> list[Verdict]:
    ((work, ruleset),) = _BEGUN
    return work.judge(ruleset, ruleset.rule(id))


# --- text -----------------------------------------------------------------------------------------------------------


def _tell(verdicts: list[Verdict], survivors: list[Verdict], console: Console) -> None:
    before = ""
    for verdict in survivors:
        if verdict.rule != before:
            console.say(f"{verdict.rule} ({verdict.where})")
        before = verdict.rule
        console.say(f"  {verdict.operator}: {verdict.change}")
    if survivors:
        console.say()
    console.say(f"{'change':<20} {'tried':>6} {'noticed':>8} {'refused':>8} {'same':>6} {'lock':>6} {'survived':>9}")
    for operator, counted in _counts(verdicts).items():
        numbers = [sum(counted.values()), *(counted.get(o, 0) for o in _WORDS)]
        console.say("{:<20} {:>6} {:>8} {:>8} {:>6} {:>6} {:>9}".format(operator, *numbers))
    by_outcome: Counter[str] = Counter(v.outcome for v in verdicts)
    said = ", ".join(f"{by_outcome[o]} {words}" for o, words in _WORDS.items() if by_outcome[o])
    rules = len({v.rule for v in verdicts})
    console.say(f"{len(verdicts)} changes of {rules} rule{'s' * (rules != 1)}: {said or 'none tried'}")


def _counts(verdicts: list[Verdict]) -> dict[str, dict[str, int]]:
    counted = {operator: Counter(v.outcome for v in verdicts if v.operator == operator) for operator in OPERATORS}
    return {operator: dict(sorted(found.items())) for operator, found in counted.items() if found}


def _data(verdict: Verdict) -> dict[str, Any]:
    return attrs.asdict(verdict)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1, got {text}")
    return number
