"""How records are written down: canonical JSON, a format version, and the rules that every memory keeps."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType

import attrs
from pydantic import ValidationError

from ..errors import InputError, NotFound, StoreError, UnsupportedFormat
from ..models.canonical import canonical_json, to_microseconds
from ..models.inputs import Input, SignalReceived, read_input
from ..models.scales import ActionStatus
from ..models.steps import Disposition
from ..models.validation import explain_validation

__all__ = [
    "ACTION_RANK",
    "DELIVERY_WINDOW_US",
    "FORMAT",
    "Draft",
    "check_format",
    "decided_before",
    "disposition_from",
    "disposition_text",
    "input_from",
    "not_accepted",
]

FORMAT = 1
"""Version of the JSON form of every record that is written today."""

DELIVERY_WINDOW_US = timedelta(days=7) // timedelta(microseconds=1)
"""For how long a second delivery is known as one, in microseconds."""

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
    }
)
"""How far an action has come; a stored action is only replaced by one that is at least as far."""


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

    def repeats(self, first_at: int) -> bool:
        """Whether this is another delivery of an input with the same key that came at `first_at`."""
        return self.at - first_at <= DELIVERY_WINDOW_US

    def as_duplicate(self, first: int) -> Draft | None:
        """Return how a second delivery is stored, or None if it is not: only a signal counts its deliveries."""
        if not isinstance(self.input, SignalReceived):
            return None
        given = self.input.model_copy(update={"duplicate_of": first})
        return Draft(given, given.json_line(), self.at, self.key, first)


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
        return read_input(json.loads(text, parse_float=Decimal))
    except ValidationError as e:
        raise InputError(explain_validation(e), where=where) from e
    except ValueError as e:
        raise InputError(f"expected an input as JSON, got something else: {e}", where=where) from e


def disposition_text(disposition: Disposition | None) -> str | None:
    """Return the canonical JSON of a disposition."""
    return None if disposition is None else canonical_json(attrs.asdict(disposition))


def disposition_from(text: str | None) -> Disposition | None:
    """Return the disposition that was stored as `text`."""
    if text is None:
        return None
    data = json.loads(text)
    return Disposition(**{**data, "issues": tuple(data["issues"])})


def not_accepted(partition: str, seq: int) -> NotFound:
    """Return the error for a step that consumes what nobody accepted."""
    return NotFound(f"expected an accepted input, found none - at input {seq} of partition {partition!r}")


def decided_before(partition: str, seq: int) -> StoreError:
    """Return the error for a decision whose id is taken: what was decided is never overwritten."""
    return StoreError(f"expected decisions with new ids, got one that is stored - at step {seq} of {partition!r}")
