"""How far a followed folder was read: a small value that the caller keeps."""

from __future__ import annotations

import json
from typing import Final

import attrs

from ..errors import InputError

__all__ = ["FolderMark", "FolderPosition"]

_FORMAT: Final = "migro-folder/1"


@attrs.frozen(kw_only=True)
class FolderMark:
    """
    How far one file was read.

    Attributes:
        name: Its name in the folder.
        inode: Its number on the disk. Another file under the same name may get the number of one that was removed.
        offset: Bytes that were read.
        lines: Lines that were read.
        done: Whether that was all there was, for a file of this size.
        aside: Whether it could not be read.
        digest: Of the beginning, and of the last bytes that were read; empty where nothing was.
        touched: When the file last changed in any way, in nanoseconds since 1970, where that was long enough before it
            was looked at; otherwise 0, and its content is compared the next time.
    """

    name: str
    inode: int
    offset: int
    lines: int = 0
    done: bool = False
    aside: bool = False
    digest: str = ""
    touched: int = 0


@attrs.frozen(kw_only=True)
class FolderPosition:
    """
    How far a folder was read.

    Attributes:
        marks: One for each file that is there; files that are gone are forgotten.
        set_aside: How many files could not be read, since the first position.
    """

    marks: tuple[FolderMark, ...] = ()
    set_aside: int = 0

    @property
    def finished(self) -> tuple[str, ...]:
        """Names of files that were read to their end, which whoever tidies up may remove."""
        return tuple(m.name for m in self.marks if m.done and not m.aside)

    def to_json(self) -> str:
        """Return the position as one line of JSON."""
        marks = [attrs.asdict(m) for m in self.marks]
        return json.dumps({"format": _FORMAT, "marks": marks, "set_aside": self.set_aside}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str | bytes) -> FolderPosition:
        """
        Read a position.

        Raises:
            InputError: If it is none.
        """
        try:
            data = json.loads(text)
            told, count = data["format"], data["set_aside"]
            marks = tuple(FolderMark(**m) for m in data["marks"])
        except (ValueError, TypeError, KeyError, RecursionError) as e:
            raise InputError(f"expected a position as JSON, got something else ({type(e).__name__})") from e
        if told != _FORMAT:
            raise InputError(f"expected a position of format {_FORMAT}, got another")
        kinds = {"name": str, "done": bool, "aside": bool, "digest": str}
        values = [(f"marks.{n}", kinds.get(n, int), v) for m in marks for n, v in attrs.asdict(m).items()]
        for where, kind, value in (*values, ("set_aside", int, count)):
            if type(value) is not kind:
                raise InputError(f"{where}: expected {kind.__name__}, got {type(value).__name__}")
            if isinstance(value, int) and value < 0:
                raise InputError(f"{where}: expected at least 0, got {value}")
        return cls(marks=marks, set_aside=count)
