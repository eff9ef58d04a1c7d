"""
The edge file: what is pinned of each rule of a set, as JSON that a person reads in a review.

A line for each stream. The first signal of a stream has its time, the others how long after it they arrive; signals
that are alike are written once, with their number and how far apart they are, and with the texts in which they differ.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from ..errors import InputError
from ..models import Signal, to_microseconds
from ..models.canonical import from_microseconds
from ..rules import RuleSet
from .edges import Edge, Firing, RuleEdges, time_text

__all__ = ["EDGES_FORMAT", "edges_text", "read_edges"]

EDGES_FORMAT: Final = "migro-rule-edges/1"
"""What this migro writes and reads."""

_SECOND: Final = 1_000_000
_TIME: Final = re.compile(r"(\d+):([0-5]\d):([0-5]\d)(?:\.(\d{6}))?\Z")


# --- writing ----------------------------------------------------------------------------------------------------


def edges_text(rules: Mapping[str, RuleEdges]) -> str:
    """Return what is pinned of rules, by their ids, as the text of a file."""
    entries = ",\n".join(_rule_text(id, pinned) for id, pinned in sorted(rules.items()))
    return f'{{\n  "format": "{EDGES_FORMAT}",\n  "rules": {{\n{entries}\n  }}\n}}\n'


def _rule_text(id: str, pinned: RuleEdges) -> str:
    lines = ",\n".join("        " + _line(_edge_data(edge)) for edge in pinned.edges)
    edges = f"[\n{lines}\n      ]" if lines else "[]"
    return f'    {_line(id)}: {{\n      "concludes": {_line(dict(pinned.concludes))},\n      "edges": {edges}\n    }}'


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _edge_data(edge: Edge) -> dict[str, Any]:
    return {
        "signals": list(_rows(edge.signals)),
        "until": time_text(edge.until),
        "fires": [[*f.key, time_text(f.start), None if f.end is None else time_text(f.end)] for f in edge.firing],
        "notices": list(edge.notices),
    }


_MANY: Final = 5
"""From how many signals on those that differ in a text alone are one row: fewer are read better one by one."""


def _rows(signals: Sequence[Signal]) -> Iterator[list[Any]]:
    times = [to_microseconds(s.received_at) for s in signals]
    said = [(s.kind, _columns(s)) for s in signals]
    place = 0
    while place < len(signals):
        end, apart = _alike(times, said, place), list[str]()
        further, differing = _nearly_alike(times, signals, said, place)
        if further - place >= max(_MANY, end - place + 1):
            end, apart = further, sorted(differing)
        at = (
            from_microseconds(times[0]).isoformat().replace("+00:00", "Z")
            if not place
            else time_text(times[place] - times[0])
        )
        several = [end - place, time_text(times[place + 1] - times[place])] if end - place > 1 else []
        texts = [{c: [said[n][1][c] for n in range(place, end)] for c in apart}] if apart else []
        yield [at, *said[place], *several, *texts]
        place = end


def _alike(times: Sequence[int], said: Sequence[Any], start: int) -> int:
    """Return where signals end that say the same at equal distances; two alone are no row unless they come at once."""
    end = start + 1
    while (
        end < len(times) and said[end] == said[start] and times[end] - times[end - 1] == times[start + 1] - times[start]
    ):
        end += 1
    return end if end - start > 2 or times[end - 1] == times[start] else start + 1


def _nearly_alike(
    times: Sequence[int], signals: Sequence[Signal], said: Sequence[Any], start: int
) -> tuple[int, frozenset[str]]:
    """Return where signals end that come at equal distances and differ in texts alone, and the columns of those."""
    end, apart = start + 1, frozenset[str]()
    while end < len(times) and times[end] - times[end - 1] == times[start + 1] - times[start]:
        (kind, mine), (another, theirs) = said[start], said[end]
        if kind != another or set(mine) != set(theirs):
            break
        differing = frozenset(c for c in mine if mine[c] != theirs[c])
        if not all(isinstance(getattr(s, c, None), str) for c in differing for s in (signals[start], signals[end])):
            break
        if apart and not differing <= apart:
            break
        end, apart = end + 1, apart or differing
    return end, apart


_WRITTEN_BESIDE: Final = ("id", "dedup_key", "kind", "occurred_at", "received_at")


def _columns(signal: Signal) -> dict[str, Any]:
    """Return the columns of a signal, those of its class beside those of every signal."""
    whole = signal.model_dump(mode="json")
    said = signal.model_dump(mode="json", exclude_defaults=True)
    columns = {n: v for n, v in said.items() if n not in _WRITTEN_BESIDE}
    if columns.get("topic") == signal.kind:
        del columns["topic"]  # what it is where nobody says
    for name in ("ids", "metrics", "attrs"):
        columns.pop(name, None)
        own = {n: v for n, v in whole[name].items() if n in type(signal).__columns__}
        columns |= own
        if own != whole[name]:
            columns[name] = {n: v for n, v in whole[name].items() if n not in own}
    return columns


# --- reading ----------------------------------------------------------------------------------------------------


def read_edges(text: str, ruleset: RuleSet, *, where: str = "") -> dict[str, RuleEdges]:
    """
    Return what a file pins, by the ids of rules.

    Args:
        ruleset: Has the classes of the signals.

    Raises:
        InputError: If it is no such file, or holds a signal that its class does not take.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as e:
        raise InputError(f"expected edges as JSON, got something else: {e}", where=where) from e
    match data:
        case {"format": str(found), "rules": dict(rules)} if found == EDGES_FORMAT:
            return {id: _rule(entry, ruleset, f"{where}: {id}") for id, entry in rules.items()}
        case _:
            raise InputError(f"expected a file with format {EDGES_FORMAT!r} and rules, got another", where=where)


