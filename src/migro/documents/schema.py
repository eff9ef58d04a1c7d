"""The JSON Schema of documents, made from the same table as the reader."""

from __future__ import annotations

from typing import Any

from . import impacts, kinds, literals, measures, predicates, premises, terms, values
from .document import FORMAT, SCHEMA_ID, TOP

__all__ = ["SCHEMA_FILE", "schema"]

SCHEMA_FILE = "migro-rules-1.schema.json"
"""Name of the file beside this module that holds the schema, for editors."""


def schema() -> dict[str, Any]:
    """
    Return the JSON Schema (draft 2020-12) of rule documents.

    What it refuses, the reader refuses. The reader sees more: which columns there are, which type a literal has to
    have beside one, and what the rules mean together.
    """
    definitions = {
        name: definition
        for table in (values, literals, terms, predicates, measures, premises, impacts, kinds)
        for name, definition in table.DEFINITIONS.items()
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": f"Rules of migro, {FORMAT}",
        "type": "object",
        "properties": {name: field for name, _, field in TOP},
        "required": [name for name, needed, _ in TOP if needed],
        "additionalProperties": False,
        "$defs": dict(sorted(definitions.items())),
    }
