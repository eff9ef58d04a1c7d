"""The growing end of a partition's chain, while a transaction adds to it."""

from __future__ import annotations

import secrets

import attrs

from ..models.chain import GENESIS, Link, LinkKind, link_hash, payload_digest
from ..models.steps import Erasure
from .forms import erased, plain_json
from .texts import RecordText, sha256

__all__ = ["Chain", "LinkRow", "Rewriting", "Salts"]

_SALT_BYTES = 16


class Salts:
    """Salts for the links of one transaction, drawn from the system in one go as far as they can be foreseen."""

    def __init__(self, expected: int) -> None:
        self._expected = max(expected, 8)
        self._drawn = ""
        self._next = 0

    def take(self) -> str:
        """Return the next salt, as 32 hex digits."""
        if self._next == len(self._drawn):
            self._drawn, self._next = secrets.token_bytes(_SALT_BYTES * self._expected).hex(), 0
        start, self._next = self._next, self._next + 2 * _SALT_BYTES
        return self._drawn[start : self._next]


@attrs.frozen
class LinkRow:
    """A link as it is stored; see `migro.models.Link`. `content` is what it hashes where no other row holds it."""

    partition: str
    position: int
    what: LinkKind
    seq: int
    salt: str
    digest: str
    hash: str
    content: str | None

    def without(self, erasure: Erasure) -> LinkRow:
        """Return it with the token where the pseudonym was."""
        return self if self.content is None else attrs.evolve(self, content=erased(self.content, erasure))

    def link(self, payload: bytes | None) -> Link:
        """Return the link with what it hashes."""
        return Link(
            partition=self.partition,
            position=self.position,
            what=self.what,
            seq=self.seq,
            salt=self.salt,
            digest=self.digest,
            hash=self.hash,
            payload=payload,
        )


@attrs.define
class Chain:
    """
    The end of a partition's chain.

    Attributes:
        position: Number of its links so far.
        head: Hash of the last one.
    """

    partition: str
    position: int = 0
    head: str = GENESIS

    def add(self, salts: Salts, what: LinkKind, seq: int, payload: bytes, content: str | None = None) -> LinkRow:
        """Put one more link at the end and return it."""
        salt = salts.take()
        digest = payload_digest(salt, payload)
        self.position += 1
        self.head = link_hash(self.head, self.position, what, seq, digest)
        return LinkRow(self.partition, self.position, what, seq, salt, digest, self.head, content)

    def add_content(self, salts: Salts, what: LinkKind, seq: int, content: str) -> LinkRow:
        """Put a link at the end that holds what it hashes."""
        return self.add(salts, what, seq, content.encode("utf-8", "surrogatepass"), content)


@attrs.define
class Rewriting:
    """
    What an erasure does to a chain: payloads change, hashes stay, and one more link says what is hashed now.

    Attributes:
        rewritten: New salt and digest of every payload that changed, by the position of its link.
        records: Kind, id and digest of every record whose text changed.
    """

    rewritten: dict[int, tuple[str, str]] = attrs.Factory(dict)
    records: list[tuple[str, str, str]] = attrs.Factory(list)

    def payload(self, salts: Salts, position: int, payload: bytes) -> None:
        """Note what a link hashes now."""
        salt = salts.take()
        self.rewritten[position] = salt, payload_digest(salt, payload)

    def record(self, what: str, record: RecordText) -> None:
        """Note a record as it is now."""
        self.records.append((what, record.id, sha256(record.text)))

    def content(self, token: str) -> str:
        """Return what the link of the erasure says; it names the token alone."""
        rewritten = [(position, *now) for position, now in sorted(self.rewritten.items())]
        return plain_json({"token": token, "rewritten": rewritten, "records": self.records})
