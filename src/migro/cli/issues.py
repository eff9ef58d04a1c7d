"""``migro issues``: what is wrong, the most urgent first, and the life of one issue."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

import attrs

from ..history import Event, History, Story
from ..models import Issue, IssueStatus, Severity
from .console import Console, short
from .equipment import reading
from .merging import attend_to, merge_issues
from .retrospect import add_memory, add_period, clock, cut, minute, needed, one_id, same_memory, table, when
from .surroundings import configuration

__all__ = ["register"]

_HEAD = ("sev", "status", "issue", "merchant", "conf", "band", "last seen", "signals", "id")


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser("issues", parents=[common], help="issues, the most urgent first, or the life of one")
    verbs = ("list", "show", "merge", "unmerge", "ack", "assign", "resolve")
    parser.add_argument("what", nargs="?", choices=verbs, default="list", help="(default: list)")
    parser.add_argument("id", nargs="?", metavar="ID", help="the issue that it is about; a clear start is enough")
    parser.add_argument("into", nargs="?", metavar="INTO", help="merge: the issue that it counts to from then on")
    parser.add_argument("--by", metavar="NAME", help="whoever says so; it is recorded")
    parser.add_argument("--why", metavar="TEXT", help="why; recorded, so name no person")
    parser.add_argument(
        "--rules", action="append", metavar="REF", help="where something is said: the rules in force (as configured)"
    )
    parser.add_argument("--to", metavar="NAME", help="assign: who takes it on")
    parser.add_argument("--at", type=when, metavar="TIME", help="ack, assign, resolve: when it is said (default: now)")
    add_memory(parser)
    parser.add_argument("--merchant", metavar="ID", help="of this merchant")
    parser.add_argument("--kind", metavar="MODE", help="of this failure mode")
    parser.add_argument("--status", choices=[s.value for s in IssueStatus], help="in this state")
    parser.add_argument(
        "--severity", choices=[s.word for s in sorted(Severity, reverse=True)], help="at least this severe"
    )
    parser.add_argument("--open", action="store_true", help="leave out what is resolved")
    add_period(parser, "seen")
    parser.set_defaults(command=issues)


def issues(arguments: argparse.Namespace, console: Console) -> int:
    """Print the list, or the story of one issue."""
    if arguments.what in ("merge", "unmerge"):
        return merge_issues(arguments, console)
    if arguments.what in ("ack", "assign", "resolve"):
        return attend_to(arguments, console)
    config = configuration(arguments.config)
    show = needed(arguments) if arguments.what == "show" else None
    with reading(config, arguments.memory or config.memory.url) as memory:
        history = History(memory)
        if show is not None:
            wanted = one_id("an issue", show, (i.id for i in memory.read("issues")))
            led_to = tuple(i for i in memory.read("issues") if i.parent == wanted)
            _tell(history.story(wanted), led_to, console, same_memory(arguments))
            return 0
        found = history.issues(
            kind=arguments.kind,
            status=IssueStatus(arguments.status) if arguments.status else None,
            merchant=arguments.merchant,
            severity_at_least=Severity.named(arguments.severity) if arguments.severity else None,
            since=arguments.since,
            until=arguments.until,
            open_only=arguments.open,
        )
    _list(found, arguments.limit, console, same_memory(arguments))
    return 0


def _list(found: tuple[Issue, ...], limit: int, console: Console, memory: str) -> None:
    shown = found[:limit]
    if not console.text:
        console.records(i.model_dump() for i in shown)
        return
    if not found:
        print("no such issues")
        return
    print("\n".join(table(_HEAD, [_row(i) for i in shown], right=("signals",))))
    if len(found) > limit:
        print(f"and {len(found) - limit} less urgent; --limit {len(found)} shows all")
    command = f"migro issues show {short(shown[0].id)}{memory}"
    print(f"\n{command} tells the first one's story, migro explain says why it is so.")


def _row(issue: Issue) -> tuple[str, ...]:
    return (
        issue.severity.word,
        issue.status.value,
        cut(issue.kind),
        cut(issue.merchant or issue.scope),
        str(issue.confidence),
        issue.band.word,
        minute(issue.last_seen),
        str(issue.signals),
        short(issue.id),
    )


def _tell(story: Story, led_to: tuple[Issue, ...], console: Console, same: str) -> None:
    if not console.text:
        console.data(
            {
                "issue": story.issue.model_dump(),
                "events": [attrs.asdict(e) for e in story.events],
                "actions": [a.model_dump() for a in story.actions],
                "children": [i.id for i in led_to],
            }
        )
        return
    print("\n".join(_lines(story, led_to, same)))


def _lines(story: Story, led_to: tuple[Issue, ...], same: str) -> Iterator[str]:
    issue = story.issue
    yield f"Issue      {issue.id}"
    yield f"           {issue.title} ({issue.kind})"
    yield f"Where      {issue.merchant or issue.scope}: {_key(issue)}"
    yield f"Now        {issue.status.value}, {issue.severity.word}, {issue.confidence} {issue.band.word}"
    yield f"Seen       {clock(issue.first_seen)}Z to {clock(issue.last_seen)}Z, {issue.signals} signals"
    if issue.parent:
        yield f"Follows    {issue.parent}"
    for child in led_to:
        yield f"Leads to   {child.kind} of {child.merchant or child.scope} [{short(child.id)}]"
    title = "Story"
    day = None
    for event in story.events:
        if event.at.date() != day:
            day = event.at.date()
            yield f"{title:<10} {day}"
            title = ""
        yield f"  {event.at:%H:%M:%S}  {event.what:<12}  {_about(event)}"
    for action in story.actions:
        note = f" - {action.note}" if action.note else ""
        key = short(action.idempotency_key)
        yield f"Action     {action.kind} -> {action.target}: {action.status.value}{note} [{key}]"
    decided = next((e.decision for e in reversed(story.events) if e.decision), None)
    if decided:
        yield f"\nmigro explain {short(decided)}{same} has the arithmetic of the last decision."


def _key(issue: Issue) -> str:
    return ", ".join(f"{n} {v}" for n, v in zip(issue.key_names, issue.key, strict=False)) or ", ".join(issue.key)


def _about(event: Event) -> str:
    if event.severity is not None:
        return f"{event.severity.word} {event.confidence}  {event.text}"
    if event.outcome is not None:
        return f"{event.text} ({event.outcome.word})"
    return f"by {event.by}{': ' if event.text else ''}{event.text}" if event.by else event.text
