"""``migro report``: what many records together say."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import attrs

from ..history import ActionOutcomes, ConfidenceDay, History, Link, Recurrence, Spread, Trends
from ..models import ActionStatus
from .attention import add_priority, add_unmatched
from .console import Console
from .equipment import reading
from .report_digest import add_digest
from .retrospect import add_memory, cut, minute, positive, table, when
from .surroundings import configuration

__all__ = ["register"]


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser("report", help="what many records together say")
    inside = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    add_priority(inside, common)
    add_digest(inside, common)
    trends = inside.add_parser(
        "trends", parents=[common], help="what comes back, together or to many; what became of actions; confidence"
    )
    add_memory(trends)
    trends.add_argument("--days", type=positive, default=7, metavar="N", help="how far to look back (default: 7)")
    trends.add_argument(
        "--until", type=when, metavar="TIME", help="where to look back from (default: the newest record)"
    )
    trends.add_argument("--at-least", type=positive, default=2, metavar="N", help="times to be counted (default: 2)")
    trends.add_argument("--merchants", type=positive, default=3, metavar="N", help="how many are many (default: 3)")
    trends.add_argument("--near", type=positive, default=15, metavar="MIN", help="minutes between two (default: 15)")
    trends.add_argument("--span", type=positive, default=60, metavar="MIN", help="minutes for many (default: 60)")
    trends.add_argument("--watching", action="store_true", help="count issues as well that were only watched")
    trends.set_defaults(command=report_trends)
    add_unmatched(inside, common)


def report_trends(arguments: argparse.Namespace, console: Console) -> int:
    """Print all patterns of a period."""
    config = configuration(arguments.config)
    with reading(config, arguments.memory or config.memory.url) as memory:
        found = History(memory).trends(
            days=arguments.days,
            until=arguments.until,
            at_least=arguments.at_least,
            merchants=arguments.merchants,
            near=timedelta(minutes=arguments.near),
            span=timedelta(minutes=arguments.span),
            watching=arguments.watching,
        )
    if console.text:
        print("\n".join(_lines(found, arguments)))
    else:
        console.data(_data(found))
    return 0


def _data(found: Trends) -> dict[str, Any]:
    data = attrs.asdict(found)
    data["confidence"] = [{**attrs.asdict(c), "day": c.day.isoformat()} for c in found.confidence]
    return data


def _lines(found: Trends, arguments: argparse.Namespace) -> Iterator[str]:
    if found.until is None:
        yield "nothing is recorded yet"
        return
    since = "the beginning" if found.since is None else minute(found.since)
    yield f"{since} to {minute(found.until)} UTC"
    yield f"\nCame back: {arguments.at_least} times or more at one place"
    yield from _section(_recurring(found.recurring))
    yield f"\nBegan within {arguments.near} min of one another at one merchant: a count, which proves no cause"
    yield from _section(_linked(found.linked))
    yield f"\nBegan at {arguments.merchants} merchants or more within {arguments.span} min"
    yield from _section(_systemic(found.systemic))
    yield f"\nActions, and whether the issue ended within {arguments.span} min"
    yield from _section(_outcomes(found.outcomes))
    yield "\nConfidence of decisions by day, in points: 0 is even odds, HIGH from 61 on"
    yield from _section(_confidence(found.confidence))


def _section(lines: Iterator[str]) -> Iterator[str]:
    shown = [f"  {line}" for line in lines]
    yield from shown if len(shown) > 1 else ["  nothing"]


def _recurring(found: Sequence[Recurrence]) -> Iterator[str]:
    head = ("times", "issue", "merchant", "key", "first", "last", "longest quiet", "now")
    rows = [
        (
            str(len(r.occurrences)),
            cut(r.kind),
            cut(r.merchant or r.scope),
            "" if r.key == (r.merchant,) else cut(", ".join(r.key)),
            minute(r.occurrences[0].began),
            minute(r.occurrences[-1].began),
            _long(r.longest_quiet),
            "there" if r.quiet_since is None else f"gone since {minute(r.quiet_since)}",
        )
        for r in found
    ]
    yield from table(head, rows, right=("times", "longest quiet"))


def _linked(found: Sequence[Link]) -> Iterator[str]:
    head = ("issue", "together", "alone", "first", "other", "together", "alone", "first", "at once", "merchants")
    rows = [
        (
            cut(p.kind),
            str(p.kind_with),
            str(p.kind_alone),
            str(p.kind_first),
            cut(p.other),
            str(p.other_with),
            str(p.other_alone),
            str(p.other_first),
            str(p.at_once),
            str(p.merchants),
        )
        for p in found
    ]
    yield from table(head, rows, right=("together", "alone", "first", "at once", "merchants"))


def _systemic(found: Sequence[Spread]) -> Iterator[str]:
    head = ("merchants", "issue", "first", "last", "where")
    rows = [(str(len(s.merchants)), cut(s.kind), minute(s.first), minute(s.last), _some(s.merchants)) for s in found]
    yield from table(head, rows, right=("merchants",))


def _outcomes(found: Sequence[ActionOutcomes]) -> Iterator[str]:
    head = ("issue", "action", "proposed", "approved", "stand now", "ended after")
    rows = [(cut(o.kind), o.action, str(o.proposed), str(o.approved), _standing(o), _ended(o)) for o in found]
    yield from table(head, rows, right=("proposed", "approved"))


def _standing(found: ActionOutcomes) -> str:
    counts = [(status.value, getattr(found, status.value)) for status in ActionStatus]
    return ", ".join(f"{count} {name}" for name, count in counts if count)


def _ended(found: ActionOutcomes) -> str:
    done = [
        (found.ended_after_success, found.succeeded, "succeeded"),
        (found.ended_after_simulation, found.simulated, "simulated"),
    ]
    return ", ".join(f"{ended} of {number} {name}" for ended, number, name in done if number)


def _confidence(found: Sequence[ConfidenceDay]) -> Iterator[str]:
    head = ("issue", "day", "decisions", "lowest", "median", "highest", "LOW", "MID", "HIGH")
    rows = [
        (
            cut(c.kind),
            c.day.isoformat(),
            str(c.decisions),
            f"{c.lowest:+d}",
            f"{c.median:+d}",
            f"{c.highest:+d}",
            str(c.low),
            str(c.mid),
            str(c.high),
        )
        for c in found
    ]
    yield from table(head, rows, right=head[2:])


def _some(names: Sequence[str], most: int = 3) -> str:
    return ", ".join(map(cut, names[:most])) + (f" and {len(names) - most} more" if len(names) > most else "")


def _long(seconds: int) -> str:
    days, rest = divmod(seconds, 86_400)
    hours, minutes = rest // 3_600, rest % 3_600 // 60
    return f"{days} d {hours} h" if days else f"{hours} h {minutes} min" if hours else f"{minutes} min"
