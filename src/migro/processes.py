"""Which process this is, and whether another one still runs: the names under which leases are held."""

from __future__ import annotations

import os
import re
import socket
import sys
from pathlib import Path

__all__ = ["is_dead", "this_process"]

_NAME = re.compile(r"(?P<host>.+):(?P<pid>[0-9]+):(?P<start>[0-9]*)(#.*)?")


def this_process() -> str:
    """
    Return the name of this process: ``host:pid:start``.

    A ``#`` and any words may be put behind it, where several in one process hold leases. Ask whenever the name is
    needed: a process that was forked is another one.

    The host's name has the number of the process namespace behind it where there is one: two containers may share a
    name and give the same number to different processes. The start tells a process from an earlier one with its number.
    """
    return f"{_host()}:{os.getpid()}:{_start(os.getpid())}"


def is_dead(name: str) -> bool:
    """Return whether a process is known to run no more: it is one of this host, and not there now."""
    found = _NAME.fullmatch(name)
    if found is None or found["host"] != _host():
        return False
    pid = int(found["pid"])
    return not _runs(pid) or found["start"] != _start(pid)


def _host() -> str:
    try:
        namespace = os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        return socket.gethostname()
    return f"{socket.gethostname()}/{namespace}"


def _runs(pid: int) -> bool:
    if sys.platform == "win32":
        return True  # to ask there would be to end it
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    return True


def _start(pid: int) -> str:
    """Return when a process started, in ticks since the system did; empty where that cannot be known, or it ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    # The second field is the program's name in brackets, with any characters; proc(5) counts from 1.
    state, *rest = stat.rpartition(")")[2].split()
    return "" if state in "ZX" else rest[18]
