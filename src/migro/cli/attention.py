"""``migro report priority`` and ``unmatched``: what to look at first, and what nobody has looked at."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import attrs

from ..history import Priority, Unmatched, priorities, unmatched
from ..models import IssueStatus
from .console import Console, short
from .equipment import reading
from .retrospect import add_memory, cut, minute, positive, same_memory, table, when
from .surroundings import configuration

__all__ = ["add_priority", "add_unmatched"]


def add_priority(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add ``priority``."""
    parser = commands.add_parser(
        "priority", parents=[common], help="open issues by revenue at risk and people affected, each with its reason"
    )
    add_memory(parser)
    parser.add_argument("--merchant", metavar="ID", help="of this merchant")
    parser.add_argument("--watching", action="store_true", help="issues as well that are only watched")
    parser.add_argument("--limit", type=positive, default=30, metavar="N", help="no more than N (default: 30)")
    parser.set_defaults(command=report_priority)


def add_unmatched(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add ``unmatched``."""
    parser = commands.add_parser("unmatched", parents=[common], help="signals that no rule has read, by what they are")
    add_memory(parser)
    parser.add_argument(
        "--since", type=when, metavar="TIME", help="received from then on; ISO 8601 with a zone, or a day"
    )
    parser.add_argument("--until", type=when, metavar="TIME", help="received up to then")
    parser.add_argument("--fail", action="store_true", help="exit with 1 where there are any")
    parser.set_defaults(command=report_unmatched)


def report_priority(arguments: argparse.Namespace, console: Console) -> int:
    """Print open issues in the order in which to look at them."""
    config = configuration(arguments.config)
    with reading(config, arguments.memory or config.memory.url) as memory:
        found = priorities(
            i
            for i in memory.read("issues", pending=True)
            if i.status is not IssueStatus.RESOLVED
            and (arguments.watching or i.status is not IssueStatus.WATCHING)
            and arguments.merchant in (None, i.merchant)
        )
    shown = found[: arguments.limit]
    if not console.text:
        console.records(_data(p) for p in shown)
        return 0
    if not found:
        print("no open issues")
        return 0
    print("\n".join(_priority_lines(shown)))
    if len(found) > len(shown):
        print(f"and {len(found) - len(shown)} more; --limit {len(found)} shows all")
    print(f"\nmigro explain {short(shown[0].issue.id)}{same_memory(arguments)} has the sums behind the first one.")
    return 0


def _data(p: Priority) -> dict[str, Any]:
    return {
        **attrs.asdict(p, recurse=False),
        "issue": p.issue.model_dump(),
        "share": None if p.share is None else f"{p.share.numerator}/{p.share.denominator}",
    }


def _priority_lines(shown: Sequence[Priority]) -> list[str]:
    head = ("place", "sev", "issue", "merchant", "why it stands here", "id")
    rows = [
        (str(p.place), p.issue.severity.word, cut(p.issue.kind), cut(p.issue.merchant or p.issue.scope), p.because,
         short(p.issue.id))
        for p in shown
    ]  # fmt: skip
    return [*table(head, rows, right=("place",))]


def report_unmatched(arguments: argparse.Namespace, console: Console) -> int:
    """Print what no rule has read; with ``--fail`` 1 where there is any."""
    config = configuration(arguments.config)
    with reading(config, arguments.memory or config.memory.url) as memory:
        found = unmatched(memory, since=arguments.since, until=arguments.until)
    if not console.text:
        console.records(attrs.asdict(u) for u in found)
    elif found:
        print("\n".join(_unmatched_lines(found)))
        print(f"\nmigro explain {short(found[0].sample)}{same_memory(arguments)} shows the newest of the first sort.")
    else:
        print("every signal was read by a rule")
    return 1 if found and arguments.fail else 0


def _unmatched_lines(found: Sequence[Unmatched]) -> list[str]:
    head = ("count", "serious", "kind", "provider", "topic", "first", "last", "sample", "why")
    rows = [
        (str(u.count), str(u.serious), cut(u.kind), cut(u.provider), cut(u.topic), minute(u.first), minute(u.last),
         short(u.sample), u.reason)
        for u in found
    ]  # fmt: skip
    return [*table(head, rows, right=("count", "serious"))]
