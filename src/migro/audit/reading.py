"""Reading what a memory serves, whatever state it is in: a record that cannot be read never hides the next one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..errors import StoreUnavailable
from ..models import JournalEntry, Link, Partition, StoredRecord
from ..ports import Ledger, Memory
from .contents import RecordKind
from .findings import Found

__all__ = ["read_journal", "read_links", "read_partition", "read_stored", "served"]

_GIVE_UP = 1000
"""After how many inputs in a row that cannot be read nothing is looked for behind them."""


def read_partition(memory: Memory, found: Found) -> Partition | None:
    """Return where a partition stands; None, and a finding, where that cannot be told."""
    try:
        record = next(iter(memory.read("partitions", partition=found.partition)), None)
    except StoreUnavailable:
        raise
    except Exception as e:  # a record that was changed by somebody else can raise anything
        _unreadable(found, "partitions", "where it stands", e)
        return None
    if record is None:
        found.add("chain", "partitions", id=found.partition, expected="where the partition stands", got="nothing")
    return record


def read_links(ledger: Ledger, found: Found) -> Iterator[Link]:
    """Yield the links of a partition, up to the first that cannot be read."""
    try:
        yield from ledger.links(found.partition)
    except StoreUnavailable:
        raise
    except Exception as e:
        _unreadable(found, "links", "links that can be read", e)


def read_stored(ledger: Ledger, found: Found) -> Iterator[StoredRecord]:
    """Yield the texts of a partition's records, up to the first that cannot be read."""
    try:
        yield from ledger.stored(found.partition)
    except StoreUnavailable:
        raise
    except Exception as e:
        _unreadable(found, "issues", "texts that can be read", e)


def read_journal(memory: Memory, found: Found, after: int = 0) -> Iterator[tuple[int, JournalEntry | None]]:
    """Yield the numbers and entries of a partition's journal; None, and a finding, for what cannot be read."""
    failed = 0
    while failed < _GIVE_UP:
        try:
            for entry in memory.load(found.partition, after):
                after, failed = max(after, entry.seq), 0
                yield entry.seq, entry
            return
        except Exception as e:  # a record that was changed by somebody else can raise anything
            _answers(memory)
            # It is the one behind the last that could be read: go on behind it.
            after, failed = after + 1, failed + 1
            found.add("served", "journal", seq=after, expected="an input that can be read", got=_words(e))
            yield after, None


def served(memory: Memory, found: Found, what: RecordKind, ids: Iterable[str]) -> tuple[list[Any], frozenset[str]]:
    """
    Return the records of a kind as a reader gets them, in order, and the ids of those that cannot be read.

    Each of the latter is a finding.
    """
    try:
        return list(memory.read(what, partition=found.partition)), frozenset()
    except Exception:  # one of them, so ask for each
        _answers(memory)
    readable: list[Any] = []
    unreadable: set[str] = set()
    for id in ids:
        try:
            readable += memory.read(what, id=id, partition=found.partition)
        except Exception as e:
            found.add("served", what, id=id, expected="a record that can be read", got=_words(e))
            unreadable.add(id)
    return readable, frozenset(unreadable)


def _answers(memory: Memory) -> None:
    """Raise what the memory raises when it cannot be reached at all: that is no finding about a record."""
    for _ in memory.read("partitions"):
        return


def _unreadable(found: Found, what: str, expected: str, error: Exception) -> None:
    found.add("served", what, id=found.partition, expected=expected, got=_words(error))


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
