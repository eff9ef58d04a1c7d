"""Log files: what lies on the disk under a log's name, rotated and compressed ones too, oldest first."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from ..errors import InputError
from .positions import UNSEEN, Mark

__all__ = ["LogFile", "Unpacking", "log_files"]

_TRAIL: Final = 256
"""Bytes before the place that tell a file from another one."""
_NAMED: Final = 1024
"""Bytes of the first line that a content is named by."""
_HEAD: Final = 4096
_CHUNK: Final = 1 << 16


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


class Unpacking:
    """
    How far a gzip file is unpacked: forward only, with what was read last at hand; where it is broken it ends.

    It holds no open file, so that it can be kept from one look to the next.

    Attributes:
        first: How the content begins.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._begin()
        self.first = self.at(file, 0, _HEAD)

    def _begin(self) -> None:
        self._inflate = zlib.decompressobj(wbits=31)
        self._read = 0
        self._waiting = b""
        self._window = b""
        self._start = 0
        self._ended = False

    def at(self, file: BinaryIO, start: int, length: int) -> bytes:
        """Return bytes of the content; going back beyond what is at hand begins anew."""
        if start < self._start:
            self._begin()
        while not self._ended and self._start + len(self._window) < start + length:
            passed = min(max(start - _TRAIL - self._start, 0), len(self._window))
            self._window = self._window[passed:] + self._more(file)
            self._start += passed
        return self._window[start - self._start :][:length]

    def _more(self, file: BinaryIO) -> bytes:
        if self._inflate.eof:
            # A gzip file may be several, one behind the other.
            self._waiting = self._inflate.unused_data
            self._inflate = zlib.decompressobj(wbits=31)
        data = self._waiting
        if not data:
            file.seek(self._read)
            data = file.read(_CHUNK)
            self._read += len(data)
        self._ended = not data
        try:
            found = self._inflate.decompress(data, _CHUNK)
        except zlib.error:
            self._ended = True
            return b""
        self._waiting = self._inflate.unconsumed_tail
        return found


class LogFile:
    """
    One file of a log, open.

    Attributes:
        live: Whether it is the one that is written to.
        packed: Whether it is compressed.
        inode, size, changed: As the disk says.
    """

    def __init__(self, file: BinaryIO, *, live: bool, unpacking: Unpacking | None) -> None:
        found = os.fstat(file.fileno())
        self.inode, self.size, self.changed = found.st_ino, found.st_size, found.st_mtime_ns
        self.live = live
        self.packed = unpacking is not None
        self._file = file
        self._unpacking = unpacking
        self._first = unpacking.first if unpacking is not None else b""

    def at(self, start: int, length: int) -> bytes:
        """Return bytes of the content."""
        if self._unpacking is not None:
            return self._unpacking.at(self._file, start, length)
        self._file.seek(start)
        return self._file.read(length)

    @property
    def log(self) -> str:
        """The name of the content; none while its first line is not whole."""
        first, end, _ = self._beginning().partition(b"\n")
        return _digest(first[:_NAMED]) if end or len(first) >= _NAMED else ""

    @property
    def head(self) -> str:
        """The line ``#Fields`` near the beginning, or nothing."""
        lines = self._beginning().split(b"\n")[:-1]
        return next((n.decode("utf-8", "replace").strip() for n in lines if n.lower().startswith(b"#fields:")), "")

    def _beginning(self) -> bytes:
        self._first = self._first or self.at(0, _HEAD)
        return self._first

    def lines_end(self) -> int:
        """Return where the last complete line ends."""
        end = self.size
        while end > 0:
            start = max(end - _CHUNK, 0)
            place = self.at(start, end - start).rfind(b"\n")
            if place >= 0:
                return start + place + 1
            end = start
        return 0

    def unchanged(self, mark: Mark) -> bool:
        """Return whether the file is as it was when the mark was made."""
        return (self.inode, self.size, self.changed) == (mark.inode, mark.size, mark.changed)

    def holds(self, mark: Mark) -> bool:
        """Return whether what was read up to the mark is what stands here."""
        if mark.offset == UNSEEN:
            return self.packed and self.size == mark.size and (self.inode == mark.inode or self.log == mark.log)
        length = min(mark.offset, _TRAIL)
        found = self.at(mark.offset - length, length)
        return len(found) == length and _digest(found) == mark.trail and mark.log in ("", self.log)

    def mark(self, offset: int, *, done: bool) -> Mark:
        """Return the mark of having read so far."""
        length = min(max(offset, 0), _TRAIL)
        trail = self.at(offset - length, length) if length else b""
        return Mark(
            log=self.log,
            inode=self.inode,
            size=self.size,
            changed=self.changed,
            offset=offset,
            trail=_digest(trail),
            done=done,
        )


def _names(path: Path) -> re.Pattern[str]:
    """Return what rotated files of a log are called: the name, and a number or date behind or before the suffix."""
    stem, suffix = re.escape(path.stem), re.escape(path.suffix)
    return re.compile(rf"(?:{re.escape(path.name)}[.-](\d[\d_.T-]*)|{stem}[.-](\d[\d_.T-]*){suffix})(?:\.gz)?\Z")


def _opened(path: Path) -> BinaryIO | None:
    """Return a file that can be read; None where it is not there, or is no file."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return None
        return path.open("rb")
    except FileNotFoundError:
        return None


@contextmanager
def log_files(path: Path, unpackings: dict[tuple[int, int, int], Unpacking]) -> Iterator[list[LogFile]]:
    """
    Give the files of a log, oldest first, the live one last.

    Args:
        path: The log.
        unpackings: What is kept of compressed files from one look to the next, by what tells them apart.

    Raises:
        InputError: If the log, or a file of it, cannot be read.
    """
    try:
        with ExitStack() as stack:
            yield _files(path, unpackings, stack)
    except OSError as e:
        raise InputError(f"expected a readable log, got: {e.strerror or type(e).__name__}", where=path.name) from e


def _files(path: Path, unpackings: dict[tuple[int, int, int], Unpacking], stack: ExitStack) -> list[LogFile]:
    names = _names(path)
    there = {p.name for p in path.parent.iterdir()} if path.parent.is_dir() else set()
    # A compressed file beside its original is not finished yet.
    rotated = sorted(n for n in there if names.match(n) and not (n.endswith(".gz") and n.removesuffix(".gz") in there))
    found: dict[int, LogFile] = {}
    for name in [*rotated, path.name]:
        file = _opened(path.parent / name)
        if file is None:
            continue
        told = os.fstat(file.fileno())
        inode, key = told.st_ino, (told.st_ino, told.st_size, told.st_mtime_ns)
        unpacking = None
        if name.endswith(".gz"):
            unpacking = unpackings.get(key) or unpackings.setdefault(key, Unpacking(file))
        stack.callback(file.close)
        # Under a second name, as while names change, it is the same file.
        found.setdefault(inode, LogFile(file, live=name == path.name, unpacking=unpacking))
    for key in unpackings.keys() - {(f.inode, f.size, f.changed) for f in found.values()}:
        del unpackings[key]
    return sorted(found.values(), key=lambda f: (f.live, f.changed))
