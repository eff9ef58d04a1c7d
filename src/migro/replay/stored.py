"""The records of a partition as they are stored: looked at by their digests, read only where something is wrong."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Literal

import attrs

from ..errors import InputError
from ..models import ErasureRequested, to_microseconds
from ..ports import Ledger, Memory

__all__ = ["Erased", "Kind", "Stored", "digest_of"]

Kind = Literal["decisions", "issues", "actions"]


def digest_of(text: str) -> bytes:
    """Return the SHA-256 of a record's text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


@attrs.frozen
class _Record:
    digest: bytes
    own: bool


class Stored:
    """
    Decisions, issues and actions of one partition.

    Texts are compared with texts: what a `Ledger` hands out is not parsed. Only digests are kept, so that a memory of
    any size can be replayed.

    Args:
        memory: Where they are.
        partition: Whose they are.
        versions: Rules and policy that the replay folds with.
    """

    def __init__(self, memory: Memory, partition: str, versions: tuple[str, str]) -> None:
        self._memory = memory
        self._partition = partition
        # Quotes inside a string are escaped, so this can only be a field; a decision has no other of these names.
        self._own = tuple(f'"{name}":"{v}"' for name, v in zip(("ruleset", "policy"), versions, strict=True))
        self._held: dict[str, dict[str, _Record]] = {"decisions": {}, "issues": {}, "actions": {}}
        for what, id, text in self._texts():
            if what in self._held:
                own = what == "decisions" and all(field in text for field in self._own)
                self._held[what][id] = _Record(digest_of(text), own)

    def _texts(self) -> Iterator[tuple[str, str, str]]:
        if isinstance(self._memory, Ledger):
            for one in self._memory.stored(self._partition):
                yield one.what, one.id, one.text.decode("utf-8", "replace")
            return
        for decision in self._memory.read("decisions", partition=self._partition):
            yield "decisions", decision.id, decision.json_line()
        for issue in self._memory.read("issues", partition=self._partition):
            yield "issues", issue.id, issue.json_line()
        for action in self._memory.read("actions", partition=self._partition):
            yield "actions", action.idempotency_key, action.json_line()

    def ids(self, what: Kind) -> Iterator[str]:
        """Yield the ids of a kind of record."""
        yield from self._held[what]

    def own(self) -> Iterator[str]:
        """Yield the ids of the decisions that say they are by these rules and this policy."""
        return (id for id, record in self._held["decisions"].items() if record.own)

    def has(self, what: Kind, id: str) -> bool:
        """Return whether there is such a record."""
        return id in self._held[what]

    def equals(self, what: Kind, id: str, text: str) -> bool:
        """Return whether a record is there with exactly this text."""
        record = self._held[what].get(id)
        return record is not None and record.digest == digest_of(text)

    def text(self, what: Kind, id: str) -> str | None:
        """Return the text of a record; None where there is none or nobody can read it."""
        try:
            for record in self._memory.read(what, id=id):
                text: str = record.json_line()
                if self.equals(what, id, text) or not isinstance(self._memory, Ledger):
                    return text
        except InputError:
            pass
        return next((text for found, key, text in self._texts() if (found, key) == (what, id)), None)

    def places(self) -> dict[str, int]:
        """Return the numbers of the inputs that decisions were made on, as far as a ledger says."""
        found: dict[str, int] = {}
        if isinstance(self._memory, Ledger):
            for link in self._memory.links(self._partition):
                if link.what == "step" and link.payload is not None:
                    try:
                        found.update((id, link.seq) for id, _ in json.loads(link.payload)["decisions"])
                    except (ValueError, KeyError, TypeError):
                        continue  # an audit says what is wrong with it
        return found

    def decided_at(self, id: str) -> int:
        """Return the fold's time of a decision, in microseconds; 0 where it cannot be read."""
        try:
            return next((to_microseconds(d.at) for d in self._memory.read("decisions", id=id)), 0)
        except InputError:
            return 0


class Erased:
    """
    What a partition's journal has been stripped of: asked only where a record is not what it was.

    A record about an erased person was made from what is gone, so folding again gives another one in its place.
    """

    def __init__(self, memory: Memory, partition: str) -> None:
        self._memory = memory
        self._partition = partition
        self._words: set[str] | None = None
        self._tokens: frozenset[str] = frozenset()

    def explains(self, *texts: str | None) -> bool:
        """Return whether a text names an erased person, or an issue or action about one."""
        words = self._known()
        return bool(words) and any(word in text for text in texts if text is not None for word in words)

    def learn(self, text: str, *ids: str) -> None:
        """Take ids for those of an erased person where the text names one."""
        words = self._known()
        if any(token in text for token in self._tokens):
            words.update(ids)

    @property
    def anybody(self) -> bool:
        """Whether anybody was erased here."""
        return bool(self._known())

    def _known(self) -> set[str]:
        if self._words is None:
            journal = self._memory.load(self._partition)
            self._tokens = frozenset(e.input.token for e in journal if isinstance(e.input, ErasureRequested))
            self._words = set(self._tokens)
            if self._tokens:
                for issue in self._memory.read("issues", partition=self._partition):
                    self.learn(issue.json_line(), issue.id)
        return self._words
