"""``migro explain``: why a decision is what it is."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from typing import Any

from ..errors import NotFound
from ..models import Decision, JournalEntry, Signal, SignalWithdrawn
from ..ports import Memory
from ..reason.confidence import HIGH_FROM
from .console import Console, decision_row, short
from .equipment import reading
from .retrospect import add_memory
from .surroundings import configuration

__all__ = ["explained", "register"]

MID_FROM = 0
"""p >= 1/2 exactly from 0 points on."""

_LISTED = 5


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser("explain", parents=[common], help="why a decision is what it is")
    parser.add_argument(
        "id", metavar="ID", help="a decision, an issue, an action's key or a signal; a clear start is enough"
    )
    add_memory(parser)
    parser.set_defaults(command=explain)


def explain(arguments: argparse.Namespace, console: Console) -> int:
    """Print the explanation of one decision, or what became of one signal."""
    config = configuration(arguments.config)
    with reading(config, arguments.memory or config.memory.url) as memory:
        if arguments.id.startswith("sig"):
            return _signal(memory, arguments.id, console)
        decision, others = _decision(memory, arguments.id)
        actions = {a.idempotency_key: a for a in memory.read("actions")}
    now = [actions.get(a.idempotency_key, a) for a in decision.actions]
    if not console.text:
        console.data(
            {
                **decision.model_dump(),
                "actions_now": [a.model_dump() for a in now],
                "history": [_passed(d) for d in others],
                "thresholds": {"mid": MID_FROM, "high": HIGH_FROM},
            }
        )
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
            print(f"  {mark} {decision_row(other, dated=True)}  {other.because}")
    return 0


def explained(decision: Decision) -> Iterator[str]:
    """Yield the lines of an explanation, with the decision's own id first."""
    yield f"Decision   {decision.id} at {decision.at:%Y-%m-%d %H:%M:%S}Z"
    yield decision.explain().text()


def _passed(decision: Decision) -> dict[str, Any]:
    issue = decision.issue
    return {
        "id": decision.id,
        "at": decision.at,
        "because": decision.because,
        "status": issue.status.value,
        "confidence": issue.confidence,
        "severity": issue.severity.word,
        "outcome": decision.outcome.word,
    }


def _decision(memory: Memory, id: str) -> tuple[Decision, list[Decision]]:
    """Return the decision that an id or its start names, and all decisions about its issue, in order."""
    decisions = list(memory.read("decisions"))
    # An issue, or an action: its newest decision says most.
    named = {
        "decision": [(d.id, d) for d in decisions],
        "issue": [(d.issue.id, d) for d in decisions],
        "action": [(a.idempotency_key, d) for d in decisions for a in d.actions],
    }
    for what, pairs in named.items():
        wanted = _one(what, id, (name for name, _ in pairs))
        if wanted is not None:
            decision = [d for name, d in pairs if name == wanted][-1]
            return decision, [d for d in decisions if d.issue.id == decision.issue.id]
    raise NotFound(f"expected the id of a decision, issue, action or signal, found none that starts with {id!r}")


def _one(what: str, start: str, ids: Iterable[str]) -> str | None:
    """
    Return the one id that starts like this, or None where none does.

    Raises:
        NotFound: If several do; the message lists them.
    """
    found = sorted({i for i in ids if i.startswith(start)})
    if len(found) < 2 or start in found:
        return start if start in found else next(iter(found), None)
    listed = ", ".join(found[:_LISTED]) + (f" and {len(found) - _LISTED} more" if len(found) > _LISTED else "")
    raise NotFound(f"expected one {what}, found {len(found)} that start with {start!r}: {listed}")


def _signal(memory: Memory, id: str, console: Console) -> int:
    journal = list(memory.read("journal"))
    received = [(e, e.input.signal) for e in journal if e.input.input == "signal_received"]
    wanted = _one("signal", id, (signal.id for _, signal in received))
    if wanted is None:
        raise NotFound(f"expected the id of a signal, found none that starts with {id!r}")
    found = [(entry, signal) for entry, signal in received if signal.id == wanted]
    withdrawn = [(e, e.input) for e in journal if isinstance(e.input, SignalWithdrawn) and e.input.signal == wanted]
    if console.text:
        for entry, signal in found:
            print("\n".join(_told(entry, signal)))
        for entry, item in withdrawn:
            print("\n".join(_taken_back(entry, item)))
        return 0
    first, *again = [_placed(entry) for entry, _ in found]
    taken_back = [{"by": item.by, "reason": item.reason, **_placed(entry)} for entry, item in withdrawn]
    console.data({"signal": found[0][1].model_dump(), **first, "redeliveries": again, "withdrawals": taken_back})
    return 0


def _placed(entry: JournalEntry) -> dict[str, Any]:
    found = entry.disposition
    disposition = None if found is None else {"name": found.name, "reason": found.reason, "issues": found.issues}
    return {"partition": entry.partition, "seq": entry.seq, "at": entry.input.at, "disposition": disposition}


def _told(entry: JournalEntry, signal: Signal) -> Iterator[str]:
    data = signal.model_dump()
    yield f"Signal     {signal.id} - {signal.topic} ({signal.kind}) from {signal.provider}, auth {signal.auth}"
    yield f"           number {entry.seq} of {entry.partition}, received {signal.received_at:%Y-%m-%d %H:%M:%S}Z"
    for title, name in (("Status", "status"), ("State", "state"), ("Hint", "severity_hint")):
        if data[name] is not None:
            yield f"{title:<10} {data[name]}"
    if signal.features:
        yield f"{'Features':<10} {', '.join(sorted(signal.features))}"
    for title, name in (("Ids", "ids"), ("Attrs", "attrs"), ("Metrics", "metrics")):
        for key, value in data[name].items():
            shown = ", ".join(value) if isinstance(value, tuple | list) else value
            yield f"{title:<10} {key} = {shown}"
            title = ""
    yield from _became(entry)


def _taken_back(entry: JournalEntry, item: SignalWithdrawn) -> Iterator[str]:
    yield f"Withdrawn  by {item.by}: {item.reason}"
    yield f"           number {entry.seq} of {entry.partition}, asked for {item.at:%Y-%m-%d %H:%M:%S}Z"
    yield from _became(entry)


def _became(entry: JournalEntry) -> Iterator[str]:
    found = entry.disposition
    yield f"Became     {'pending' if found is None else f'{found.name}: {found.reason}'}"
    for issue in found.issues if found else ():
        yield f"Issue      {issue}"
