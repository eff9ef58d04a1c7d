"""``migro rules``: what is in force."""

from __future__ import annotations

import argparse
from typing import Any

from ..errors import NotFound
from ..rules import IssueKind, Rule, RuleSet
from . import rule_documents, rules_check, rules_diff, rules_edges, rules_lock, rules_mutate, rules_portability
from .console import Console
from .equipment import add_rules, equipped
from .rules_mode import described, mode_lines
from .surroundings import configuration

__all__ = ["register"]


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser("rules", help="rules and failure modes")
    inside = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    show = inside.add_parser("show", parents=[common], help="list the failure modes, or show one rule or mode whole")
    show.add_argument("name", nargs="?", metavar="ID", help="id of a rule or of a failure mode")
    add_rules(show)
    show.set_defaults(command=show_rules)
    modules = (rule_documents, rules_check, rules_lock, rules_diff, rules_mutate, rules_edges, rules_portability)
    for module in modules:
        module.register(inside, common)


def show_rules(arguments: argparse.Namespace, console: Console) -> int:
    """Print the rule set, one rule, or one failure mode with its rules."""
    ruleset, _ = equipped(configuration(arguments.config), arguments.rules or ())
    if arguments.name is None:
        _list(ruleset, console)
        return 0
    if arguments.name in ruleset.kinds:
        _kind(ruleset, ruleset.kinds[arguments.name], console)
        return 0
    found = [r for r in ruleset.rules if r.id == arguments.name]
    if not found:
        raise NotFound(f"expected the id of a rule or failure mode of {ruleset.name!r}, got {arguments.name!r}")
    _rule(found[0], console)
    return 0


def _list(ruleset: RuleSet, console: Console) -> None:
    if not console.text:
        console.records(_data(rule) for rule in ruleset.rules)
        return
    print(
        f"{ruleset.name}: {len(ruleset)} rules about {len(ruleset.kinds)} failure modes, version {ruleset.version[:12]}"
    )
    for kind in sorted(ruleset.kinds.values(), key=lambda k: (k.category, k.name)):
        print(f"\n{kind.category} / {kind.name} - {kind.title}")
        for rule in ruleset.about(kind.name):
            points = "veto" if rule.then.effect == "vetoes" else f"{rule.then.points:+d}"
            print(f"  {points:>5}  {rule.id:<44} {rule.then.family:<16} {rule.why}")


def _data(rule: Rule[Any]) -> dict[str, Any]:
    return {
        "id": rule.id,
        "version": rule.version,
        "why": rule.why,
        "where": rule.where,
        "category": rule.then.kind.category,
        "document": rule.document(),
        "examples": [{"name": e.name, "fires_for": [list(k) for k in e.fires_for]} for e in rule.examples],
    }


def _rule(rule: Rule[Any], console: Console) -> None:
    if not console.text:
        console.data(_data(rule))
        return
    print(rule)
    if rule.why:
        print(f"  why   {rule.why}")
    for example in rule.examples:
        fires = ", ".join("/".join(k) for k in example.fires_for)
        print(
            f"  example {example.name!r}: {f'fires for {fires}' if fires else 'silent'}, {len(example.signals)} signals"
        )
    print(f"  written at {rule.where}")


def _kind(ruleset: RuleSet, kind: IssueKind[Any], console: Console) -> None:
    if console.text:
        print("\n".join(mode_lines(ruleset, kind)))
    else:
        console.data(described(ruleset, kind))
