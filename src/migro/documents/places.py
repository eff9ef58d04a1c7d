"""Where a reader is in a document, and what the document may refer to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn, TypeVar

import attrs

from ..errors import MigroError
from ..expressions import Col, KeyCol
from ..expressions.features import Feature, FeatureSet
from ..models import Signal
from ..rules import IssueKind
from .parts import BROKEN, Part, Problems, Reported, described, near

__all__ = ["ANY_KIND", "Place", "Reading"]

T = TypeVar("T")

ANY_KIND = "*"
"""How a document writes a selection from signals of every kind."""


@attrs.frozen(eq=False)
class Reading:
    """
    What a document is read with.

    Attributes:
        problems: Collects what is wrong.
        classes: Signal classes by kind.
        kinds: Issue kinds by name.
        features: Features; a document holds their names and versions, and never their code.
    """

    problems: Problems
    classes: Mapping[str, type[Signal]]
    kinds: Mapping[str, IssueKind[Any]]
    features: FeatureSet


@attrs.frozen(eq=False)
class Place:
    """
    A place in a document.

    Attributes:
        path: Such as `$.rules[3].when.within`.
        reading: What the document is read with.
        signal: The class whose columns go by their bare names here.
    """

    path: str
    reading: Reading
    signal: type[Signal] | None = None

    def at(self, step: str | int) -> Place:
        """Return the place one step down."""
        path = f"{self.path}[{step}]" if isinstance(step, int) else f"{self.path}.{step}"
        return attrs.evolve(self, path=path)

    def within(self, signal: type[Signal]) -> Place:
        """Return the same place, with the columns of `signal` by their bare names."""
        return attrs.evolve(self, signal=signal)

    # --- refusing -----------------------------------------------------------------------------------------------

    def refuse(self, part: Part | tuple[int, int], code: str, message: str) -> NoReturn:
        """Note a mistake here and give up on the part."""
        if not (isinstance(part, Part) and part.value is BROKEN):
            self.reading.problems.add(code, self.path, part, message)
        raise Reported

    def expect(self, part: Part, wanted: str) -> NoReturn:
        """Note that something else was expected here."""
        self.refuse(part, "type", f"expected {wanted}, got {described(part)}")

    def made(self, part: Part, make: Callable[[], T]) -> T:
        """Return what `make` returns; a refusal of the language becomes a mistake at the part."""
        try:
            return make()
        except MigroError as e:
            self.refuse(part, "definition", str(e))
        except (ValueError, TypeError, ArithmeticError) as e:
            self.refuse(part, "definition", f"expected values that belong together, got a refusal: {e}")

    # --- reading what every form needs --------------------------------------------------------------------------

    def text(self, part: Part, wanted: str = "a string") -> str:
        """Return a part that is text."""
        if not isinstance(part.value, str):
            self.expect(part, wanted)
        return part.value

    def items(self, part: Part, wanted: str = "a list") -> tuple[Part, ...]:
        """Return the parts of a list."""
        if not isinstance(part.value, tuple):
            self.expect(part, wanted)
        return part.value

    def table(self, part: Part, wanted: str = "a table") -> Mapping[str, Part]:
        """Return the fields of a table."""
        if not isinstance(part.value, Mapping):
            self.expect(part, wanted)
        return part.value

    def each(self, part: Part, read: Callable[[Part, Place], T], wanted: str = "a list") -> list[T]:
        """Return what `read` makes of every part of a list, after trying all of them."""
        return self.all(read, [(p, self.at(i)) for i, p in enumerate(self.items(part, wanted))])

    def all(self, read: Callable[[Part, Place], T], parts: Sequence[tuple[Part, Place]]) -> list[T]:
        """Return what `read` makes of several parts; gives up only after all of them were tried."""
        done: list[T] = []
        for part, place in parts:
            try:
                done.append(read(part, place))
            except Reported:
                continue
        if len(done) < len(parts):
            raise Reported
        return done

    # --- looking things up --------------------------------------------------------------------------------------

    def signal_class(self, part: Part) -> type[Signal]:
        """Return the signal class of a kind."""
        kind = self.text(part, "the kind of a signal")
        if kind in ("", ANY_KIND):
            return Signal
        found = self.reading.classes.get(kind)
        if found is None:
            known = ", ".join(sorted(self.reading.classes)) or "none"
            self.refuse(
                part,
                "unknown-signal",
                f"expected the kind of a signal, got {kind!r}{near(kind, self.reading.classes)} (known: {known})",
            )
        return found

    def column(self, part: Part) -> Col[Any, Any]:
        """Return a column: by its bare name here, or by the kind of its class and its name."""
        if isinstance(part.value, str):
            if self.signal is None:
                self.expect(part, "a column as [kind, name]")
            return self._column_of(self.signal, part, part.value)
        parts = self.items(part, "a column: its name, or [kind, name]")
        if len(parts) != 2:
            self.expect(part, "a column as [kind, name]")
        owner = self.at(0).signal_class(parts[0])
        return self._column_of(owner, parts[1], self.at(1).text(parts[1], "the name of a column"))

    def key(self, part: Part) -> KeyCol[Any, Any]:
        """Return a column that may be grouped by."""
        column = self.column(part)
        if not isinstance(column, KeyCol):
            keys = ", ".join(n for n, t in sorted(column.owner.__columns__.items()) if t.key)
            self.refuse(part, "key", f"expected a key column of {column.owner.__name__} ({keys}), got {column.name!r}")
        return column

    def feature(self, part: Part) -> Feature[Any, Any]:
        """Return a feature by its name and version."""
        parts = self.items(part, "a feature as [name, version]")
        if len(parts) != 2 or type(parts[1].value) is not int:
            self.expect(part, "a feature as [name, version]")
        name, version = self.at(0).text(parts[0], "the name of a feature"), parts[1].value
        try:
            return self.reading.features.get(name, version)
        except MigroError as e:
            known = ", ".join(map(str, self.reading.features)) or "none"
            self.refuse(part, "unknown-feature", f"{e} (handed over with the document: {known})")

    def kind(self, part: Part) -> IssueKind[Any]:
        """Return an issue kind by its name."""
        name = self.text(part, "the name of an issue kind")
        found = self.reading.kinds.get(name)
        if found is None:
            self.refuse(
                part,
                "unknown-kind",
                f"expected an issue kind of this document, got {name!r}{near(name, self.reading.kinds)}",
            )
        return found

    def _column_of(self, owner: type[Signal], part: Part, name: str) -> Col[Any, Any]:
        known = owner.__columns__
        if name not in known:
            self.refuse(
                part,
                "unknown-column",
                f"expected a column of {owner.__name__} ({', '.join(sorted(known))}), got {name!r}{near(name, known)}",
            )
        return owner.__column__(name)
