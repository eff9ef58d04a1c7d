"""Reading rule sets from documents: every mistake at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar

import attrs

from ..errors import RuleSetError, UnsupportedFormat
from ..expressions.features import FeatureSet
from ..models import Signal
from ..rules import IssueKind, Rule, RuleSet
from .document import FORMAT, HOST_WORDS, RULE, TOP, DocumentForm
from .json_reading import read_json
from .kinds import KIND
from .parts import MAX_TEXT, Part, Problems, Reported, described, near
from .places import Place, Reading
from .vocabulary import SCHEMA, SignalSchema, check_columns, generated
from .yaml_reading import read_yaml

__all__ = ["load"]

T = TypeVar("T")

_VERSION: Final = re.compile(r"migro-rules/([1-9][0-9]{0,8})\Z")


def load(
    text: str,
    *,
    signals: Iterable[type[Signal]] = (),
    features: FeatureSet | None = None,
    form: DocumentForm | None = None,
    generate_signals: bool = False,
    require_examples: bool = False,
    where: str = "",
) -> RuleSet:
    """
    Return the rule set that a document says.

    Args:
        text: The document.
        signals: Classes that its kinds of signals are looked up among.
        features: Features that its rules may name.
        form: ``json`` or ``yaml``; without it, what starts with a brace is JSON.
        generate_signals: Make classes from what the document declares, instead of looking them up. They have the
            same columns and so the same version, but signals of other classes are no signals of theirs.
        require_examples: Whether every rule needs an example that fires and one that is silent.
        where: Name of the text in messages, such as a file's.

    Raises:
        RuleSetError: With every mistake at once, each with line, column, path, what was expected and what was found.
        UnsupportedFormat: If a newer migro wrote it.
    """
    problems = Problems(where)
    if len(text) > MAX_TEXT:
        problems.add("size", "$", (1, 1), f"expected at most {MAX_TEXT} characters, got {len(text)}")
        problems.check()
    try:
        text.encode()
    except UnicodeEncodeError as e:
        place = (text.count("\n", 0, e.start) + 1, e.start - text.rfind("\n", 0, e.start))
        problems.add("syntax", "$", place, f"expected text, got half of a character: {text[e.start]!r}")
        problems.check()
    root = _parsed(text.removeprefix("\ufeff"), form, problems)
    reading = Reading(problems, {}, {}, features or FeatureSet())
    top = Place("$", reading)
    _check_format(root, top)
    given = {c.__signal_kind__: c for c in signals}
    fields = dict(root.value) if isinstance(root.value, Mapping) else {}
    classes, named = _classes(fields, top, {} if generate_signals else given, generate_signals)
    reading = attrs.evolve(reading, classes=classes)
    top = Place("$", reading)
    reading = attrs.evolve(reading, kinds=_read_kinds(fields, top))
    top = Place("$", reading)
    _check_features(fields, top)
    rules = _read_rules(fields, top)
    hosts = _read_hosts(fields, top)
    name = _quiet(lambda: top.at("name").text(fields["name"], "the name of the rule set")) if "name" in fields else ""
    try:
        ruleset = RuleSet(name or "", *rules, signals=named, hosts_about=hosts, require_examples=require_examples)
    except RuleSetError as e:
        problems.extend(e.findings)
        problems.check()
        raise
    problems.check()
    return ruleset


def _parsed(text: str, form: DocumentForm | None, problems: Problems) -> Part:
    if form is None:
        form = "json" if text.lstrip()[:1] == "{" else "yaml"
    try:
        return read_json(text, problems) if form == "json" else read_yaml(text, problems)
    except Reported:
        problems.check()
        raise


def _quiet(read: Any) -> Any:
    """Return what `read` returns, or None where it reported a mistake."""
    try:
        return read()
    except Reported:
        return None


def _check_format(root: Part, top: Place) -> None:
    problems = top.reading.problems
    if not isinstance(root.value, Mapping):
        problems.add("type", "$", root, f"expected a table with format, name, kinds and rules, got {described(root)}")
        problems.check()
    said = root.value.get("format")
    if said is not None:
        found = _VERSION.match(said.value) if isinstance(said.value, str) else None
        if found and int(found[1]) > 1:
            raise UnsupportedFormat(
                f"expected {FORMAT!r}, got {said.value!r}: the document was written by a newer migro",
                where=problems.at(said.line, said.column),
            )
        if said.value != FORMAT:
            problems.add("format", "$.format", said, f"expected {FORMAT!r}, got {described(said)}")
    known = [name for name, _, _ in TOP]
    for name in root.value:
        if name not in known:
            message = f"expected fields of {', '.join(known)}, got {name!r}{near(name, known)}"
            problems.add("unknown-field", f"$.{name}", root.names.get(name, (1, 1)), message)
    for name, needed, _ in TOP:
        if needed and name not in root.value:
            problems.add("missing-field", "$", root, f"expected the field {name!r}, got none")
    if "$schema" in root.value:
        _quiet(lambda: top.at("$schema").text(root.value["$schema"], "the address of a schema"))


def _schemas(fields: Mapping[str, Part], top: Place, name: str) -> dict[str, tuple[SignalSchema, Part]]:
    if name not in fields:
        return {}
    at = top.at(name)
    table = _quiet(lambda: at.table(fields[name], "a table of signal kinds")) or {}
    found: dict[str, tuple[SignalSchema, Part]] = {}
    for kind, part in table.items():
        schema = _quiet(lambda kind=kind, part=part: SCHEMA.read(part, at.at(kind)))
        if schema is not None:
            found[kind] = (schema, part)
    return found


def _classes(
    fields: Mapping[str, Part], top: Place, given: Mapping[str, type[Signal]], generate: bool
) -> tuple[dict[str, type[Signal]], list[type[Signal]]]:
    """Return the classes that rules may name, and those that the document lists as its own."""
    own, parents = _schemas(fields, top, "signals"), _schemas(fields, top, "parents")
    if generate:
        made = generated({**parents, **own}, top.at("signals"))
        return made, [made[kind] for kind in own if kind in made]
    classes = dict(given)
    for cls in given.values():
        for parent in cls.__mro__[1:]:
            if isinstance(parent, type) and issubclass(parent, Signal) and parent.__signal_kind__:
                classes.setdefault(parent.__signal_kind__, parent)
    for section, schemas in (("signals", own), ("parents", parents)):
        for kind, (schema, part) in schemas.items():
            at = top.at(section).at(kind)
            if kind in classes:
                check_columns(classes[kind], schema, at, part)
                continue
            known = ", ".join(sorted(classes)) or "none"
            message = f"expected a signal kind among those at hand ({known}), got {kind!r}{near(kind, classes)}"
            at.reading.problems.add("unknown-signal", at.path, part, message)
    return classes, [classes[kind] for kind in own if kind in classes]


def _read_kinds(fields: Mapping[str, Part], top: Place) -> dict[str, IssueKind[Any]]:
    found: dict[str, IssueKind[Any]] = {}
    places: dict[str, Part] = {}
    for at, part in _items(fields, top, "kinds"):
        kind = _quiet(lambda at=at, part=part: KIND.read(part, at))
        if kind is None:
            # Its name is still one that rules may use: one mistake shall not look like many.
            name = part.value.get("name") if isinstance(part.value, Mapping) else None
            if name is not None and isinstance(name.value, str):
                found.setdefault(name.value, IssueKind(name.value or "unnamed", category="unknown"))
        elif kind.name in places:
            first = top.reading.problems.at(places[kind.name].line, places[kind.name].column)
            message = f"expected one issue kind of the name {kind.name!r}, got another at {first}"
            top.reading.problems.add("kind", at.path, part, message)
        else:
            found[kind.name], places[kind.name] = kind, part
    return found


def _check_features(fields: Mapping[str, Part], top: Place) -> None:
    for at, part in _items(fields, top, "features"):
        _quiet(lambda at=at, part=part: at.feature(part))


def _read_hosts(fields: Mapping[str, Part], top: Place) -> dict[str, tuple[str, ...]]:
    if "hosts_about" not in fields:
        return {}
    at = top.at("hosts_about")
    table = _quiet(lambda: at.table(fields["hosts_about"], "a table of subjects")) or {}
    read = {s: _quiet(lambda s=s, part=part: HOST_WORDS.read(part, at.at(s))) for s, part in table.items()}
    return {subject: words for subject, words in read.items() if words is not None}


def _read_rules(fields: Mapping[str, Part], top: Place) -> list[Rule[Any]]:
    rules: list[Rule[Any]] = []
    problems = top.reading.problems
    for at, part in _items(fields, top, "rules"):
        rule = _quiet(lambda at=at, part=part: RULE.read(part, at))
        if rule is not None:
            rules.append(attrs.evolve(rule, where=problems.at(part.line, part.column)))
    return rules


def _items(fields: Mapping[str, Part], top: Place, name: str) -> list[tuple[Place, Part]]:
    if name not in fields:
        return []
    at = top.at(name)
    parts = _quiet(lambda: at.items(fields[name])) or ()
    return [(at.at(i), part) for i, part in enumerate(parts)]
