"""What a configuration names and nobody has: kinds of action and targets, which are mostly misspelt."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from ..configuration import Configuration
from ..decide import BUDGETS, Policy
from ..errors import ConfigurationError
from ..plugins import Enabled
from ..rules import RuleSet
from .console import Console
from .equipment import hands

if TYPE_CHECKING:
    from ..act.equipping import Equipment

__all__ = ["tell_unfit", "unfit"]


def unfit(config: Configuration, rules: RuleSet, policy: Policy, equipment: Equipment) -> list[str]:
    """
    Return in lines which kinds of action and targets the file names that no rule proposes and nobody takes.

    A limit on such a kind limits nothing, and an address for it is never called.
    """
    responses = [r for kind in rules.kinds.values() for r in kind.responses]
    proposed = {r.kind for r in responses} | {"notify"}
    listed = set(config.actuators.http)
    # What an address is given for is taken, and proves no kind right.
    taken = {kind for kind in equipment.kinds if kind not in listed}
    kinds = proposed | taken | {kind for b in BUDGETS for kind in b.kinds}
    targets = {r.target for r in responses} | set(config.roles) | {b.target for b in BUDGETS if b.target}
    targets |= {role for _, roles in policy.people.approvers for role in roles} | set(policy.people.escalation)
    return [
        *(f"actuators.http.{kind}: {told}" for kind in sorted(listed) if (told := _strange("kind", kind, kinds))),
        *(told for told in _limits(config, kinds, targets)),
    ]


def tell_unfit(config: Configuration, rules: RuleSet, plugins: Enabled, policy: Policy, console: Console) -> None:
    """Say what the file names that nobody has, where nothing is run: a limit that limits nothing is found early."""
    if not (config.budgets or config.quiet or config.actuators.http):
        return
    # Where hands cannot be made, only who needs them has to hear of it.
    with suppress(ConfigurationError):
        for told in unfit(config, rules, policy, hands(config, plugins, policy, live=False)):
            console.complain(told)


def _limits(config: Configuration, kinds: set[str], targets: set[str]) -> Iterator[str]:
    for name, budget in sorted(config.budgets.items()):
        for kind in budget.kinds:
            if told := _strange("kind", kind, kinds):
                yield f"budgets.{name}.kinds: {told}"
        if budget.target and (told := _strange("target", budget.target, targets)):
            yield f"budgets.{name}.target: {told}"
    for number, hours in enumerate(config.quiet):
        for kind in hours.kinds:
            if told := _strange("kind", kind, kinds):
                yield f"quiet.{number}.kinds: {told}"


def _strange(what: str, name: str, known: set[str]) -> str:
    """Return what is strange about a name, in words; empty where it is known."""
    if name in known:
        return ""
    near = difflib.get_close_matches(name[:100], sorted(known), n=2, cutoff=0.6)
    hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else f"; known are {', '.join(sorted(known))}"
    thing = "a kind of action that some rule proposes" if what == "kind" else "a target that some rule names, or a role"
    return f"expected {thing}, got {name[:100]!r}{hint}"
