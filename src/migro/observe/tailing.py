"""
Tailing: the lines that a log has got since one last looked, across every way in which logs are rotated.

A file is known by its number on the disk, by its first line, and by the bytes before the place up to which it was read;
so it is found again after it was renamed, copied or compressed. The `Position` is a small value that the caller keeps,
best in one transaction with what came of the lines; then nothing is lost and nothing is doubled.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

import attrs

from ..errors import InputError
from .envelope import Envelope
from .lines import FIELDS, LOG, OFFSET
from .log_files import LogFile, Unpacking, log_files
from .positions import UNSEEN, Batch, Mark, Position

__all__ = ["Batch", "Position", "Tail", "envelope_of"]

_GONE: Final = 32
"""Marks that are kept of files that are not there just now, as while their names change."""
_QUIET: Final = 5_000_000_000
"""Nanoseconds after which a file that was put aside is no longer written to, though others are."""


class Tail:
    """
    Follows one log through its rotations.

    It reads a log that is renamed and made anew, one that is copied and cut, and what was compressed with gzip
    meanwhile. Rotated files lie in the same directory, under the log's name with a number or date behind it or before
    its suffix. A line is given once it is complete; the last one of a rotated file also without its end, when the file
    stands still while others went on for five seconds.

    Args:
        path: The log.
        most: Bytes of one batch; a longer line comes in pieces.

    Raises:
        InputError: If a batch could not hold a byte.
    """

    def __init__(self, path: Path | str, *, most: int = 1 << 20) -> None:
        if most < 1:
            raise InputError(f"expected a batch of at least 1 byte, got {most}")
        self.path = Path(path)
        self._most = most
        self._unpackings: dict[tuple[int, int, int], Unpacking] = {}

    def end(self) -> Position:
        """Return the position behind all complete lines of the log as it is now, for whom history is of no use."""
        with log_files(self.path, self._unpackings) as files:
            return Position(marks=tuple(_passed(f) for f in files))

    def read(self, position: Position | None) -> Batch:
        """
        Return the next lines after a position; without one, from the beginning of the log as it is now.

        A log that is not there has no lines yet.

        Raises:
            InputError: If the log cannot be read.
        """
        with log_files(self.path, self._unpackings) as files:
            return self._next(files, _history(files) if position is None else position)

    def batches(self, position: Position | None) -> Iterator[Batch]:
        """Yield batches until there is nothing new."""
        while (batch := self.read(position)).raw:
            position = batch.position
            yield batch

    def _next(self, files: list[LogFile], position: Position) -> Batch:
        latest = max((f.changed for f in files), default=0)
        marks: list[Mark] = []
        used: set[Mark] = set()
        found: Batch | None = None
        for file in files:
            known = _known(file, position)
            used.update(known)
            own = next((m for m in known if m.inode == file.inode), None)
            start = max((m.offset for m in known), default=0)
            raw = b""
            done = start == UNSEEN or (own is not None and own.done and own.offset == start and file.unchanged(own))
            if found is None and not done:
                over = file.packed or (not file.live and latest - file.changed >= _QUIET)
                raw, done = self._lines(file, start, over=over)
            if raw:
                found = Batch(raw=raw, log=file.log, offset=start, head=file.head, position=position)
            if done and not raw and own is not None and file.unchanged(own):
                marks.append(attrs.evolve(own, gone=0))
            else:
                marks.append(file.mark(start + len(raw), done=done))
        gone, missed = _gone([m for m in position.marks if m not in used])
        after = Position(marks=(*gone, *marks))
        if found is None:
            return Batch(raw=b"", position=after, missed=missed)
        return attrs.evolve(found, position=after, missed=missed)

    def _lines(self, file: LogFile, start: int, *, over: bool) -> tuple[bytes, bool]:
        """Return what stands in a file from `start` on, up to the end of a line, and whether that is all there is."""
        raw = file.at(start, self._most)
        whole = len(raw) < self._most
        end = raw.rfind(b"\n") + 1
        # Without an end it is a piece of a long line, or the last line of a file that nobody writes to any more.
        if end < len(raw) and (over if whole else end == 0 and file.log):
            end = len(raw)
        return raw[:end], whole and end == len(raw)


def _passed(file: LogFile) -> Mark:
    """Return the mark of a file whose lines are not wanted."""
    return file.mark(UNSEEN if file.packed else file.lines_end() if file.live else file.size, done=not file.live)


def _history(files: list[LogFile]) -> Position:
    """Return the position of who has seen nothing: what was rotated before is over, the live file is to come."""
    live = next((f for f in files if f.live), None)
    marks: list[Mark] = []
    for file in files:
        if file.live:
            continue
        mark = _passed(file)
        # A copy that was made a moment ago, of a log that is about to be cut, is not over.
        if file.packed or live is None or mark.log != live.log or not live.holds(mark):
            marks.append(mark)
    return Position(marks=tuple(marks))


def _known(file: LogFile, position: Position) -> list[Mark]:
    """Return the marks of what a file holds: its own, and those of its copies or of what it is a copy of."""
    own = [m for m in position.marks if m.inode == file.inode and (file.unchanged(m) or file.holds(m))]
    if file.live and not own:
        # A new log may begin as an old one did, with a banner; only what was put aside is a copy.
        return []
    if any(m.done and file.unchanged(m) for m in own):
        return own
    named = [m for m in position.marks if m.log and m.inode != file.inode and m.log == file.log and file.holds(m)]
    return [*own, *named]


def _gone(marks: list[Mark]) -> tuple[list[Mark], int]:
    """Return the marks of files that are not there, and how many bytes were missed since they are not."""
    # Names change one after the other; only who is looked for in vain twice is gone.
    missed = sum(max(m.size - m.offset, 0) for m in marks if m.gone == 1 and not m.done)
    return [attrs.evolve(m, gone=min(m.gone + 1, 2)) for m in marks[-_GONE:] if m.offset != UNSEEN], missed


def envelope_of(
    batch: Batch, kind: str, *, endpoint: str | None = None, received_at: datetime | None = None
) -> Envelope:
    """Return a batch as a delivery; its lines keep the places in their file that tell them from equal ones."""
    # Line by line: how one is read may not depend on which others came with it.
    body = "\n".join(map(_text, batch.raw.split(b"\n")))
    headers = {LOG: batch.log, OFFSET: str(batch.offset)} | ({FIELDS: batch.head} if batch.head else {})
    return Envelope(received_at=received_at, kind=kind, endpoint=endpoint, headers=headers, body=body, raw=batch.raw)


def _text(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        # Replacing what is not UTF-8 would make two lines equal that differ.
        return line.decode("latin-1")
