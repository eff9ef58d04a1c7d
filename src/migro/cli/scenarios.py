"""``migro evaluate scenarios``: every scenario of a directory played, and scored beside its truth."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import ConfigurationError
from ..evaluate import TARGETS, ScenarioScore, Targets, scenario_lines, total_of, write_scenario_plot
from .console import Console
from .equipment import add_rules
from .heap import long_lived
from .numbers import json_number
from .scenario_plays import ENVELOPES, TRUTH, Told, evaluate_directory

__all__ = ["add_parser"]


def add_parser(inside: Any, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = inside.add_parser(
        "scenarios", parents=[common], help="scenarios with their truth: what is found, how fast, and what is not so"
    )
    parser.add_argument(
        "directory", type=Path, metavar="DIR", help=f"a scenario, or many: directories with {ENVELOPES} and {TRUTH}"
    )
    add_rules(parser)
    parser.add_argument("--plot", type=Path, action="append", default=[], metavar="FILE", help="picture, .svg or .png")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write everything as JSON as well")
    parser.add_argument(
        "--jobs", type=_jobs, default=1, metavar="N", help="processes that play side by side (default: 1)"
    )
    for name, least in TARGETS.least.items():
        word = name.replace("_", " ")
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=_share,
            default=least,
            metavar="SHARE",
            help=f"least share of {word} (default: {float(least):g})",
        )
    parser.add_argument(
        "--false-pages", type=int, default=TARGETS.false_pages, metavar="N", help="most false pages (default: 0)"
    )
    parser.set_defaults(command=evaluate_scenarios)


def _share(text: str) -> Fraction:
    try:
        share = Fraction(text)
    except (ValueError, ZeroDivisionError):
        share = Fraction(-1)
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"expected a share from 0 to 1, got {text!r}")
    return share


def _jobs(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"expected a number from 1, got {text!r}")
    return int(text)


def evaluate_scenarios(arguments: argparse.Namespace, console: Console) -> int:
    """Print scores, and say on standard error which targets were missed."""
    for path in arguments.plot:
        if path.suffix.lower() not in (".svg", ".png"):
            raise ConfigurationError(f"--plot: expected a name that ends with .svg or .png, got {path.name}")
    directories = _directories(arguments.directory)
    targets = Targets({name: getattr(arguments, name) for name in TARGETS.least}, arguments.false_pages)
    told = _evaluated(directories, arguments, console)
    for one in told:
        for note in one.notes:
            console.complain(note)
    scores = [one.score for one in told]
    missed = targets.missed(total_of(scores))
    if console.text:
        print("\n".join(scenario_lines(scores)))
    elif console.format == "jsonl":
        for score in scores:
            _print({"record": "scenario", **score.document()})
        _print({"record": "total", **total_of(scores).document(), "missed": missed})
    else:
        _print(_document(scores, missed), indent=2)
    for path in arguments.plot:
        write_scenario_plot(scores, path)
    if arguments.out is not None:
        _write(arguments.out, _document(scores, missed))
    for line in missed:
        console.complain(f"target missed: {line}")
    return 1 if missed else 0


def _document(scores: Sequence[ScenarioScore], missed: Sequence[str]) -> dict[str, Any]:
    return {"scenarios": [s.document() for s in scores], "total": total_of(scores).document(), "missed": list(missed)}


def _print(value: Mapping[str, Any], indent: int | None = None) -> None:
    print(json.dumps(value, default=json_number, indent=indent, sort_keys=True, ensure_ascii=False))


def _write(path: Path, value: Mapping[str, Any]) -> None:
    text = json.dumps(value, default=json_number, indent=1, sort_keys=True, ensure_ascii=False)
    try:
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as e:
        raise ConfigurationError(f"--out: expected a file that can be written: {e.strerror} - at {path}") from e


# --- directories ----------------------------------------------------------------------------------------------------


def _directories(root: Path) -> list[Path]:
    """
    Return every directory that holds a scenario, in order.

    Raises:
        ConfigurationError: If there is none, or one has only half of what it takes.
    """
    if not root.is_dir():
        raise ConfigurationError(f"expected a directory of scenarios, found {_what(root)} - at {root}")
    found, halves = [], []
    for place, _, files in os.walk(root):
        held = {ENVELOPES, TRUTH}.intersection(files)
        if len(held) == 2:
            found.append(Path(place))
        elif held:
            (lacking,) = {ENVELOPES, TRUTH} - held
            halves.append(f"{Path(place) / lacking} is missing")
    if halves:
        raise ConfigurationError(f"expected {ENVELOPES} and {TRUTH} beside each other: {'; '.join(sorted(halves))}")
    if not found:
        raise ConfigurationError(f"expected a directory with {ENVELOPES} and {TRUTH}, found none - at {root}")
    return sorted(found)


def _what(path: Path) -> str:
    return "a file" if path.exists() else "nothing"


def _evaluated(directories: Sequence[Path], arguments: argparse.Namespace, console: Console) -> list[Told]:
    rules = tuple(arguments.rules or ())
    one = partial(evaluate_directory, rules=rules, config=arguments.config)
    told: list[Told] = []
    with console.progress("evaluating", len(directories)) as meter:
        for found in _side_by_side(one, directories, min(arguments.jobs, len(directories))):
            told.append(found)
            meter.step(f"{found.score.scenario} seed {found.score.seed}")
    return told


def _side_by_side(one: partial[Told], directories: Sequence[Path], jobs: int) -> Iterator[Told]:
    if jobs == 1:
        with long_lived():
            yield from map(one, directories)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(one, directories)
