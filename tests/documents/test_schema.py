"""The JSON Schema is made from the reader's own table, ships as a file, and refuses what the reader refuses."""

from __future__ import annotations

import copy
import importlib.resources
import json
from typing import Any

import jsonschema
import pytest

from migro.documents import SCHEMA_FILE, document_of, load, schema
from migro.errors import MigroError
from migro.packs.headless import RULES
from tests.documents.generation import CLASSES

VALIDATOR = jsonschema.Draft202012Validator(schema())
GOOD: dict[str, Any] = {
    "format": "migro-rules/1",
    "name": "shop",
    "kinds": [{"name": "k", "category": "checkout", "per": "merchant", "severity": {"default": "SEV2"}}],
    "rules": [
        {
            "id": "r.one",
            "when": {
                "count": {
                    "signal": "docs.page",
                    "where": [{"ge": ["code", 500]}, {"eq": ["word", {"fact": ["docs.shop", "host"]}]}],
                    "per": "merchant",
                },
                "at_least": 3,
                "within": "5 min",
            },
            "then": {"supports": "k", "points": 50, "family": "f"},
        }
    ],
}
MISSING = object()
BROKEN: dict[str, tuple[tuple[Any, ...], Any]] = {
    "no format": (("format",), MISSING),
    "another format": (("format",), "migro-rules/0"),
    "an unknown field": (("rule",), []),
    "rules as a table": (("rules",), {}),
    "no category": (("kinds", 0, "category"), MISSING),
    "a category of its own": (("kinds", 0, "category"), "weather"),
    "a severity of its own": (("kinds", 0, "severity", "default"), "SEV5"),
    "an id that is a number": (("rules", 0, "id"), 5),
    "no premise": (("rules", 0, "when"), MISSING),
    "an empty premise": (("rules", 0, "when"), {}),
    "a premise that is text": (("rules", 0, "when"), "always"),
    "an unknown field in a premise": (("rules", 0, "when", "wihtin"), "5 min"),
    "no window": (("rules", 0, "when", "within"), MISSING),
    "a window in words": (("rules", 0, "when", "within"), "five minutes"),
    "a window as a number": (("rules", 0, "when", "within"), 300),
    "a count in words": (("rules", 0, "when", "at_least"), "three"),
    "a float": (("rules", 0, "when", "count", "where", 0, "ge", 1), 1.5),
    "one operand": (("rules", 0, "when", "count", "where", 0, "ge"), ["code"]),
    "three operands": (("rules", 0, "when", "count", "where", 0, "ge"), ["code", 1, 2]),
    "an unknown operator": (("rules", 0, "when", "count", "where", 0), {"greater": ["code", 5]}),
    "a fact without a column": (("rules", 0, "when", "count", "where", 1, "eq", 1, "fact"), ["docs.shop"]),
    "a predicate that is no list": (("rules", 0, "when", "count", "where"), {"ge": ["code", 5]}),
    "no key": (("rules", 0, "when", "count", "per"), []),
    "a count of a count": (("rules", 0, "when", "count"), {"known": "k"}),
    "points as text": (("rules", 0, "then", "points"), "50"),
    "two conclusions": (("rules", 0, "then", "refutes"), "k"),
    "no conclusion": (("rules", 0, "then"), {"points": 50, "family": "f"}),
    "points of a veto": (("rules", 0, "then"), {"vetoes": "k", "points": 50, "family": "f"}),
}


def changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    document = copy.deepcopy(GOOD)
    holder: Any = document
    for step in path[:-1]:
        holder = holder[step]
    if value is MISSING:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return document


def test_the_file_that_ships_is_what_the_table_gives() -> None:
    shipped = importlib.resources.files("migro.documents").joinpath(SCHEMA_FILE).read_text("utf-8")

    assert json.loads(shipped) == json.loads(json.dumps(schema())), "`migro rules schema` prints the new one"


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


def test_the_shipped_rules_fit() -> None:
    assert [e.message[:200] for e in VALIDATOR.iter_errors(document_of(RULES))] == []


def test_a_good_document_is_good_to_both() -> None:
    assert VALIDATOR.is_valid(GOOD)
    assert len(load(json.dumps(GOOD), signals=CLASSES)) == 1


@pytest.mark.parametrize("name", BROKEN)
def test_what_the_schema_refuses_the_reader_refuses(name: str) -> None:
    document = changed(*BROKEN[name])

    assert not VALIDATOR.is_valid(document)
    with pytest.raises(MigroError):
        load(json.dumps(document), signals=CLASSES)
