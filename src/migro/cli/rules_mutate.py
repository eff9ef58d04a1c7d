"""``migro rules mutate``: whether the examples of rules would notice that a rule has become another one."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

from ..documents import Lock
from ..mutation import OPERATORS, Bench, Mutant, Verdict, mutants
from ..rules import Rule, RuleSet
from .console import Console
from .equipment import add_rules, equipped
from .rule_work import add_choice, each, positive, wanted
from .rules_edges import existing_edges
from .rules_lock import existing_lock
from .surroundings import configuration

__all__ = ["register"]

_WORDS = {
    "killed": "noticed by an example",
    "pinned": "noticed by an edge alone",
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
    add_rules(mutate)
    add_choice(mutate)
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
    mutate.add_argument(
        "--edges", type=Path, metavar="FILE", help="also change what rules conclude, and ask what `rules edges` pinned"
    )
    mutate.add_argument("--every", type=positive, default=1, metavar="N", help="try one change of every N")
    mutate.add_argument("--jobs", type=positive, default=1, metavar="N", help="processes that share the work")
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
        edges=arguments.edges,
    )
    rules = wanted(ruleset, arguments.rule)
    verdicts: list[Verdict] = []
    with console.progress("rules", len(rules)) as meter:
        for rule, found in zip(rules, each(work, ruleset, rules, arguments.jobs), strict=True):
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


# --- work -----------------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class _Work:
    """What every process has to know."""

    config: Path | None
    references: tuple[str, ...]
    operators: frozenset[str]
    every: int
    lock: Lock | None
    edges: Path | None

    def of(self, ruleset: RuleSet, rule: Rule[Any]) -> list[Verdict]:
        """Judge what is chosen of a rule's mutants; of one rule always the same."""
        held = self.lock.rules.get(rule.id) if self.lock is not None else None
        locked = held is not None and held.hash == rule.version
        bench = Bench(ruleset, rule, locked=locked, edges=existing_edges(self.edges, ruleset).get(rule.id))
        return [bench.verdict(mutant) for mutant in self._chosen(ruleset, rule)]

    def _chosen(self, ruleset: RuleSet, rule: Rule[Any]) -> Iterator[Mutant]:
        # Begun at another place for each rule, or a sample would hold the same operators of all.
        first = [r.id for r in ruleset.rules].index(rule.id) % self.every
        found = (
            m
            for m in mutants(rule, conclusions=self.lock is not None or self.edges is not None)
            if not self.operators or m.operator in self.operators
        )
        for number, mutant in enumerate(found):
            if number % self.every == first:
                yield mutant


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
    console.say(
        f"{'change':<20} {'tried':>6} {'noticed':>8} {'edge':>6} {'refused':>8} {'same':>6} {'lock':>6} {'survived':>9}"
    )
    for operator, counted in _counts(verdicts).items():
        numbers = [sum(counted.values()), *(counted.get(o, 0) for o in _WORDS)]
        console.say("{:<20} {:>6} {:>8} {:>6} {:>8} {:>6} {:>6} {:>9}".format(operator, *numbers))
    by_outcome: Counter[str] = Counter(v.outcome for v in verdicts)
    said = ", ".join(f"{by_outcome[o]} {words}" for o, words in _WORDS.items() if by_outcome[o])
    rules = len({v.rule for v in verdicts})
    console.say(f"{len(verdicts)} changes of {rules} rule{'s' * (rules != 1)}: {said or 'none tried'}")


def _counts(verdicts: list[Verdict]) -> dict[str, dict[str, int]]:
    counted = {operator: Counter(v.outcome for v in verdicts if v.operator == operator) for operator in OPERATORS}
    return {operator: dict(sorted(found.items())) for operator, found in counted.items() if found}


def _data(verdict: Verdict) -> dict[str, Any]:
    return attrs.asdict(verdict)
