"""Asking: what is sent to a platform, what comes back, and what is the matter where it is no answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import attrs

from .quotas import Quota

__all__ = ["Answer", "Ask", "CallResult", "Called", "Judged", "Page", "Position", "Trouble", "Try"]

CallResult = Literal["ok", "throttled", "challenged", "unknown_field", "failed"]
"""What became of a call, in the words of the signal class ``api.calls``."""

Position = Mapping[str, str]
"""How far a resource was read; what the words mean is the poller's own."""


@attrs.frozen(kw_only=True)
class Ask:
    """
    One request.

    Attributes:
        path: Where to, below the address of the caller.
        params: The query.
        json: A body to be sent as JSON; None for none.
        headers: Besides those of the caller, such as ``If-None-Match``.
    """

    path: str
    method: Literal["GET", "POST"] = "GET"
    params: Mapping[str, str] = attrs.field(factory=dict)
    json: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Answer:
    """
    What came back.

    Attributes:
        headers: Names in small letters.
        raw: The body, unpacked.
        at: When it was asked for; None where nobody said.
    """

    status: int
    headers: Mapping[str, str]
    raw: bytes = attrs.field(default=b"", repr=False)
    at: datetime | None = None


@attrs.frozen(kw_only=True)
class Trouble:
    """
    Why there is nothing to read.

    Attributes:
        reason: What was expected and what came; never content.
        status: The status of the answer; None where none came.
        again: Whether asking once more may help.
        wait_ms: How long the platform wants to be left alone, in milliseconds; None where it does not say.
        restart: Whether the position itself is what it refuses.
        kind: The wire format that reads the answer, where there is one for what it says.
    """

    result: CallResult
    reason: str
    status: int | None = None
    again: bool = False
    wait_ms: int | None = None
    restart: bool = False
    kind: str | None = None


@attrs.frozen(kw_only=True)
class Judged:
    """
    What is to be thought of an answer.

    Attributes:
        trouble: Why it cannot be read; None where it can.
        quota: What its body tells of a quota.
    """

    trouble: Trouble | None = None
    quota: Quota | None = None


@attrs.frozen(kw_only=True)
class Try:
    """
    One request that was sent, for the count of calls.

    Attributes:
        told: Whether the answer told a quota.
        used_permille: How much of the quota was used then, in thousandths.
        quota: How much the quota allows.
        served_version: The version of the API, as answered.
    """

    result: CallResult
    status: int | None = None
    told: bool = False
    used_permille: int | None = None
    quota: int | None = None
    served_version: str | None = None


@attrs.frozen(kw_only=True)
class Called:
    """
    What became of one ask.

    Attributes:
        answer: The last answer; None where none came.
        trouble: Why it is nothing to read; None where it is.
        tries: Every request that was sent.
    """

    answer: Answer | None
    trouble: Trouble | None
    tries: tuple[Try, ...]


@attrs.frozen(kw_only=True)
class Page:
    """
    What a poller makes of an answer.

    Attributes:
        items: How many things it lists.
        position: Where to go on once they are accepted.
        more: Whether there is more to read now.
        pause_ms: How long to wait before that, as the platform's quota has it, in milliseconds.
    """

    items: int
    position: Position
    more: bool = False
    pause_ms: int = 0
