"""The links of one partition: places without a gap, hashes that follow from each other, payloads that were hashed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal, get_args

from ..models import Link, Partition
from ..models.chain import GENESIS, LinkKind, link_hash, payload_digest
from .contents import ErasureContent, erasure_content
from .findings import Found

__all__ = ["Linkage"]

_KINDS = frozenset(get_args(LinkKind))
_SALT = re.compile(r"[0-9a-f]{32}")


class Linkage:
    """
    Walks the chain of one partition once, in order, and keeps only what an erasure further behind may speak of.

    Attributes:
        links: How many links there were.
        rewritten: How many of them hold a payload that an erasure rewrote.
        dropped: How many are of snapshots that are not kept any more.
        missing: How many places there are before the link at hand that no link has.
        anchored: Hash of the link at the position that was asked for; None where there is no such link.
    """

    def __init__(self, found: Found, anchored_at: int = 0) -> None:
        self._found = found
        self._anchored_at = anchored_at
        self._heads = {GENESIS}
        self._last: Link | None = None
        self._erased: dict[int, Link] = {}
        self._said: dict[int, tuple[str, str]] = {}
        self._dropped: set[int] = set()
        self.links = self.missing = self.rewritten = self.dropped = 0
        self.anchored: str | None = None

    def walk(self, links: Iterable[Link]) -> Iterator[tuple[Link, ErasureContent | None]]:
        """Check the links and hand them on, an erasure with what it says."""
        for link in links:
            self.links += 1
            follows = self._check_place(link)
            self._check_hash(link, follows=follows)
            self._check_payload(link)
            if link.position == self._anchored_at:
                self.anchored = link.hash
            yield link, self._read(link) if link.what == "erasure" else None
            self._last = link

    def finish(self, record: Partition) -> None:
        """Check what only the end of the chain can tell."""
        for position, link in self._erased.items():
            self._check_rewritten(link, self._said.get(position))
        # A snapshot that an erasure rewrote may have been dropped since, like any other.
        for position in sorted(self._said.keys() - self._erased.keys() - self._dropped):
            self._found.add(
                "payload",
                "links",
                position=position,
                expected="no salt, since an erasure rewrote what was hashed",
                got="a salt, or no such link",
            )
        head = self._last.hash if self._last else ""
        if record.links != self.links:
            self._wrong_record(f"{self.links} links, as many as there are", f"{record.links} links")
        if record.head != head:
            self._wrong_record(f"head {head or 'of no link'}", f"head {record.head or 'of no link'}")

    def _wrong_record(self, expected: str, got: str) -> None:
        self._found.add("chain", "partitions", id=self._found.partition, expected=expected, got=got)

    def _check_place(self, link: Link) -> bool:
        """Return whether it follows the one before it."""
        expected = self._last.position + 1 if self._last else 1
        if link.what not in _KINDS:
            self._bad("chain", link, f"one of {', '.join(sorted(_KINDS))}", link.what)
        self.missing = max(link.position - expected, 0)
        if link.position == expected:
            return True
        got = f"none before link {link.position}" if link.position > expected else f"link {link.position}"
        self._found.add("chain", "links", position=expected, expected="this link next", got=got)
        return False

    def _check_hash(self, link: Link, *, follows: bool) -> None:
        made = {self._hashed(previous, link) for previous in self._heads}
        # Nobody knows what the missing one hashed to; that it is missing is a finding already.
        right = link.hash in made or not follows
        if not right:
            self._bad("chain", link, "the hash of this link and the one before it", f"hash {link.hash}")
        # Where only the stored hash is wrong, the next link still follows from the right one: it is not to blame.
        self._heads = {link.hash} if right else {link.hash, *made}

    def _hashed(self, previous: str, link: Link) -> str:
        try:
            return link_hash(previous, link.position, link.what, link.seq, link.digest)
        except ValueError:  # bytes that are no text
            return ""

    def _check_payload(self, link: Link) -> None:
        if link.salt:
            # Every other way to write the same bytes would go unnoticed by the digest.
            if not _SALT.fullmatch(link.salt):
                self._bad("payload", link, "a salt of 32 hex digits", link.salt)
            elif link.payload is None:
                self._bad("payload", link, f"the {link.what} that was hashed", "nothing")
            elif payload_digest(link.salt, link.payload) != link.digest:
                self._bad("payload", link, f"the {link.what} that was hashed", "another one")
        elif link.what == "snapshot" and link.payload is None:
            self.dropped += 1
            self._dropped.add(link.position)
        else:
            self._erased[link.position] = link

    def _check_rewritten(self, link: Link, said: tuple[str, str] | None) -> None:
        self.rewritten += 1
        if said is None:
            self._bad("payload", link, "a salt, since no erasure speaks of this link", "none")
        elif link.payload is None:
            self._bad("payload", link, f"the {link.what} as an erasure left it", "nothing")
        elif payload_digest(said[0], link.payload) != said[1]:
            self._bad("payload", link, f"the {link.what} as an erasure left it", "another one")

    def _read(self, link: Link) -> ErasureContent | None:
        if link.payload is None:
            return None
        try:
            content = erasure_content(link.payload)
        except (ValueError, TypeError, RecursionError) as e:
            self._bad("payload", link, "what an erasure rewrote", str(e))
            return None
        for position, salt, digest in content.rewritten:
            if position >= link.position:
                self._bad("payload", link, "links before it", f"link {position}")
            else:
                self._said[position] = (salt, digest)
        return content

    def _bad(self, check: Literal["chain", "payload"], link: Link, expected: str, got: str) -> None:
        what = "journal" if check == "payload" and link.what == "input" else "links"
        self._found.add(check, what, position=link.position, seq=link.seq, expected=expected, got=got)
