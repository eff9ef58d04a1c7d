"""``migro plugins``: what other distributions bring, what of it is enabled, and what stops it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from ..configuration import ANY_VERSION
from ..plugins import GROUPS, Enabled, Offer, Problem, examine, installed
from .console import Console
from .surroundings import configuration

__all__ = ["register"]

_HEAD = ("group", "name", "distribution", "version", "enabled", "rule set")


@attrs.frozen(kw_only=True)
class _Row:
    """
    A plugin that is installed, listed, or both.

    Attributes:
        pin: The version it is enabled in; empty where it is not enabled.
        hash: Version of an enabled rule set, whose beginning is what a pin takes.
        problem: What stops it; empty where nothing does.
    """

    group: str
    name: str
    distribution: str = ""
    version: str = ""
    entry_point: str = ""
    enabled: bool = False
    pin: str = ""
    hash: str = ""
    problem: str = ""

    def cells(self) -> tuple[str, ...]:
        enabled = "no" if not self.enabled else "stopped" if self.problem else "yes"
        pinned = f" @{self.pin[:12]}" if self.pin not in ("", ANY_VERSION) else ""
        version = (self.distribution or "-", self.version or "-")
        return (self.group, self.name, *version, enabled + pinned, self.hash[:12] or "-")


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser("plugins", parents=[common], help="what is installed, what is enabled, what stops it")
    parser.set_defaults(command=plugins)


def plugins(arguments: argparse.Namespace, console: Console) -> int:
    """Print a row for every plugin that is installed or listed; those that are listed are imported and checked."""
    listed = configuration(arguments.config).enabled
    offers = installed()
    enabled, problems = examine(listed, offers)
    rows = list(_rows(listed, offers, enabled, problems))
    if not console.text:
        console.records(attrs.asdict(row) for row in rows)
    else:
        _table(rows)
    return 1 if problems else 0


def _rows(
    listed: Mapping[str, Mapping[str, str]], offers: tuple[Offer, ...], enabled: Enabled, problems: tuple[Problem, ...]
) -> Iterator[_Row]:
    stops = {(p.group, p.name): f"{p.message} - at {p.where}" for p in problems}
    for group in GROUPS:
        here = [o for o in offers if o.group == group]
        for offer in here:
            ruleset = enabled.rulesets.get(offer.name) if group == "rulesets" else None
            pin = listed[group].get(offer.name, "")
            yield _Row(
                group=group,
                name=offer.name,
                distribution=offer.distribution,
                version=offer.version,
                entry_point=offer.value,
                enabled=bool(pin),
                pin=pin,
                hash=ruleset.version if ruleset is not None else "",
                problem=stops.get((group, offer.name), ""),
            )
        for name in sorted(listed[group].keys() - {o.name for o in here}):
            yield _Row(group=group, name=name, enabled=True, pin=listed[group][name], problem=stops[group, name])


def _table(rows: list[_Row]) -> None:
    cells = [_HEAD, *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    stopped = dict.fromkeys(f"{r.group} {r.name!r}: {r.problem}" for r in rows if r.problem)
    for problem in stopped:
        print(f"\n{problem}")
