"""Files that a command writes because it was told to: never one that it reads, and said in words where one cannot."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import ConfigurationError

__all__ = ["check_targets", "writing"]


def check_targets(targets: Iterable[tuple[str, Path]], inputs: Iterable[str | Path]) -> None:
    """
    Refuse targets that cannot be written, before anything is read for them.

    Args:
        targets: Options with the files that they name.
        inputs: What is read; ``-`` is no file.

    Raises:
        ConfigurationError: If one is in no directory, is one, is an input, or is named twice.
    """
    read = {os.path.realpath(name) for name in inputs if name != "-"}
    taken: dict[str, str] = {}
    for option, path in targets:
        real = os.path.realpath(path)
        if real in read or (path.exists() and any(_same(path, name) for name in read)):
            raise ConfigurationError(f"{option}: expected a file to write, got one that is read - at {path}")
        if real in taken:
            raise ConfigurationError(f"{option}: expected a file of its own, got that of {taken[real]} - at {path}")
        if path.is_dir() or not path.parent.is_dir():
            got = "a directory" if path.is_dir() else "a name in no directory"
            raise ConfigurationError(f"{option}: expected a file to write, got {got} - at {path}")
        taken[real] = option


@contextmanager
def writing(option: str, path: Path) -> Iterator[None]:
    """
    Say in words why a file cannot be written.

    Raises:
        ConfigurationError: If it cannot.
    """
    try:
        yield
    except OSError as e:
        why = e.strerror or type(e).__name__
        raise ConfigurationError(f"{option}: expected a file to write, got {why.lower()} - at {path}") from e


def _same(path: Path, name: str) -> bool:
    # A hard link has another name and the same content.
    return os.path.exists(name) and os.path.samefile(path, name)
