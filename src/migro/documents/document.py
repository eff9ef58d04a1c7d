"""Rule sets as documents in their normal form."""

from __future__ import annotations

from typing import Any, Final, Literal

import attrs

from ..errors import RuleDefinitionError
from ..expressions import microseconds
from ..rules import IssueKind, Known, Rule, RuleSet, everything
from .examples import EXAMPLE
from .forms import Form, depth, field, record
from .kinds import CONCLUSION, KIND
from .parts import MAX_DEPTH
from .premises import PREMISE
from .terms import FEATURE
from .values import SPAN, TEXT, WHOLE, Schema, listed, optional
from .vocabulary import SCHEMA, ancestors, features_in, signal_schema
from .writing import json_text, yaml_text

__all__ = ["FORMAT", "HOST_WORDS", "RULE", "SCHEMA_ID", "TOP", "DocumentForm", "document_of", "dump"]

FORMAT: Final = "migro-rules/1"
"""What this migro writes and reads."""

SCHEMA_ID: Final = "urn:migro:rules:1"
"""Names the JSON Schema; the file comes with the package."""

DocumentForm = Literal["json", "yaml"]

RULE: Final = Form(
    Rule,
    (
        field("id", TEXT),
        field("revision", WHOLE, default=1),
        field("author", TEXT, default=""),
        field("why", TEXT, default=""),
        field("when", PREMISE.codec),
        field("then", CONCLUSION.codec),
        field(
            "lasts",
            optional(SPAN),
            get=lambda rule: None if rule.lasts is None else microseconds(rule.lasts),
            default=None,
        ),
        field("salience", WHOLE, default=0),
        field("examples", listed(record(EXAMPLE)), default=()),
    ),
    lambda id, **given: Rule(id, **given),
)

HOST_WORDS: Final = listed(TEXT, at_least=1)
"""Words in the names of hosts that are about one subject."""

_SCHEMAS: Final[Schema] = {"type": "object", "additionalProperties": SCHEMA.schema()}

TOP: Final[tuple[tuple[str, bool, Schema], ...]] = (
    ("$schema", False, TEXT.schema),
    ("format", True, {"const": FORMAT}),
    ("name", True, TEXT.schema),
    ("signals", False, _SCHEMAS),
    ("parents", False, _SCHEMAS),
    ("features", False, {"type": "array", "items": FEATURE.schema}),
    ("hosts_about", False, {"type": "object", "additionalProperties": HOST_WORDS.schema}),
    ("kinds", True, {"type": "array", "items": {"$ref": "#/$defs/kind"}}),
    ("rules", True, {"type": "array", "items": RULE.schema()}),
)
"""Fields of a document in the order in which they are written, whether each has to be there, and its schema."""


def document_of(ruleset: RuleSet, *, examples: bool = True) -> dict[str, Any]:
    """
    Return a rule set as plain tables and lists, in the normal form.

    Raises:
        RuleDefinitionError: If two different issue kinds have one name, or a premise is deeper than anybody can read.
    """
    classes = list(ruleset.signals.values())
    parents = ancestors(ruleset, classes)
    declared = [*classes, *parents]
    features = [FEATURE.write(feature, None) for feature in features_in(ruleset)]
    written = {
        "$schema": SCHEMA_ID,
        "format": FORMAT,
        "name": ruleset.name,
        "signals": {c.__signal_kind__: SCHEMA.write(signal_schema(c, declared), None) for c in classes},
        **(
            {"parents": {c.__signal_kind__: SCHEMA.write(signal_schema(c, declared), None) for c in parents}}
            if parents
            else {}
        ),
        **({"features": features} if features else {}),
        **({"hosts_about": _hosts(ruleset)} if ruleset.hosts_about else {}),
        "kinds": [KIND.write(kind, None) for kind in _kinds(ruleset)],
        "rules": [_rule(rule, examples) for rule in ruleset.rules],
    }
    if depth(written) > MAX_DEPTH:
        raise RuleDefinitionError(f"expected rules of at most {MAX_DEPTH} levels, got deeper ones")
    return written


def dump(ruleset: RuleSet, form: DocumentForm = "yaml", *, examples: bool = True) -> str:
    """
    Return a rule set as a document, in the normal form.

    Args:
        ruleset: The rules.
        form: ``yaml`` for people, ``json`` for programs; both say the same.
        examples: Whether the rules' examples are part of it.
    """
    if form not in ("json", "yaml"):
        raise RuleDefinitionError(f"dump() takes form 'json' or 'yaml', got {form!r}")
    written = document_of(ruleset, examples=examples)
    return json_text(written) if form == "json" else yaml_text(written)


def _hosts(ruleset: RuleSet) -> dict[str, Any]:
    return {subject: HOST_WORDS.write(tuple(sorted(words)), None) for subject, words in ruleset.hosts_about.items()}


def _rule(rule: Rule[Any], examples: bool) -> dict[str, Any]:
    return RULE.write(rule if examples else attrs.evolve(rule, examples=()), None)


def _kinds(ruleset: RuleSet) -> list[IssueKind[Any]]:
    """Return the kinds that rules conclude about or read, by name."""
    found = dict(ruleset.kinds)
    for rule in ruleset:
        for node in everything(rule.when):
            if isinstance(node, Known):
                first = found.setdefault(node.kind.name, node.kind)
                if first.document() != node.kind.document():
                    raise RuleDefinitionError(f"expected one issue kind of the name {first.name!r}, got two")
    return [kind for _, kind in sorted(found.items())]
