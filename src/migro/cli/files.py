"""Which files of a command line hold material, found without opening what could block."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import attrs

__all__ = ["Unusable", "material_files", "memory_files"]

_META = ".meta.json"
_MEMORY_PARTS = ("-wal", "-shm", "-journal", ".key")


@attrs.frozen
class Unusable:
    """A name that stands for nothing to read, and why."""

    where: str
    reason: str


def memory_files(url: str | None) -> frozenset[Path]:
    """Return the files that a memory's URL stands for, with its key of pseudonyms."""
    if url is None or url == "volatile:":
        return frozenset()
    path = Path(url.removeprefix("sqlite:///")).absolute()
    return frozenset(_real(p) for p in (path, *_parts(path)))


def material_files(names: list[str], own: frozenset[Path] = frozenset()) -> Iterator[Path | Unusable | Literal["-"]]:
    """
    Yield the files that several names stand for, directories included, in the order of names; ``-`` stays itself.

    Left out are the headers beside a payload, and in directories every memory of migro with its key: none of them
    is material.

    Args:
        names: Files and directories as given.
        own: Files of the memory in use.
    """
    given = frozenset(Path(n).absolute() for n in names)
    for name in names:
        path = Path(name)
        if name == "-":
            yield "-"
        elif path.is_dir():
            yield from _inside(path, own)
        elif _real(path) in own or _is_memory(path):
            yield Unusable(name, "expected material, got a memory of migro or its key")
        elif not (_is_headers(path) and _payload_of(path).absolute() in given):
            yield _regular(path, name)


def _inside(directory: Path, own: frozenset[Path]) -> Iterator[Path | Unusable]:
    found: list[tuple[Path, Unusable | None]] = []

    def refused(error: OSError) -> None:
        where = Path(str(error.filename))
        found.append((where, Unusable(str(where), f"expected a readable directory: {error.strerror}")))

    for place, directories, files in os.walk(directory, onerror=refused):
        linked = [d for d in directories if os.path.islink(os.path.join(place, d))]
        found += [(Path(place, d), Unusable(d, "expected a file, got a link to a directory")) for d in linked]
        found += [(Path(place, f), None) for f in files]
    memories = {p for p, _ in found if _is_memory(p)}
    apart = own | {_real(p) for m in memories for p in (m, *_parts(m))}
    for path, trouble in sorted(found, key=lambda f: f[0]):
        if trouble is not None:
            yield trouble
        elif not (_real(path) in apart or (_is_headers(path) and _payload_of(path).exists())):
            yield _regular(path, path.name)


def _regular(path: Path, name: str) -> Path | Unusable:
    if path.is_symlink() and not path.exists():
        return Unusable(name, "expected a file, got a link to nothing")
    try:
        mode = path.stat().st_mode
    except OSError as e:
        missing = isinstance(e, FileNotFoundError)
        return Unusable(name, "expected a file or a directory, found neither" if missing else f"{e.strerror}".lower())
    if not stat.S_ISREG(mode):
        # Opening a pipe waits for whoever writes into it, perhaps for ever.
        return Unusable(name, f"expected a file, got {_kind(mode)}; a pipe is read as -")
    if _is_headers(path):
        payload = _payload_of(path)
        if payload.exists():
            return Unusable(name, f"expected a payload, got the headers of {payload.name}")
        return Unusable(name, f"expected the payload {payload.name} beside its headers, found none")
    return path


def _real(path: Path) -> Path:
    # Not Path.resolve: up to Python 3.12 it raises for links that go in a circle.
    return Path(os.path.realpath(path))


def _kind(mode: int) -> str:
    if stat.S_ISFIFO(mode):
        return "a named pipe"
    return "a socket" if stat.S_ISSOCK(mode) else "a device"


def _is_headers(path: Path) -> bool:
    return path.name.endswith(_META)


def _payload_of(headers: Path) -> Path:
    return headers.with_name(headers.name.removesuffix(_META))


def _parts(memory: Path) -> Iterator[Path]:
    return (memory.with_name(memory.name + part) for part in _MEMORY_PARTS)


def _is_memory(path: Path) -> bool:
    """Return whether a file is a SQLite database with migro's mark; see the file format of SQLite, section 1.3."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return False
        with path.open("rb") as file:
            head = file.read(72)
    except OSError:
        return False
    return head.startswith(b"SQLite format 3\0") and head[68:72] == b"migr"
