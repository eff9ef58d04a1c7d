"""What an audit says: findings that name a record, and counts that have to add up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import attrs

from ..models.records import read_only

__all__ = ["AuditFinding", "AuditReport", "Check", "Found"]

Check = Literal["chain", "payload", "record", "served", "conservation", "anchor"]
"""
What did not hold.

`chain`: places, hashes, head and count. `payload`: what was hashed, as it is stored now. `record`: the stored text of
an issue, decision or action against the step that wrote it. `served`: what a reader is given. `conservation`: what
became of inputs. `anchor`: an earlier export.
"""


@attrs.frozen(kw_only=True)
class AuditFinding:
    """
    One thing that does not hold.

    Attributes:
        check: What did not hold.
        partition: Where.
        what: Kind of record: `partitions`, `links`, `journal`, `issues`, `decisions`, `actions`, `shadow`, `snapshots`;
            or `store`, for what the store itself finds wrong.
        position: Place in the chain; None where no link is concerned.
        seq: Number of the input; None where none is concerned.
        id: Id of the issue, decision or signal, or the action's key; empty for the others.
        expected: What it should be.
        got: What came.
    """

    check: Check
    partition: str
    what: str
    position: int | None = None
    seq: int | None = None
    id: str = ""
    expected: str
    got: str

    @property
    def where(self) -> str:
        """The record in words, such as ``merchant:m_1, link 12, input 5, decisions dec_1``."""
        parts = [printable(self.partition)]
        if self.position is not None:
            parts.append(f"link {self.position}")
        if self.seq is not None:
            parts.append(f"input {self.seq}")
        if self.what not in ("links", "journal"):
            parts.append(f"{self.what} {printable(self.id)}".rstrip())
        return ", ".join(parts)

    def __str__(self) -> str:
        return f"expected {printable(self.expected)}, got {printable(self.got)} - at {self.where} [{self.check}]"

    def data(self) -> dict[str, Any]:
        """Return the finding as JSON data; bytes that are no text are escaped."""
        plain: dict[str, Any] = attrs.asdict(self)
        return {name: printable(v) if isinstance(v, str) else v for name, v in plain.items()}


def printable(text: str) -> str:
    """Return a text that can be printed, whatever bytes it was made from."""
    return text.encode("utf-8", "backslashreplace").decode()


class Found:
    """Collects the findings of one partition."""

    def __init__(self, partition: str) -> None:
        self.partition = partition
        self.findings: list[AuditFinding] = []

    def add(
        self,
        check: Check,
        what: str,
        *,
        expected: object,
        got: object,
        position: int | None = None,
        seq: int | None = None,
        id: str = "",
    ) -> None:
        """Note that something does not hold."""
        self.findings.append(
            AuditFinding(
                check=check,
                partition=self.partition,
                what=what,
                position=position,
                seq=seq,
                id=id,
                expected=str(expected),
                got=str(got),
            )
        )


@attrs.frozen(kw_only=True)
class AuditReport:
    """
    What an audit looked at, and what does not hold.

    Attributes:
        findings: In the order of partitions, and within one in the order they were met.
        partitions: How many partitions there are.
        links: How many links were checked.
        inputs: How many inputs are accepted, signals and others.
        signals: Signals by what became of them: `accepted` and the words that have to add up to it.
        withdrawals: The same for signals that were taken back.
        rewritten: Links whose payload an erasure rewrote; they hold, but what was hashed at first is gone.
        dropped: Links of snapshots that were dropped for newer ones.
        anchored: Time of the anchor that was compared with; None for none, and then a missing tail goes unnoticed.
    """

    findings: tuple[AuditFinding, ...]
    partitions: int
    links: int
    inputs: int
    signals: Mapping[str, int] = attrs.field(converter=read_only)
    withdrawals: Mapping[str, int] = attrs.field(converter=read_only)
    rewritten: int = 0
    dropped: int = 0
    anchored: datetime | None = None

    @property
    def ok(self) -> bool:
        """Whether everything holds."""
        return not self.findings

    @property
    def empty(self) -> bool:
        """Whether nothing is stored: then everything holds, and that says nothing."""
        return not (self.partitions or self.links or self.inputs)

    def data(self) -> dict[str, Any]:
        """Return the report as JSON data."""
        plain: dict[str, Any] = attrs.asdict(self, recurse=False)
        return {**plain, "findings": [f.data() for f in self.findings], "ok": self.ok, "empty": self.empty}
