"""``migro rules export`` and ``migro rules schema``: rules as documents."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ..configuration import Configuration
from ..documents import dump, features_in, load, schema
from ..errors import ConfigurationError
from ..rules import RuleSet
from .console import Console
from .equipment import add_rules, equipped
from .surroundings import configuration

__all__ = ["read_document", "register", "written"]


def register(inside: Any, common: argparse.ArgumentParser) -> None:
    """Add the commands."""
    export = inside.add_parser("export", help="write the rules, or a document, as YAML or JSON")
    export.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a document to check and write anew")
    export.add_argument("--format", choices=("yaml", "json"), default="yaml", help="for people, or for programs")
    add_rules(export)
    export.add_argument("--without-examples", action="store_true", help="leave the examples out")
    export.add_argument("-o", "--output", type=Path, metavar="FILE", help="file to write (default: standard output)")
    export.add_argument(
        "--config", metavar="FILE", type=Path, help="configuration (default: migro.toml, if it is here)"
    )
    export.set_defaults(command=export_rules)
    draft = inside.add_parser("schema", help="print the JSON Schema of documents, for editors")
    draft.set_defaults(command=print_schema, format="json")


def export_rules(arguments: argparse.Namespace, console: Console) -> int:
    """Write a rule set as a document."""
    config = configuration(arguments.config)
    ruleset, _ = equipped(config, arguments.rules or ())
    if arguments.file is not None:
        ruleset = read_document(arguments.file, config, arguments.rules or ())
    text = dump(ruleset, arguments.format, examples=not arguments.without_examples)
    if arguments.output is None:
        print(text, end="")
    else:
        written(arguments.output, text)
    return 0


def print_schema(_: argparse.Namespace, console: Console) -> int:
    """Print the JSON Schema."""
    print(json.dumps(schema(), indent=1, ensure_ascii=False))
    return 0


def read_document(path: Path, config: Configuration, references: tuple[str, ...] | list[str] = ()) -> RuleSet:
    """
    Return the rules of a document, over the signal classes and features of the rules that are configured.

    Raises:
        ConfigurationError: If there is no such file, or it is no text.
        RuleSetError: With everything that is wrong with the document.
    """
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError as e:
        raise ConfigurationError(f"expected a document in UTF-8, got byte {e.object[e.start]:#04x} - at {path}") from e
    except OSError as e:
        raise ConfigurationError(f"expected a document that can be read: {e.strerror} - at {path}") from e
    around, plugins = equipped(config, references)
    return load(
        text, signals=around.signals.values(), features=features_in(around) | plugins.catalogue, where=str(path)
    )


def written(path: Path, text: str) -> None:
    """
    Write a file whole or not at all.

    Raises:
        ConfigurationError: If it cannot be written.
    """
    draft = path.with_name(f".{path.name}.new")
    try:
        draft.write_bytes(text.encode())
        draft.replace(path)
    except OSError as e:
        raise ConfigurationError(f"expected a file that can be written: {e.strerror} - at {path}") from e
