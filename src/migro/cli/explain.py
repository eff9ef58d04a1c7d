"""``migro explain``: why a decision is what it is."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from ..errors import NotFound
from ..models import Decision
from ..ports import Memory
from ..remember import open_memory
from .console import Console, decision_row, short
from .surroundings import configuration

__all__ = ["explained", "register"]


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser("explain", parents=[common], help="why a decision is what it is")
    parser.add_argument(
        "id", metavar="ID", help="a decision, an issue, an action's key or a signal; a clear start is enough"
    )
    parser.add_argument("--memory", metavar="URL", help="where it is kept (default: sqlite:///migro.db)")
    parser.set_defaults(command=explain)


def explain(arguments: argparse.Namespace, console: Console) -> int:
    """Print the explanation of one decision, or what became of one signal."""
    url = arguments.memory or configuration(arguments.config).memory.url
    with open_memory(url) as memory:
        if arguments.id.startswith("sig"):
            return _signal(memory, arguments.id, console)
        decision, others = _decision(memory, arguments.id)
        actions = {a.idempotency_key: a for a in memory.read("actions")}
    now = [actions.get(a.idempotency_key, a) for a in decision.actions]
    if not console.text:
        console.data({**decision.model_dump(), "actions_now": [a.model_dump() for a in now]})
        return 0
    for line in explained(decision):
        print(line)
    for action in now:
        note = f" - {action.note}" if action.note else ""
        key = short(action.idempotency_key)
        print(f"Status     {action.kind} -> {action.target}: {action.status.value}{note} [{key}]")
    if len(others) > 1:
        print(f"History    {len(others)} decisions about this issue")
        for other in others:
            mark = "*" if other.id == decision.id else " "
            print(f"  {mark} {decision_row(other)}  {other.because}")
    return 0


def explained(decision: Decision) -> Iterator[str]:
    """Yield the lines of an explanation, with the decision's own id first."""
    yield f"Decision   {decision.id} at {decision.at:%Y-%m-%d %H:%M:%S}Z"
    yield decision.explain().text()


def _decision(memory: Memory, id: str) -> tuple[Decision, list[Decision]]:
    """Return the decision that an id or its start names, and all decisions about its issue, in order."""
    decisions = list(memory.read("decisions"))
    found = [d for d in decisions if d.id.startswith(id)]
    if not found:
        # An issue, or an action: its newest decision says most.
        found = [d for d in decisions if d.issue.id.startswith(id)][-1:]
    if not found:
        found = [d for d in decisions if any(a.idempotency_key.startswith(id) for a in d.actions)][-1:]
    if not found:
        raise NotFound(f"expected the id of a decision, issue, action or signal, found none that starts with {id!r}")
    if len(found) > 1:
        raise NotFound(f"expected one decision, found {len(found)} that start with {id!r}: give more of the id")
    decision = found[0]
    return decision, [d for d in decisions if d.issue.id == decision.issue.id]


def _signal(memory: Memory, id: str, console: Console) -> int:
    entries = [
        e for e in memory.read("journal") if e.input.input == "signal_received" and e.input.signal.id.startswith(id)
    ]
    if not entries:
        raise NotFound(f"expected the id of a signal, found none that starts with {id!r}")
    if len({e.input.signal.id for e in entries if e.input.input == "signal_received"}) > 1:
        raise NotFound(f"expected one signal, found several that start with {id!r}: give more of the id")
    for entry in entries:
        if entry.input.input != "signal_received":
            continue
        signal, found = entry.input.signal, entry.disposition
        if not console.text:
            disposition = (
                None if found is None else {"name": found.name, "reason": found.reason, "issues": found.issues}
            )
            console.data(
                {
                    "partition": entry.partition,
                    "seq": entry.seq,
                    "signal": signal.model_dump(),
                    "disposition": disposition,
                }
            )
            continue
        print(f"Signal     {signal.id} - {signal.topic} ({signal.kind}) from {signal.provider}, auth {signal.auth}")
        print(f"           number {entry.seq} of {entry.partition}, received {signal.received_at:%Y-%m-%d %H:%M:%S}Z")
        print(f"Became     {'pending' if found is None else f'{found.name}: {found.reason}'}")
        for issue in found.issues if found else ():
            print(f"Issue      {issue}")
    return 0
