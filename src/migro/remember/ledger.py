"""The chain of a SQLite file with what was hashed, byte for byte: what is damaged comes out damaged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from ..models.chain import Link, LinkKind, StoredRecord, payload_of
from .connections import SqliteFile
from .forms import MODELS

__all__ = ["links", "stored"]

_LINKS = """
    SELECT l.position, l.what, l.seq, l.salt, l.digest, l.hash, CAST(l.content AS BLOB),
        j.format, j.input, j.at, j.delivery_key, j.duplicate_of, j.body, s.ruleset, s.policy, s.data
    FROM links AS l
    LEFT JOIN journal AS j ON l.what = 'input' AND j.partition = l.partition AND j.seq = l.seq
    LEFT JOIN snapshots AS s ON l.what = 'snapshot' AND s.partition = l.partition AND s.position = l.position
    WHERE l.partition = CAST(? AS TEXT) ORDER BY l.position
"""
_STORED = "SELECT id, CAST(body AS BLOB) FROM {} WHERE partition = CAST(? AS TEXT) ORDER BY seq, position"
_NAMES = " UNION ".join(
    ["SELECT name FROM partitions", *(f"SELECT partition FROM {t}" for t in ("journal", "links", "snapshots", *MODELS))]
)
_MOST_DAMAGE = 100
"""How many lines about a broken file are enough."""


def partitions(file: SqliteFile) -> Iterator[str]:
    """Yield every name that anything is stored under; see `migro.ports.Ledger.partitions`."""
    for (name,) in file.select(f"SELECT * FROM ({_NAMES}) ORDER BY 1"):
        yield name


def damage(file: SqliteFile) -> Iterator[str]:
    """Yield what SQLite finds wrong with its file; see `migro.ports.SelfCheck.damage`."""
    for (line,) in file.select(f"PRAGMA integrity_check({_MOST_DAMAGE})"):
        if line != "ok":
            yield line


def links(file: SqliteFile, partition: str) -> Iterator[Link]:
    """Yield the links of a partition in order; see `migro.ports.Ledger.links`."""
    for position, what, seq, salt, digest, hash_, *row in file.select(_LINKS, (partition,)):
        yield Link(
            partition=partition,
            position=position,
            what=cast(LinkKind, what),  # whatever is stored: an audit looks at it
            seq=seq,
            salt=salt.hex(),
            digest=digest.hex(),
            hash=hash_.hex(),
            payload=_payload(what, *row),
        )


def stored(file: SqliteFile, partition: str) -> Iterator[StoredRecord]:
    """Yield the records of a partition; see `migro.ports.Ledger.stored`."""
    for what in MODELS:
        for id, text in file.select(_STORED.format(what), (partition,)):
            yield StoredRecord(partition=partition, what=what, id=id, text=text)


def _payload(what: str, content: bytes | None, *columns: Any) -> bytes | None:
    """Return what the link hashes, from the row that its kind says and no other."""
    *row, ruleset, policy, data = columns
    match what:
        case "input":
            # The columns of a row that is there are never all empty.
            return None if row[-1] is None else payload_of(*row)
        case "snapshot":
            return None if data is None else payload_of(ruleset, policy) + cast(bytes, data)
        case _:
            return content
