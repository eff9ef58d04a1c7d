"""``migro rules diff``: what a change of rules means."""

from __future__ import annotations

import argparse
import textwrap
from collections import Counter
from pathlib import Path
from typing import Any

from ..comparison import Change, Effort, RuleSetComparison, compare
from ..configuration import Configuration
from ..rules import RuleSet
from .console import Console
from .equipment import equipped
from .rule_documents import read_document
from .surroundings import configuration

__all__ = ["DIFFERENT", "SAME", "UNDECIDED", "diff_rules", "register"]

SAME, DIFFERENT, UNDECIDED = 0, 1, 3
"""Exit codes; 2 is for a command line or a rule set that cannot be used."""

_DOCUMENTS = (".json", ".yaml", ".yml")


def register(inside: Any, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    diff = inside.add_parser(
        "diff",
        parents=[common],
        help="compare two rule sets: which rules got stricter or looser, each with signals that show it",
        description="Exit code 0: nothing that decides is different; 1: something is; 3: something is, and of at least"
        " one rule it is not known which way.",
    )
    for name in ("old", "new"):
        diff.add_argument(name, metavar=name.upper(), help="a rule document, package.module:NAME, or a name")
    diff.add_argument(
        "--streams",
        type=_positive,
        default=Effort().streams,
        metavar="N",
        help="how many streams of signals to try for each changed rule (default: %(default)s)",
    )
    diff.set_defaults(command=diff_rules)


def diff_rules(arguments: argparse.Namespace, console: Console) -> int:
    """Print how the rules of two rule sets stand to each other."""
    config = configuration(arguments.config)
    modules = [r for r in (arguments.old, arguments.new) if not _is_document(r)]
    old, new = (_rules(r, modules, config) for r in (arguments.old, arguments.new))
    compared = compare(old, new, effort=_effort(arguments.streams))
    if console.text:
        _tell(compared, old, new, console)
    elif console.format == "json":
        console.data(compared.document())
    else:
        console.records(r.document() for r in compared.rules if not r.same)
    if compared.same:
        return SAME
    return UNDECIDED if compared.undecided else DIFFERENT


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1, got {text}")
    return number


def _effort(streams: int) -> Effort:
    usual = Effort()
    return Effort(streams=streams, signals=max(usual.signals, usual.signals * streams // usual.streams))


def _is_document(reference: str) -> bool:
    return reference.endswith(_DOCUMENTS) or Path(reference).is_file()


def _rules(reference: str, modules: list[str], config: Configuration) -> RuleSet:
    if _is_document(reference):
        # A document names its signals; where the other side is written in Python, its classes are meant.
        return read_document(Path(reference), config, modules)
    return equipped(config, [reference])[0]


# --- text -----------------------------------------------------------------------------------------------------------


def _tell(compared: RuleSetComparison, old: RuleSet, new: RuleSet, console: Console) -> None:
    counted = Counter("the same" if r.same else r.relation for r in compared.rules)
    counts = ", ".join(f"{n} {name}" for name, n in sorted(counted.items(), key=lambda c: (c[0] != "the same", c[0])))
    console.say(f"{old.name} {old.version[:12]} -> {new.name} {new.version[:12]}: {counts or 'no rules'}")
    changed = [r for r in compared.rules if not r.same]
    if changed:
        console.say()
        console.say(f"{'rule':<44} {'premise':<13} besides")
    for rule in changed:
        console.say(f"{rule.id:<44} {rule.relation:<13} {', '.join(c.what for c in rule.changes)}".rstrip())
    for rule in changed:
        console.say()
        for line in textwrap.wrap(rule.text, width=110, break_long_words=False, break_on_hyphens=False):
            console.say(line)
    _list("issue kind", compared.kinds, console)
    _list("signals", compared.signals, console)
    _list("hosts about", compared.hosts, console)


def _list(title: str, changes: Any, console: Console) -> None:
    for name, found in changes.items():
        console.say()
        console.say(f"{title} {name}")
        for change in found:
            console.say(_line(change))


def _line(change: Change) -> str:
    return textwrap.fill(f"  {change}", width=110, subsequent_indent="    ", break_long_words=False)
