"""What the links of steps, erasures and snapshots say, read from bytes that nobody vouches for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, Literal, get_args

import attrs

from ..models import Disposition, TimerFired, to_microseconds

__all__ = [
    "KINDS",
    "ErasureContent",
    "RecordKind",
    "StepContent",
    "disposition_data",
    "erasure_content",
    "snapshot_version",
    "step_content",
    "timers_data",
]

RecordKind = Literal["issues", "decisions", "actions", "shadow"]
"""Kinds of record that a step writes and its link names."""

KINDS: tuple[RecordKind, ...] = get_args(RecordKind)
"""All of them."""

_KEYS = frozenset((*KINDS, "version", "disposition", "timers", "due", "snapshots", "emitted"))
_SALT = re.compile(r"[0-9a-f]{32}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@attrs.frozen(kw_only=True)
class StepContent:
    """
    What a step's link hashes; see `migro.models.chain`.

    Attributes:
        disposition: What became of the input, as data; None for nothing.
        timers: What time alone brought about, as data.
        due: When time alone next changes something, in microseconds since 1970; None for never.
        records: By kind, the id and digest of every record the step offered, in order; an action's rank besides.
        snapshots: Versions of rules and policy of the snapshots made with it.
        emitted: Partition and number of the inputs that it brought to other partitions, but for second deliveries.
    """

    disposition: Any
    timers: Any
    due: int | None
    records: dict[RecordKind, tuple[tuple[str, str, int], ...]]
    snapshots: tuple[tuple[str, str], ...]
    emitted: tuple[tuple[str, int], ...]


@attrs.frozen(kw_only=True)
class ErasureContent:
    """
    What an erasure's link hashes.

    Attributes:
        token: What stands in the place of what was erased.
        rewritten: Position, new salt and new digest of the links whose payload was rewritten.
        records: Kind, id and new digest of the records whose text was rewritten.
    """

    token: str
    rewritten: tuple[tuple[int, str, str], ...]
    records: tuple[tuple[str, str, str], ...]


def step_content(payload: bytes) -> StepContent:
    """
    Read the content of a step's link.

    Raises:
        ValueError: If it is none.
    """
    data = _object(payload, _KEYS)
    if not (data["due"] is None or type(data["due"]) is int):
        raise ValueError(f"expected microseconds under 'due', got {type(data['due']).__name__}")
    for kind in KINDS:
        for entry in data[kind]:
            _fits(entry, (str, str, int) if kind == "actions" else (str, str), kind)
    for pair in data["snapshots"]:
        _fits(pair, (str, str), "snapshots")
    # What was known in its partition already has no number there.
    arrived = [pair for pair in data["emitted"] if pair[1] is not None]
    for pair in arrived:
        _fits(pair, (str, int), "emitted")
    return StepContent(
        disposition=None if data["disposition"] is None else json.loads(_word(data["disposition"])),
        timers=json.loads(_word(data["timers"])),
        due=data["due"],
        records={kind: tuple((e[0], e[1], e[2] if len(e) > 2 else 0) for e in data[kind]) for kind in KINDS},
        snapshots=_pairs(data["snapshots"]),
        emitted=_pairs(arrived),
    )


def erasure_content(payload: bytes) -> ErasureContent:
    """
    Read the content of an erasure's link.

    Raises:
        ValueError: If it is none.
    """
    data = _object(payload, frozenset(("token", "rewritten", "records")))
    for entry in data["rewritten"]:
        _fits(entry, (int, str, str), "rewritten")
        if not (_SALT.fullmatch(entry[1]) and _DIGEST.fullmatch(entry[2])):
            raise ValueError(f"a salt or digest that is none for link {entry[0]}")
    for entry in data["records"]:
        _fits(entry, (str, str, str), "records")
    return ErasureContent(
        token=_word(data["token"]),
        rewritten=tuple(tuple(e) for e in data["rewritten"]),
        records=tuple(tuple(e) for e in data["records"]),
    )


def snapshot_version(payload: bytes) -> tuple[str, str]:
    """
    Return the versions of rules and policy that a snapshot's payload begins with.

    Raises:
        ValueError: If it begins with something else.
    """
    # Compressed bytes follow the JSON, so it is read as letters of one byte and turned back.
    found, _ = json.JSONDecoder().raw_decode(payload.decode("latin-1"))
    _fits(found, (str, str), "versions of a snapshot")
    ruleset, policy = (word.encode("latin-1").decode() for word in found)
    return ruleset, policy


def disposition_data(disposition: Disposition | None) -> Any:
    """Return a disposition as a step's content has it."""
    if disposition is None:
        return None
    return {**attrs.asdict(disposition, recurse=False), "issues": list(disposition.issues)}


def timers_data(timers: Iterable[TimerFired]) -> Any:
    """Return what time brought about as a step's content has it."""
    return [
        {**attrs.asdict(t, recurse=False), "key": list(t.key), "deadline": to_microseconds(t.deadline)} for t in timers
    ]


def _object(payload: bytes, keys: frozenset[str]) -> dict[str, Any]:
    data = json.loads(payload.decode())
    if not isinstance(data, dict) or data.keys() != keys:
        found = ", ".join(sorted(data)) if isinstance(data, dict) else type(data).__name__
        raise ValueError(f"other names than {', '.join(sorted(keys))}: {found}")
    return data


def _fits(entry: Any, types: tuple[type, ...], name: str) -> None:
    if not isinstance(entry, list) or [type(part) for part in entry] != list(types):
        raise ValueError(f"something under {name!r} that is not {', '.join(t.__name__ for t in types)}")


def _word(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected text, got {type(value).__name__}")
    return value


def _pairs(entries: list[list[Any]]) -> tuple[Any, ...]:
    return tuple((first, second) for first, second in entries)
