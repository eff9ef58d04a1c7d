"""Rules and their inline examples."""

from __future__ import annotations

import sys
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar

import attrs

from ..errors import RuleDefinitionError
from ..expressions import Document, microseconds, span
from ..models import Signal, digest
from .abbreviation import abbreviated
from .conclusions import Conclusion
from .premises import Premise

__all__ = ["DEFAULT_LASTS", "Example", "Rule", "fires", "silent"]

K = TypeVar("K")

DEFAULT_LASTS = 10 * 60 * 1_000_000
"""Evidence lasts at least ten minutes beyond its anchor, in microseconds."""


@attrs.frozen
class Example:
    """
    Signals, and the keys the rule has to fire for: none for a silent example.

    Evaluated `after` the greatest `received_at` of the signals; timers in between run as they would.
    """

    name: str
    signals: tuple[Signal, ...]
    fires_for: tuple[tuple[str, ...], ...]
    after: timedelta = timedelta(0)


def fires(name: str, *signals: Signal, for_: str | tuple[str, ...], after: timedelta = timedelta(0)) -> Example:
    """
    Return an example in which the rule fires for exactly that key (a string, or a tuple for a composite key).

    With `after`, it is judged that long after the last signal: absence takes time.
    """
    return Example(name, signals, ((for_,) if isinstance(for_, str) else for_,), after)


def silent(name: str, *signals: Signal, after: timedelta = timedelta(0)) -> Example:
    """Return an example in which the rule stays silent, `after` the last signal."""
    return Example(name, signals, (), after)


def _caller() -> str:
    """Return file and line of the code that wrote the rule."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(("migro.rules", "attr")):
        frame = frame.f_back
    # attrs gives its generated __init__ a file name of its own; the first real file above it is the author's.
    while frame.f_back is not None and frame.f_code.co_filename.startswith("<attrs"):
        frame = frame.f_back
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"


@attrs.frozen(eq=False)
class Rule(Generic[K]):
    """
    When a premise holds for a key, evidence about an issue of that key.

    Attributes:
        id: Stable name, such as ``checkout.5xx-share``.
        when: The premise.
        then: The conclusion.
        why: One sentence for people; no part of the meaning.
        lasts: How long after its anchor the evidence counts. Default: the longest span in the premise, but at
            least ten minutes.
        salience: Rules with more of it fire first within a stratum; it orders the trace and changes no score.
        examples: At least one that fires and one that is silent, for rules that are shipped.
        author: Who wrote it: that person approves nothing that its issue asks for. Part of the meaning where it is set.
        revision: Counted up by the author when the meaning changes; no part of it. A lock file holds him to it.
        where: File and line, filled in.
    """

    id: str
    when: Premise[K] = attrs.field(kw_only=True)
    then: Conclusion[K] = attrs.field(kw_only=True)
    why: str = attrs.field(kw_only=True, default="")
    lasts: timedelta | None = attrs.field(kw_only=True, default=None)
    salience: int = attrs.field(kw_only=True, default=0)
    examples: tuple[Example, ...] = attrs.field(kw_only=True, default=())
    author: str = attrs.field(kw_only=True, default="")
    revision: int = attrs.field(kw_only=True, default=1)
    where: str = attrs.field(kw_only=True, factory=_caller)

    def __attrs_post_init__(self) -> None:
        # Mistakes of type are raised here, at the rule's own line; RuleSet collects the mistakes of meaning.
        for name, value, wanted in (("when", self.when, Premise), ("then", self.then, Conclusion)):
            if not isinstance(value, wanted):
                raise RuleDefinitionError(
                    f"rule {self.id!r} needs a {wanted.__name__.lower()} in {name}=, got {value!r}"
                )
        if self.lasts is not None and not isinstance(self.lasts, timedelta):
            raise RuleDefinitionError(f"rule {self.id!r}: lasts= takes a span such as minutes(5), got {self.lasts!r}")
        if type(self.revision) is not int or self.revision < 1:
            raise RuleDefinitionError(f"rule {self.id!r}: revision= takes a whole number from 1, got {self.revision!r}")
        if not isinstance(self.author, str):
            raise RuleDefinitionError(f"rule {self.id!r}: author= takes a name, got {self.author!r}")
        for example in self.examples:
            if not isinstance(example, Example):
                raise RuleDefinitionError(
                    f"rule {self.id!r}: examples= takes fires(...) and silent(...), got {example!r}"
                )

    @cached_property
    def lasts_us(self) -> int:
        """`lasts` in microseconds, default applied."""
        if self.lasts is not None:
            return microseconds(self.lasts)
        return max(DEFAULT_LASTS, self.when.longest)

    def document(self) -> Document:
        """Return the meaning: equal documents decide alike."""
        author: Document = {"author": self.author} if self.author else {}
        return {
            **author,
            "id": self.id,
            "when": self.when.document(),
            "then": self.then.document(),
            "lasts": {"microseconds": self.lasts_us},
            "salience": self.salience,
        }

    @cached_property
    def version(self) -> str:
        """SHA-256 of the meaning; prose and examples are no part of it."""
        return digest(["migro-rule/1", self.document()])

    def __str__(self) -> str:
        return (
            f"rule {self.id} @{self.version[:12]}\n  when {abbreviated(str(self.when))}\n  then {self.then}\n"
            f"  lasts {span(self.lasts_us)}"
        )

    def _repr_html_(self) -> str:
        import html

        return f"<pre>{html.escape(str(self))}</pre>"


AnyRule = Rule[Any]
