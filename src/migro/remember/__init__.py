"""Memories: what lasts, behind the port `migro.ports.Memory`."""

from __future__ import annotations

import re

from ..errors import ConfigurationError
from .sqlite import SqliteMemory
from .volatile import VolatileMemory

__all__ = ["SqliteMemory", "VolatileMemory", "open_memory"]

_SQLITE = "sqlite:///"
# One letter is a Windows drive, so a scheme has at least two.
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


def open_memory(url: str) -> SqliteMemory | VolatileMemory:
    """
    Return the memory that `url` names.

    Args:
        url: ``sqlite:///journal.db`` (relative; a fourth slash makes it absolute), a bare path, which is SQLite
            too, or ``volatile:`` for one that forgets everything when the program ends.

    Raises:
        ConfigurationError: If there is no such memory, or the file is not migro's.
        UnsupportedFormat: If the file was written by a newer migro.
        StoreUnavailable: If the file cannot be opened.
    """
    if url == "volatile:":
        return VolatileMemory()
    path = url.removeprefix(_SQLITE)
    if not path or (path == url and _SCHEME.match(url)):
        raise ConfigurationError(
            f"expected a memory as 'sqlite:///PATH', 'PATH' or 'volatile:', got {url!r} - at the memory's URL"
        )
    return SqliteMemory(path)
