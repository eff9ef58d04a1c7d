"""The examples of a lexicon, read by it."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from .lexicon import Lexicon, LexiconExample
from .reading import Reading

__all__ = ["LexiconFailure", "check_lexicon"]


@attrs.frozen
class LexiconFailure:
    """
    An example that does not come out as it says.

    Attributes:
        lexicon: Name and version of the lexicon.
        text: The text of the example.
        message: What was expected and what was read.
    """

    lexicon: str
    text: str
    message: str

    def __str__(self) -> str:
        return f"{self.message} - at {self.lexicon}, example {self.text!r}"


def check_lexicon(lexicon: Lexicon) -> tuple[LexiconFailure, ...]:
    """Return what the examples of a lexicon say and the lexicon does not read; nothing when all hold."""
    name = f"{lexicon.name} {lexicon.version}"
    return tuple(
        LexiconFailure(name, example.text, message)
        for example in lexicon.examples
        for message in _differences(example, lexicon.read(example.text))
    )


def _differences(example: LexiconExample, reading: Reading) -> Iterator[str]:
    points = reading.points
    labels = example.labels | {label for label, value in example.points if value > 0}
    if labels != reading.labels():
        yield f"expected {_names(labels)}, got {_names(reading.labels())}"
    for label, value in example.points:
        if points.get(label, 0) != value:
            yield f"expected {value} points for {label}, got {points.get(label, 0)}"
    for expected, phrases in (("found", example.found), ("negated", example.negated), ("absent", example.absent)):
        for phrase in phrases:
            got = "found" if phrase in reading.found else "negated" if phrase in reading.negated else "absent"
            if got != expected:
                yield f"expected {phrase!r} to be {expected}, got {got}"


def _names(labels: frozenset[str]) -> str:
    return ", ".join(sorted(labels)) or "no label"
