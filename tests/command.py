"""The command in this process: what `python -m migro` would say, without a new Python that loads every rule again."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from migro.cli import main

__all__ = ["run_command"]


def run_command(folder: Path, *arguments: str, importable: bool = True) -> subprocess.CompletedProcess[str]:
    """
    Run `migro` in a folder that is also the home, and return its exit code and what it printed.

    Modules of the folder are found first, as by `python -m migro`, or if not `importable` as by the installed `migro`.
    Nothing of the run stays: the environment, the path and the modules of the folder are as they were before.
    An exception that would end a process with a traceback is raised here, so that the test that meets it fails.
    """
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    with _alone_in(folder, importable), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = _exit_code(arguments)
    return subprocess.CompletedProcess(["migro", *arguments], code, _text(out), _text(err))


def _exit_code(arguments: tuple[str, ...]) -> int:
    try:
        return main(arguments)
    except SystemExit as e:  # argparse: usage, --help
        return e.code if isinstance(e.code, int) else 1


def _text(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


@contextlib.contextmanager
def _alone_in(folder: Path, importable: bool) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in os.environ.keys() - {"PATH"}:
            patch.delenv(name)
        patch.setenv("HOME", str(folder))
        patch.setenv("COLUMNS", "120")
        patch.setattr(sys, "path", [*([str(folder)] if importable else []), *sys.path])
        importlib.invalidate_caches()
        before = set(sys.modules)
        try:
            yield
        finally:
            # Another test has another module of the same name.
            for name in set(sys.modules) - before:
                if _lies_in(folder, name):
                    del sys.modules[name]


def _lies_in(folder: Path, module: str) -> bool:
    file = getattr(sys.modules[module], "__file__", None)
    return file is not None and Path(file).is_relative_to(folder)
