"""``migro classify``: tickets to category, severity and confidence, with the phrases that say so."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from ..classify import (
    Calibration,
    Classification,
    Classifier,
    Ticket,
    TicketFields,
    TicketRecord,
    Vocabulary,
    decode_export,
    read_tickets,
    standard_calibration,
    standard_classifier,
    standard_lexicon,
    standard_vocabulary,
)
from ..classify.standard import LANGUAGES
from ..errors import ConfigurationError, InputError, MigroError
from ..lexicons import Lexicon, parse_lexicon
from .console import Console

__all__ = ["add_reading", "classifier_of", "records_of", "register"]

_MOST_REASONS = 6
_LARGEST = 1_000_000_000
_DEEP = "brackets inside each other without end"


def register(commands: Any, _: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "classify",
        help="support tickets to category, severity and confidence, and why",
        description="Reads tickets from JSON, JSON lines, CSV, a Zendesk export or plain text. Nothing is kept."
        " Without --format a terminal shows text, and a file or pipe gets one JSON object a line.",
    )
    add_reading(parser, needed=False)
    parser.add_argument("--text", metavar="TEXT", help="one ticket: its first line is the title")
    parser.add_argument("--segments", action="store_true", help="show what the parts of each body were taken for")
    parser.add_argument("--all-reasons", action="store_true", help="show every phrase, in text too")
    # The options of every command, with another default: actions of a parent are shared, and so are their defaults.
    parser.add_argument(
        "--format", choices=("text", "json", "jsonl"), default="", help="text for people, else programs"
    )
    parser.add_argument("--config", metavar="FILE", type=Path, help="configuration; labels do not depend on it")
    parser.set_defaults(command=classify)


def add_reading(parser: argparse.ArgumentParser, *, needed: bool) -> None:
    """Add the arguments that say where tickets are, and what reads them."""
    parser.add_argument("files", nargs="+" if needed else "*", metavar="FILE", help="tickets, or - for stdin")
    parser.add_argument("--id-field", metavar="NAME", help="field with the id (default: told by its name)")
    parser.add_argument("--title-field", metavar="NAME", help="field with the title (default: told by its name)")
    parser.add_argument("--body-field", metavar="NAME", help="field with the text (default: told by its name)")
    parser.add_argument(
        "--lexicon",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="lexicon of a language, instead of or beside those that migro ships; may be repeated",
    )
    parser.add_argument(
        "--calibration", type=Path, metavar="FILE", help="what clarity is worth, made by migro evaluate"
    )
    parser.add_argument(
        "--words", type=Path, metavar="FILE", help="points of single words, made by migro evaluate tickets --fit-words"
    )


def classifier_of(arguments: argparse.Namespace) -> Classifier:
    """Return the classifier that the arguments ask for."""
    if not arguments.lexicon and arguments.calibration is None and arguments.words is None:
        return standard_classifier()
    own = [_lexicon(path) for path in arguments.lexicon]
    languages = {lexicon.language.split("-")[0].lower() for lexicon in own}
    shipped = [standard_lexicon(language) for language in LANGUAGES if language not in languages]
    vocabularies = {} if "en" in languages else {"en": standard_vocabulary()}
    if arguments.words is not None:
        vocabularies |= _words(arguments.words)
    calibration = _calibration(arguments.calibration)
    try:
        return Classifier([*own, *shipped], calibration, vocabularies=vocabularies)
    except MigroError as e:
        raise ConfigurationError(f"--lexicon: {e}") from e


def _words(path: Path) -> dict[str, Vocabulary]:
    try:
        document = json.loads(path.read_text("utf-8"))
        return {str(document.get("language", "en")): Vocabulary.of(document)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as e:
        raise ConfigurationError(f"--words: expected points of words: {e} - at {path}") from e
    except RecursionError as e:
        raise ConfigurationError(f"--words: expected points of words, got {_DEEP} - at {path}") from e
    except MigroError as e:
        raise ConfigurationError(f"--words: {e} - at {path}") from e


def _lexicon(path: Path) -> Lexicon:
    try:
        return parse_lexicon(path.read_text("utf-8"), where=path.name)
    except (OSError, UnicodeDecodeError) as e:
        raise ConfigurationError(f"--lexicon: expected a readable lexicon: {e}") from e
    except MigroError as e:
        raise ConfigurationError(str(e)) from e


def _calibration(path: Path | None) -> Calibration:
    if path is None:
        return standard_calibration()
    try:
        return Calibration.of(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise ConfigurationError(f"--calibration: expected a calibration: {e} - at {path}") from e
    except RecursionError as e:
        raise ConfigurationError(f"--calibration: expected a calibration, got {_DEEP} - at {path}") from e


def records_of(arguments: argparse.Namespace, console: Console) -> Iterator[TicketRecord]:
    """
    Yield the tickets of all files; a file that cannot be read is one record with a problem.

    Where a file has words in fields that were taken for nothing, and none was taken for the title or the text, that is
    said once: whoever reads the labels cannot see it there.
    """
    fields = TicketFields(id=arguments.id_field, title=arguments.title_field, body=arguments.body_field)
    for name in arguments.files:
        try:
            where = "stdin" if name == "-" else Path(name).name
            told = False
            for record in read_tickets(_text(name, where, console), fields=fields, where=where):
                unread = "" if told else _unread(record)
                if unread:
                    told = True
                    console.complain(f"{where}: {unread}")
                yield record
        except OSError as e:
            yield TicketRecord(name, None, problem=f"expected a readable file: {e}")
        except InputError as e:
            raise InputError(f"{e}, with --title-field and --body-field - at {name}") from e


def _unread(record: TicketRecord) -> str:
    """Return what to say of a record that is read without a title or without a text although it has other words."""
    taken = record.fields
    if taken is None or (taken.title is None) == (taken.body is None):
        return ""
    others = [
        str(name)[:40]
        for name, value in record.record.items()
        if name not in (taken.id, taken.title, taken.body) and isinstance(value, str) and value.count(" ") > 1
    ]
    if not others:
        return ""
    read, missing, option = (
        (taken.body, "title", "--title-field") if taken.title is None else (taken.title, "text", "--body-field")
    )
    perhaps = " or ".join(map(repr, others[:4]))
    return f"only {read!r} is read; {option} says which field is the {missing}, perhaps {perhaps}"


def _text(name: str, where: str, console: Console) -> str:
    data = sys.stdin.buffer.read(_LARGEST) if name == "-" else Path(name).read_bytes()[:_LARGEST]
    text, encoding = decode_export(data)
    if encoding != "utf-8":
        console.complain(f"{where}: expected UTF-8, read as {encoding}")
    return text


def classify(arguments: argparse.Namespace, console: Console) -> int:
    """Print what each ticket is about; what cannot be read is named on standard error."""
    console = console if arguments.format else Console("text" if sys.stdout.isatty() else "jsonl")
    classifier = classifier_of(arguments)
    if bool(arguments.files) == (arguments.text is not None):
        raise ConfigurationError("expected files or --text, got " + ("both" if arguments.files else "neither"))
    broken = 0
    documents: list[Any] = []
    for record in _records(arguments, console):
        if record.ticket is None:
            broken += 1
            console.complain(f"{record.place}: {record.problem}")
            continue
        found = classifier.classify(record.ticket)
        if console.text:
            print("\n".join(_lines(found, record, arguments)))
        elif console.format == "jsonl":
            print(_json(_document(found, arguments)))
        else:
            documents.append(_document(found, arguments))
    if console.format == "json":
        print(_json(documents, indent=2))
    return 1 if broken else 0


def _records(arguments: argparse.Namespace, console: Console) -> Iterator[TicketRecord]:
    if arguments.text is None:
        yield from records_of(arguments, console)
    else:
        title, _, body = arguments.text.strip().partition("\n")
        yield TicketRecord("--text", Ticket(title=title, body=body))


def _document(found: Classification, arguments: argparse.Namespace) -> dict[str, Any]:
    document = dict(found.document())
    if not arguments.segments:
        del document["segments"]
    return document


def _json(value: Any, indent: int | None = None) -> str:
    # The one place where a share becomes a number of JSON: programs compare it with 0.8.
    return json.dumps(value, default=_number, ensure_ascii=False, indent=indent, sort_keys=indent is not None)


def _number(value: Any) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"expected a value of JSON, got {type(value).__name__}")


def _lines(found: Classification, record: TicketRecord, arguments: argparse.Namespace) -> Iterator[str]:
    name = found.id or record.place
    if not found.covered:
        yield f"{name}  unknown: language {found.language} is not covered"
        return
    second = f" (or {found.category2})" if found.category2 else ""
    facing = ", customer-facing" if found.customer_facing else ""
    sure = f"{found.confidence / 1000:.2f} {found.band.word}"
    yield f"{name}  {found.category}{second}  {found.severity}{facing}  confidence {sure}"
    reasons = [r for r in found.because if r.label == found.category] if not arguments.all_reasons else found.because
    # Phrases first: single words are many and small.
    words = {row for word in found.words for row in word.rows}
    reasons = sorted(reasons, key=lambda r: (r.label, r.points, r.where, r.phrase) in words)
    shown = reasons if arguments.all_reasons else reasons[:_MOST_REASONS]
    for r in shown:
        yield f"  {r.points:+5d}  {r.label:18}  {r.where:9}  {r.phrase[:80]}"
    if len(shown) < len(reasons):
        yield f"         and {len(reasons) - len(shown)} more: --all-reasons"
    others = [f"{category} {points}" for category, points in found.points if category != found.category]
    if others:
        yield f"  against {', '.join(others[:4])}"
    yield from (f"  less sure: {doubt}" for doubt in found.doubts)
    yield from (f"  surer: {trust}" for trust in found.trusts)
    if arguments.segments:
        yield from (f"  {s.start:6}-{s.end:<6} {s.kind}, counts {_COUNTS[s.says]}" for s in found.segments)


_COUNTS = {"all": "in full", "half": "half", "nothing": "nothing"}
