"""
A list of any REST API: pages by ``Link``, and nothing sent again that has not changed.

For the other side of a comparison: an order management system, an ERP, an older API of a platform.

Sources: RFC 8288 (Link), RFC 9110 section 13 (conditional requests)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import attrs
import re2

from ..errors import InputError
from ..observe.parsing import at
from .asking import Answer, Ask, Page, Position
from .poller import Poller
from .quotas import quota_of

__all__ = ["JsonList"]

_LINK: Final = re2.compile(r'<([^<>]+)>\s*((?:;\s*\w+\s*=\s*(?:"[^"]*"|[^",;]+)\s*)*)')
_NEXT: Final = re2.compile(r'(?i);\s*rel\s*=\s*"?(?:[^"]*\s)?next(?:\s[^"]*)?"?\s*(?:;|$)')


@attrs.frozen(kw_only=True)
class JsonList(Poller):
    """
    A list below one path.

    Of a ``Link`` to the next page only its query counts: the list stays where it was asked for, so that credentials go
    to no other host. A list of a single page is asked for with what it said of itself, ``ETag`` or ``Last-Modified``.

    Attributes:
        path: Below the address of the caller.
        params: The query of the first page.
        items: Where in the answer the list stands, with dots; empty where the answer is the list.
        sent: Headers for the envelope.
        about: The merchant, where the endpoint names none.
    """

    path: str
    params: Mapping[str, str] = attrs.field(factory=dict)
    items: str = ""
    sent: Mapping[str, str] = attrs.field(factory=dict)
    about: str | None = None

    @property
    def merchant(self) -> str | None:
        return self.about

    def headers(self) -> Mapping[str, str]:
        return self.sent

    def ask(self, position: Position) -> Ask:
        following = position.get("next")
        if following is not None:
            return Ask(path=self.path, params=dict(parse_qsl(following, keep_blank_values=True)))
        conditions = {"If-None-Match": position.get("etag"), "If-Modified-Since": position.get("modified")}
        return Ask(path=self.path, params=self.params, headers={n: v for n, v in conditions.items() if v is not None})

    def page(self, position: Position, body: Any, answer: Answer) -> Page:
        found = [] if body is None else at(body, self.items) if self.items else body
        if not isinstance(found, list):
            where = f" - at {self.items}" if self.items else ""
            raise InputError(f"expected a list, got {type(found).__name__}{where}")
        quota = quota_of(answer.headers)
        pause_ms = quota.pause_ms if quota is not None else 0
        following = _following(answer.headers.get("link", ""))
        if following is not None:
            if following == position.get("next"):
                raise InputError("expected a next page, got the same again - at Link")
            return Page(items=len(found), position={"next": following}, more=True, pause_ms=pause_ms)
        return Page(items=len(found), position={} if "next" in position else _marks(answer), pause_ms=pause_ms)


def _following(link: str) -> str | None:
    """Return the query of the next page."""
    for found in _LINK.finditer(link[:20_000]):
        if _NEXT.search(found.group(2)):
            try:
                return urlsplit(found.group(1)).query or None
            except ValueError:
                return None
    return None


def _marks(answer: Answer) -> Position:
    told = {"etag": answer.headers.get("etag"), "modified": answer.headers.get("last-modified")}
    return {name: value for name, value in told.items() if value and len(value) <= 500}
