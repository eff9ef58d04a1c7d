"""Regular expressions through RE2 only: matching takes linear time, whatever text an attacker sends."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import attrs
import re2

from ..errors import PatternRefused

__all__ = ["Pattern", "compile_pattern"]

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.never_capture = True


_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _-/:,;=@&%~!#<>'\"")
"""What stands for itself in a pattern, wherever it stands."""


@attrs.frozen(eq=False)
class _Words:
    """Words, one of which a text contains or begins with: what most patterns in rules come down to."""

    words: tuple[str, ...]
    at_start: bool
    any_case: bool

    @classmethod
    def of(cls, pattern: str) -> _Words | None:
        """Return the words that a pattern comes down to, or None."""
        rest = pattern.removeprefix("(?i)")
        any_case = rest != pattern
        at_start = rest.startswith("^")
        if at_start:
            rest = rest[1:]
            if rest.startswith("(") and rest.endswith(")"):
                rest = rest[1:-1]
            elif "|" in rest:
                return None  # only the first of them would have to stand at the start
        words = rest.split("|")
        if not all(word and _LETTERS.issuperset(word) for word in words):
            return None
        return cls(tuple(word.lower() if any_case else word for word in words), at_start, any_case)

    def found_in(self, text: str) -> bool:
        """Return whether the pattern occurs in a text of ASCII characters."""
        if self.any_case:
            text = text.lower()
        return text.startswith(self.words) if self.at_start else any(word in text for word in self.words)


@attrs.frozen(eq=False)
class Pattern:
    """
    A compiled RE2 pattern.

    Attributes:
        text: The pattern as it was written.
    """

    text: str
    _search: Callable[[str], object]
    _words: _Words | None = None

    def found_in(self, text: str) -> bool:
        """Return whether the pattern occurs anywhere in `text`."""
        # RE2 has its own opinions on letters beyond ASCII; on ASCII words are words, and looked for much faster.
        if self._words is not None and text.isascii():
            return self._words.found_in(text)
        return self._search(text) is not None


@lru_cache(maxsize=4096)
def compile_pattern(text: str) -> Pattern:
    """
    Compile a pattern in RE2 syntax (https://github.com/google/re2/wiki/Syntax).

    Raises:
        PatternRefused: If RE2 does not accept it: look-around and back-references are the usual reasons.
    """
    if not isinstance(text, str):
        raise PatternRefused(f"expected a pattern as a string, got {text!r} ({type(text).__name__})")
    try:
        compiled = re2.compile(text, _OPTIONS)
    except re2.error as e:
        reason = e.args[0].decode() if e.args and isinstance(e.args[0], bytes) else str(e)
        raise PatternRefused(
            f"expected a pattern in RE2 syntax (no look-around, no back-references), got {text!r}: {reason}"
        ) from e
    return Pattern(text, compiled.search, _Words.of(text))
