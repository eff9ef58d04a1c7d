"""``migro report digest``: what began, what goes on and what ended in a day, to be read or sent every morning."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from ..history import Case, Digest, History
from .console import Console, short
from .equipment import reading
from .retrospect import add_memory, cut, minute, positive, table, when
from .surroundings import configuration

__all__ = ["add_digest"]


def add_digest(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add ``digest``."""
    parser = commands.add_parser(
        "digest", parents=[common], help="what began, what goes on and what ended in a day, one line for each case"
    )
    add_memory(parser)
    parser.add_argument("--days", type=positive, default=1, metavar="N", help="how far to look back (default: 1)")
    parser.add_argument(
        "--until", type=when, metavar="TIME", help="where to look back from (default: the newest record)"
    )
    parser.add_argument("--merchant", metavar="ID", help="of this merchant")
    parser.add_argument("--watching", action="store_true", help="issues as well that were only watched")
    parser.set_defaults(command=report_digest)


def report_digest(arguments: argparse.Namespace, console: Console) -> int:
    """Print the digest of a period."""
    config = configuration(arguments.config)
    with reading(config, arguments.memory or config.memory.url) as memory:
        found = History(memory).digest(
            days=arguments.days, until=arguments.until, merchant=arguments.merchant, watching=arguments.watching
        )
    if console.text:
        print("\n".join(_lines(found)))
    else:
        console.data(_data(found))
    return 0


def _data(found: Digest) -> dict[str, Any]:
    sections = ("began", "goes_on", "ended")
    told = {name: [_case(c) for c in getattr(found, name)] for name in sections}
    return {"since": found.since, "until": found.until, **told}


def _case(c: Case) -> dict[str, Any]:
    seen = {"began": c.occurrence.began, "ended": c.occurrence.ended}
    return {**attrs.asdict(c, recurse=False), "occurrence": seen, "issue": c.issue.model_dump()}


def _lines(found: Digest) -> Iterator[str]:
    if found.until is None:
        yield "nothing is recorded yet"
        return
    since = "the beginning" if found.since is None else minute(found.since)
    many = f"{len(found.began)} began, {len(found.goes_on)} went on, {len(found.ended)} ended"
    waits = f"; {found.waiting} waiting for a person" if found.waiting else ""
    yield f"{since} to {minute(found.until)} UTC: {many}{waits}"
    if found.began:
        yield "\nBegan"
        yield from _section(found.began)
    if found.goes_on:
        yield "\nGoes on"
        yield from _section(found.goes_on)
    if found.ended:
        yield "\nEnded"
        yield from _section(found.ended, ended=True)


def _section(cases: Sequence[Case], *, ended: bool = False) -> Iterator[str]:
    head = ("sev", "issue", "merchant", "since", "until" if ended else "day", "times", "signals", "waiting", "id")
    rows = [
        (
            c.issue.severity.word,
            cut(c.issue.kind),
            cut(c.issue.merchant or c.issue.scope),
            minute(c.occurrence.began),
            str(c.day) if c.occurrence.ended is None else minute(c.occurrence.ended),
            str(c.times),
            str(c.issue.signals),
            str(c.waiting) if c.waiting else "",
            short(c.issue.id),
        )
        for c in cases
    ]
    yield from (f"  {line}" for line in table(head, rows, right=("day", "times", "signals", "waiting")))
