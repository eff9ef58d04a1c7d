"""Positions: how far a log was read, as a small value that its reader keeps; and the lines that come with one."""

from __future__ import annotations

import json
from typing import Final

import attrs

from ..errors import InputError

__all__ = ["UNSEEN", "Batch", "Mark", "Position"]

_FORMAT: Final = "migro-tail/1"
UNSEEN: Final = -1
"""Offset of a compressed file that was there before anybody looked: history, which is not read."""


@attrs.frozen(kw_only=True)
class Mark:
    """
    How far one file was read.

    Attributes:
        log: Name of its content, made from its first line; a copy has the same. Empty until it has a line.
        inode: Its number on the disk.
        size, changed: Bytes on the disk, and time of the last change in nanoseconds, when it was last looked at.
        offset: Bytes of its content that were read.
        trail: Digest of the bytes before that.
        done: Whether that was all there was.
        gone: How often it has been looked for in vain since.
    """

    log: str
    inode: int
    size: int
    changed: int
    offset: int
    trail: str
    done: bool
    gone: int = 0


@attrs.frozen(kw_only=True)
class Position:
    """How far a log was read: one mark for each of its files."""

    marks: tuple[Mark, ...] = ()

    def to_json(self) -> str:
        """Return the position as one line of JSON."""
        return json.dumps({"format": _FORMAT, "marks": [attrs.asdict(m) for m in self.marks]}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str | bytes) -> Position:
        """
        Read a position.

        Raises:
            InputError: If it is none.
        """
        try:
            data = json.loads(text)
            told = data["format"]
            marks = tuple(Mark(**m) for m in data["marks"])
        except (ValueError, TypeError, KeyError, RecursionError) as e:
            raise InputError(f"expected a position as JSON, got something else ({type(e).__name__})") from e
        if told != _FORMAT:
            raise InputError(f"expected a position of format {_FORMAT}, got another")
        kinds = {"log": str, "trail": str, "done": bool}
        for name, value in ((n, v) for m in marks for n, v in attrs.asdict(m).items()):
            if type(value) is not kinds.get(name, int):
                raise InputError(f"marks.{name}: expected {kinds.get(name, int).__name__}, got {type(value).__name__}")
        return cls(marks=marks)


@attrs.frozen(kw_only=True)
class Batch:
    """
    Whole lines of one file that stand together.

    Attributes:
        raw: Their bytes; none where there is nothing new.
        log: Name of the file's content.
        offset: Where in it they begin.
        head: The file's line ``#Fields``, which names the columns of the others; empty in most formats.
        position: Where to go on after them.
        missed: Bytes that were written and can no longer be read, as their file is gone; said once.
    """

    raw: bytes
    log: str = ""
    offset: int = 0
    head: str = ""
    position: Position
    missed: int = 0
