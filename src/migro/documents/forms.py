"""
Forms: how a node stands in a document.

One table (see `migro.documents.grammar`) says for each kind of node which fields it has. Writing, reading and the JSON
Schema are all made from it, so they cannot come to disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter
from typing import Any, Final

import attrs

from ..errors import RuleDefinitionError
from ..models import Signal
from .parts import MAX_DEPTH, Line, Part, Reported, near
from .places import Place
from .values import Codec, Schema, Writing

__all__ = ["REQUIRED", "Choice", "Field", "Form", "depth", "field", "record"]

REQUIRED: Final = object()
"""The default of a field that every document has to give."""


def _anything(_: Any) -> bool:
    return True


@attrs.frozen(eq=False)
class Field:
    """
    One field of a form.

    Attributes:
        name: In documents.
        argument: Of the function that makes the node.
        get: Takes the value out of a node.
        codec: How the value stands in documents.
        default: What a document that leaves the field out means; part of the format, so it never changes.
        inner: Whether bare names of columns in it are those of the form's first field.
    """

    name: str
    argument: str
    get: Callable[[Any], Any]
    codec: Codec
    default: Any = REQUIRED
    inner: bool = False


def field(
    name: str,
    codec: Codec,
    argument: str = "",
    *,
    get: Callable[[Any], Any] | None = None,
    default: Any = REQUIRED,
    inner: bool = False,
) -> Field:
    """Return a field; its argument and attribute are called like the field unless told otherwise."""
    attribute = argument or name
    return Field(name, attribute, get or attrgetter(attribute), codec, default, inner)


@attrs.frozen(eq=False)
class Form:
    """
    How nodes of one class stand in a document.

    Attributes:
        node: The class.
        fields: In the order in which they are written. The first is the head: its name says which form it is.
        build: Makes the node from the fields' arguments; checks what the language checks.
        when: Which nodes of the class have this form, where there are several.
        line: Whether it reads best on one line.
        first: Name of a field that is written before the head, because it reads better there.
    """

    node: type
    fields: tuple[Field, ...]
    build: Callable[..., Any]
    when: Callable[[Any], bool] = _anything
    first: str = ""
    line: bool = False

    @property
    def head(self) -> str:
        """Name of the field that every document of this form has and no other form has."""
        return self.fields[0].name

    def write(self, node: Any, signal: Writing) -> dict[str, Any]:
        """Return the normal form of a node."""
        inner = _scope(self.fields[0].get(node)) or signal
        written: dict[str, Any] = {}
        for f in self.fields:
            value = f.get(node)
            # Not a plain `==`: a term or measure answers that with a rule.
            if f.default is REQUIRED or type(value) is not type(f.default) or value != f.default:
                plain = f.codec.write(value, inner if f.inner else signal)
                if plain is not None:
                    written[f.name] = plain
        if self.line:
            return Line(written)
        return {self.first: written.pop(self.first), **written} if self.first else written

    def read(self, part: Part, place: Place) -> Any:
        """Return the node that a table says; reports everything that is wrong with it."""
        table = place.table(part)
        known = [f.name for f in self.fields]
        failed = False
        for name in table:
            if name not in known:
                failed = True
                place.at(name).reading.problems.add(
                    "unknown-field",
                    f"{place.path}.{name}",
                    part.names.get(name, (part.line, part.column)),
                    f"expected fields of {', '.join(known)}, got {name!r}{near(name, known)}",
                )
        arguments: dict[str, Any] = {}
        inner: Place | None = place
        for f in self.fields:
            if f.name not in table:
                if f.default is REQUIRED:
                    failed = True
                    place.reading.problems.add(
                        "missing-field", place.path, part, f"expected the field {f.name!r}, got none"
                    )
                continue
            if f.inner and inner is None:
                # Without its signal class nothing can be said about a column; the class was reported.
                continue
            try:
                at = inner if f.inner and inner is not None else place
                arguments[f.argument] = f.codec.read(table[f.name], at.at(f.name))
            except Reported:
                failed = True
                inner = None if f is self.fields[0] else inner
                continue
            if f is self.fields[0]:
                scope = _scope(arguments[f.argument])
                inner = place.within(scope) if scope is not None else place
        if failed:
            raise Reported
        return place.made(part, lambda: self.build(**arguments))

    def schema(self) -> Schema:
        """Return the JSON Schema of this form."""
        return {
            "type": "object",
            "properties": {f.name: f.codec.schema for f in self.fields},
            "required": [f.name for f in self.fields if f.default is REQUIRED],
            "additionalProperties": False,
        }


def _scope(value: Any) -> type[Signal] | None:
    if isinstance(value, type):
        return value if issubclass(value, Signal) else None
    return getattr(value, "signal", None)


def record(form: Form) -> Codec:
    """Return the codec of a value that has one form only."""
    return Codec(form.write, form.read, form.schema())


@attrs.define(eq=False)
class Choice:
    """
    A sort of node that has several forms, told apart by their heads.

    Attributes:
        name: What messages call it, with its article.
        forms: The forms, filled in by the grammar: they refer to each other.
        short: Reads and writes what is no table, such as a bare number; returns None for what it cannot.
    """

    name: str
    definition: str
    forms: tuple[Form, ...] = ()
    short_write: Callable[[Any, Writing], Any] | None = None
    short_read: Callable[[Part, Place], Any] | None = None
    short_schema: tuple[Schema, ...] = ()
    _by_node: dict[type, list[Form]] = attrs.field(factory=dict)

    def define(self, *forms: Form) -> None:
        """Set the forms."""
        self.forms = forms
        self._by_node = {}
        for form in forms:
            self._by_node.setdefault(form.node, []).append(form)

    @property
    def codec(self) -> Codec:
        """The codec; usable before the forms are set."""
        return Codec(self.write, self.read, {"$ref": f"#/$defs/{self.definition}"})

    def write(self, node: Any, signal: Writing) -> Any:
        """Return the normal form of a node."""
        if self.short_write is not None and (short := self.short_write(node, signal)) is not None:
            return short
        return self.form_of(node).write(node, signal)

    def form_of(self, node: Any) -> Form:
        """Return the form of a node."""
        for cls in type(node).__mro__:
            for form in self._by_node.get(cls, ()):
                if form.when(node):
                    return form
        raise RuleDefinitionError(f"expected {self.name} that has a document form, got {node!r}")

    def read(self, part: Part, place: Place) -> Any:
        """Return the node that a part says."""
        if not isinstance(part.value, Mapping):
            if self.short_read is None:
                place.expect(part, self.name)
            return self.short_read(part, place)
        found = [form for form in self.forms if form.head in part.value]
        if len(found) == 1:
            return found[0].read(part, place)
        if found:
            several = ", ".join(repr(f.head) for f in found)
            place.refuse(part, "form", f"expected one form of {self.name}, got several at once: {several}")
        heads = [f.head for f in self.forms]
        hint = next((h for name in part.value if (h := near(name, heads))), "")
        got = ", ".join(map(repr, part.value)) or "no field"
        message = f"expected {self.name} with one field of {', '.join(heads)}; got {got}{hint}"
        return place.refuse(part, "form", message)

    def schema(self) -> Schema:
        """Return the JSON Schema of all forms."""
        table = self.table_schema()
        return {"anyOf": [*self.short_schema, table]} if self.short_schema else table

    def table_schema(self) -> Schema:
        """Return the JSON Schema of the forms alone; a table is only held against the form whose head it has."""
        return {
            "type": "object",
            "anyOf": [{"required": [form.head]} for form in self.forms],
            "dependentSchemas": {form.head: form.schema() for form in self.forms},
        }


def depth(value: Any) -> int:
    """Return how deep tables and lists lie in each other; stops counting where no reader would follow."""
    deepest = 0
    stack: list[tuple[Any, int]] = [(value, 1)]
    while stack:
        item, level = stack.pop()
        deepest = max(deepest, level)
        if level > MAX_DEPTH:
            return level
        stack.extend((child, level + 1) for child in _children(item))
    return deepest


def _children(item: Any) -> Iterator[Any]:
    if isinstance(item, dict):
        yield from item.values()
    elif isinstance(item, list):
        yield from item
