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


@attrs.frozen(eq=False)
class Pattern:
    """
    A compiled RE2 pattern.

    Attributes:
        text: The pattern as it was written.
    """

    text: str
    _search: Callable[[str], object]

    def found_in(self, text: str) -> bool:
        """Return whether the pattern occurs anywhere in `text`."""
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
    return Pattern(text, compiled.search)