def _rule(entry: Any, ruleset: RuleSet, where: str) -> RuleEdges:
    match entry:
        case {"concludes": dict(concludes), "edges": list(edges)}:
            read = (_edge(edge, ruleset, f"{where}: edge {n}") for n, edge in enumerate(edges, start=1))
            return RuleEdges(concludes=concludes, edges=tuple(read))
        case _:
            raise InputError("expected what the rule concludes and its edges, got something else", where=where)


def _edge(data: Any, ruleset: RuleSet, where: str) -> Edge:
    match data:
        case {"signals": [_, *_] as rows, "until": until, "fires": list(fires), "notices": list(notices)}:
            return Edge(
                signals=tuple(_signals(rows, ruleset, where)),
                until=_microseconds(until, where),
                firing=tuple(_firing(row, where) for row in fires),
                notices=tuple(map(str, notices)),
            )
        case _:
            raise InputError("expected signals, until, fires and notices, got something else", where=where)


def _signals(rows: Sequence[Any], ruleset: RuleSet, where: str) -> Iterator[Signal]:
    start: int | None = None
    number = 0
    for row in rows:
        match row:
            case [at, str(kind), dict(columns), *rest] if len(rest) in (0, 2, 3):
                times, every = (int(rest[0]), _microseconds(rest[1], where)) if rest else (1, 0)
                apart = _apart(rest[2], times, where) if len(rest) == 3 else {}
            case _:
                raise InputError(f"expected a time, a kind and columns, got {row!r}", where=where)
        moment = _start(at, where) if start is None else start + _microseconds(at, where)
        start = moment if start is None else start
        first: Signal | None = None
        for place in range(times):
            number += 1
            stamp, name = from_microseconds(moment + place * every), f"w-{number:04d}"
            stamps = {"occurred_at": stamp, "received_at": stamp, "id": name, "dedup_key": name}
            # Copies of a checked signal need no check of their own.
            cls = ruleset.signals.get(kind, Signal)
            first = (
                cls.from_data({**columns, **stamps, "kind": kind}, where=where)
                if first is None
                else first.model_copy(update={**stamps, **{c: texts[place] for c, texts in apart.items()}})
            )
            yield first


def _apart(texts: Any, times: int, where: str) -> dict[str, list[str]]:
    """Return the texts in which signals differ, one for each of them, by column."""
    match texts:
        case dict() if all(
            isinstance(t, list) and len(t) == times and set(map(type, t)) == {str} for t in texts.values()
        ):
            return texts
        case _:
            raise InputError(f"expected {times} texts for each column that differs, got {texts!r}", where=where)


def _start(text: Any, where: str) -> int:
    try:
        return to_microseconds(datetime.fromisoformat(text))
    except (ValueError, TypeError) as e:
        raise InputError(f"expected the time of the first signal, got {text!r}", where=where) from e


def _firing(row: Any, where: str) -> Firing:
    match row:
        case [*key, start, end] if key:
            return Firing(tuple(map(str, key)), _microseconds(start, where), end and _microseconds(end, where))
        case _:
            raise InputError(f"expected a key, a time and a time or null, got {row!r}", where=where)


def _microseconds(text: Any, where: str) -> int:
    found = _TIME.match(text) if isinstance(text, str) else None
    if found is None:
        raise InputError(f"expected a time such as 1:30:00.000001, got {text!r}", where=where)
    hours, minutes, seconds, rest = (int(part or 0) for part in found.groups())
    return (hours * 3600 + minutes * 60 + seconds) * _SECOND + rest
