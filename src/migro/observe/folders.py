"""
A followed folder: the envelopes that were put into a directory since one last looked.

The position is a small value that the caller keeps, best in one transaction with what came of the envelopes; then
nothing is lost and nothing is doubled. Nothing here writes to the folder but `Folder.set_aside`.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final

import attrs

from ..errors import InputError
from .envelope import Envelope, Failure
from .files import read_envelope
from .folder_positions import FolderMark, FolderPosition
from .parsing import read_json

__all__ = ["Folder", "FolderBatch"]

_QUIET: Final = 5_000_000_000
"""Nanoseconds after which a file that nobody has written to is taken to be whole."""
_COMPARED: Final = 1 << 16
"""Bytes at the beginning, and at the end of what was read, by which a file is known again."""
_LONGEST_NAME: Final = 200
"""Bytes of a name that something may be put behind, on every file system."""
_UNFINISHED: Final = (".tmp", ".part", ".partial", ".filepart", ".crdownload", "~")
"""How names end that programs give to what they are still writing."""


@attrs.frozen(kw_only=True)
class FolderBatch:
    """
    What came, and what could not be read.

    Attributes:
        envelopes: In the order of files and lines.
        failures: Lines and files that hold no envelope, with the reason.
        aside: Names of files that could not be read at all, with the reason.
        position: Where to go on after them.
    """

    envelopes: tuple[Envelope, ...]
    failures: tuple[Failure, ...]
    aside: tuple[Failure, ...]
    position: FolderPosition

    @property
    def empty(self) -> bool:
        """Whether there is nothing new."""
        return not (self.envelopes or self.failures or self.aside)


@attrs.frozen(kw_only=True)
class _File:
    """A file as it stood when the folder was looked at."""

    path: Path
    inode: int
    size: int
    changed: int
    touched: int

    def still(self, now_ns: int) -> bool:
        return now_ns - self.changed >= _QUIET


class Folder:
    """
    Follows a directory that somebody puts files into.

    A file holds envelopes, one JSON object a line, or a single one over several lines. It may be renamed into the
    folder, written in place, or grow: a line is given once it is complete, and the last one also without its end when
    the file stands still for five seconds. Names that begin with a full stop or end as unfinished ones do (``.tmp``,
    ``.part``, ``~``) wait until they are renamed. Subdirectories are left alone.

    Args:
        path: The directory.
        most: Bytes of one batch; the envelope that exceeds it is still in it.
        largest: Bytes of the largest envelope.

    Raises:
        InputError: If a batch or an envelope could not hold a byte.
    """

    def __init__(self, path: Path | str, *, most: int = 1 << 20, largest: int = 1 << 23) -> None:
        if min(most, largest) < 1:
            raise InputError(f"expected at least 1 byte, got {min(most, largest)}")
        self.path = Path(path)
        self._most = most
        self._largest = largest

    def end(self) -> FolderPosition:
        """Return the position behind everything that is there now, for whom history is of no use."""
        return FolderPosition(marks=tuple(_passed(f) for f in self._files()))

    def read(self, position: FolderPosition | None = None, *, now_ns: int | None = None) -> FolderBatch:
        """
        Return what came after a position; without one, everything that is there.

        A folder that is not there has no files yet.

        Args:
            position: Of the batch before.
            now_ns: The time that files' times are compared with, in nanoseconds since 1970; default: the clock's.

        Raises:
            InputError: If the folder cannot be read.
        """
        known = {m.name: m for m in position.marks} if position is not None else {}
        at = time.time_ns() if now_ns is None else now_ns
        left = self._most
        envelopes: list[Envelope] = []
        failures: list[Failure] = []
        aside: list[Failure] = []
        marks: list[FolderMark] = []
        for file in self._files():
            mark = known.get(file.path.name)
            if mark is None or mark.inode != file.inode or mark.offset > file.size:
                mark = _fresh(file)
            if left > 0 and (not mark.touched or mark.touched != file.touched):
                mark, found = self._look(file, mark, at, left)
                left -= sum(len(e.raw or b"") or 1 for e in found if isinstance(e, Envelope)) + len(found)
                envelopes += (e.model_copy(update={"raw": None}) for e in found if isinstance(e, Envelope))
                told = [f for f in found if isinstance(f, Failure)]
                (aside if mark.aside else failures).extend(told)
            marks.append(mark)
        count = (position.set_aside if position is not None else 0) + len(aside)
        after = FolderPosition(marks=tuple(marks), set_aside=count)
        return FolderBatch(envelopes=tuple(envelopes), failures=tuple(failures), aside=tuple(aside), position=after)

    def batches(self, position: FolderPosition | None = None, *, now_ns: int | None = None) -> Iterator[FolderBatch]:
        """Yield batches until there is nothing new."""
        while not (batch := self.read(position, now_ns=now_ns)).empty:
            position = batch.position
            yield batch

    def set_aside(self, batch: FolderBatch, into: Path | str) -> None:
        """
        Move the files of a batch that could not be read into another directory, each with its reason beside it.

        Call it once the batch's position is kept. A file that is gone by now, or another one, is no mistake, and stays
        where it is. Where a name is taken in the other directory, a number is put behind it.

        Raises:
            InputError: If the directory cannot be written.
        """
        target = Path(into)
        marks = {m.name: m for m in batch.position.marks}
        there = {f.path.name: f for f in self._files()}
        try:
            for failure in batch.aside:
                target.mkdir(parents=True, exist_ok=True)
                file, mark = there.get(failure.where), marks.get(failure.where)
                if file is None or mark is None or not _is_still(file, mark):
                    continue
                name = _free_name(target, failure)
                try:
                    os.replace(file.path, target / name)
                except FileNotFoundError:
                    _reason_of(target, name).unlink(missing_ok=True)
        except OSError as e:
            raise InputError(f"expected a directory that can be written: {e.strerror}", where=str(target)) from e

    # --- files --------------------------------------------------------------------------------------------------

    def _files(self) -> Sequence[_File]:
        """Return the files that are there, those that were changed first in front."""
        found: list[_File] = []
        try:
            with os.scandir(self.path) as entries:
                for entry in entries:
                    if entry.name.startswith(".") or entry.name.lower().endswith(_UNFINISHED):
                        continue
                    try:
                        told = entry.stat(follow_symlinks=False)
                    except FileNotFoundError:
                        continue  # taken away between being listed and being looked at
                    if stat.S_ISREG(told.st_mode):
                        found.append(
                            _File(
                                path=self.path / entry.name,
                                inode=told.st_ino,
                                size=told.st_size,
                                changed=told.st_mtime_ns,
                                touched=told.st_ctime_ns,
                            )
                        )
        except FileNotFoundError:
            return ()
        except OSError as e:
            raise InputError(f"expected a readable folder: {e.strerror}", where=str(self.path)) from e
        return sorted(found, key=lambda f: (f.changed, f.path.name))

    def _look(
        self, file: _File, mark: FolderMark, now_ns: int, left: int
    ) -> tuple[FolderMark, list[Envelope | Failure]]:
        """Return what a file holds behind a mark, and the mark behind that; all it holds if it is another file."""
        try:
            with file.path.open("rb") as handle:
                if os.fstat(handle.fileno()).st_ino != file.inode:
                    return mark, []  # another one took its name a moment ago
                if mark.digest and mark.digest != _digest(handle, mark.offset):
                    mark = _fresh(file)
                # What was not understood may be once more of it is there, so it is read from its beginning.
                begin = _again(mark) if mark.aside else mark
                after, found = (
                    self._next(handle, file, begin, now_ns, left) if begin.offset < file.size else (begin, [])
                )
                if mark.aside and (after.aside or after == begin):
                    after, found = (after if after.aside else mark), []  # that was said before
                digest = _digest(handle, after.offset) if after.offset else ""
        except FileNotFoundError:
            return mark, []
        except OSError as e:
            if mark.offset >= file.size or mark.aside or not file.still(now_ns):
                return mark, []
            reason = f"expected a readable file: {e.strerror}"
            return attrs.evolve(mark, aside=True), [Failure(where=file.path.name, reason=reason)]
        # A disk may give two changes one time, so only a time that is over says that there was no other.
        settled = after.offset >= file.size and now_ns - file.touched >= _QUIET
        return attrs.evolve(after, digest=digest, touched=file.touched if settled else 0), found

    def _next(
        self, handle: BinaryIO, file: _File, mark: FolderMark, now_ns: int, left: int
    ) -> tuple[FolderMark, list[Envelope | Failure]]:
        """Return what comes behind a mark; where it is too long for one look, blank lines in front are passed over."""
        whole = mark.offset == 0
        while True:
            handle.seek(mark.offset)
            raw = handle.read(self._largest + 1)
            blank = raw[: len(raw) - len(raw.lstrip())].rfind(b"\n") + 1
            if not blank or len(raw) <= self._largest:
                break
            mark = attrs.evolve(mark, offset=mark.offset + blank, lines=mark.lines + raw.count(b"\n", 0, blank))
        if whole and not raw.strip() and not file.still(now_ns):
            return mark, []
        if whole and raw.strip() and not _by_lines(raw) and not (len(raw) > self._largest and _goes_on(handle, raw)):
            return self._single(file, mark, raw, now_ns)
        return self._lines(handle, file, mark, raw, now_ns, left)

    def _single(
        self, file: _File, mark: FolderMark, raw: bytes, now_ns: int
    ) -> tuple[FolderMark, list[Envelope | Failure]]:
        """Read a file that holds one envelope over several lines, or nothing that anybody understands."""
        found = read_envelope(raw, where=file.path.name) if len(raw) <= self._largest else None
        if isinstance(found, Envelope):
            whole = attrs.evolve(mark, offset=mark.offset + len(raw), lines=mark.lines + raw.count(b"\n"), done=True)
            return whole, [found.model_copy(update={"raw": raw})]
        if found is not None and not file.still(now_ns):
            return mark, []  # it may be half of something
        reason = found.reason if found is not None else f"expected at most {self._largest} bytes, got more"
        return _aside(mark, file, reason)

    def _lines(
        self, handle: BinaryIO, file: _File, mark: FolderMark, raw: bytes, now_ns: int, left: int
    ) -> tuple[FolderMark, list[Envelope | Failure]]:
        found: list[Envelope | Failure] = []
        offset, number, given = mark.offset, mark.lines, 0
        for line in _pieces(raw):
            ends = line.endswith(b"\n")
            if not ends and len(raw) > self._largest:
                # What is cut here goes on in the file; alone it is too long for an envelope.
                if offset == mark.offset and (end := _end_of_line(handle, file, now_ns)) is not None:
                    reason = f"expected lines of at most {self._largest} bytes, got a longer one"
                    found.append(Failure(where=f"{file.path.name}:{number + 1}", reason=reason))
                    offset, number = end, number + 1
                break
            if given >= left or (not ends and not file.still(now_ns)):
                break
            offset, number, given = offset + len(line), number + 1, given + len(line)
            if line.strip():
                one = read_envelope(line, where=f"{file.path.name}:{number}")
                found.append(one if isinstance(one, Failure) else one.model_copy(update={"raw": line}))
        return attrs.evolve(mark, offset=offset, lines=number, done=offset == file.size), found


def _end_of_line(handle: BinaryIO, file: _File, now_ns: int) -> int | None:
    """Return where the line ends that is being read; None while it may go on."""
    while piece := handle.read(_COMPARED):
        if (end := piece.find(b"\n")) >= 0:
            return handle.tell() - len(piece) + end + 1
    return handle.tell() if file.still(now_ns) else None


def _goes_on(handle: BinaryIO, raw: bytes) -> bool:
    """Return whether what is too long is a first line, with others behind it."""
    if b"\n" in raw:
        return False
    behind = handle.tell()
    ended = False
    while piece := handle.read(_COMPARED):
        if not ended:
            _, newline, piece = piece.partition(b"\n")
            ended = bool(newline)
        if ended and piece.strip():
            break
    else:
        return False
    handle.seek(behind)
    return True


def _pieces(raw: bytes) -> Iterator[bytes]:
    """Yield lines with their ends; the last one may have none."""
    begin = 0
    while begin < len(raw):
        end = raw.find(b"\n", begin) + 1 or len(raw)
        yield raw[begin:end]
        begin = end


def _by_lines(raw: bytes) -> bool:
    """Return whether a file holds an envelope a line, and not a single one over several."""
    lines = iter(raw.splitlines())
    if isinstance(_value(next(lines, b"")), dict):
        return True
    # A first line that was damaged sets no other aside.
    return _value(raw) is None and any(isinstance(v := _value(line), dict) and "body" in v for line in lines)


def _value(text: bytes) -> object:
    try:
        return read_json(text.decode())
    except (InputError, UnicodeDecodeError):
        return None


def _fresh(file: _File) -> FolderMark:
    return FolderMark(name=file.path.name, inode=file.inode, offset=0)


def _again(mark: FolderMark) -> FolderMark:
    """Return from where a file that was set aside is looked at again."""
    if mark.done:  # one that could not be opened is gone on with
        return attrs.evolve(mark, offset=0, lines=0, done=False, aside=False)
    return attrs.evolve(mark, aside=False)


def _passed(file: _File) -> FolderMark:
    """Return the mark of a file whose envelopes are not wanted."""
    try:
        with file.path.open("rb") as handle:
            digest = _digest(handle, file.size) if file.size else ""
    except OSError:
        digest = ""  # then its number on the disk has to do
    return attrs.evolve(_fresh(file), offset=file.size, done=True, digest=digest)


def _digest(handle: BinaryIO, offset: int) -> str:
    """Return by what the content before an offset is known again."""
    parts = []
    for begin in (0, max(offset - _COMPARED, 0)):
        handle.seek(begin)
        parts.append(handle.read(min(offset, _COMPARED)))
    return hashlib.sha256(b"".join(parts)).hexdigest()[:32]


def _is_still(file: _File, mark: FolderMark) -> bool:
    """Return whether a file is the one that was set aside, and nothing was added to it."""
    if file.inode != mark.inode or (mark.done and file.size != mark.offset):
        return False
    try:
        with file.path.open("rb") as handle:
            return not mark.digest or mark.digest == _digest(handle, mark.offset)
    except OSError:
        return True  # that it cannot be read is why it is moved; one that is gone is not moved


def _free_name(target: Path, failure: Failure) -> str:
    """Return a name that nothing has in a directory, and write the reason under it."""
    base = os.fsdecode(os.fsencode(failure.where)[:_LONGEST_NAME])
    number = 0
    while True:
        name = f"{base}.{number}" if number else base
        number += 1
        if os.path.lexists(target / name):
            continue
        try:
            with _reason_of(target, name).open("x", encoding="utf-8") as handle:
                handle.write(f"{failure.reason}\n")
        except FileExistsError:
            continue
        return name


def _reason_of(target: Path, name: str) -> Path:
    return target / f"{name}.reason.txt"


def _aside(mark: FolderMark, file: _File, reason: str) -> tuple[FolderMark, list[Envelope | Failure]]:
    failure = Failure(where=file.path.name, reason=reason)
    return attrs.evolve(mark, offset=file.size, done=True, aside=True), [failure]
