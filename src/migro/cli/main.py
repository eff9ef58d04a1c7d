"""Arguments in, exit code out: 0 fine, 1 findings or failure, 2 usage."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

from ..errors import ConfigurationError, MigroError
from ..vitals.logs import LogFormat, errors_as
from . import (
    approvals,
    audit,
    automation,
    classify,
    decisions,
    demo,
    erase,
    evaluate,
    explain,
    health,
    issues,
    memory,
    observe,
    plugins,
    regroup,
    replay,
    report,
    rules,
    run,
    simulate,
)
from .console import Console
from .interruption import STOPPED

__all__ = ["main", "parser"]


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command."""
    top = argparse.ArgumentParser(
        prog="migro",
        description="Watches moves from hosted e-commerce to headless storefronts, explains what breaks,"
        " and acts only as far as policy allows.",
    )
    top.add_argument("--version", action="version", version=f"migro {version('migro')}")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--format", choices=("text", "json", "jsonl"), default="text", help="text for people, the others for programs"
    )
    common.add_argument(
        "--config", metavar="FILE", type=Path, help="configuration (default: migro.toml, if it is here)"
    )
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    listed = (
        demo,
        observe,
        classify,
        evaluate,
        run,
        explain,
        issues,
        decisions,
        approvals,
        health,
        automation,
        report,
        replay,
        audit,
        erase,
        regroup,
        memory,
        rules,
        simulate,
        plugins,
    )
    for module in listed:
        module.register(commands, common)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    # Before the arguments are understood: what is wrong with them is said on standard error too.
    with errors_as(_log(sys.argv[1:] if argv is None else argv)):
        arguments = parser().parse_args(argv)
        return _done(arguments, Console(arguments.format))


def _log(argv: Sequence[str]) -> LogFormat | None:
    """Return the format of logs that is asked for, as far as the words alone tell."""
    for word, following in pairwise((*argv, "")):
        name, given, value = word.partition("=")
        if name == "--log":
            return "json" if (value if given else following) == "json" else None
    return None


def _done(arguments: argparse.Namespace, console: Console) -> int:
    try:
        return int(arguments.command(arguments, console))
    except ConfigurationError as e:
        console.complain(str(e))
        return 2
    except MigroError as e:
        console.complain(str(e))
        return 1
    except BrokenPipeError:
        # Whoever read the output has seen enough. Python would complain once more when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        console.complain("stopped at once; what was stored stays stored")
        return STOPPED
