"""``migro replay``: the journal again, and which past decisions other rules change."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import attrs

from ..agent import Fold
from ..errors import ConfigurationError
from ..replay import ComparisonReport, Count, Difference, Example, Opened, ReplayReport, Run, Side, compare, replay
from ..replay.replaying import Since
from .console import Console, short
from .equipment import add_rules, equipped, policy_of, reading
from .heap import long_lived
from .retrospect import add_memory
from .surroundings import configuration

__all__ = ["register"]

_SHORT = 12


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "replay", parents=[common], help="fold the journal again, or say which past decisions other rules change"
    )
    add_memory(parser)
    add_rules(parser)
    parser.add_argument(
        "--against", action="append", metavar="REF", help="rules to compare those with, instead of with the record"
    )
    parser.add_argument(
        "--from",
        dest="since",
        type=_since,
        default="start",
        metavar="WHERE",
        help="start, snapshot (the newest kept one), or the number of an input after which to compare (default: start)",
    )
    parser.add_argument("--partition", metavar="NAME", help="one alone, such as merchant:m_42 (default: all)")
    parser.add_argument(
        "--examples", type=_many, default=5, metavar="N", help="how many of each sort to show (default: 5)"
    )
    parser.set_defaults(command=run)


def _since(word: str) -> Since:
    if word == "start":
        return "start"
    if word == "snapshot":
        return "snapshot"
    if word.isascii() and word.isdecimal():
        return int(word)
    raise argparse.ArgumentTypeError(f"expected start, snapshot or a number, got {word!r}")


def _many(word: str) -> int:
    if word.isascii() and word.isdecimal():
        return int(word)
    raise argparse.ArgumentTypeError(f"expected a number, 0 or more, got {word!r}")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the counts, then what differs; 1 where the record does not come out again."""
    if arguments.against and arguments.since != "start":
        raise ConfigurationError("expected --from or --against, got both: two versions are compared from the start")
    config = configuration(arguments.config)
    rules, _ = equipped(config, arguments.rules or ())
    other = equipped(config, arguments.against)[0] if arguments.against else None
    with reading(config, arguments.memory or config.memory.url) as memory:
        policy = policy_of(config, memory)
        fold = Fold(rules, policy)
        if other is not None:
            against = Fold(other, policy)
            with long_lived():
                report = compare(memory, fold, against, partition=arguments.partition, examples=arguments.examples)
            _tell_comparison(report, arguments.examples, console)
            return 0
        with long_lived():
            found = replay(memory, fold, partition=arguments.partition, since=arguments.since)
    _tell_replay(found, arguments.examples, console)
    if not found.inputs and isinstance(arguments.since, int):
        console.complain(f"nothing was compared: no partition has consumed an input behind number {arguments.since}")
        return 1
    if found.inputs and not found.compared:
        versions = "; ".join(f"rules {r[:_SHORT]}, policy {p[:_SHORT]}" for r, p in found.others) or "none"
        console.complain(
            f"nothing was compared: no input was decided by these rules and this policy, but by {versions}"
        )
        return 1
    return 1 if found.different else 0


# --- the record again ------------------------------------------------------------------------------------------------


def _tell_replay(report: ReplayReport, shown: int, console: Console) -> None:
    if not console.text:
        _data("difference", attrs.asdict(report, recurse=False), "differences", report.differences[:shown], console)
        return
    rules, policy = report.ruleset[:_SHORT], report.policy[:_SHORT]
    print(f"{report.inputs} inputs of {_counted(report.partitions, 'partition')}, rules {rules}, policy {policy}")
    print(f"compared {report.compared}, decided by others {report.by_others}, failed {report.failed}")
    print()
    print(f"{'':<14}{'equal':>10}{'different':>11}{'erased':>9}")
    for what, count in report.records.items():
        print(f"{what:<14}{count.equal:>10}{count.different:>11}{count.erased:>9}")
    print()
    if not report.different:
        print("no differences" if report.compared or not report.inputs else "nothing to compare")
    for one in report.differences[:shown]:
        print(_difference_line(one))
    if report.different > shown:
        print(f"and {report.different - shown} more")
    if report.erased:
        print(f"{report.erased} cannot be made again: what they were made from was a person's, who was erased")


def _difference_line(one: Difference) -> str:
    place = f"{one.partition} {one.seq}" if one.seq is not None else one.partition
    what = f"{place}  {one.what.removesuffix('s')} {short(one.id)}".rstrip()
    if one.path or (one.stored is not None and one.replayed is not None):
        path = f"{one.path}: " if one.path else ""
        return f"{what}  {path}stored {_said(one.stored)}, replayed {_said(one.replayed)}"
    return f"{what}  only {'stored' if one.replayed is None else 'replayed'}"


def _said(value: str | None) -> str:
    return "nothing" if value is None else value


