"""``migro memory``: what a memory's file is, and bringing an old one to today's version."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

from ..remember.inspection import FileInfo, inspect
from ..remember.upgrading import upgrade
from .console import Console

__all__ = ["register"]


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser("memory", help="what a memory's file is, and upgrading it")
    verbs = parser.add_subparsers(title="what to do", required=True, metavar="VERB")
    info = verbs.add_parser("info", parents=[common], help="version, sizes, partitions, and what is pending")
    info.add_argument("file", metavar="FILE", type=_file, help="the file, or its URL")
    info.set_defaults(command=_info)
    to_today = verbs.add_parser(
        "upgrade", parents=[common], help="bring a file of an older migro to today's version, after a backup beside it"
    )
    to_today.add_argument("file", metavar="FILE", type=_file, help="the file, or its URL; nothing may be using it")
    to_today.set_defaults(command=_upgrade)


def _file(text: str) -> Path:
    return Path(text.removeprefix("sqlite:///"))


def _info(arguments: argparse.Namespace, console: Console) -> int:
    found = inspect(arguments.file)
    if not console.text:
        console.data({**attrs.asdict(found), "path": str(found.path)})
        return 0
    for line in _told(found):
        console.say(line)
    return 0


def _told(found: FileInfo) -> Iterator[str]:
    yield f"File        {found.path}"
    if found.current:
        yield f"Version     {found.version}, today's"
    else:
        yield f"Version     {found.version}: run `migro memory upgrade` before an agent uses it"
    library = f"SQLite {found.library}"
    if found.wal_reset_bug:
        library += ": 3.7.0 to 3.51.2 can damage a file when two connections check-point at the same instant"
    yield f"Library     {library}"
    yield "Durability  full, unless the program that writes says otherwise"
    yield f"Mode        {found.journal_mode}"
    size, free, log = map(_size, (found.file_bytes, found.free_bytes, found.log_bytes))
    yield f"Size        {size}, of which free {free}; log {log}"
    yield "Records     " + ", ".join(f"{table} {count:,}" for table, count in found.records.items())
    pending = sum(p.pending for p in found.partitions)
    yield f"Pending     {pending:,} of {sum(p.accepted for p in found.partitions):,} inputs"
    if found.partitions:
        yield ""
        yield f"{'partition':<32}  {'inputs':>10}  {'pending':>10}  {'links':>10}"
    for p in found.partitions:
        links = "-" if p.links is None else f"{p.links:,}"
        yield f"{p.name:<32.32}  {p.accepted:>10,}  {p.pending:>10,}  {links:>10}"


def _size(count: int) -> str:
    if count < 10_000:
        return f"{count:,} bytes"
    return f"{count // 1000:,} kB" if count < 10_000_000 else f"{count // 1_000_000:,} MB"


def _upgrade(arguments: argparse.Namespace, console: Console) -> int:
    done = upgrade(arguments.file)
    if not console.text:
        console.data(
            {
                "path": str(done.path),
                "before": done.before,
                "after": done.after,
                "backup": None if done.backup is None else str(done.backup),
            }
        )
    elif done.backup is None:
        console.say(f"{done.path} has version {done.after} already; nothing was changed")
    else:
        console.say(f"upgraded {done.path} from version {done.before} to {done.after}")
        console.say(f"as it was: {done.backup}; keep it until you have seen that all is well")
    return 0
