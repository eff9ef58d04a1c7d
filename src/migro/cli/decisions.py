"""``migro decisions``: what was decided, the newest first, and one of them in short."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from ..history import History
from ..models import Action, Decision, Outcome
from ..ports import Memory
from .console import Console, short
from .equipment import reading
from .retrospect import add_memory, add_period, add_what, clock, cut, needed, one_id, same_memory, table
from .surroundings import configuration

__all__ = ["register"]

_HEAD = ("time", "merchant", "issue", "status", "conf", "sev", "outcome", "decision")


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser("decisions", parents=[common], help="decisions, the newest first, or one in short")
    add_what(parser, "the decision")
    add_memory(parser)
    parser.add_argument("--issue", metavar="ID", help="about this issue; a clear start is enough")
    parser.add_argument("--merchant", metavar="ID", help="of this merchant")
    parser.add_argument("--kind", metavar="MODE", help="about issues of this failure mode")
    parser.add_argument("--outcome", choices=[o.word for o in Outcome], help="with this outcome")
    parser.add_argument("--shadow", action="store_true", help="what candidate rules would have decided instead")
    add_period(parser, "made")
    parser.set_defaults(command=decisions)


def decisions(arguments: argparse.Namespace, console: Console) -> int:
    """Print the list, or one decision."""
    config = configuration(arguments.config)
    show = needed(arguments) if arguments.what == "show" else None
    with reading(config, arguments.memory or config.memory.url) as memory:
        if show is not None:
            what: Literal["decisions", "shadow"] = "shadow" if arguments.shadow else "decisions"
            _show(memory, show, what, console, same_memory(arguments))
            return 0
        about = arguments.issue
        if about is not None:
            known = (d.issue.id for d in memory.read("shadow")) if arguments.shadow else _issues(memory)
            about = one_id("an issue", about, known)
        found = History(memory).decisions(
            issue=about,
            kind=arguments.kind,
            merchant=arguments.merchant,
            outcome=Outcome.named(arguments.outcome) if arguments.outcome else None,
            since=arguments.since,
            until=arguments.until,
            # One more than is shown, to know whether there are more.
            newest=arguments.limit + 1,
            shadow=arguments.shadow,
        )
    _list(found[::-1], arguments.limit, console, same_memory(arguments))
    return 0


def _issues(memory: Memory) -> Iterator[str]:
    return (i.id for i in memory.read("issues"))


def _list(found: Sequence[Decision], limit: int, console: Console, memory: str) -> None:
    shown = found[:limit]
    if not console.text:
        console.records(d.summary() for d in shown)
        return
    if not found:
        print("no such decisions")
        return
    print("\n".join(table(_HEAD, [_row(d) for d in shown])))
    if len(found) > limit:
        print(f"and older ones; --limit {limit * 10} shows more")
    command = f"migro decisions show {short(shown[0].id)}{memory}"
    print(f"\n{command} says what the newest one led to, migro explain says why.")


def _row(decision: Decision) -> tuple[str, ...]:
    issue = decision.issue
    return (
        clock(decision.at),
        cut(issue.merchant or issue.scope),
        cut(issue.kind),
        issue.status.value,
        str(issue.confidence),
        issue.severity.word,
        decision.outcome.word,
        short(decision.id),
    )


def _show(memory: Memory, id: str, what: Literal["decisions", "shadow"], console: Console, same: str) -> None:
    # Most of a decision is its explanation, so all are read only where the id is not whole.
    decision = next(memory.read(what, id=id), None)
    if decision is None:
        wanted = one_id("a decision", id, (d.id for d in memory.read(what)))
        decision = next(memory.read(what, id=wanted))
    keys = [a.idempotency_key for a in decision.actions]
    # Nobody ever did what a candidate would have done.
    now = {} if what == "shadow" else {k: a for k in keys for a in memory.read("actions", id=k)}
    standing = [now.get(a.idempotency_key, a) for a in decision.actions]
    if console.text:
        print("\n".join(_lines(decision, standing, same, explained=what == "decisions")))
    else:
        console.data({**decision.summary(), "actions_now": [a.model_dump() for a in standing]})


def _lines(decision: Decision, standing: Sequence[Action], same: str, *, explained: bool) -> Iterator[str]:
    issue = decision.issue
    yield f"Decision   {decision.id} at {clock(decision.at)}Z"
    yield f"Because    {decision.because}"
    yield f"Issue      {issue.id}"
    yield f"           {issue.kind} of {issue.merchant or issue.scope}: {issue.status.value}, {issue.severity.word},"
    yield f"           {issue.confidence} {issue.band.word}, {issue.points:+d} points, {issue.signals} signals"
    yield f"Outcome    {decision.outcome.word}, attention {decision.attention.word}, mode {decision.mode.word}"
    for action in standing:
        note = f" - {action.note}" if action.note else ""
        key = short(action.idempotency_key)
        yield f"Action     {action.kind} -> {action.target}: {action.status.value}{note} [{key}]"
    yield f"Versions   rules {decision.ruleset[:12]}, policy {decision.policy[:12]}"
    if explained:
        yield f"\nmigro explain {short(decision.id)}{same} has the arithmetic,"
        yield f"migro issues show {short(issue.id)}{same} the story."
