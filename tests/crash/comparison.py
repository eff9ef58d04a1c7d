"""What a file says, in a form in which two runs can be compared, and what may be different about them."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import attrs

from migro.models import ErasureRequested, JournalEntry, to_microseconds

__all__ = ["Line", "Records", "differences", "lost", "records_of", "signature_of"]

_NUMBER = re.compile(r"(?<=\bnumber )\d+")
_INSTANT = re.compile(r"\.00000\dZ")
"""What a person says again is received a microsecond later than what stands there already."""

_REPEATED = frozenset({"tick", "action_due", "action_started", "config_changed", "erasure_requested"})
"""Inputs that carry no key of their own: offered again after a crash, they are stored again and change nothing."""

_SAID_AGAIN = frozenset({"halt", "resume", "set_mode"})
"""What a person says at a time that migro looks up: said again, it is said later."""


_LEFT_OUT = frozenset({"links"})
_BY_CHANCE = frozenset({("partitions", "head"), ("leases", "holder"), ("leases", "ends"), ("leases", "until")})


@attrs.frozen(kw_only=True)
class Line:
    """
    One input of a journal, with what became of it.

    Attributes:
        text: Everything that has to be equal in every run.
        thread: What it is ordered with: the steps of one action, ticks, or everything else.
        bare: The same without what became of it: of what is only accepted, the rest is still to come.
        repeats: Number of the first delivery.
        idle: Whether it may be there once more than in another run: it said nothing new.
        timers: What was found due before it.
    """

    seq: int
    text: str
    thread: str
    bare: str
    done: bool
    repeats: int | None
    idle: bool
    timers: tuple[str, ...]


@attrs.frozen(kw_only=True)
class Records:
    """
    Everything that a memory holds.

    Attributes:
        journal: By partition.
        kept: Issues, decisions, actions and so on, by what they are and their id.
    """

    journal: Mapping[str, tuple[Line, ...]]
    kept: Mapping[str, Mapping[str, str]]


def records_of(memory: Any) -> Records:
    """Return what a memory holds."""
    entries: list[JournalEntry] = list(memory.read("journal"))
    # A token is made by chance, so every run has another one.
    tokens = [e.input.token for e in entries if isinstance(e.input, ErasureRequested)]
    journal: dict[str, list[Line]] = {}
    for entry in entries:
        journal.setdefault(entry.partition, []).append(_line(entry, tokens))
    kept = {
        "issues": {i.id: _plain(i.json_line(), tokens) for i in memory.read("issues")},
        "decisions": {d.id: _plain(d.json_line(), tokens) for d in memory.read("decisions")},
        "actions": {a.idempotency_key: _plain(a.json_line(), tokens) for a in memory.read("actions")},
        "due": {p.name: str(p.due and _instant(p.due)) for p in memory.read("partitions")},
        "shadow": {d.id: d.json_line() for d in memory.read("shadow")},
    }
    return Records(journal={name: tuple(lines) for name, lines in journal.items()}, kept=kept)


def signature_of(path: Path, *beside: str) -> str:
    """
    Return a hash of everything in a file from which an agent could go on, and of what lies `beside` it.

    Two files with one signature lead to the same end. Left out is what chance has made, the hash chain, and who held a
    lease; that one is held is not.
    """
    hashed = hashlib.sha256(repr(beside).encode())
    connection = sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True)
    try:
        names = [n for (n,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
        for name in names:
            columns = [row[1] for row in connection.execute(f"SELECT * FROM pragma_table_info('{name}')")]
            kept = [c for c in columns if (name, c) not in _BY_CHANCE]
            if name not in _LEFT_OUT:
                order = ", ".join(str(n) for n in range(1, len(kept) + 1))
                for row in connection.execute(f"SELECT {', '.join(kept)} FROM {name} ORDER BY {order}"):
                    hashed.update(repr((name, row)).encode())
    finally:
        connection.close()
    return hashed.hexdigest()


def _line(entry: JournalEntry, tokens: Sequence[str]) -> Line:
    body = json.loads(entry.input.json_line())
    repeats = body.pop("duplicate_of", None)
    body.pop("after", None)  # a number of this journal
    for one in body.get("carried") or ():
        # In the order in which something last happened to them.
        one["actions"].sort(key=lambda action: action["idempotency_key"])
    quiet = not (entry.disposition and entry.disposition.issues)
    bare = _plain(json.dumps(body, sort_keys=True), tokens)
    idle = repeats is not None or body["input"] in _REPEATED or body.get("verb") in _SAID_AGAIN
    became = "" if entry.disposition is None else _NUMBER.sub("#", str(attrs.astuple(entry.disposition)))
    timers = tuple(str([t.what, t.name, *t.key, _instant(t.deadline)]) for t in entry.timers)
    return Line(
        seq=entry.seq,
        text=f"{bare} {became}".rstrip(),
        thread=body["key"] if body["input"].startswith("action_") else "tick" if body["input"] == "tick" else "",
        bare=bare,
        done=entry.done,
        repeats=repeats,
        idle=quiet and idle,
        timers=timers,
    )


def _plain(text: str, tokens: Sequence[str]) -> str:
    for token in tokens:
        text = text.replace(token, "<token>")
    return _INSTANT.sub("Z", text)


def _instant(at: datetime) -> int:
    us = to_microseconds(at)
    return us if us % 1_000_000 > 9 else us - us % 1_000_000


def lost(before: Records, now: Records, *, forgotten: str = "") -> Iterator[str]:
    """
    Yield what was acknowledged and is not there any more.

    Args:
        before: When the last step was acknowledged.
        now: What a new process finds.
        forgotten: A pseudonym that the step under way takes out of everything.
    """

    def same(text: str) -> str:
        return text.replace(forgotten, "<token>") if forgotten else text

    for partition, lines in before.journal.items():
        found = now.journal.get(partition, ())
        for line, after in zip(lines, (*found, *[None] * len(lines)), strict=False):
            if after is None:
                yield f"input {line.seq} of {partition} is gone"
            elif same(line.bare) != same(after.bare) or line.repeats != after.repeats:
                yield f"input {line.seq} of {partition} is another"
            elif line.done and same(line.text) != same(after.text):
                yield f"what became of input {line.seq} of {partition} is something else: {line.text} -> {after.text}"
            elif line.done and not after.done:
                yield f"input {line.seq} of {partition} is pending again"
            elif line.done and line.timers != after.timers:
                yield f"the timers of input {line.seq} of {partition} are others: {line.timers} -> {after.timers}"
    for what in ("issues", "decisions", "actions", "shadow"):
        for id, text in before.kept[what].items():
            if id not in now.kept[what]:
                yield f"{what} {id} is gone"
            elif what in ("decisions", "shadow") and same(text) != same(now.kept[what][id]):
                yield f"{what} {id} has changed"


def differences(uninterrupted: Records, found: Records, *, repeats: int) -> Iterator[str]:
    """
    Yield how a run with crashes ended otherwise than the uninterrupted one.

    Receipt times and how late a timer fired are not looked at. That something was tried again may be seen in the
    journal: an input that says nothing new may stand there up to `repeats` times more in each partition. In which order
    two actions were executed is no part of the state, and neither is which input found a timer due.
    """
    for partition in sorted({*uninterrupted.journal, *found.journal}):
        fired, due = ([t for line in r.journal.get(partition, ()) for t in line.timers] for r in (found, uninterrupted))
        if fired != due:
            yield f"timers of {partition}: expected {due}, got {fired}"
        expected, lines = (_threads(r.journal.get(partition, ())) for r in (uninterrupted, found))
        for thread in sorted({*expected, *lines}):
            yield from _unlike(partition, expected.get(thread, []), lines.get(thread, []), repeats)
    for what, kept in uninterrupted.kept.items():
        other = found.kept[what]
        for id in sorted({*kept, *other}):
            if kept.get(id) != other.get(id):
                yield f"{what} {id}: expected {kept.get(id)}, got {other.get(id)}"


def _threads(lines: Sequence[Line]) -> dict[str, list[Line]]:
    threads: dict[str, list[Line]] = {}
    for line in lines:
        if line.thread != "tick":
            threads.setdefault(line.thread, []).append(line)
    return threads


def _unlike(partition: str, expected: Sequence[Line], found: Sequence[Line], repeats: int) -> Iterator[str]:
    place: dict[int, int] = {}
    number, more = 0, 0
    for line in found:
        if not line.done:
            yield f"input {line.seq} of {partition} was never consumed: {line.bare}"
        one = expected[number] if number < len(expected) else None
        if one is not None and one.text == line.text:
            if (line.repeats is None) != (one.repeats is None) or place.get(line.repeats or 0) != one.repeats:
                yield f"input {line.seq} of {partition} repeats {line.repeats}, expected {one.repeats}"
            place[line.seq] = one.seq
            number += 1
        elif line.idle:
            more += 1
        else:
            yield f"input {line.seq} of {partition}: expected {one and one.text}, got {line.text}"
            return
    if number < len(expected):
        yield f"{len(expected) - number} inputs of {partition} are missing, first {expected[number].text}"
    if more > repeats:
        yield f"{more} inputs of {partition} were repeated, expected {repeats} at most"
