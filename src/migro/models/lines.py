"""Lines: words of foreign code, made fit for records and for whoever reads them."""

from __future__ import annotations

__all__ = ["LONGEST", "escaped", "one_line"]

LONGEST = 500
"""How many signs of what foreign code says are kept, unless somebody has to read all of it."""


def one_line(said: str, longest: int = LONGEST) -> str:
    """
    Return words on one line, without signs that cannot be stored or would steer a terminal, and not without end.

    >>> one_line("until  monday\\n")
    'until monday'
    """
    # A subclass may say something else each time; of what is far too long only the begin is looked at.
    text = str.__str__(said)[: 10 * longest]
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def escaped(said: str) -> str:
    r"""
    Return words as they are but for what cannot be printed, which is written out: nothing draws lines of its own.

    >>> print(escaped("until\x1b[2J monday\n"))
    until\x1b[2J monday\n
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in said)