# --- A against B -----------------------------------------------------------------------------------------------------


def _tell_comparison(report: ComparisonReport, shown: int, console: Console) -> None:
    if not console.text:
        data = attrs.asdict(report, recurse=False)
        for name in ("opened_only_a", "opened_only_b", "runs_only_a", "runs_only_b"):
            listed = data[name]
            data[name] = {"count": len(listed), "first": [attrs.asdict(one) for one in listed[:shown]]}
        _data("example", data, "examples", report.examples, console)
        return
    print("\n".join(_comparison_lines(report, shown)))


def _comparison_lines(report: ComparisonReport, shown: int) -> Iterator[str]:
    failed = f", {report.failed} of them failed" if report.failed else ""
    yield f"{report.inputs} inputs of {_counted(report.partitions, 'partition')}{failed}"
    for name, (rules, policy) in (("A", report.a), ("B", report.b)):
        yield f"{name}  rules {rules[:_SHORT]}, policy {policy[:_SHORT]}"
    yield ""
    yield f"{'':<16}{'A':>8}{'B':>8}{'only A':>8}{'only B':>8}"
    opened = len(report.opened_only_a), len(report.opened_only_b)
    runs = len(report.runs_only_a), len(report.runs_only_b)
    yield _row("decisions", report.decisions_a, report.decisions_b, report.only_a, report.only_b)
    yield _row("issues opened", report.issues_a, report.issues_b, *opened)
    yield _row("acts by itself", report.runs_a, report.runs_b, *runs)
    yield ""
    yield f"equal    {report.equal}" + (f", {report.reasons} of them for other reasons" if report.reasons else "")
    changed = ", ".join(f"{name} {count}" for name, count in report.fields.items())
    yield f"changed  {report.changed}" + (f": {changed}" if changed else "")
    for name, raised in (("A", report.raised_a), ("B", report.raised_b)):
        for partition, place in raised.items():
            yield f"raised   {name} at {partition}: {place}; nothing there is counted from then on"
    for name, opened_only in (("A", report.opened_only_a), ("B", report.opened_only_b)):
        yield from _listed(f"opened by {name} alone", (_opened(o) for o in opened_only), len(opened_only), shown)
    for name, runs_only in (("A", report.runs_only_a), ("B", report.runs_only_b)):
        yield from _listed(f"runs by itself under {name} alone", (_run(r) for r in runs_only), len(runs_only), shown)
    for example in report.examples:
        yield ""
        yield from _example(example)


def _row(name: str, *numbers: int) -> str:
    return f"{name:<16}" + "".join(f"{n:>8}" for n in numbers)


def _listed(title: str, lines: Iterable[str], total: int, shown: int) -> Iterator[str]:
    if not total or not shown:
        return
    yield ""
    yield title
    yield from (f"  {line}" for line in islice(lines, shown))
    if total > shown:
        yield f"  and {total - shown} more"


def _opened(one: Opened) -> str:
    return f"{_place(one)}  {one.severity} {one.band}"


def _run(one: Run) -> str:
    return f"{_place(one)}  {one.action} -> {one.target}"


def _place(one: Opened | Run | Example) -> str:
    return f"{one.at:%Y-%m-%d %H:%M:%S}  {one.partition} {one.seq}  {one.kind} ({', '.join(one.key)})"


_WHAT = {"changed": "changed", "only_a": "only A decides", "only_b": "only B decides"}


def _example(one: Example) -> Iterator[str]:
    fields = f": {', '.join(one.fields)}" if one.fields else ""
    yield f"{_place(one)}  {_WHAT[one.what]}{fields}"
    for name, side in (("A", one.a), ("B", one.b)):
        yield f"  {name}  {_side(side)}"
        if side.arithmetic:
            yield f"     {side.arithmetic}"
    for cause in one.why:
        yield f"  {cause.what} {cause.name}" if cause.what != cause.name else f"  {cause.what}"
        yield f"     A {cause.a}"
        yield f"     B {cause.b}"


def _side(side: Side) -> str:
    if side.points is None:
        return "knows no such kind of issue"
    words = [side.status or "no issue", side.band, side.severity, *([side.outcome] if side.decided else [])]
    return " ".join(words) + ("" if side.decided else ", no decision here")


# --- for programs ----------------------------------------------------------------------------------------------------


def _data(
    record: str, data: dict[str, Any], name: str, listed: Sequence[Difference | Example], console: Console
) -> None:
    """Print a report as one value, or its counts and what it lists as a line each."""
    data = {key: _plain(value) for key, value in data.items() if key != name}
    values = [attrs.asdict(one) for one in listed]
    if console.format == "json":
        console.data({**data, name: values})
        return
    console.data({"record": "counts", **data})
    for value in values:
        console.data({"record": record, **value})


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: attrs.asdict(v) if isinstance(v, Count) else v for k, v in value.items()}
    return value


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
