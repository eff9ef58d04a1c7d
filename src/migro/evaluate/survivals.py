"""Planted personal data that came out again: looked for in everything that was stored or told."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import attrs
import re2

__all__ = ["Survival", "Survivals"]

_AT_ONCE: Final = 2_000
"""How many values one automaton looks for."""

_ROOM: Final = 256 << 20


@attrs.frozen(kw_only=True)
class Survival:
    """
    One planted value that was found.

    Attributes:
        what: Its kind, such as `email`.
        where: In what it was found, such as `journal` or `decisions`.
        hint: Its first two characters and its length; the whole would survive once more.
        times: How many texts hold it.
    """

    what: str
    where: str
    hint: str
    times: int


class Survivals:
    """
    Looks for planted values in texts, one after the other.

    Args:
        planted: Values by kind; empty ones are left out.
    """

    def __init__(self, planted: Mapping[str, Iterable[str]]) -> None:
        self._what = {value: what for what, values in planted.items() for value in values if value}
        forms = sorted({form: None for value in self._what for form in _forms(value)})
        options: Any = re2.Options()
        options.max_mem, options.log_errors = _ROOM, False
        parts = (forms[n : n + _AT_ONCE] for n in range(0, len(forms), _AT_ONCE))
        self._patterns = [re2.compile("|".join(re2.escape(f) for f in some), options) for some in parts]
        self._found: Counter[tuple[str, str]] = Counter()

    def look(self, where: str, text: str) -> None:
        """Look at one text; `where` says what it is."""
        if any(pattern.search(text) for pattern in self._patterns):
            # Rare, so that the exact answer may take its time: one value can be a part of another.
            self._found.update((where, v) for v in self._what if any(form in text for form in _forms(v)))

    def found(self) -> tuple[Survival, ...]:
        """Return what was found so far, in order."""
        return tuple(
            Survival(what=self._what[value], where=where, hint=f"{value[:2]}... ({len(value)})", times=times)
            for (where, value), times in sorted(self._found.items())
        )


def _forms(value: str) -> Iterator[str]:
    """Yield a value as text, and as JSON writes it, once or twice over."""
    yield value
    for written in (_inside_json(value, ascii=False), _inside_json(value, ascii=True)):
        yield written
        yield _inside_json(written, ascii=False)


def _inside_json(value: str, *, ascii: bool) -> str:
    return json.dumps(value, ensure_ascii=ascii)[1:-1]
