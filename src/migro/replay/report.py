"""What a replay found: counts first, then the differences with their places."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import attrs

__all__ = ["LISTED", "Count", "Difference", "ReplayReport", "What", "first_difference"]

What = Literal["decisions", "dispositions", "timers", "issues", "actions", "snapshots", "inputs"]

LISTED = 1000
"""How many differences a report holds; all are counted."""

_SHOWN = 120


@attrs.frozen(kw_only=True)
class Count:
    """
    How many records of a kind were compared.

    Attributes:
        equal: Byte for byte.
        different: Not so, or one side has no such record.
        erased: Different, and about a person who was erased: what the record was made from is gone.
    """

    equal: int = 0
    different: int = 0
    erased: int = 0


@attrs.frozen(kw_only=True)
class Difference:
    """
    A record that the replay did not give again.

    Attributes:
        partition, seq: Its place in the journal; None where the record alone does not say its number.
        what: The kind of record; ``inputs`` for an input that the rules raised on when it was folded again.
        id: Of the decision, issue, signal or action; empty for what has none.
        path: The first differing field, such as ``explanation.score``; empty where one side has no such record.
        stored, replayed: What stands there, shortened; None where there is nothing.
    """

    partition: str
    seq: int | None
    what: What
    id: str
    path: str
    stored: str | None
    replayed: str | None


@attrs.frozen(kw_only=True)
class ReplayReport:
    """
    What came of folding the journal again with one version of rules and policy.

    Attributes:
        ruleset, policy: The versions it was folded with.
        partitions: How many partitions were folded.
        inputs: How many consumed inputs were folded again.
        compared: How many of them were decided by these rules and this policy, so that everything has to be equal.
        by_others: How many were decided by others, or before any were named; of those only decisions that claim to be
            by these are compared.
        failed: How many of the inputs had failed; they are skipped, as the agent skips them.
        records: Counts by kind of record.
        others: The other versions of rules and policy that the journal names, in order of appearance.
        differences: The first of them, in the order of the journal; at most `LISTED`.
    """

    ruleset: str
    policy: str
    partitions: int
    inputs: int
    compared: int
    by_others: int
    failed: int
    records: Mapping[What, Count]
    others: tuple[tuple[str, str], ...]
    differences: tuple[Difference, ...]

    @property
    def equal(self) -> int:
        """How many records were equal."""
        return sum(c.equal for c in self.records.values())

    @property
    def different(self) -> int:
        """How many records were different; 0 is what a replay with the same rules has to give."""
        return sum(c.different for c in self.records.values())

    @property
    def erased(self) -> int:
        """How many records cannot be made again because a person was erased."""
        return sum(c.erased for c in self.records.values())


def first_difference(stored: str, replayed: str) -> tuple[str, str | None, str | None]:
    """Return the path of the first field in which two JSON texts differ, and what stands there in each."""
    try:
        pairs: tuple[Any, Any] = (json.loads(stored), json.loads(replayed))
    except ValueError:
        return "", _shown(stored), _shown(replayed)
    for path, left, right in _walk("", *pairs):
        return path, None if left is _NOTHING else _shown(left), None if right is _NOTHING else _shown(right)
    # The same content, written another way: somebody has had the text in hands.
    return "text", _shown(stored), _shown(replayed)


class _Nothing:
    pass


_NOTHING = _Nothing()


def _walk(path: str, left: Any, right: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(left, dict) and isinstance(right, dict):
        for name in sorted(left.keys() | right.keys()):
            below = f"{path}.{name}" if path else name
            yield from _walk(below, left.get(name, _NOTHING), right.get(name, _NOTHING))
    elif isinstance(left, list) and isinstance(right, list):
        for n in range(max(len(left), len(right))):
            one, other = (side[n] if n < len(side) else _NOTHING for side in (left, right))
            yield from _walk(f"{path}[{n}]", one, other)
    elif left != right or type(left) is not type(right):
        yield path, left, right


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
