"""``migro audit``: whether what is stored is what was stored, an anchor for later, and what is stuck."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs

from ..audit import SIGNAL_WORDS, WITHDRAWAL_WORDS, Anchor, AuditReport, anchor_of, overdue, read_anchor, verify
from ..errors import ConfigurationError, InputError, MigroError
from ..models import Link
from ..ports import Ledger, Memory
from .console import Console, short
from .equipment import reading
from .observe import moment
from .retrospect import add_memory
from .surroundings import configuration

__all__ = ["register"]

_LISTED = 100
"""How many findings a person is shown; programs get all."""

_CANNOT_LOOK = 2

_MINUTES_DIGITS = 7
"""Nearly twenty years; a longer word is no number that anybody means."""


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the commands."""
    audit = commands.add_parser(
        "audit", help="whether what is stored is what was stored, and whether anything is stuck"
    )
    parts = audit.add_subparsers(title="commands", required=True, metavar="COMMAND")
    memory = argparse.ArgumentParser(add_help=False)
    add_memory(memory)

    whole = parts.add_parser("verify", parents=[common, memory], help="check hash chain, records and conservation")
    whole.add_argument("--anchor", metavar="FILE", type=Path, help="an earlier export: finds a missing tail as well")
    whole.set_defaults(command=_looking(_verify))

    export = parts.add_parser("export", parents=[common, memory], help="where the chains end, as JSON lines to keep")
    export.add_argument("--out", metavar="FILE", type=Path, help="write there instead; never over something")
    export.add_argument("--records", action="store_true", help="every link as well, without what it hashes")
    export.add_argument("--now", metavar="TIME", type=moment, help="the time to note (default: now)")
    export.set_defaults(command=_looking(_export))

    stuck = parts.add_parser("stuck", parents=[common, memory], help="what should have happened by now and has not")
    stuck.add_argument("--older-than", metavar="MINUTES", type=_minutes, default=5, help="how late counts (default: 5)")
    stuck.add_argument("--now", metavar="TIME", type=moment, help="what time it is (default: by the clock)")
    stuck.set_defaults(command=_looking(_stuck))


def _minutes(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"expected a number of minutes, got {text!r}")
    if len(text) > _MINUTES_DIGITS:
        raise argparse.ArgumentTypeError(f"expected a number of at most {_MINUTES_DIGITS} digits, got {len(text)}")
    return int(text)


def _looking(command: Any) -> Any:
    """Return a command that never ends with 0 or 1 where it could not look: 1 means that something was found."""

    def run(arguments: argparse.Namespace, console: Console) -> int:
        try:
            config = configuration(arguments.config)
            url = arguments.memory or config.memory.url
            if url == "volatile:":
                raise ConfigurationError(
                    "expected a memory that lasts, got 'volatile:', which is empty in every new program"
                )
            with reading(config, url) as memory:
                return int(command(arguments, console, memory))
        except BrokenPipeError:
            raise
        except MigroError as e:
            console.complain(f"audit could not look: {e}")
        except Exception as e:  # whatever it is: a watchman who fell must not look like one who saw nothing
            console.complain(f"audit could not look: {type(e).__name__}: {e}")
        return _CANNOT_LOOK

    return run


# --- verify -----------------------------------------------------------------------------------------------------------


def _verify(arguments: argparse.Namespace, console: Console, memory: Memory) -> int:
    anchor = None if arguments.anchor is None else _anchor(arguments.anchor)
    report = verify(memory, anchor=anchor)
    if console.format == "json":
        console.data(report.data())
    elif console.format == "jsonl":
        summary = report.data()
        # A number where JSON has the list would be one name for two things.
        listed = summary.pop("findings")
        console.records([*listed, {**summary, "findings_count": len(listed)}])
    else:
        for line in _told(report):
            print(line)
    return 0 if report.ok else 1


