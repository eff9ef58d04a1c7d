"""``migro rules check``: mistakes of rules that load and run."""

from __future__ import annotations

import argparse
import textwrap
from collections import Counter
from typing import Any

from ..checks import CODES, Problem, check, problems_of_loading
from ..errors import RuleSetError
from .console import Console
from .equipment import add_rules, equipped
from .surroundings import configuration

__all__ = ["register"]


def register(inside: Any, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = inside.add_parser(
        "check",
        parents=[common],
        help="find rules that never fire, never count, say the same twice, or read what they should not",
        description="Exit code 0: nothing was found; 1: something was.",
    )
    add_rules(parser)
    parser.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="CODE[:ID]",
        type=_ignored,
        help="leave a code out, or a code at one rule: what is known and meant; repeatable",
    )
    parser.set_defaults(command=check_rules)


def check_rules(arguments: argparse.Namespace, console: Console) -> int:
    """Print what is wrong with a rule set."""
    rules = 0
    try:
        ruleset, _ = equipped(configuration(arguments.config), arguments.rules or ())
    except RuleSetError as e:
        problems = problems_of_loading(e)
    else:
        rules = len(ruleset)
        problems = check(ruleset)
    ignored = set(arguments.ignore)
    told = [p for p in problems if not {(p.code, ""), (p.code, p.rule)} & ignored]
    if console.text:
        _tell(told, rules, len(problems) - len(told), console)
    else:
        console.records(p.document() for p in told)
    return 1 if told else 0


def _ignored(text: str) -> tuple[str, str]:
    code, _, rule = text.partition(":")
    if code not in CODES:
        raise argparse.ArgumentTypeError(f"expected a code such as MR103 or MR103:checkout.share, got {text!r}")
    return code, rule


def _tell(problems: list[Problem], rules: int, left_out: int, console: Console) -> None:
    for problem in problems:
        console.say(_folded(str(problem), "  "))
        if problem.witness:
            console.say(_folded(f"  shown by: {problem.witness}", "    "))
    counted = ", ".join(f"{n} {CODES[code]}" for code, n in sorted(Counter(p.code for p in problems).items()))
    ignored = f"; {left_out} ignored" if left_out else ""
    subject = f"{rules} rule{'s' * (rules != 1)}" if rules else "rules that do not load"
    console.say(f"{subject}: {counted or 'nothing found'}{ignored}")


def _folded(line: str, indent: str) -> str:
    return textwrap.fill(line, width=110, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
