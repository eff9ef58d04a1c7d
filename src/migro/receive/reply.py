"""Answers to senders: what each means for them, and whether they may come again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

__all__ = ["Reply", "echo", "refusal"]

_TEXT: Final[Mapping[str, str]] = {"content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff"}

_REASONS: Final[Mapping[int, str]] = {
    401: "not proven: expected a signature or secret that fits",
    404: "no such endpoint",
    409: "the same delivery is being stored at this moment",
    429: "the queue is full",
    503: "not available",
}


class Reply(NamedTuple):
    """
    What to send back; also the tuple ``(status, headers, body)``.

    Attributes:
        status: The HTTP status.
        headers: Names in small letters.
        body: As bytes; often empty.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


def refusal(status: int, why: str = "", *, retry_after_s: int | None = None, allow: str | None = None) -> Reply:
    """
    Return a refusal that says nothing which a stranger could use.

    Args:
        status: The HTTP status.
        why: What was expected and what came, where that is not the same for every request with this status.
        retry_after_s: In how many seconds the sender should come again.
        allow: The methods that are taken.
    """
    more = {"retry-after": str(retry_after_s)} if retry_after_s is not None else {}
    if allow is not None:
        more["allow"] = allow
    return Reply(status, {**_TEXT, **more}, f"{why or _REASONS[status]}\n".encode())


def echo(text: str, *, status: int = 200) -> Reply:
    """Return a text; never as anything that a browser would run."""
    return Reply(status, _TEXT, text.encode())
