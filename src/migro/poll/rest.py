"""
A list of any REST API: pages by ``Link``, and nothing sent again that has not changed.

For the other side of a comparison: an order management system, an ERP, an older API of a platform.

Sources: RFC 8288 (Link), RFC 9110 section 13 (conditional requests)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import attrs
import re2

from ..errors import InputError
from ..observe.parsing import at
from .asking import Answer, Ask, Judged, Page, Position
from .cursors import is_plain_cursor
from .poller import Poller
from .quotas import quota_of

__all__ = ["JsonList"]

_LINK: Final = re2.compile(r'<([^<>]+)>\s*((?:;\s*\w+\s*=\s*(?:"[^"]*"|[^",;]+)\s*)*)')
_NEXT: Final = re2.compile(r'(?i);\s*rel\s*=\s*"?(?:[^"]*\s)?next(?:\s[^"]*)?"?\s*(?:;|$)')
_CURSORS: Final = frozenset(
    "after continuation continuation_token cursor last_id marker next_cursor next_page next_token offset page"
    " page[after] page[cursor] page[number] page[offset] page_info page_number page_token pagenumber pagetoken"
    " since since_id skip start starting_after updated_after".split()
)
"""Names of parameters, in small letters, that say where in a list to go on."""
_SIZES: Final = frozenset("count limit page[limit] page[size] page_size pagesize per_page perpage size".split())
_NUMBER: Final = re2.compile(r"[0-9]{1,20}")
_GONE: Final = (400, 404, 410)
"""With what a platform answers to a cursor that it does not know any more."""


def _names(told: Iterable[str]) -> frozenset[str]:
    return frozenset(told)


@attrs.frozen(kw_only=True)
class JsonList(Poller):
    """
    A list below one path.

    Of a ``Link`` to the next page only its query counts: the list stays where it was asked for, so that credentials go
    to no other host. That query may repeat credentials, or an address that was asked about, so it stays in the process.
    Stored are names of parameters, sizes of pages, and the values of those that are known to be cursors. Where that is
    too little to go on from, or the platform knows the cursor no more, the list is read from its beginning.

    A list of a single page is asked for with what it said of itself, ``ETag`` or ``Last-Modified``.

    Attributes:
        path: Below the address of the caller.
        params: The query of the first page.
        items: Where in the answer the list stands, with dots; empty where the answer is the list.
        sent: Headers for the envelope.
        about: The merchant, where the endpoint names none.
        cursors: Parameters of ``Link`` whose values may be stored, in small letters. Default: the usual names, such as
            ``page``, ``cursor`` and ``page_info``. Name fewer where yours tell of people, none to store none.
    """

    path: str
    params: Mapping[str, str] = attrs.field(factory=dict)
    items: str = ""
    sent: Mapping[str, str] = attrs.field(factory=dict)
    about: str | None = None
    cursors: frozenset[str] = attrs.field(default=_CURSORS, converter=_names)

    @property
    def merchant(self) -> str | None:
        return self.about

    def headers(self) -> Mapping[str, str]:
        return self.sent

    def ask(self, position: Position) -> Ask:
        following = position.get("next")
        if following is not None:
            told = parse_qsl(following, keep_blank_values=True)
            return Ask(path=self.path, params={n: v or self.params.get(n, "") for n, v in told})
        conditions = {"If-None-Match": position.get("etag"), "If-Modified-Since": position.get("modified")}
        return Ask(path=self.path, params=self.params, headers={n: v for n, v in conditions.items() if v is not None})

    def judge(self, position: Position, answer: Answer, now: datetime) -> tuple[Judged, Page | None]:
        judged, page = super().judge(position, answer, now)
        if judged.trouble is not None and "next" in position and answer.status in _GONE:
            return attrs.evolve(judged, trouble=attrs.evolve(judged.trouble, restart=True)), None
        return judged, page

    def kept(self, position: Position) -> Position:
        following = position.get("next")
        if following is None:
            return position
        found: list[tuple[str, str]] = []
        leads = False
        for name, value in parse_qsl(following, keep_blank_values=True):
            if name.lower() in self.cursors:
                if not is_plain_cursor(value):
                    return {}
                leads = True
                found.append((name, value))
            elif name.lower() in _SIZES and _NUMBER.fullmatch(value):
                found.append((name, value))
            elif name in self.params:
                if value not in ("", self.params[name]):
                    return {}  # it may be what leads on, under a name that is not known
                found.append((name, ""))  # its value is known to whoever asks
        return {"next": urlencode(found)} if leads else {}

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
