"""The moments at which a process may die: around every call of a memory, and between the statements inside one."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Boundaries", "Watched"]

_TABLE = re.compile(r"\b(?:INTO|FROM|UPDATE|TABLE|INDEX)\s+(\w+)", re.IGNORECASE)


class Boundaries:
    """
    Counts boundaries while it is armed, and kills its own process at one of them.

    Args:
        among: Only boundaries with this in their kind; all when it is empty.

    Attributes:
        met: How many there were since it was armed.
        kinds: The same by kind.
    """

    def __init__(self, among: str = "") -> None:
        self.among = among
        self.met = 0
        self.kinds: Counter[str] = Counter()
        self._armed = False
        self._fatal: int | None = None

    def arm(self, fatal: int | None = None) -> None:
        """Count from here on; at boundary number `fatal` this process is gone."""
        self.met, self.kinds, self._armed, self._fatal = 0, Counter(), True, fatal

    def disarm(self) -> None:
        """Stop counting."""
        self._armed = False

    def meet(self, kind: str) -> None:
        """Pass a boundary, or do not."""
        if self._armed and self.among in kind:
            self.met += 1
            self.kinds[kind] += 1
            if self.met == self._fatal:
                os.kill(os.getpid(), signal.SIGKILL)

    @contextmanager
    def inside_transactions(self) -> Iterator[None]:
        """Make every SQLite connection that is opened meanwhile stop before each statement, and after each COMMIT."""
        boundaries = self

        class Connection(sqlite3.Connection):
            def __init__(self, *args: Any, **options: Any) -> None:
                super().__init__(*args, **options)
                # SQLite calls this as a statement begins to run: BEGIN, each row of an executemany, COMMIT.
                self.set_trace_callback(lambda statement: boundaries.meet(f"before {_shape(statement)}"))

            def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
                cursor = super().execute(sql, *args)
                if sql.lstrip()[:6].upper() == "COMMIT":
                    boundaries.meet("after COMMIT")
                return cursor

            def commit(self) -> None:
                super().commit()
                boundaries.meet("after COMMIT")

        plain = sqlite3.connect

        def connect(*args: Any, **options: Any) -> sqlite3.Connection:
            connection: sqlite3.Connection = plain(*args, **{"factory": Connection, **options})
            return connection

        sqlite3.connect = connect  # type: ignore[assignment]  # whatever the memory is made of, it asks here
        try:
            yield
        finally:
            sqlite3.connect = plain


def _shape(statement: str) -> str:
    """Return a statement's verb and table: what kind of boundary it is."""
    table = _TABLE.search(statement)
    return " ".join([statement.split()[0].upper(), *([table[1]] if table else [])])


class Watched:
    """A memory whose every call has a boundary before and after it."""

    def __init__(self, memory: Any, meet: Callable[[str], None]) -> None:
        self.memory = memory
        self._meet = meet

    def accept(self, *args: Any, **options: Any) -> Any:
        return self._call("accept", *args, **options)

    def commit(self, *args: Any, **options: Any) -> Any:
        return self._call("commit", *args, **options)

    def acquire(self, *args: Any, **options: Any) -> Any:
        return self._call("acquire", *args, **options)

    def release(self, *args: Any, **options: Any) -> Any:
        return self._call("release", *args, **options)

    def load(self, *args: Any, **options: Any) -> Iterator[Any]:
        return self._iterate("load", *args, **options)

    def read(self, *args: Any, **options: Any) -> Iterator[Any]:
        return self._iterate("read", *args, **options)

    def links(self, *args: Any, **options: Any) -> Iterator[Any]:
        return self._iterate("links", *args, **options)

    def stored(self, *args: Any, **options: Any) -> Iterator[Any]:
        return self._iterate("stored", *args, **options)

    def _call(self, name: str, *args: Any, **options: Any) -> Any:
        self._meet(f"before {name}")
        result = getattr(self.memory, name)(*args, **options)
        self._meet(f"after {name}")
        return result

    def _iterate(self, name: str, *args: Any, **options: Any) -> Iterator[Any]:
        self._meet(f"before {name}")
        yield from getattr(self.memory, name)(*args, **options)
        self._meet(f"after {name}")
