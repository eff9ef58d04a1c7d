"""How the command talks: results to standard output, everything else to standard error."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from ..models import Decision, canonical_json

__all__ = ["Console", "Meter", "decision_row", "short"]

_ROW = "{at}  {merchant:<30.30}  {kind:<32.32}  {status:<9}{confidence} {band:<5}{severity}  {outcome:<9} {id}"


class Meter(Protocol):
    """Shows how far a long piece of work is."""

    def step(self, text: str = "") -> None:
        """One more is done."""


class _Silent:
    def step(self, text: str = "") -> None:
        """Nobody looks at a terminal."""


class Console:
    """Prints in one of the three formats."""

    def __init__(self, format: str = "text") -> None:
        self.format = format

    @property
    def text(self) -> bool:
        """Whether people read it."""
        return self.format == "text"

    def say(self, line: str = "") -> None:
        """Print a line for people; nothing when a program reads."""
        if self.text:
            print(line)

    def data(self, value: Any) -> None:
        """Print a value for a program, in the chosen format: indented for ``json``, one line for ``jsonl``."""
        line = canonical_json(value)
        if self.format == "json":
            line = json.dumps(json.loads(line), indent=2, sort_keys=True, ensure_ascii=False)
        print(line)

    def records(self, values: Iterable[Mapping[str, Any]]) -> None:
        """Print records for a program: an array for ``json``, a line each for ``jsonl``."""
        if self.format == "json":
            self.data(list(values))
        else:
            for value in values:
                self.data(value)

    def follow(self) -> None:
        """Hand out every line as soon as it is whole, for who waits at the other end of a pipe."""
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(line_buffering=True)

    def complain(self, message: str) -> None:
        """Print an error; never mixed into the results."""
        # What the library says for who listens without a name in front has one already.
        print(f"migro: {message.removeprefix('migro: ')}", file=sys.stderr)

    @contextmanager
    def progress(self, description: str, total: int) -> Iterator[Meter]:
        """Show progress on standard error where that is a terminal, and nothing elsewhere."""
        if not sys.stderr.isatty():
            yield _Silent()
            return
        from rich.console import Console as RichConsole
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[text]}"),
            # Softly, or rows of the table would be broken at words.
            console=RichConsole(stderr=True, soft_wrap=True),
            transient=True,
            # Only a table on the same screen has to step aside for the bar; one in a file or pipe stays there.
            redirect_stdout=sys.stdout.isatty(),
        )
        with bar:
            task = bar.add_task(description, total=total, text="")

            class _Bar:
                def step(self, text: str = "") -> None:
                    bar.update(task, advance=1, text=text)

            yield _Bar()


def short(id: str) -> str:
    """Return an id as tables show it; `migro explain` takes it as well."""
    return id[:16]


def decision_row(decision: Decision | None = None, *, dated: bool = False) -> str:
    """Return a decision as a line of a table, with its day where a table spans several, or the table's head."""
    if decision is None:
        return _ROW.format(
            at="time    ",
            merchant="merchant",
            kind="issue",
            status="status",
            confidence="conf",
            band="band",
            severity="sev ",
            outcome="outcome",
            id="decision",
        )
    issue = decision.issue
    return _ROW.format(
        at=f"{decision.at:%Y-%m-%d %H:%M:%S}" if dated else f"{decision.at:%H:%M:%S}",
        merchant=issue.merchant or "-",
        kind=issue.kind,
        status=issue.status.value,
        confidence=str(issue.confidence),
        band=issue.band.word,
        severity=issue.severity.word,
        outcome=decision.outcome.word,
        id=short(decision.id),
    )
