"""
The workloads: made-up events, and what a plain reading of the rules says they lead to.

Nothing but the standard library is imported, since every engine's own environment reads this file.
An event is a mapping of texts and whole numbers; its number is its place in the stream. A firing is the number of the
event that led to it, the name of the rule, and the key that it holds for.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from random import Random

__all__ = ["STEP_MS", "WORKLOADS", "Condition", "Event", "Firing", "Window", "Workload", "digest", "expected", "made"]

Event = dict[str, str | int]
Firing = tuple[int, str, str]

STEP_MS = 100
"""Milliseconds from one event to the next."""

_PREFIXES = ("/cart", "/checkout", "/orders", "/search")


@dataclass(frozen=True)
class Condition:
    """A rule about one event: its kind, at least a code, and how its path begins, where that is asked."""

    rule: str
    kind: str
    code: int
    prefix: str = ""


@dataclass(frozen=True)
class Window:
    """A rule about a merchant: so many failures in the last milliseconds, both ends included."""

    rule: str
    many: int
    within_ms: int


@dataclass(frozen=True)
class Workload:
    """
    Events and the rules over them.

    Attributes:
        shape: What the rules are like, one of `SHAPES`.
        conditions: Rules of the shape alpha.
        depth: How many rules follow each other, in a chain.
        pairs: How many kinds of pairs there are, in a join.
        windows: Rules of the shape windows.
    """

    name: str
    shape: str
    events: tuple[Event, ...]
    conditions: tuple[Condition, ...] = ()
    depth: int = 0
    pairs: int = 0
    windows: tuple[Window, ...] = ()


def alpha(name: str, size: int, r: Random, rules: int) -> Workload:
    """Many rules, each about one event; one in five of those of a kind fits on average."""
    kinds = [f"kind_{n}" for n in range(max(2, rules // 5))]
    conditions = []
    for n in range(rules):
        asked = r.choice(_PREFIXES) if n % 5 >= 3 else ""
        # What asks for a path as well fits as often, as far as codes allow.
        least = r.randrange(0, 400) if asked else r.randrange(600, 1_000)
        conditions.append(Condition(f"rule_{n}", kinds[n % len(kinds)], least, asked))
    events = tuple(
        event(n, r.choice(kinds), f"shop_{r.randrange(200)}", r.randrange(1_000), f"{r.choice(_PREFIXES)}/{n}")
        for n in range(size)
    )
    return Workload(name, "alpha", events, conditions=tuple(conditions))


def chain(name: str, size: int, r: Random, depth: int) -> Workload:
    """Each event is about a key of its own, and leads to one conclusion from another, so many deep."""
    events = tuple(event(n, "start", f"order_{n}", r.randrange(1_000), "/") for n in range(size))
    return Workload(name, "chain", events, depth=depth)


def join(name: str, size: int, r: Random, pairs: int, negated: bool) -> Workload:
    """
    Two events about one key lead to a firing; where negated, only if a third kind has not come before.

    Keys are met again after up to 200 others. One in five has no second event; where negated, one in four of the
    others was blocked before its second event.
    """
    waiting: list[list[tuple[str, str]]] = []
    told: list[tuple[str, str]] = []
    number = 0
    while len(told) < size:
        while len(waiting) < 200:
            pair, key = number % pairs, f"order_{number}"
            kinds = [f"a_{pair}", f"b_{pair}"]
            r.shuffle(kinds)
            if r.random() < 0.2:
                kinds.pop()
            elif negated and r.random() < 0.25:
                kinds.insert(r.randrange(2), f"c_{pair}")
            waiting.append([(kind, key) for kind in kinds])
            number += 1
        place = r.randrange(len(waiting))
        told.append(waiting[place].pop(0))
        if not waiting[place]:
            waiting.pop(place)
    events = tuple(event(n, kind, key, r.randrange(1_000), "/") for n, (kind, key) in enumerate(told))
    return Workload(name, "negation" if negated else "join", events, pairs=pairs)


def windows(name: str, size: int, r: Random, merchants: int) -> Workload:
    """Many merchants, a few of them with much traffic; half of the events are failures."""
    minute = 60_000
    rules = (Window("three", 3, 5 * minute), Window("five", 5, 15 * minute), Window("ten", 10, 30 * minute))
    events = []
    for n in range(size):
        shop = min(r.randrange(merchants), r.randrange(merchants), r.randrange(merchants))
        events.append(event(n, "answer", f"shop_{shop}", r.choice((200, 204, 301, 500, 502, 503)), "/"))
    return Workload(name, "windows", tuple(events), windows=rules)


def event(number: int, kind: str, key: str, code: int, path: str) -> Event:
    return {"n": number, "kind": kind, "key": key, "code": code, "path": path, "at": number * STEP_MS}


WORKLOADS: dict[str, tuple[str, int, Callable[[str, int, Random], Workload]]] = {
    "alpha_10": ("10 rules, one event each", 4_000, lambda n, size, r: alpha(n, size, r, 10)),
    "alpha_100": ("100 rules, one event each", 4_000, lambda n, size, r: alpha(n, size, r, 100)),
    "alpha_1000": ("1,000 rules, one event each", 2_000, lambda n, size, r: alpha(n, size, r, 1_000)),
    "chain": ("a chain of 10 conclusions", 1_000, lambda n, size, r: chain(n, size, r, 10)),
    "join": ("10 joins of two events by key", 3_000, lambda n, size, r: join(n, size, r, 10, False)),
    "negation": ("10 joins, unless a third came", 3_000, lambda n, size, r: join(n, size, r, 10, True)),
    "windows": ("3 windows over 2,000 merchants", 20_000, lambda n, size, r: windows(n, size, r, 2_000)),
}
"""What each workload is, how many events it has unless told otherwise, and how it is made."""


def made(name: str, *, size: int, seed: int) -> Workload:
    """Return a workload with so many events; the same arguments give the same events."""
    return WORKLOADS[name][2](name, size, Random(f"{name}/{seed}"))


def expected(workload: Workload) -> list[Firing]:
    """Return the firings, found by asking every rule about every event and looking back for the rest."""
    plain = {
        "alpha": _alpha,
        "chain": _chain,
        "join": _join,
        "negation": _join,
        "windows": _windows,
    }
    return sorted(plain[workload.shape](workload))


def digest(firings: list[Firing]) -> str:
    """Return what is equal for equal firings, in whatever order those of one event are."""
    return sha256(repr(sorted(firings)).encode()).hexdigest()


def _alpha(workload: Workload) -> Iterator[Firing]:
    for n, e in enumerate(workload.events):
        for c in workload.conditions:
            if e["kind"] == c.kind and int(e["code"]) >= c.code and str(e["path"]).startswith(c.prefix):
                yield n, c.rule, str(e["key"])


def _chain(workload: Workload) -> Iterator[Firing]:
    for n, e in enumerate(workload.events):
        for level in range(workload.depth):
            yield n, f"level_{level}", str(e["key"])


def _join(workload: Workload) -> Iterator[Firing]:
    before: dict[str, set[str]] = {}
    for n, e in enumerate(workload.events):
        letter, _, pair = str(e["kind"]).partition("_")
        told = before.setdefault(str(e["key"]), set())
        told.add(letter)
        if letter in "ab" and told == {"a", "b"}:
            yield n, f"pair_{pair}", str(e["key"])


def _windows(workload: Workload) -> Iterator[Firing]:
    failures: dict[str, list[int]] = {}
    for n, e in enumerate(workload.events):
        if int(e["code"]) < 500:
            continue
        times = failures.setdefault(str(e["key"]), [])
        times.append(int(e["at"]))
        for w in workload.windows:
            if len(times) - bisect_left(times, times[-1] - w.within_ms) >= w.many:
                yield n, w.rule, str(e["key"])
