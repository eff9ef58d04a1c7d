"""What a step leaves behind, written down: every memory stores these texts, and the chain hashes them."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator, Sequence

import attrs

from ..errors import InputError, StoreError
from ..models.canonical import to_microseconds
from ..models.chain import payload_of
from ..models.scales import ActionStatus, IssueStatus
from ..models.steps import Erasure, StepRecord, packed
from .forms import ACTION_RANK, FORMAT, Draft, disposition_text, erased, plain_json, timers_text

__all__ = ["OPEN_ACTIONS", "OPEN_ISSUES", "RecordText", "SnapshotBytes", "StepTexts", "sha256", "unpacked"]

OPEN_ISSUES = tuple(s.value for s in IssueStatus if s is not IssueStatus.RESOLVED)
"""Statuses of issues that are not over."""

OPEN_ACTIONS = (ActionStatus.WAITING.value, ActionStatus.PLANNED.value, ActionStatus.STARTED.value)
"""Statuses of actions that are not over."""

_OVER = {s.value for s in (*IssueStatus, *ActionStatus)}.difference(OPEN_ISSUES, OPEN_ACTIONS)


@attrs.frozen
class RecordText:
    """
    An issue, a decision or an action as it is stored.

    Attributes:
        id: Issue id, decision id or idempotency key.
        text: Its canonical JSON.
        status: Where it stands; empty for a decision.
        rank: How far an action has come; 0 for the others.
    """

    id: str
    text: str
    status: str = ""
    rank: int = 0

    @property
    def pending(self) -> bool:
        """Whether it is an issue or an action that is not over, or of a kind that has no such state."""
        return self.status not in _OVER

    def without(self, erasure: Erasure) -> RecordText:
        """Return it with the token where the pseudonym was."""
        return attrs.evolve(self, id=erased(self.id, erasure), text=erased(self.text, erasure))


@attrs.frozen
class SnapshotBytes:
    """A snapshot as it is stored; `data` is compressed."""

    ruleset: str
    policy: str
    data: bytes

    def payload(self) -> bytes:
        """Return what its link hashes: its versions, and its bytes as they are stored."""
        return payload_of(self.ruleset, self.policy) + self.data

    def without(self, erasure: Erasure) -> SnapshotBytes:
        """Return it with the token where the pseudonym was."""
        before = self.plain()
        after = before.replace(erasure.pseudonym.encode(), erasure.token.encode())
        return self if after == before else attrs.evolve(self, data=packed(after))

    def plain(self) -> bytes:
        """Return the data as it was before it was stored."""
        return unpacked(self.data)


@attrs.frozen(kw_only=True)
class StepTexts:
    """
    The effects of consuming one input, as they are stored.

    Attributes:
        seq: The input.
        disposition: Canonical JSON; None where the step has none.
        timers: Canonical JSON of a list.
        due: When time alone next changes something, in microseconds since 1970.
        emitted: Partition and input.
        erasure: What is taken out; in the texts beside it this was done.
    """

    seq: int
    disposition: str | None
    timers: str
    due: int | None
    issues: tuple[RecordText, ...]
    decisions: tuple[RecordText, ...]
    actions: tuple[RecordText, ...]
    shadow: tuple[RecordText, ...]
    snapshots: tuple[SnapshotBytes, ...]
    emitted: tuple[tuple[str, Draft], ...]
    erasure: Erasure | None

    @classmethod
    def of(cls, partition: str, step: StepRecord) -> StepTexts:
        """
        Return the texts of a step.

        Raises:
            StoreError: If it holds the snapshot of another step or partition.
        """
        if strange := [s for s in step.snapshots if (s.partition, s.seq) != (partition, step.seq)]:
            raise StoreError(
                f"expected snapshots after input {step.seq} of {partition!r},"
                f" got one after input {strange[0].seq} of {strange[0].partition!r}"
            )
        # One for each version of rules and policy; of two for the same the later counts.
        kept = {(s.ruleset, s.policy): SnapshotBytes(s.ruleset, s.policy, s.packed) for s in step.snapshots}
        texts = cls(
            seq=step.seq,
            disposition=disposition_text(step.disposition),
            timers=timers_text(step.timers),
            due=None if step.due is None else to_microseconds(step.due),
            issues=tuple(RecordText(i.id, i.json_line(), i.status.value) for i in step.issues),
            decisions=tuple(RecordText(d.id, d.json_line()) for d in step.decisions),
            actions=tuple(
                RecordText(a.idempotency_key, a.json_line(), a.status.value, ACTION_RANK[a.status])
                for a in step.actions
            ),
            shadow=tuple(RecordText(d.id, d.json_line()) for d in step.shadow),
            snapshots=tuple(kept.values()),
            emitted=tuple((to, Draft.of(given)) for to, given in step.emitted),
            erasure=step.erasure,
        )
        return texts if step.erasure is None else texts._without(step.erasure)

    def _without(self, erasure: Erasure) -> StepTexts:
        return attrs.evolve(
            self,
            disposition=None if self.disposition is None else erased(self.disposition, erasure),
            timers=erased(self.timers, erasure),
            issues=tuple(r.without(erasure) for r in self.issues),
            decisions=tuple(r.without(erasure) for r in self.decisions),
            actions=tuple(r.without(erasure) for r in self.actions),
            shadow=tuple(r.without(erasure) for r in self.shadow),
            snapshots=tuple(s.without(erasure) for s in self.snapshots),
        )

    def records(self) -> Iterator[tuple[str, tuple[RecordText, ...]]]:
        """Yield the records it wrote, by the words of `migro.remember.MODELS`."""
        yield "issues", self.issues
        yield "decisions", self.decisions
        yield "actions", self.actions
        yield "shadow", self.shadow

    def content(self, emitted: Iterable[tuple[str, int | None]]) -> str:
        """
        Return what the step's link hashes: its own texts, and the digest of every record it wrote.

        An action has its rank beside it: one that did not come as far as what was stored did not replace it.

        Args:
            emitted: Partition and number of every input for another partition, in order; None for one that was left
                out there as a second delivery.
        """
        return plain_json(
            {
                "version": FORMAT,
                "disposition": self.disposition,
                "timers": self.timers,
                "due": self.due,
                "issues": _named(self.issues),
                "decisions": _named(self.decisions),
                "actions": [(*named, r.rank) for named, r in zip(_named(self.actions), self.actions, strict=True)],
                "shadow": _named(self.shadow),
                "snapshots": [(s.ruleset, s.policy) for s in self.snapshots],
                "emitted": list(emitted),
            }
        )


def unpacked(data: bytes, where: str = "") -> bytes:
    """
    Return a snapshot's data.

    Raises:
        InputError: If these bytes are no stored snapshot.
    """
    try:
        return zlib.decompress(data)
    except zlib.error as e:
        raise InputError(f"expected a compressed snapshot, got something else: {e}", where=where) from e


def sha256(text: str) -> str:
    """Return the digest by which a step names a record's text, as 64 hex digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _named(records: Sequence[RecordText]) -> list[tuple[str, str]]:
    return [(r.id, sha256(r.text)) for r in records]
