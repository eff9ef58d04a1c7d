"""
Aggregation: many signals become few, one for each minute and combination of words, and none is lost in the sum.

What comes out depends on what went in and on nothing else: no clock, and below the limit on combinations not the order.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import attrs

from ..errors import InputError
from ..models.canonical import canonical_json, content_id, from_microseconds, to_microseconds
from ..models.signal import Signal
from .tallies import BROWSER, LOG_LINES, REQUESTS, Tally

__all__ = ["BROWSER", "LOG_LINES", "REQUESTS", "MinuteAggregator", "Tally"]

_MINUTE: Final = 60_000_000
_FORMAT: Final = "migro-minutes/1"
_ONCE: Final = 10_000
"""Different ids of one sum that are told apart; each further signal counts for itself."""

_SHARED: Final = ("merchant", "provider", "source_kind", "topic", "status", "severity_hint", "env", "auth")


@attrs.define
class _Sum:
    """One minute and combination so far."""

    weight: int = 0
    members: int = 0
    digest: int = 0
    received: int = 0
    sums: dict[str, int | Decimal] = attrs.Factory(dict)
    samples: list[str] = attrs.Factory(list)
    once: set[str] = attrs.Factory(set)


_Key = tuple[str, int, str]
"""Kind, minute since 1970, and the combination as canonical JSON."""


class MinuteAggregator:
    """
    Adds up signals by the minute in which they happened.

    A minute is over once a signal of its kind is `lateness` past its end; what comes later still gives a further sum
    of the same minute. Whatever comes in counts in exactly one sum that comes out, with its weight. A signal whose
    kind has no tally passes as it is.

    All sums of a minute stand at its end, so that a share of one of them is never taken before the others are there,
    and windows of whole minutes hold whole minutes. A minute that is closed before it is over stands at the newest
    signal of its kind instead: nothing is said to have happened later than anybody knows of.

    A sum is the same signal, with the same id, whenever it is made of the same members: reading them again after a
    crash gives a redelivery. Members that come twice are counted twice, so feed it what has no duplicates.

    Args:
        tallies: What is added up.
        lateness: Seconds.
        groups: Combinations of one kind that may be open at once, before words of strangers become ``other``.
        samples: Ids of members that a sum names.

    Raises:
        InputError: For two tallies of one kind, or a negative number.
    """

    def __init__(
        self, tallies: Iterable[Tally] = BROWSER, *, lateness: int = 60, groups: int = 1_000, samples: int = 5
    ) -> None:
        tallies = tuple(tallies)
        self._tallies = {t.kind: t for t in tallies}
        if len(self._tallies) < len(tallies):
            raise InputError("expected one tally for each kind, got two of one")
        if min(lateness, groups, samples) < 0:
            raise InputError("expected lateness, groups and samples of at least 0, got a negative number")
        self._lateness = lateness * 1_000_000
        self._groups = groups
        self._samples = samples
        self._open: dict[_Key, _Sum] = {}
        self._count: dict[str, int] = {}
        self._latest: dict[str, int] = {}

    def take(self, signal: Signal) -> tuple[Signal, ...]:
        """Add a signal, and return the sums of the minutes that are over by it."""
        tally = self._tallies.get(signal.kind)
        if tally is None:
            return (signal,)
        at = signal.effective_at
        key = self._key(tally, signal, at // _MINUTE)
        found = self._open.get(key)
        if found is None:
            found = self._open[key] = _Sum()
            self._count[tally.kind] = self._count.get(tally.kind, 0) + 1
        self._add(found, tally, signal)
        before = self._latest.get(tally.kind)
        self._latest[tally.kind] = at if before is None else max(at, before)
        # Once for each minute that the clock passes: a stream of late signals is added up too.
        if before is not None and before // _MINUTE == self._latest[tally.kind] // _MINUTE:
            return ()
        return self._over(tally.kind, self._latest[tally.kind])

    def close(self, now: datetime | None = None) -> tuple[Signal, ...]:
        """Return the sums of all minutes that are over at `now`, or of all there are, and forget them."""
        at = None if now is None else to_microseconds(now)
        return tuple(s for kind in self._tallies for s in self._over(kind, at))

    def _end(self, kind: str, minute: int, now: int | None) -> int:
        known = self._latest[kind] if now is None else max(self._latest[kind], now)
        return min((minute + 1) * _MINUTE - 1, known)

    def _over(self, kind: str, now: int | None) -> tuple[Signal, ...]:
        over = sorted(
            (
                key
                for key in self._open
                if key[0] == kind and (now is None or (key[1] + 1) * _MINUTE + self._lateness <= now)
            ),
            key=_rank,
        )
        self._count[kind] = self._count.get(kind, 0) - len(over)
        return tuple(
            _sum_signal(self._tallies[kind], key, self._open.pop(key), self._end(kind, key[1], now)) for key in over
        )

    def _key(self, tally: Tally, signal: Signal, minute: int) -> _Key:
        words: dict[str, Any] = {n: signal.attrs[n] for n in tally.by if n in signal.attrs}
        numbers = {n: signal.metrics[n] for n in tally.numbers if n in signal.metrics}
        # A class of the vocabulary keeps its columns as fields of its own.
        for names, into in ((tally.by, words), (tally.numbers, numbers)):
            told = ((n, getattr(signal, n, None)) for n in names if n not in into)
            into.update((n, v) for n, v in told if v is not None)
        shared = {n: getattr(signal, n) for n in _SHARED}
        rest = [shared, sorted(signal.features), numbers, signal.attrs.get("raw_topic")]
        key = (tally.kind, minute, canonical_json([*rest, words]))
        if key not in self._open and self._count.get(tally.kind, 0) >= self._groups:
            words |= {n: "other" for n in tally.foreign if n in words}
            key = (tally.kind, minute, canonical_json([*rest, words]))
        return key

    def _add(self, found: _Sum, tally: Tally, signal: Signal) -> None:
        weight = _number(signal, tally.weight)
        once = signal.ids.get(tally.once) if tally.once is not None else None
        if once is not None and once in found.once:
            weight = 0
        elif once is not None and len(found.once) < _ONCE:
            found.once.add(once)
        found.weight += 1 if weight is None else max(int(weight), 0)
        found.members += 1
        found.digest = (found.digest + int(hashlib.sha256(signal.id.encode()).hexdigest()[:32], 16)) % (1 << 128)
        found.received = max(found.received, to_microseconds(signal.received_at))
        for name in tally.sums:
            number = _number(signal, name)
            if number is not None:
                found.sums[name] = found.sums.get(name, 0) + number
        found.samples = sorted({*found.samples, signal.id})[: self._samples]

    def snapshot(self) -> str:
        """Return everything that is open, as JSON; keep it with the position of what was read."""
        rows = [[*key, _row(found)] for key, found in sorted(self._open.items())]
        return canonical_json({"format": _FORMAT, "latest": self._latest, "open": rows})

    def restore(self, text: str | bytes) -> None:
        """
        Go on where a snapshot was made; what was open before is forgotten.

        Raises:
            InputError: If it is no snapshot, or of a kind that has no tally here.
        """
        try:
            data = json.loads(text)
            told = data["format"]
            latest = {str(kind): int(at) for kind, at in data["latest"].items()}
            opened = {(str(kind), int(minute), str(words)): _of_row(row) for kind, minute, words, row in data["open"]}
        except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError) as e:
            raise InputError(f"expected a snapshot of minutes, got something else ({type(e).__name__})") from e
        if told != _FORMAT:
            raise InputError(f"expected a snapshot of format {_FORMAT}, got another")
        unknown = sorted({*latest, *(k for k, _, _ in opened)} - self._tallies.keys())
        if unknown:
            raise InputError(f"expected kinds with a tally, got {', '.join(unknown)}")
        self._latest, self._open = latest, opened
        self._count = {kind: sum(k == kind for k, _, _ in opened) for kind in self._tallies}


def _rank(key: _Key) -> tuple[int, int, str]:
    # Failures come last: whoever looks after each sum sees them beside what went well in their minute.
    return key[1], json.loads(key[2])[0]["status"] or 0, key[2]


def _number(signal: Signal, name: str) -> int | Decimal | None:
    found = signal.metrics.get(name, getattr(signal, name, None))
    return found if isinstance(found, int | Decimal) and not isinstance(found, bool) else None


def _row(found: _Sum) -> dict[str, Any]:
    row = attrs.asdict(found)
    return row | {"once": sorted(found.once), "sums": {n: str(v) for n, v in found.sums.items()}}


def _of_row(row: Mapping[str, Any]) -> _Sum:
    return _Sum(
        weight=int(row["weight"]),
        members=int(row["members"]),
        digest=int(row["digest"]),
        received=int(row["received"]),
        sums={str(n): int(v) if v.lstrip("-").isdigit() else Decimal(v) for n, v in row["sums"].items()},
        samples=[str(s) for s in row["samples"]],
        once={str(s) for s in row["once"]},
    )


def _sum_signal(tally: Tally, key: _Key, found: _Sum, at: int) -> Signal:
    _, minute, text = key
    shared, features, numbers, raw_topic, words = json.loads(text, parse_float=Decimal)
    # Numbers with a fraction are written as text, so that they stay exact.
    exact = {n: Decimal(v) if isinstance(v, str) else v for n, v in numbers.items()}
    told = {n: tuple(v) if isinstance(v, list) else v for n, v in words.items()}
    begun = from_microseconds(minute * _MINUTE).isoformat().replace("+00:00", "Z")
    return Signal.from_data(
        {
            **shared,
            "kind": tally.into or tally.kind,
            "topic": tally.into or shared["topic"],
            "occurred_at": from_microseconds(at),
            "received_at": from_microseconds(max(found.received, at)),
            # The members say which sum it is: another reading of the same ones is a redelivery.
            "dedup_key": content_id("dk", "minute", tally.kind, minute, text, found.digest, found.members),
            "metrics": {**exact, **found.sums, tally.weight: found.weight},
            "attrs": {
                **told,
                **({"raw_topic": raw_topic} if raw_topic is not None else {}),
                "minute": begun,
                "samples": tuple(found.samples),
            },
            "features": features,
            "normalizer": "minute/1",
        }
    )
