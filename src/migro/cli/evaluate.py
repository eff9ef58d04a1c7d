"""``migro evaluate``: what was said beside what is true."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..classify import Classifier, TicketRecord
from ..errors import ConfigurationError, InputError
from ..evaluate import Judged, fit_calibration, fit_words, judge, lines_of, score, write_plot
from .classify import add_reading, classifier_of, records_of
from .console import Console
from .numbers import json_number
from .scenarios import add_parser
from .targets import check_targets, writing

__all__ = ["register"]


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser("evaluate", help="how right migro is, beside what people say")
    inside = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    tickets = inside.add_parser(
        "tickets", parents=[common], help="labels of tickets: accuracy, calibration, confusions and what misled"
    )
    add_reading(tickets, needed=True)
    tickets.add_argument("--label-field", metavar="NAME", help="field with the true category (default: category)")
    tickets.add_argument("--titles-only", action="store_true", help="read the titles and leave the texts out")
    tickets.add_argument("--plot", type=Path, action="append", default=[], metavar="FILE", help="picture, .svg or .png")
    tickets.add_argument(
        "--fit-calibration", type=Path, metavar="FILE", help="write what clarity is worth, computed from these labels"
    )
    tickets.add_argument(
        "--fit-words", type=Path, metavar="FILE", help="write what single words are worth, learned from these labels"
    )
    tickets.add_argument(
        "--group-field",
        metavar="NAME",
        help="field with the shop, project or reporter, for --fit-words: words of few of them are left out",
    )
    tickets.set_defaults(command=evaluate_tickets)
    add_parser(inside, common)


def evaluate_tickets(arguments: argparse.Namespace, console: Console) -> int:
    """Print scores; tickets that cannot be read, or have no label, are named on standard error and left out."""
    classifier = classifier_of(arguments)
    for path in arguments.plot:
        if path.suffix.lower() not in (".svg", ".png"):
            raise ConfigurationError(f"--plot: expected a name that ends with .svg or .png, got {path.name}")
    check_targets(_targets(arguments), [*arguments.files, *arguments.lexicon])
    judged: list[Judged] = []
    left_out = 0
    kept: list[TicketRecord] = []
    records = records_of(arguments, console)
    if arguments.fit_words is not None:
        records = _keeping(records, kept)
    for found in judge(records, classifier, field=arguments.label_field, titles_only=arguments.titles_only):
        if isinstance(found, Judged):
            judged.append(found)
        else:
            left_out += 1
            console.complain(f"{found.place}: {found.problem}")
    if not judged:
        hint = "" if arguments.label_field else ": --label-field NAME says which field has the category"
        raise InputError(f"expected at least one labelled ticket, got none{hint}")
    scores = score(judged)
    if console.text:
        print("\n".join(lines_of(scores)))
    else:
        document = scores.document()
        indent = 2 if console.format == "json" else None
        print(json.dumps(document, default=json_number, indent=indent, sort_keys=True, ensure_ascii=False))
    for path in arguments.plot:
        with writing("--plot", path):
            write_plot(scores, path)
    if arguments.fit_calibration is not None:
        _fit(judged, arguments)
    if arguments.fit_words is not None:
        _fit_words(kept, classifier, arguments)
    return 1 if left_out else 0


def _targets(arguments: argparse.Namespace) -> Iterator[tuple[str, Path]]:
    yield from (("--plot", path) for path in arguments.plot)
    if arguments.fit_calibration is not None:
        yield "--fit-calibration", arguments.fit_calibration
    if arguments.fit_words is not None:
        yield "--fit-words", arguments.fit_words


def _keeping(records: Iterable[TicketRecord], kept: list[TicketRecord]) -> Iterator[TicketRecord]:
    for record in records:
        kept.append(record)
        yield record


def _fit_words(records: list[TicketRecord], classifier: Classifier, arguments: argparse.Namespace) -> None:
    names = ", ".join(Path(name).name for name in arguments.files)
    try:
        language, found = fit_words(
            records, classifier, field=arguments.label_field, group=arguments.group_field, source=names
        )
    except ValueError as e:
        raise ConfigurationError(f"--fit-words: {e}") from e
    document = {"language": language, **found.document()}
    text = json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True)
    with writing("--fit-words", arguments.fit_words):
        arguments.fit_words.write_text(text + "\n", encoding="utf-8")


def _fit(judged: list[Judged], arguments: argparse.Namespace) -> None:
    names = ", ".join(Path(name).name for name in arguments.files)
    try:
        found = fit_calibration(
            [(j.said.clarity, j.right) for j in judged], source=f"{len(judged)} labelled tickets of {names}"
        )
    except ValueError as e:
        raise ConfigurationError(f"--fit-calibration: {e}") from e
    document = {"source": found.source, "steps": [list(step) for step in found.steps]}
    with writing("--fit-calibration", arguments.fit_calibration):
        arguments.fit_calibration.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
