"""How records are written down: canonical JSON, a format version, and the rules that every memory keeps."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Protocol

import attrs
from pydantic import ValidationError

from ..errors import ConfigurationError, Conflict, InputError, NotFound, StoreError, UnsupportedFormat
from ..models.action import Action
from ..models.canonical import from_microseconds, plain_json, to_microseconds
from ..models.chain import payload_of
from ..models.decision import Decision
from ..models.inputs import Input, SignalReceived, read_input_json
from ..models.issue import Issue
from ..models.scales import ActionStatus
from ..models.steps import Disposition, Erasure, JournalEntry, TimerFired
from ..models.validation import explain_validation

__all__ = [
    "ACTION_RANK",
    "DELIVERY_WINDOW_US",
    "FORMAT",
    "MODELS",
    "Draft",
    "InputText",
    "check_format",
    "check_kind",
    "check_turn",
    "decided_before",
    "disposition_from",
    "disposition_text",
    "entry_from",
    "erased",
    "input_from",
    "plain_json",
    "timers_from",
    "timers_text",
]

FORMAT = 1
"""Version of the JSON form of every record that is written today."""

DELIVERY_WINDOW_US = timedelta(days=7) // timedelta(microseconds=1)
"""For how long a second delivery is known as one, in microseconds."""

MODELS: Mapping[str, type[Issue] | type[Decision] | type[Action]] = MappingProxyType(
    {"issues": Issue, "decisions": Decision, "actions": Action, "shadow": Decision}
)
"""What a stored text is read as, by the word for its kind."""

_KINDS = ("journal", "partitions", "snapshots", *MODELS)

ACTION_RANK = MappingProxyType(
    {
        ActionStatus.FORBIDDEN: 0,
        ActionStatus.RECORDED: 0,
        ActionStatus.ESCALATED: 0,
        ActionStatus.WAITING: 1,
        ActionStatus.PLANNED: 2,
        ActionStatus.REJECTED: 3,
        ActionStatus.EXPIRED: 3,
        ActionStatus.STARTED: 4,
        ActionStatus.SIMULATED: 5,
        ActionStatus.SUCCEEDED: 5,
        ActionStatus.FAILED: 5,
        ActionStatus.UNKNOWN: 5,
    }
)
"""How far an action has come; a stored action is only replaced by one that is at least as far."""


class _Numbered(Protocol):
    """A step, or its texts."""

    @property
    def seq(self) -> int: ...


@attrs.frozen
class InputText:
    """
    An input as it is stored.

    Attributes:
        kind: The word for its kind.
        at: When it reached the host, in microseconds since 1970.
        key: Its delivery key; of a signal its id.
        duplicate_of: Sequence number of the first delivery.
        text: Its canonical JSON.
    """

    kind: str
    at: int
    key: str | None
    duplicate_of: int | None
    text: str

    @property
    def signal(self) -> str | None:
        """The id of the signal that was received."""
        return self.key if self.kind == "signal_received" else None

    def payload(self) -> bytes:
        """Return what its link hashes."""
        return payload_of(FORMAT, self.kind, self.at, self.key, self.duplicate_of, self.text)

    def without(self, erasure: Erasure) -> InputText:
        """Return it with the token where the pseudonym was."""
        key = None if self.key is None else erased(self.key, erasure)
        return attrs.evolve(self, key=key, text=erased(self.text, erasure))


@attrs.frozen
class Draft:
    """
    An input that is ready to be stored.

    Attributes:
        input: The input.
        text: Its canonical JSON.
        at: When it reached the host, in microseconds since 1970.
        key: Its delivery key.
        duplicate_of: Sequence number of the first delivery.
    """

    input: Input
    text: str
    at: int
    key: str | None
    duplicate_of: int | None = None

    @classmethod
    def of(cls, given: Input) -> Draft:
        """Return the draft of a first delivery, whatever the caller believed about duplicates."""
        if isinstance(given, SignalReceived) and given.duplicate_of is not None:
            given = given.model_copy(update={"duplicate_of": None})
        return cls(given, given.json_line(), to_microseconds(given.at), given.delivery_key)

    @property
    def stored(self) -> InputText:
        """How it is stored."""
        return InputText(self.input.input, self.at, self.key, self.duplicate_of, self.text)

    def repeats(self, first_at: int) -> bool:
        """Whether this is another delivery of an input with the same key that came at `first_at`."""
        return self.at - first_at <= DELIVERY_WINDOW_US

    def as_duplicate(self, first: int) -> Draft | None:
        """Return how a second delivery is stored, or None if it is not: only a signal counts its deliveries."""
        if not isinstance(self.input, SignalReceived):
            return None
        given = self.input.model_copy(update={"duplicate_of": first})
        return Draft(given, given.json_line(), self.at, self.key, first)


def erased(text: str, erasure: Erasure) -> str:
    """Return a text with the token where the pseudonym was; JSON stays JSON, both are plain words."""
    return text.replace(erasure.pseudonym, erasure.token)


def check_format(found: int, where: str) -> None:
    """
    Refuse a record in another format.

    Raises:
        UnsupportedFormat: If it was written by a newer migro.
    """
    if found != FORMAT:
        raise UnsupportedFormat(f"expected a record in format {FORMAT}, got format {found}", where=where)


def input_from(text: str, where: str) -> Input:
    """
    Return the input that was stored as `text`.

    Raises:
        InputError: If it is none.
    """
    try:
        return read_input_json(text)
    except ValidationError as e:
        raise InputError(explain_validation(e), where=where) from e
    except ValueError as e:
        raise InputError(f"expected an input as JSON, got something else: {e}", where=where) from e


def disposition_text(disposition: Disposition | None) -> str | None:
    """Return the canonical JSON of a disposition."""
    return None if disposition is None else plain_json(attrs.asdict(disposition, recurse=False))


def disposition_from(text: str | None) -> Disposition | None:
    """Return the disposition that was stored as `text`."""
    if text is None:
        return None
    data = json.loads(text)
    return Disposition(**{**data, "issues": tuple(data["issues"])})


def timers_text(timers: Sequence[TimerFired]) -> str:
    """Return the canonical JSON of what time alone brought about, deadlines in microseconds since 1970."""
    if not timers:
        return "[]"
    rows = [attrs.asdict(t, recurse=False) | {"deadline": to_microseconds(t.deadline)} for t in timers]
    return plain_json(rows)


def timers_from(text: str | None) -> tuple[TimerFired, ...]:
    """Return what was stored as `text`."""
    if text is None or text == "[]":
        return ()
    return tuple(
        TimerFired(**{**row, "key": tuple(row["key"]), "deadline": from_microseconds(row["deadline"])})
        for row in json.loads(text)
    )


def entry_from(
    partition: str, seq: int, body: str, *, done: bool, disposition: str | None, timers: str | None
) -> JournalEntry:
    """
    Return the entry of the journal that was stored as these texts.

    Raises:
        InputError: If the body is no input.
    """
    return JournalEntry(
        partition=partition,
        seq=seq,
        input=input_from(body, f"journal {partition!r} {seq}"),
        done=done,
        disposition=disposition_from(disposition),
        timers=timers_from(timers),
    )


def check_kind(what: object) -> None:
    """
    See that there are records of a kind.

    Raises:
        ConfigurationError: If there are none of that name.
    """
    if what not in _KINDS:
        known = ", ".join(repr(k) for k in sorted(_KINDS))
        raise ConfigurationError(f"expected a kind of records, one of {known}, got {what!r} - at read")


def check_turn(partition: str, steps: Sequence[_Numbered], *, expected: int, version: int, accepted: int) -> None:
    """
    See that it is these steps' turn.

    Args:
        partition: The partition.
        steps: What is to be committed.
        expected: The version the caller had loaded.
        version: The version that is stored.
        accepted: Number of the last accepted input.

    Raises:
        Conflict: If the versions differ, or the steps do not follow without a gap.
        NotFound: If a step consumes what nobody accepted.
    """
    if version != expected:
        raise Conflict(partition, expected=expected, found=version)
    for before, step in enumerate(steps, expected):
        if step.seq != before + 1:
            raise Conflict(partition, expected=step.seq - 1, found=before)
    if steps and steps[-1].seq > accepted:
        raise NotFound(f"expected an accepted input, found none - at input {accepted + 1} of partition {partition!r}")


def decided_before(partition: str, seq: int) -> StoreError:
    """Return the error for a decision whose id is taken: what was decided is never overwritten."""
    return StoreError(f"expected decisions with new ids, got one that is stored - at step {seq} of {partition!r}")
