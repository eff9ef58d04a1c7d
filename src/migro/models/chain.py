"""
The hash chain over a partition's records: what is hashed, how, and in which order.

Every record a partition stores is a link: an accepted input, what its step left behind, a snapshot, an erasure. A link
hashes the one before it, so none can be changed, taken out, put in or moved unnoticed. The payload enters by a salted
digest: where a payload has to be erased, its salt goes with it and nobody can guess it back, but the chain still holds.
"""

from __future__ import annotations

import hashlib
import json
from typing import Literal

import attrs

__all__ = ["GENESIS", "Link", "LinkKind", "StoredRecord", "link_hash", "next_link", "payload_digest", "payload_of"]

LinkKind = Literal["input", "step", "snapshot", "erasure"]

GENESIS = "0" * 64
"""What the first link of a partition hashes as the one before it."""


@attrs.frozen(kw_only=True)
class Link:
    """
    One link of a partition's chain.

    Attributes:
        position: Its place in the chain, counted from 1 without a gap.
        what: What it is about.
        seq: Number of the input that was accepted, consumed, or after which the rest was stored.
        salt: 32 hex digits from the system's source of chance; empty once the payload was erased or dropped.
        digest: Salted digest of the payload as it was when the link was made.
        hash: Of this link and the one before it.
        payload: What was hashed, as it is stored now; None where it is not kept, as of an old snapshot.
    """

    partition: str
    position: int
    what: LinkKind
    seq: int
    salt: str
    digest: str
    hash: str
    payload: bytes | None = None


@attrs.frozen(kw_only=True)
class StoredRecord:
    """
    The text of an issue, decision or action as it is stored now.

    Attributes:
        what: `issues`, `decisions`, `actions` or `shadow`.
        id: Issue id, decision id or idempotency key.
        text: The stored bytes, not read by anything.
    """

    partition: str
    what: str
    id: str
    text: bytes


def payload_of(*parts: str | int | None) -> bytes:
    """Return the payload made of a record's stored columns, in their order; texts stay byte for byte."""
    return json.dumps(parts, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


def payload_digest(salt: str, payload: bytes) -> str:
    """Return the SHA-256 of salt and payload, as 64 hex digits."""
    digest = hashlib.sha256(bytes.fromhex(salt))
    digest.update(payload)
    return digest.hexdigest()


def link_hash(previous: str, position: int, what: LinkKind, seq: int, digest: str) -> str:
    """Return the hash of a link over the hash before it, as 64 hex digits."""
    # Canonical JSON, by the shortest way: there are only plain words and integers.
    return hashlib.sha256(f'["{previous}",{position},"{what}",{seq},"{digest}"]'.encode()).hexdigest()


def next_link(partition: str, previous: Link | None, what: LinkKind, seq: int, payload: bytes, salt: str) -> Link:
    """Return the link that follows `previous`, or the first one."""
    position = previous.position + 1 if previous else 1
    digest = payload_digest(salt, payload)
    return Link(
        partition=partition,
        position=position,
        what=what,
        seq=seq,
        salt=salt,
        digest=digest,
        hash=link_hash(previous.hash if previous else GENESIS, position, what, seq, digest),
        payload=payload,
    )