def _anchor(path: Path) -> Anchor:
    try:
        # Not at every sign that ends a line of text: the name of a partition may hold one.
        return read_anchor(path.read_text("utf-8").split("\n"))
    except UnicodeDecodeError as e:
        place = f"byte 0x{e.object[e.start]:02x} at place {e.start}"
        raise ConfigurationError(
            f"expected an anchor as UTF-8 text, got a file of other bytes: {place} - at {path}"
        ) from e
    except OSError as e:
        raise ConfigurationError(f"expected an anchor that can be read, got: {e.strerror} - at {path}") from e
    except InputError as e:
        raise ConfigurationError(f"{e} - at {path}") from e


def _told(report: AuditReport) -> Iterator[str]:
    for finding in report.findings[:_LISTED]:
        yield str(finding)
    if len(report.findings) > _LISTED:
        yield f"... and {len(report.findings) - _LISTED} more; --format jsonl lists all"
    if report.findings:
        yield ""
    yield f"{report.links} links of {report.partitions} partitions, {report.inputs} inputs"
    for name, words, counts in (
        ("signals", SIGNAL_WORDS, report.signals),
        ("withdrawals", WITHDRAWAL_WORDS, report.withdrawals),
    ):
        if counts["accepted"]:
            yield f"{name}: accepted {counts['accepted']} = {' + '.join(f'{w} {counts[w]}' for w in words)}"
    if report.rewritten:
        yield f"{report.rewritten} links hold what an erasure left: they verify, and cannot be recomputed"
    if report.dropped:
        yield f"{report.dropped} links are of snapshots that were dropped for newer ones"
    if report.anchored is None:
        yield "compared with no anchor: if the newest records are missing, nobody can tell"
    else:
        yield f"compared with the anchor of {report.anchored:%Y-%m-%d %H:%M:%S}Z"
    count = len(report.findings)
    if count:
        yield f"{count} finding{'s' if count > 1 else ''}"
    else:
        yield "nothing is stored, so there was nothing to check" if report.empty else "everything holds"


# --- export -----------------------------------------------------------------------------------------------------------


def _export(arguments: argparse.Namespace, console: Console, memory: Memory) -> int:
    now = arguments.now or datetime.now(UTC)
    with _written_to(arguments.out):
        for record in _exported(memory, anchor_of(memory, now), links=arguments.records):
            # One object a line in every format: it is there to be kept and read again.
            print(json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False))
    return 0


def _exported(memory: Memory, anchor: Anchor, *, links: bool) -> Iterator[Mapping[str, Any]]:
    yield from anchor.records()
    if not links:
        return
    if not isinstance(memory, Ledger):
        raise ConfigurationError(f"expected a memory that shows its chain, got {type(memory).__name__}")
    for name, (count, _) in anchor.heads.items():
        for link in memory.links(name):
            if link.position > count:
                break  # of a step that came after the anchor was taken
            yield _record(link)


def _record(link: Link) -> dict[str, Any]:
    return {"link": link.position, **attrs.asdict(link, filter=attrs.filters.exclude("position", "payload", "salt"))}


@contextmanager
def _written_to(path: Path | None) -> Iterator[None]:
    with ExitStack() as stack:
        if path is not None:
            try:
                file = stack.enter_context(path.open("x", encoding="utf-8"))
            except OSError as e:
                raise ConfigurationError(f"expected a file that can be made, got: {e.strerror} - at {path}") from e
            stack.enter_context(redirect_stdout(file))
        yield


# --- stuck ------------------------------------------------------------------------------------------------------------


def _stuck(arguments: argparse.Namespace, console: Console, memory: Memory) -> int:
    now = arguments.now or datetime.now(UTC)
    found = overdue(memory, now=now, older_than=timedelta(minutes=arguments.older_than))
    if not console.text:
        console.records(o.data() for o in found)
        return 1 if found else 0
    for one in found:
        number = f" number {one.seq}" if one.seq is not None else ""
        id = f" [{short(one.id)}]" if one.id else ""
        print(f"{one.what:<9} since {one.since:%Y-%m-%d %H:%M:%S}Z  {one.partition}{number}  {one.why}{id}")
    print(f"{len(found)} stuck" if found else "nothing is stuck")
    return 1 if found else 0
