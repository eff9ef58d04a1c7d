"""
Memories: what lasts, behind the port `migro.ports.Memory`.

Two are here. Whoever writes another finds beside them what is the same for all: how inputs and steps are written down
(`Draft`, `StepTexts`, `RecordText`, `entry_from`, `MODELS`) and whose turn it is (`check_turn`).
"""

from __future__ import annotations

import re

from ..errors import ConfigurationError
from .forms import MODELS, Draft, check_turn, decided_before, entry_from
from .sqlite import SqliteMemory
from .texts import RecordText, SnapshotBytes, StepTexts
from .volatile import VolatileMemory

__all__ = [
    "MODELS",
    "Draft",
    "RecordText",
    "SnapshotBytes",
    "SqliteMemory",
    "StepTexts",
    "VolatileMemory",
    "check_turn",
    "decided_before",
    "entry_from",
    "open_memory",
]

_SQLITE = "sqlite:///"
# One letter is a Windows drive, so a scheme has at least two.
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


def open_memory(url: str, *, read_only: bool = False) -> SqliteMemory | VolatileMemory:
    """
    Return the memory that `url` names.

    Args:
        url: ``sqlite:///journal.db`` (relative; a fourth slash makes it absolute), a bare path, which is SQLite
            too, or ``volatile:`` for one that forgets everything when the program ends.
        read_only: Only read: a file is neither made nor changed, and an agent may write to it meanwhile.

    Raises:
        ConfigurationError: If there is no such memory, or the file is not migro's.
        UnsupportedFormat: If the file was written by another version of migro.
        StoreUnavailable: If the file cannot be opened.
    """
    if url == "volatile:":
        return VolatileMemory()
    path = url.removeprefix(_SQLITE)
    if not path or (path == url and _SCHEME.match(url)):
        raise ConfigurationError(
            f"expected a memory as 'sqlite:///PATH', 'PATH' or 'volatile:', got {url!r} - at the memory's URL"
        )
    return SqliteMemory(path, read_only=read_only)
