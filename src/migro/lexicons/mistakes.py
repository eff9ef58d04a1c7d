"""What is wrong with a lexicon: every mistake, with the place where it was written."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from ..errors import RuleDefinitionError

__all__ = ["LexiconError", "Mistake"]


@attrs.frozen
class Mistake:
    """
    One mistake in a lexicon.

    Attributes:
        message: What was expected and what was found.
        part: `phrase`, `example`, `negation`, `name` and so on.
        written: The phrase, the text of the example, or the value.
        column: Place in `written`, counted from 1.
        place: File, line and column as `shop.lexicon:12:5`; empty for a lexicon that was made without a file.
    """

    message: str
    part: str
    written: str = ""
    column: int = 1
    place: str = ""

    @property
    def where(self) -> str:
        """The place in the file, or else the part of the lexicon."""
        return self.place or f"{self.part} {self.written!r}"

    def __str__(self) -> str:
        return f"{self.message} - at {self.where}"


class LexiconError(RuleDefinitionError, ValueError):
    """
    All mistakes of a lexicon at once.

    Attributes:
        mistakes: In the order in which they stand in the file.
    """

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        count = len(self.mistakes)
        noun = "mistake" if count == 1 else "mistakes"
        super().__init__(f"the lexicon has {count} {noun}:\n" + "\n".join(f"  {m}" for m in self.mistakes))
