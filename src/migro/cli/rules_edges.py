"""``migro rules edges``: to the microsecond, when rules fire at their edges; pinned in a file, and compared with it."""

from __future__ import annotations

import argparse
from functools import lru_cache
from pathlib import Path
from time import monotonic
from typing import Any

import attrs

from ..errors import ConfigurationError, Finding, InputError
from ..mutation import EFFORT, Derived, Effort, RuleEdges, check_edges, derive, edges_text, read_edges
from ..rules import Rule, RuleSet
from .console import Console
from .equipment import add_rules, equipped
from .rule_documents import written
from .rule_work import add_choice, each, positive, wanted
from .surroundings import configuration

__all__ = ["existing_edges", "register"]

_SAVE_EVERY_S = 30.0
"""A search of a large set takes an hour; what was found is written so often, so that whoever ends it loses little."""


def register(inside: Any, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    edges = inside.add_parser(
        "edges",
        parents=[common],
        help="compare when rules fire at their edges with what a file pins; --write pins what is new",
        description="Exit code 0: every rule is as pinned, or the file is written; 1: at least one is not.",
    )
    add_rules(edges)
    add_choice(edges)
    edges.add_argument(
        "--edges",
        type=Path,
        metavar="FILE",
        default=Path("migro-rules.edges.json"),
        help="default: migro-rules.edges.json",
    )
    edges.add_argument(
        "--write", action="store_true", help="pin the rules that are not as pinned anew; the others stay as they are"
    )
    edges.add_argument(
        "--again", action="store_true", help="with --write: search also for rules that are as pinned, and keep what is"
    )
    edges.add_argument(
        "--effort", type=positive, default=1, metavar="N", help="with --write: search N times as long (default: 1)"
    )
    edges.add_argument("--jobs", type=positive, default=1, metavar="N", help="processes that share the work")
    edges.set_defaults(command=edges_of_rules)


def edges_of_rules(arguments: argparse.Namespace, console: Console) -> int:
    """Compare the rules of a set with what is pinned of them, or pin what is new."""
    ruleset, _ = equipped(configuration(arguments.config), arguments.rules or ())
    path: Path = arguments.edges
    known = existing_edges(path, ruleset) if path.exists() or not arguments.write else {}
    rules = wanted(ruleset, arguments.rule)
    work = _Work(
        config=arguments.config,
        references=tuple(arguments.rules or ()),
        edges=path if known else None,
        write=arguments.write,
        again=arguments.again,
        effort=arguments.effort,
    )
    done: dict[str, _Done] = {}
    saved = monotonic()
    with console.progress("rules", len(rules)) as meter:
        for rule, result in zip(rules, each(work, ruleset, rules, arguments.jobs), strict=True):
            done[rule.id] = result
            meter.step(rule.id)
            if result.derived is not None and monotonic() - saved >= _SAVE_EVERY_S:
                written(path, edges_text(_pinned(ruleset, known, done)))
                saved = monotonic()
    if arguments.write:
        return _write(ruleset, known, done, path, console)
    findings = [f for result in done.values() for f in result.findings]
    gone = sorted(set(known) - {r.id for r in ruleset.rules})
    findings += [
        Finding("gone", id, ruleset.name, "expected the rule of which edges are pinned, got none") for id in gone
    ]
    _tell(findings, len(rules), path, console)
    return 1 if findings else 0


def existing_edges(path: Path | None, ruleset: RuleSet) -> dict[str, RuleEdges]:
    """
    Return what a file pins of the rules of a set; nothing where there is no file to be read.

    Raises:
        ConfigurationError: If the file cannot be read.
        InputError: If it pins no edges.
    """
    return {} if path is None else _read(path, ruleset)


@lru_cache(maxsize=1)
def _read(path: Path, ruleset: RuleSet) -> dict[str, RuleEdges]:
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError as e:
        raise InputError("expected edges in UTF-8, got other bytes", where=str(path)) from e
    except OSError as e:
        raise ConfigurationError(f"expected edges that can be read: {e.strerror} - at {path}") from e
    return read_edges(text, ruleset, where=str(path))


@attrs.frozen(kw_only=True)
class _Done:
    """What came of one rule: where it is not as pinned, and what a search came to; None where nobody searched."""

    findings: tuple[Finding, ...]
    derived: Derived | None = None


@attrs.frozen(kw_only=True)
class _Work:
    config: Path | None
    references: tuple[str, ...]
    edges: Path | None
    write: bool
    again: bool
    effort: int

    def of(self, ruleset: RuleSet, rule: Rule[Any]) -> _Done:
        """Compare a rule with what is pinned, and pin it anew where that is wanted and it is another."""
        known = existing_edges(self.edges, ruleset).get(rule.id)
        findings = tuple(check_edges(ruleset, rule, known))
        if not self.write or not (findings or self.again):
            return _Done(findings=findings)
        effort = Effort(*(self.effort * n for n in attrs.astuple(EFFORT)))
        return _Done(findings=findings, derived=derive(ruleset, rule, effort=effort, known=known))


def _pinned(ruleset: RuleSet, known: dict[str, RuleEdges], done: dict[str, _Done]) -> dict[str, RuleEdges]:
    """Return what is to be pinned of all rules: as found, and of those that were not searched as it was."""
    there = {r.id for r in ruleset.rules}
    pinned = {id: edges for id, edges in known.items() if id in there}
    return pinned | {id: result.derived.pinned for id, result in done.items() if result.derived is not None}


def _write(ruleset: RuleSet, known: dict[str, RuleEdges], done: dict[str, _Done], path: Path, console: Console) -> int:
    pinned = _pinned(ruleset, known, done)
    searched = {id: result.derived for id, result in sorted(done.items()) if result.derived is not None}
    written(path, edges_text(pinned))
    count = sum(len(p.edges) for p in pinned.values())
    if console.text:
        for id, derived in searched.items():
            _say(id, derived, console)
        console.say(f"{path}: {_number(count, 'edge')} of {_number(len(pinned), 'rule')}")
    else:
        anew = [id for id in searched if done[id].findings]
        missed = [_missed(id, derived) for id, derived in searched.items() if derived.missed]
        console.data({"edges": str(path), "rules": len(pinned), "streams": count, "anew": anew, "missed": missed})
    return 0


def _say(id: str, derived: Derived, console: Console) -> None:
    if derived.pinned.edges:
        console.say(f"{id}: {_number(len(derived.pinned.edges), 'edge')} pinned; read whether the rule should do that")
    elif not derived.missed:
        console.say(f"{id}: no edge is needed; its examples notice every small change of when it fires")
    if derived.missed:
        console.say(f"{id}: {_number(len(derived.missed), 'change')} noticed by nothing: {derived.why}")
    for mutant in derived.missed:
        console.say(f"  {mutant.operator}: {mutant.change}")


def _missed(id: str, derived: Derived) -> dict[str, Any]:
    changes = [{"operator": m.operator, "change": m.change} for m in derived.missed]
    return {"rule": id, "why": derived.why, "changes": changes}


def _tell(findings: list[Finding], rules: int, path: Path, console: Console) -> None:
    if not console.text:
        console.records({"code": f.code, "rule": f.rule, "where": f.where, "message": f.message} for f in findings)
        return
    for finding in findings:
        console.say(str(finding))
    found = _number(len(findings), "finding") if findings else "no findings"
    console.say(f"{_number(rules, 'rule')} compared with {path}: {found}")


def _number(count: int, thing: str) -> str:
    return f"{count} {thing}{'s' * (count != 1)}"
