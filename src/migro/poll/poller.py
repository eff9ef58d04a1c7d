"""The poller: one resource of one platform, as a value that knows how to ask and how to read, and does neither."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import attrs

from ..errors import InputError
from ..observe.parsing import read_json
from .asking import Answer, Ask, Judged, Page, Position, Trouble
from .quotas import Quota, retry_after_ms

__all__ = ["Poller", "json_of"]

_CHALLENGES: Final = (b"needs to be verified", b"large amounts of web requests", b"cf-chl", b"Attention Required")
"""What stands on the pages of those who take a caller for a robot."""
_OWN_WORDS: Final = {402: "the shop is frozen", 423: "the shop is locked", 404: "nothing under this path"}


@attrs.frozen(kw_only=True)
class Poller(ABC):
    """
    One resource, such as the orders of a shop.

    Attributes:
        source: Its name among the merchant's sources; position and heartbeats carry it.
        endpoint: The endpoint of `migro.observe` that it counts as: merchant, environment.
        kind: The wire format of its answers.
        snapshot: Whether it lists how things stand, from the beginning to the end and again; otherwise what changed.
        api: Its name among the APIs of the merchant, for the count of calls.
    """

    source: str
    endpoint: str
    kind: str
    snapshot: bool = False
    api: str = "admin"

    @property
    def merchant(self) -> str | None:
        """The merchant that is asked about, where the endpoint names none."""
        return None

    def start(self, now: datetime) -> Position:
        """Return the position of who has read nothing yet."""
        return {}

    @abstractmethod
    def ask(self, position: Position) -> Ask:
        """Return the request for what comes after a position."""

    @abstractmethod
    def page(self, position: Position, body: Any, answer: Answer) -> Page:
        """
        Return what an answer lists.

        Args:
            position: The position that was asked from.
            body: The answer as JSON; None where it has no body.
            answer: The answer, for its headers and for when it was asked for.

        Raises:
            InputError: If it is no such list.
        """

    def kept(self, position: Position) -> Position:
        """
        Return what of a position may be stored; this process goes on from all of it, the next one from that.

        A journal is kept and handed around, so a position in it holds no credentials and nothing about people.
        """
        return position

    def refusal(self, body: Any) -> Trouble | None:
        """Return what an answer with status 200 refuses; None for one that can be read."""
        return None

    def quota(self, body: Any) -> Quota | None:
        """Return what the body tells of a quota."""
        return None

    def headers(self) -> Mapping[str, str]:
        """Return what has to stand in an envelope so that its reader knows who was asked."""
        return {}

    def judge(self, position: Position, answer: Answer, now: datetime) -> tuple[Judged, Page | None]:
        """Return whether an answer can be read, and what it lists."""
        trouble = _by_status(answer, now)
        if trouble is not None:
            return Judged(trouble=trouble), None
        if answer.status == 304:
            return Judged(), Page(items=0, position=position)
        try:
            body = json_of(answer)
            quota = self.quota(body)
            refused = self.refusal(body)
            if refused is not None:
                return Judged(trouble=attrs.evolve(refused, status=answer.status), quota=quota), None
            page = self.page(position, body, attrs.evolve(answer, at=now))
        except InputError as e:
            # A page of errors with status 200, or half of an answer: another try may give a whole one.
            return Judged(trouble=Trouble(result="failed", reason=str(e), status=answer.status, again=True)), None
        return Judged(quota=quota), page


def json_of(answer: Answer) -> Any:
    """
    Return the body as JSON; None where there is none.

    Raises:
        InputError: If it is something else; the message says what, and nothing of the content.
    """
    if answer.status == 204 or not answer.raw.strip():
        return None
    try:
        return read_json(answer.raw.decode("utf-8-sig"))
    except UnicodeDecodeError as e:
        raise InputError(f"expected JSON in UTF-8, got another byte at offset {e.start}") from None
    except InputError:
        if answer.raw.lstrip()[:1] == b"<":
            raise InputError("expected JSON, got a page of HTML or XML") from None
        raise


def _by_status(answer: Answer, now: datetime) -> Trouble | None:
    """Return what a status says, before anybody has looked at the body."""
    status = answer.status
    if status in (200, 204, 304):
        return None
    wait_ms = retry_after_ms(answer.headers, now)
    if status == 430 or (status in (403, 429, 503) and _challenged(answer)):
        return Trouble(
            result="challenged",
            reason=f"expected an answer, got {status}: taken for a robot",
            status=status,
            wait_ms=wait_ms,
        )
    if status == 429:
        return Trouble(
            result="throttled",
            reason="expected an answer, got 429: asked too often",
            status=status,
            again=True,
            wait_ms=wait_ms,
        )
    if status >= 500 or status == 408:
        return Trouble(
            result="failed", reason=f"expected an answer, got {status}", status=status, again=True, wait_ms=wait_ms
        )
    more = _OWN_WORDS.get(status, "a redirect, which is not followed" if 300 <= status < 400 else "")
    reason = f"expected an answer, got {status}" + (f": {more}" if more else "")
    return Trouble(result="failed", reason=reason, status=status, wait_ms=wait_ms)


def _challenged(answer: Answer) -> bool:
    return "cf-mitigated" in answer.headers or any(words in answer.raw[:20_000] for words in _CHALLENGES)
